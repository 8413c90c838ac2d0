"""Every input has a bound that the API declares and that holds before any work: fields, bodies, headers, time."""

import asyncio
import os
import resource
import signal
import socket
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from pincite.app import bodies, front
from pincite.app.cli.serve import serve_until_stopped
from pincite.app.settings import read_settings
from pincite.app.web import create_app
from pincite.app.wiring import House, open_house

GROWN_KB = 40 << 10
Schema = dict[str, Any]


class Walk:
    """Finds what has no bound in an OpenAPI document."""

    def __init__(self, document: Schema) -> None:
        self._schemas: Schema = document.get("components", {}).get("schemas", {})
        self._document = document

    def inputs(self) -> Iterator[tuple[str, Schema]]:
        """Yield each parameter and body with its schema."""
        for path, operations in self._document["paths"].items():
            for method, operation in operations.items():
                for parameter in operation.get("parameters", ()):
                    yield f"{method} {path} {parameter['name']}", parameter["schema"]
                for kind, body in operation.get("requestBody", {}).get("content", {}).items():
                    yield f"{method} {path} {kind}", body["schema"]

    def unbounded(self) -> list[str]:
        """Return where there is no bound."""
        return [found for where, schema in self.inputs() for found in self._in(schema, where, ())]

    def _in(self, schema: Schema, where: str, within: tuple[str, ...]) -> Iterator[str]:
        if (name := schema.get("$ref", "").rsplit("/", 1)[-1]) in within and name:
            return
        schema = self._schemas[name] if name else schema
        if "enum" in schema or "const" in schema:
            return
        options = [each for kind in ("anyOf", "oneOf", "allOf") for each in schema.get(kind, ())]
        around = {key: schema[key] for key in ("maxLength", "maxItems", "minimum", "maximum") if key in schema}
        for each in options:
            yield from self._in({**around, **each}, where, (*within, name))
        kind = schema.get("type")
        if kind is None and not options:
            yield f"{where}: anything"
        if kind == "string" and not schema.keys() & {"maxLength", "pattern", "format"}:
            yield f"{where}: a string"
        if kind in {"integer", "number"} and not schema.keys() >= {"minimum", "maximum"}:
            yield f"{where}: a number"
        if kind == "array":
            yield from [] if "maxItems" in schema else [f"{where}: a list"]
            yield from self._in(schema.get("items", {}), f"{where}[]", (*within, name))
        if kind == "object":
            yield from self._in_object(schema, where, (*within, name))

    def _in_object(self, schema: Schema, where: str, within: tuple[str, ...]) -> Iterator[str]:
        for name, field in schema.get("properties", {}).items():
            yield from self._in(field, f"{where}.{name}", within)
        if "properties" not in schema and "maxProperties" not in schema:
            yield f"{where}: an object"


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    """Every room, without a worker."""
    async with open_house(read_settings(home=tmp_path / "home", model="none", log_level="error"), work=False) as opened:
        yield opened


async def test_every_input_declares_its_bound(house: House) -> None:
    walk = Walk(create_app(house).openapi())
    assert len(list(walk.inputs())) > 50
    assert walk.unbounded() == []


def test_what_has_no_bound_is_seen() -> None:
    fields = {"a": {"type": "string"}, "b": {"type": "array", "items": {"type": "integer", "minimum": 0}}, "c": {},
              "d": {"anyOf": [{"type": "null"}, {"$ref": "#/components/schemas/D"}]}, "e": {"type": "object"},
              "f": {"type": "string", "maxLength": 3}, "g": {"enum": ["x"]}}  # fmt: skip
    schema: Schema = {"type": "object", "properties": fields}
    document = {
        "paths": {"/x": {"post": {"requestBody": {"content": {"json": {"schema": schema}}}}}},
        "components": {"schemas": {"D": {"type": "object", "properties": {"s": {"type": "string"}, "d": fields["d"]}}}},
    }
    assert {each.rpartition(" json")[2] for each in Walk(document).unbounded()} == {
        ".a: a string", ".b: a list", ".b[]: a number", ".c: anything", ".d.s: a string", ".e: an object"
    }  # fmt: skip


