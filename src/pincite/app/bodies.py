"""How long a request's body may be, by route: counted as it arrives, so that what is too long is never held or parsed.

Uploads have limits of their own while they stream (`ingest`); what a body means is the routes' business.
"""

import asyncio
import contextlib
import re
from collections.abc import Sequence
from typing import Any

from fastapi import Request
from fastapi.routing import iter_route_contexts
from starlette.datastructures import Headers
from starlette.routing import BaseRoute, compile_path
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pincite.app.problems import response_of
from pincite.core import ErrorKind, PinciteError, Unavailable

MOST_BYTES = 1 << 20
"""Most bytes of a body that is held whole: ten thousand ids are 350 kB."""
AT_ONCE_BYTES = 64 << 20
"""Most of what bodies have beyond that, of all that one server holds at once: images, five times over on their way."""
_STREAMED = "multipart/form-data"
_BEGINS = b";base64,"
# How much of a refused body is taken in and thrown away, and for how long.
_HEARD_BYTES, _HEARD_S = 32 << 20, 2.0


class BodyTooLarge(PinciteError):
    """The request's body is longer than any that its route takes."""

    code = "body-too-large"
    kind = ErrorKind.TOO_LARGE


class BodiesFull(Unavailable):
    """The server holds too many long bodies at once; short ones are taken all the same."""

    code = "bodies-full"
    retry_after_s = 5


class BodyEdge:
    """Wraps the application.

    Args:
        app: what is wrapped.
        routes: the application's routes; those that say in their description that they take a form stream it, and those
            that say how long a body may be (`max_body_size`) take one of that length, if it is long by data addresses.
        at_once: most bytes of long bodies that are held at once, beyond what any body may have.
    """

    def __init__(self, app: ASGIApp, routes: Sequence[BaseRoute], at_once: int = AT_ONCE_BYTES) -> None:
        self._app = app
        self._streaming = _streaming(routes)
        self._longer = _longer(routes)
        self.room = Room(at_once)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or self._streams(scope):
            await self._app(scope, receive, send)
            return
        most = self._most(scope)
        said = Headers(scope=scope).get("content-length", "")
        if said.isascii() and said.isdigit() and int(said[:20]) > most:
            await _refuse(_too_large(most), scope, receive, send)
            return
        body = _Counted(receive, send, Measure(most, self.room))
        try:
            with contextlib.suppress(_Refused):
                await self._app(scope, body.receive, body.send)
        finally:
            body.measure.close()
        if body.refused is not None and not body.answered:
            await _refuse(body.refused, scope, receive, send)

    def _streams(self, scope: Scope) -> bool:
        return any(scope["method"] in methods and path.match(scope["path"]) for methods, path in self._streaming)

    def _most(self, scope: Scope) -> int:
        found = (
            most for methods, path, most in self._longer if scope["method"] in methods and path.match(scope["path"])
        )
        return next(found, MOST_BYTES)


class _Refused(Exception):
    """The body is not taken; `error` says why."""

    def __init__(self, error: PinciteError) -> None:
        super().__init__()
        self.error = error


class Room:
    """How much of long bodies this server still takes, all together."""

    def __init__(self, left: int) -> None:
        self.left = left


