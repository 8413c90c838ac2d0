"""Asks who it is and whether they may before anything of a request is read: its body, its query, what it names.

Each route declares what it takes (`requires(...)`); without that there is no way through. A route asks once more by
itself, and gets the same answer.
"""

import re
from collections.abc import Sequence

from fastapi import Request
from fastapi.routing import iter_route_contexts
from starlette.routing import BaseRoute, compile_path
from starlette.types import ASGIApp, Receive, Send
from starlette.types import Scope as Connection

from pincite.accounts import Door, Requirement
from pincite.app.problems import response_of
from pincite.core import PinciteError

Guarded = tuple[frozenset[str], re.Pattern[str], Requirement]


class DoorEdge:
    """Wraps the application.

    Args:
        app: what is wrapped.
        door: proves who asks.
        routes: the application's routes.
    """

    def __init__(self, app: ASGIApp, door: Door, routes: Sequence[BaseRoute]) -> None:
        self._app = app
        self._door = door
        self._guarded = _guarded(routes)

    async def __call__(self, scope: Connection, receive: Receive, send: Send) -> None:
        """Serve one request."""
        requirement = self._requirement(scope)
        if requirement is not None:
            request = Request(scope)
            try:
                await requirement(await self._door.enter(request))
            except PinciteError as error:
                await response_of(error, request)(scope, receive, send)
                return
        await self._app(scope, receive, send)

    def _requirement(self, scope: Connection) -> Requirement | None:
        if scope["type"] != "http":
            return None
        method, path = scope["method"], scope["path"]
        return next(
            (needed for methods, known, needed in self._guarded if method in methods and known.match(path)), None
        )


def _guarded(routes: Sequence[BaseRoute]) -> tuple[Guarded, ...]:
    found: list[Guarded] = []
    for route in iter_route_contexts(routes):
        declared = [each.dependency for each in getattr(route, "dependencies", None) or ()]
        needed = [each for each in declared if isinstance(each, Requirement)]
        if needed and route.path is not None:
            found.append((frozenset(route.methods or ()), compile_path(route.path)[0], needed[-1]))
    return tuple(found)