@pytest.fixture
async def server(house: House, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[int]:
    """The real server, as the program runs it; gives its port."""
    monkeypatch.setattr(front, "_HEAD_S", 0.6)
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    port: int = listener.getsockname()[1]
    serving = asyncio.create_task(serve_until_stopped(house, listener))
    async with httpx2.AsyncClient() as client:
        for _ in range(100):
            await asyncio.sleep(0.02)
            if (await client.get(f"http://127.0.0.1:{port}/healthz")).status_code == 200:
                break
    yield port
    os.kill(os.getpid(), signal.SIGINT)
    await serving
    listener.close()


async def said_to(
    port: int, first: bytes, again: bytes = b"", *, most: int = 100 << 20, pause_s: float = 0
) -> tuple[bytes, int]:
    """Send to the server until it has enough; returns its answer, and how many bytes it took."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    answered = asyncio.create_task(reader.read(65536))
    sent = len(first)
    try:
        writer.write(first)
        while again and sent < most and not answered.done():
            writer.write(again)
            await writer.drain()
            await asyncio.sleep(pause_s)
            sent += len(again)
    except ConnectionError:
        pass
    try:
        async with asyncio.timeout(5):
            return await answered, sent
    except ConnectionError:
        return b"", sent
    finally:
        writer.close()


HEAD = b"POST /v1/answers HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
PIECE = b"a" * 65536
ENDLESS = {
    "an address": (b"GET /", PIECE, b"431"),
    "a header": (b"GET /healthz HTTP/1.1\r\nx: ", PIECE, b"431"),
    "a header's name": (b"GET /healthz HTTP/1.1\r\n", PIECE, b"431"),
    "headers": (b"GET /healthz HTTP/1.1\r\n", b"x: y\r\n" * 9000, b"431"),
    "an extension": (HEAD + b"transfer-encoding: chunked\r\n\r\n1;x=", PIECE, b""),
    "trailers": (HEAD + b"transfer-encoding: chunked\r\n\r\n0\r\nx: ", PIECE, b""),
    "a body": (HEAD + b"transfer-encoding: chunked\r\n\r\n", b"10000\r\n" + PIECE + b"\r\n", b"413"),
    "a body that is announced": (HEAD + b"content-length: 104857600\r\n\r\n", PIECE, b"413"),
}


@pytest.mark.parametrize("what", ENDLESS)
async def test_what_has_no_end_is_refused_while_it_comes(house: House, server: int, what: str) -> None:
    key = (await house.accounts.create_key(await house.owner(), "tests")).secret
    first, again, answer = ENDLESS[what]
    first = first.replace(b"host: localhost\r\n", f"host: localhost\r\nauthorization: Bearer {key}\r\n".encode())
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    got, sent = await said_to(server, first, again)
    assert got[9:12] == answer, got[:200]
    assert sent < 20 << 20
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < GROWN_KB


async def test_who_does_not_come_to_the_end_of_a_request_is_left(server: int) -> None:
    for first, again, answer in (
        (b"", b"", b""),
        (b"GET /healthz HTTP/1.1\r\n", b"", b"408"),
        (b"GET /healthz HTTP/1.1\r\n", b"x: y\r\n", b"408"),
        (b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\nGET / HT", b"", b"200"),
    ):
        async with asyncio.timeout(4):
            got, _ = await said_to(server, first, again, pause_s=0.05)
        assert got[9:12] == answer


async def test_a_request_of_usual_size_is_answered(server: int) -> None:
    async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{server}") as client:
        for _ in range(3):
            assert (await client.get("/healthz", headers={"x": "y" * 8000})).status_code == 200
        refused = await client.post("/v1/answers", json={"question": "x" * 500_000})
    assert refused.status_code == 401


@pytest.mark.parametrize(
    "body", [b"[" * 900_000, b'{"a":' * 150_000, b"1" * 900_000, b"\xff" * 1000, b'"\\ud800"', b"NaN"]
)
async def test_odd_bodies_are_refused(house: House, body: bytes) -> None:
    key = (await house.accounts.create_key(await house.owner(), "tests")).secret
    transport = httpx2.ASGITransport(app=create_app(house), raise_app_exceptions=False)
    headers = {"authorization": f"Bearer {key}", "content-type": "application/json"}
    async with httpx2.AsyncClient(transport=transport, base_url="http://localhost", headers=headers) as client:
        response = await client.post("/v1/answers", content=body)
        assert 400 <= response.status_code < 500
        assert response.headers["content-type"] == "application/problem+json"
        long = await client.post("/v1/answers", content=b" " * (bodies.MOST_BYTES + 1))
        assert (long.status_code, long.json()["code"]) == (413, "body-too-large")
        assert "1 MB" in long.json()["title"]
