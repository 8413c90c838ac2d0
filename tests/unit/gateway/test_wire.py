"""Streams held to their form: wherever their bytes are cut, what is garbled is no event that is passed over."""

from collections.abc import AsyncIterator, Sequence

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pincite.gateway.adapters.wire import Garbled, held_to_form

NAMED = b'event: a\ndata: {"type": "a"}\n\nevent: ping\ndata: {}\n\nid: 7\nevent: b\ndata: 1\ndata: 2\n\n'
PLAIN = b': hello\nunknown: x\n\ndata: {"x": 1}\n\n\ndata:{"x": 2}\nretry: 5\n\ndata\n\ndata: [DONE]\n\n'


class Parts(httpx2.AsyncByteStream):
    def __init__(self, parts: Sequence[bytes]) -> None:
        self._parts = parts

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for part in self._parts:
            yield part


async def _read(parts: Sequence[bytes], *, named: bool, **headers: str) -> bytes:
    response = httpx2.Response(200, headers={"content-type": "text/event-stream", **headers}, stream=Parts(parts))
    held_to_form(response, named=named)
    stream = response.stream
    assert isinstance(stream, httpx2.AsyncByteStream)
    return b"".join([part async for part in stream])


def _cut(body: bytes, places: Sequence[int]) -> list[bytes]:
    ends = [*sorted(each % (len(body) + 1) for each in places), len(body)]
    return [body[start:end] for start, end in zip([0, *ends], ends, strict=False)]


@given(st.lists(st.integers(0, 1000), max_size=12), st.sampled_from([b"\n", b"\r\n", b"\r"]), st.booleans())
async def test_what_is_of_the_form_passes_as_it_is(places: list[int], line_end: bytes, marked: bool) -> None:
    ended = NAMED + b"data: [DONE]\n\n"
    for body, named in ((NAMED, True), (ended, True), (NAMED, False), (PLAIN, False)):
        whole = (b"\xef\xbb\xbf" if marked else b"") + body.replace(b"\n", line_end)
        assert await _read(_cut(whole, places), named=named) == whole


@given(st.lists(st.integers(0, 1000), max_size=12))
@pytest.mark.parametrize(
    ("body", "named"),
    [
        (b'data: 1\n\nta: {"x": 2}\n\n', False),
        (b'data: 1\n\n{"broken\n\n', False),
        (b"event: a\n data: {}\n\n", True),
        (b"data: 1\n\nevent: a\ndata: 2\n\n", True),
        (b"event: a\ndata: 1\n\nevent\ndata: 2\n\n", True),
        (b"event: a\ndata: 1\n\nevent: \ndata: 2\n\n", True),
    ],
)
async def test_what_is_not_is_found_wherever_it_is_cut(body: bytes, named: bool, places: list[int]) -> None:
    with pytest.raises(Garbled):
        await _read(_cut(body, places), named=named)


async def test_why_it_failed_is_left_to_the_library() -> None:
    response = httpx2.Response(500, headers={"content-type": "text/event-stream"}, stream=Parts([b'{"error": 1}\n']))
    held_to_form(response, named=True)
    assert await response.aread() == b'{"error": 1}\n'


async def test_what_cannot_be_read_as_it_comes_is_left_alone() -> None:
    for headers in ({"content-type": "application/json"}, {"content-encoding": "gzip"}):
        assert await _read([b"\x1f\x8b\n\n"], named=True, **headers) == b"\x1f\x8b\n\n"
