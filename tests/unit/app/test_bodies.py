"""How long a body may be where images may be in it: however it is cut into pieces, and however many come at once."""

import json
from collections.abc import Sequence
from typing import Any

import pytest
from fastapi import FastAPI, Request
from hypothesis import given
from hypothesis import strategies as st
from starlette.types import Message

from pincite.app import bodies
from pincite.app.bodies import MOST_BYTES, BodyEdge

MOST = 4 << 20
ROOM = 6 << 20
PLAIN, DATA = b"x" * (MOST_BYTES // 4), b'"data:image/png;base64,' + b"A" * (MOST_BYTES // 2) + b'"'


def edge(*, holds: list[Any] | None = None) -> BodyEdge:
    """An application that reads bodies on two routes, one of which takes long ones."""
    app = FastAPI()

    async def read(request: Request) -> int:
        size = len(await request.body())
        for each in holds or ():
            await each()
        return size

    app.add_api_route("/short", read, methods=["POST"])
    app.add_api_route("/long", read, methods=["POST"], max_body_size=MOST)
    return BodyEdge(app, app.routes, ROOM)


async def send(app: BodyEdge, path: str, pieces: Sequence[bytes], *, length: int | None = None) -> tuple[int, Any, int]:
    """Return the status and body of the answer, and how many pieces were taken."""
    left, got, taken = [*pieces], bytearray(), 0
    status = 0

    async def receive() -> Message:
        nonlocal taken
        taken += 1
        body = left.pop(0) if left else b""
        return {"type": "http.request", "body": body, "more_body": bool(left)}

    async def answer(message: Message) -> None:
        nonlocal status
        status = message.get("status", status)
        got.extend(message.get("body", b""))

    headers = [] if length is None else [(b"content-length", str(length).encode())]
    scope = {"type": "http", "method": "POST", "path": path, "query_string": b"", "headers": headers, "root_path": ""}
    await app({**scope, "http_version": "1.1", "scheme": "http", "server": ("localhost", 80)}, receive, answer)
    return status, json.loads(bytes(got)), taken


async def test_only_a_route_that_says_so_takes_what_is_long_by_its_images() -> None:
    app = edge()
    assert (await send(app, "/long", [PLAIN, DATA, PLAIN, DATA, DATA]))[:2] == (200, 2 * len(PLAIN) + 3 * len(DATA))
    assert (await send(app, "/short", [PLAIN, DATA, DATA, DATA]))[0] == 413
    assert (await send(app, "/short", [PLAIN, PLAIN]))[0] == 200


@pytest.mark.parametrize(
    "pieces",
    [
        [PLAIN] * 5,
        [DATA] * 9,
        [b'"', PLAIN, b'";base64,"', PLAIN, PLAIN, PLAIN, PLAIN],
        [DATA[:-1] + b'\\"' + PLAIN * 5],
        [b"[" * (MOST_BYTES + 1)],
        [b'";base64,"' * (MOST_BYTES // 8)],
    ],
)
async def test_what_is_long_by_other_things_or_by_too_much_is_refused_while_it_comes(pieces: list[bytes]) -> None:
    app = edge()
    status, told, taken = await send(app, "/long", [*pieces, b"never", b"read"])
    assert (status, told["code"]) == (413, "body-too-large")
    assert "4 MB, or than 1 MB without its images" in told["title"]
    assert taken <= len(pieces) + 2
    assert (await send(app, "/long", [PLAIN], length=MOST + 1))[0] == 413


@given(st.lists(st.sampled_from([b"x", b";base64,", b'"', b";base", b"64,", b"\\", b"A" * 20]), max_size=30), st.data())
def test_it_is_the_same_however_it_is_cut(parts: list[bytes], chance: st.DataObject) -> None:
    body = b"".join(parts)
    whole = bodies.Measure(MOST, bodies.Room(ROOM))
    whole.add(body)
    cut = bodies.Measure(MOST, bodies.Room(ROOM))
    at = 0
    while at < len(body):
        to = chance.draw(st.integers(at + 1, len(body)))
        cut.add(body[at:to])
        at = to
    assert cut.plain == whole.plain == _plain(body)


def _plain(body: bytes) -> int:
    """Counted slowly: all but what stands between the words that begin a data address and the next quotation mark."""
    plain, inside = 0, False
    for at, byte in enumerate(body):
        inside = inside and byte != ord('"')
        plain += not inside
        inside = inside or body[: at + 1].endswith(b";base64,")
    return plain


async def test_room_is_given_back_however_a_request_ends() -> None:
    calls: list[int] = []

    async def fails() -> None:
        calls.append(1)
        raise RuntimeError("it failed")

    app = edge(holds=[fails])
    for _ in range(5):
        with pytest.raises(RuntimeError):
            await send(app, "/long", [DATA] * 7)
        assert (await send(app, "/long", [DATA] * 9))[0] == 413
    assert len(calls) == 5


async def test_where_there_is_no_room_it_is_said_when_to_come_again() -> None:
    told: list[Any] = []

    async def another() -> None:
        if not told:
            told.append(None)
            told.append(await send(app, "/long", [DATA] * 7))
            told.append(await send(app, "/short", [PLAIN]))

    app = edge(holds=[another])
    app.room.left = 4 << 20
    assert (await send(app, "/long", [DATA] * 7))[0] == 200
    assert (told[1][0], told[1][1]["code"]) == (503, "bodies-full")
    assert told[2][0] == 200
    assert app.room.left == 4 << 20
