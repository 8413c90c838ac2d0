"""The one place where `Idempotency-Key` is heeded: around all routes that write and want somebody to be signed in.

Routes whose requests hold a password leave themselves out (`replayed=False`). Who asks and whether they may is
asked at each request, replayed or not.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import Request
from fastapi.routing import iter_route_contexts
from starlette.routing import BaseRoute, compile_path
from starlette.types import ASGIApp, Message, Receive, Send
from starlette.types import Scope as Connection

from pincite.accounts import Door, Requirement
from pincite.app.problems import response_of
from pincite.app.replays.domain import Answered, AnsweredOnce, KeyReused
from pincite.app.replays.reading import CaughtResponse, HashedRequest
from pincite.app.replays.service import Claim, Replays
from pincite.core import InvalidInput, PinciteError, Scope

HEADER = "Idempotency-Key"
LOCATION = "content-location"
_WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_KEY = re.compile(r"[\x21-\x7e]{1,255}")
_PARAMETER = {
    "name": HEADER,
    "in": "header",
    "required": False,
    "schema": {"type": "string", "minLength": 1, "maxLength": 255},
    "description": "Any text of yours that names this request, such as a UUID. Sent again with it within 24 hours, the "
    "request is not done again: the first answer comes back, with `Idempotency-Replayed: true`.",
}


@dataclass(frozen=True, slots=True)
class _Write:
    """A route that writes, and what it takes to call it."""

    methods: frozenset[str]
    path: re.Pattern[str]
    template: str
    requirement: Requirement


class ReplayEdge:
    """Wraps the application; see `Replays`.

    Args:
        app: what is wrapped.
        replays: what was answered before.
        door: proves who asks.
        routes: the application's routes.
    """

    def __init__(self, app: ASGIApp, replays: Replays, door: Door, routes: Sequence[BaseRoute]) -> None:
        self._app = app
        self._replays = replays
        self._door = door
        self._writes = _writes(routes)

    async def __call__(self, scope: Connection, receive: Receive, send: Send) -> None:
        """Serve one request."""
        requirement = self._requirement(scope)
        key = None if requirement is None else Request(scope).headers.get(HEADER)
        if requirement is None or key is None:
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive)
        try:
            asker = await self._door.enter(request)
            await requirement(asker)
        except PinciteError:
            await self._app(scope, receive, send)  # the route says so itself
            return
        try:
            if not _KEY.fullmatch(key):
                raise InvalidInput(
                    f"{HEADER} has 1 to 255 visible ASCII characters.", remedy="Use a UUID, the same for each try."
                )
            begun = await self._replays.begin(asker, key)
            if isinstance(begun, Answered):
                await self._replay(begun, HashedRequest(scope, receive), scope, send)
                return
        except PinciteError as error:
            await response_of(error, request)(scope, receive, send)
            return
        await self._do(asker, begun, scope, receive, send)

    async def _replay(self, answered: Answered, request: HashedRequest, scope: Connection, send: Send) -> None:
        """Answer again; what is a thing of its own is read anew, as the asker may see it now.

        Raises: KeyReused, AnsweredOnce.
        """
        await _check(answered, request)
        location = answered.headers.get(LOCATION)
        if location is None:
            await _repeat(answered, answered.body or b"", send)
            return

        is_read = False

        async def no_body() -> Message:
            nonlocal is_read
            if is_read:  # a stream waits for its reader to go away
                return await request.receive()
            is_read = True
            return {"type": "http.request", "body": b"", "more_body": False}

        async def marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], (b"idempotency-replayed", b"true")]
            await send(message)

        path, _, query = location.partition("?")
        there = {"method": "GET", "path": path, "raw_path": path.encode(), "query_string": query.encode()}
        await self._app({**scope, **there}, no_body, marked)

    async def _do(self, asker: Scope, claim: Claim, scope: Connection, receive: Receive, send: Send) -> None:
        request, response = HashedRequest(scope, receive), CaughtResponse(send)
        kept = False

        async def caught(message: Message) -> None:
            nonlocal kept
            await response.send(message)
            if response.is_followed and not kept and (fingerprint := await request.finish()) is not None:
                answered = Answered(fingerprint, response.status, response.headers, b"")
                await self._replays.keep(asker, claim, answered)
                kept = True
                await response.flush()

        try:
            async with self._replays.renewed(asker, claim):
                await self._app(scope, request.receive, caught)
            # Before it is sent: who has the answer may rely on it. What failed did nothing, and may be sent again.
            # What has a place of its own was done, whoever was there to hear of it.
            is_there = response.status < 400 or LOCATION in response.headers
            is_done = response.is_whole and is_there and not kept
            fingerprint = await request.finish() if is_done else None
            if fingerprint is not None:
                body = None if response.is_secret else b"" if LOCATION in response.headers else response.body
                answered = Answered(fingerprint, response.status, response.headers, body)
                await self._replays.keep(asker, claim, answered)
                kept = True
        finally:
            if not kept:
                await self._replays.release(asker, claim)
        await response.flush()

    def _requirement(self, scope: Connection) -> Requirement | None:
        """Return what it takes to call the route that writes; None for any other."""
        if scope["type"] != "http" or scope["method"] not in _WRITES:
            return None
        path: str = scope["path"]
        return next((w.requirement for w in self._writes if scope["method"] in w.methods and w.path.match(path)), None)


def declare(document: dict[str, Any], routes: Sequence[BaseRoute]) -> dict[str, Any]:
    """Add the header to the operations of an OpenAPI document that heed it."""
    wanted = {(write.template, method.lower()) for write in _writes(routes) for method in write.methods}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            known = operation.get("parameters", [])
            if (path, method) in wanted and _PARAMETER not in known:
                operation["parameters"] = [*known, _PARAMETER]
    return document


async def _check(answered: Answered, request: HashedRequest) -> None:
    """Make sure that a request may be answered again. Raises: KeyReused, AnsweredOnce."""
    if await request.finish(answered.request.size_bytes) != answered.request:
        raise KeyReused(
            f"This {HEADER} was used for another request.", remedy="Use a new one for each request, or send the same."
        )
    if answered.body is None:
        raise AnsweredOnce(
            "This was done, and its answer, which holds a secret, was given once.",
            remedy="If it did not arrive: take back what was made, then make another with a new key.",
        )


async def _repeat(answered: Answered, body: bytes, send: Send) -> None:
    headers = {**answered.headers, "content-length": str(len(body)), "idempotency-replayed": "true"}
    if answered.status in {204, 304}:
        del headers["content-length"]
    raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": answered.status, "headers": raw})
    await send({"type": "http.response.body", "body": body})


def _writes(routes: Sequence[BaseRoute]) -> tuple[_Write, ...]:
    found: list[_Write] = []
    for route in iter_route_contexts(routes):
        methods = frozenset(route.methods or ()) & _WRITES
        needed = [
            declared.dependency
            for declared in getattr(route, "dependencies", None) or ()
            if isinstance(declared.dependency, Requirement)
        ]
        if methods and needed and needed[0].replayed and route.path is not None:
            found.append(_Write(methods, compile_path(route.path)[0], route.path, needed[0]))
    return tuple(found)
