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
from pincite.core import ErrorKind, PinciteError

MOST_BYTES = 1 << 20
"""Most bytes of a body that is held whole: ten thousand ids are 350 kB."""
_STREAMED = "multipart/form-data"
# How much of a refused body is taken in and thrown away, and for how long.
_HEARD_BYTES, _HEARD_S = 8 << 20, 2.0


class BodyTooLarge(PinciteError):
    """The request's body is longer than any that its route takes."""

    code = "body-too-large"
    kind = ErrorKind.TOO_LARGE


class BodyEdge:
    """Wraps the application.

    Args:
        app: what is wrapped.
        routes: the application's routes; those that say in their description that they take a form stream it.
    """

    def __init__(self, app: ASGIApp, routes: Sequence[BaseRoute]) -> None:
        self._app = app
        self._streaming = _streaming(routes)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or self._streams(scope):
            await self._app(scope, receive, send)
            return
        said = Headers(scope=scope).get("content-length", "")
        if said.isascii() and said.isdigit() and int(said[:20]) > MOST_BYTES:
            await _refuse(scope, receive, send)
            return
        body = _Counted(receive, send)
        with contextlib.suppress(_TooLong):
            await self._app(scope, body.receive, body.send)
        if body.refused and not body.answered:
            await _refuse(scope, receive, send)

    def _streams(self, scope: Scope) -> bool:
        return any(scope["method"] in methods and path.match(scope["path"]) for methods, path in self._streaming)


class _TooLong(Exception):
    """The body went over the limit."""


class _Counted:
    """A body on its way to whoever reads it, and the answer, of which nothing goes out after the body was too long."""

    def __init__(self, receive: Receive, send: Send) -> None:
        self._receive = receive
        self._send = send
        self._left = MOST_BYTES
        self.refused = self.answered = False

    async def receive(self) -> Message:
        """Pass one message on. Raises: _TooLong."""
        message = await self._receive()
        self._left -= len(message.get("body", b""))
        if self._left < 0:
            self.refused = True
            raise _TooLong
        return message

    async def send(self, message: Message) -> None:
        """Pass one message of the answer on."""
        if self.refused and not self.answered:
            return  # whatever a handler made of the broken body
        self.answered = True
        await self._send(message)


async def _refuse(scope: Scope, receive: Receive, send: Send) -> None:
    error = BodyTooLarge(
        f"The request's body is longer than {MOST_BYTES >> 20} MB, which is the limit.",
        remedy="Send less at once; files are uploaded as multipart/form-data to /v1/documents.",
    )
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


def _streaming(routes: Sequence[BaseRoute]) -> tuple[tuple[frozenset[str], re.Pattern[str]], ...]:
    found: list[tuple[frozenset[str], re.Pattern[str]]] = []
    for route in iter_route_contexts(routes):
        described: dict[str, Any] = getattr(route, "openapi_extra", None) or {}
        if route.path is not None and _STREAMED in described.get("requestBody", {}).get("content", {}):
            found.append((frozenset(route.methods or ()), compile_path(route.path)[0]))
    return tuple(found)