class Measure:
    """How long a body is: all of it, and what of it is none of a data address.

    Such an address is one text however long it is. All else is bounded as any body is, since of a megabyte of brackets
    fifty come to be.

    Args:
        most: bytes of all of it.
        room: where what it has beyond `MOST_BYTES` is held.
    """

    def __init__(self, most: int, room: Room) -> None:
        self._most = most
        self._room = room
        self.plain = 0
        self._all = self._taken = 0
        self._inside = False
        self._before = b""

    def add(self, piece: bytes) -> None:
        """Count a piece. Raises: _Refused."""
        self._all += len(piece)
        self.plain += self._plain_of(piece)
        if self._all > self._most or self.plain > MOST_BYTES:
            raise _Refused(_too_large(self._most))
        beyond = self._all - MOST_BYTES - self._taken
        if beyond > 0:
            if beyond > self._room.left:
                raise _Refused(BodiesFull("The server holds too many long requests.", remedy="Try again in a moment."))
            self._room.left -= beyond
            self._taken += beyond

    def close(self) -> None:
        """Give back the room that it took."""
        self._room.left += self._taken
        self._taken = 0

    def _plain_of(self, piece: bytes) -> int:
        """Return how many bytes of a piece are none of a data address; one may begin in a piece and go on in others."""
        seen, at, plain = self._before + piece, 0, -len(self._before)
        while True:
            if self._inside:
                at = seen.find(b'"', at)
                if at < 0:
                    self._before = b""
                    return plain
                self._inside = False
            begins = seen.find(_BEGINS, at)
            if begins < 0:
                self._before = seen[max(at, len(seen) - len(_BEGINS) + 1) :]
                return plain + len(seen) - at
            plain += begins + len(_BEGINS) - at
            at, self._inside = begins + len(_BEGINS), True


class _Counted:
    """A body on its way to whoever reads it, and the answer, of which nothing goes out after the body was too long."""

    def __init__(self, receive: Receive, send: Send, measure: Measure) -> None:
        self._receive = receive
        self._send = send
        self.measure = measure
        self.refused: PinciteError | None = None
        self.answered = False

    async def receive(self) -> Message:
        """Pass one message on. Raises: _Refused."""
        message = await self._receive()
        try:
            self.measure.add(message.get("body", b""))
        except _Refused as refused:
            self.refused = refused.error
            raise
        return message

    async def send(self, message: Message) -> None:
        """Pass one message of the answer on."""
        if self.refused is not None and not self.answered:
            return  # whatever a handler made of the broken body
        self.answered = True
        await self._send(message)


def _too_large(most: int) -> BodyTooLarge:
    rest = f", or than {MOST_BYTES >> 20} MB without its images" if most > MOST_BYTES else ""
    return BodyTooLarge(
        f"The request's body is longer than {most >> 20} MB{rest}, which is the limit.",
        remedy="Send less at once; files are uploaded as multipart/form-data to /v1/documents.",
    )


async def _refuse(error: PinciteError, scope: Scope, receive: Receive, send: Send) -> None:
    response = response_of(error, Request(scope))
    response.headers["connection"] = "close"
    await send({"type": "http.response.start", "status": response.status_code, "headers": response.raw_headers})
    await send({"type": "http.response.body", "body": response.body, "more_body": True})
    await _hear_out(receive)
    await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _hear_out(receive: Receive) -> None:
    """Take in what is still on its way, for a while: a connection that is closed upon it loses the answer as well."""
    left = _HEARD_BYTES
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_HEARD_S):
            while left > 0:
                message = await receive()
                left -= len(message.get("body", b""))
                if message["type"] == "http.disconnect" or not message.get("more_body", False):
                    return


def _longer(routes: Sequence[BaseRoute]) -> tuple[tuple[frozenset[str], re.Pattern[str], int], ...]:
    found: list[tuple[frozenset[str], re.Pattern[str], int]] = []
    for route in iter_route_contexts(routes):
        most: int | None = getattr(route, "max_body_size", None)
        if route.path is not None and most is not None:
            found.append((frozenset(route.methods or ()), compile_path(route.path)[0], most))
    return tuple(found)


def _streaming(routes: Sequence[BaseRoute]) -> tuple[tuple[frozenset[str], re.Pattern[str]], ...]:
    found: list[tuple[frozenset[str], re.Pattern[str]]] = []
    for route in iter_route_contexts(routes):
        described: dict[str, Any] = getattr(route, "openapi_extra", None) or {}
        if route.path is not None and _STREAMED in described.get("requestBody", {}).get("content", {}):
            found.append((frozenset(route.methods or ()), compile_path(route.path)[0]))
    return tuple(found)
