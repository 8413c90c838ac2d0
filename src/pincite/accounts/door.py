"""The door in front of every route: who asks, may they, and is the request from our own pages.

A route declares `requires(permission)` or `public()`; one that declares neither stops the start-up.
"""

import asyncio
import time
from collections.abc import Sequence
from typing import Annotated, Any
from urllib.parse import urlsplit

from fastapi import Depends, Request
from fastapi.params import Depends as Declared
from fastapi.routing import iter_route_contexts
from starlette.routing import BaseRoute

from pincite.accounts.domain import Permission, Unauthenticated, permissions_of
from pincite.accounts.service import Accounts
from pincite.core import Scope
from pincite.core.errors import Denied

SESSION_COOKIE = "pincite_session"
_ASKER = "pincite.asker"
LATELY_S = 1.0
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_OWN_SITES = frozenset({"same-origin", "none"})
# Made by the framework itself and open to all: it describes the API and holds no data.
_FRAMEWORK_PATHS = frozenset({"/openapi.json"})


class Door:
    """Proves who sends a request. `app` sets one as `app.state.door`."""

    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts
        self._lately: dict[tuple[str | None, str | None], tuple[float, asyncio.Future[Scope]]] = {}

    async def enter(self, request: Request) -> Scope:
        """Return who asks, proved once for each request; see `prove`."""
        known: Scope | None = request.scope.get(_ASKER)
        if known is None:
            known = request.scope[_ASKER] = await self.prove(request)
        return known

    async def known(self, request: Request) -> Scope | None:
        """Return who asks, or None where that is not proved; for routes that are open to all."""
        try:
            return await self.enter(request)
        except Unauthenticated:
            return None

    async def prove(self, request: Request) -> Scope:
        """Return who asks as of now.

        Raises: Unauthenticated; Denied for a change that another site sends with our cookie.
        """
        bearer = bearer_of(request)
        session = request.cookies.get(SESSION_COOKIE)
        scope = await self._accounts.authenticate(bearer=bearer, session=session)
        if bearer is None and request.method not in _SAFE_METHODS and not is_own_site(request):
            raise Denied(
                "The request did not come from Pincite's own pages.",
                remedy="Use an API key for requests from programs and other sites.",
            )
        return scope

    async def prove_lately(self, request: Request) -> Scope:
        """Return who asks as of a second ago at most, for what is asked again and again. Raises: as `prove`.

        Many streams of one person are proved at once.
        """
        key = bearer_of(request), request.cookies.get(SESSION_COOKIE)
        now = time.monotonic()
        if key not in self._lately or now - self._lately[key][0] > LATELY_S:
            self._lately = {each: known for each, known in self._lately.items() if now - known[0] <= LATELY_S}
            self._lately[key] = now, asyncio.ensure_future(self.prove(request))
        return await asyncio.shield(self._lately[key][1])


class Requirement:
    """What a route declares: the permission it needs, and whether `Idempotency-Key` is heeded where it writes."""

    def __init__(self, permission: Permission, *, replayed: bool = True) -> None:
        self.permission = permission
        self.replayed = replayed

    async def __call__(self, scope: "CurrentScope") -> None:
        """Let the asker pass. Raises: Denied."""
        if self.permission not in permissions_of(scope):
            raise Denied(
                f"This takes the permission `{self.permission.value}`, which you do not have.",
                remedy="Ask an owner of this installation.",
            )


class Open:
    """What a route declares that needs nobody to be signed in."""

    async def __call__(self) -> None:
        """Let everybody pass."""


async def current_scope(request: Request) -> Scope:
    """Return the asker's scope, for handlers: declare `scope: CurrentScope`."""
    door: Door = request.app.state.door
    return await door.enter(request)


CurrentScope = Annotated[Scope, Depends(current_scope)]


def requires(permission: Permission, *, replayed: bool = True) -> Any:
    """Declare that a route needs `permission`: `dependencies=[requires(Permission.READ)]`.

    Of a route that is not `replayed` nothing is kept by which a request could be told again.
    """
    return Depends(Requirement(permission, replayed=replayed))


def public() -> Any:
    """Declare that a route is open to everybody: `dependencies=[public()]`."""
    return Depends(Open())


def check_declared(routes: Sequence[BaseRoute]) -> None:
    """Make sure that every route declares who may use it. Raises: RuntimeError, naming those that do not."""
    undeclared = [
        f"{','.join(sorted(route.methods or ()))} {route.path}".strip()
        for route in iter_route_contexts(routes)
        if route.path not in _FRAMEWORK_PATHS and not _declares(getattr(route, "dependencies", None) or ())
    ]
    if undeclared:
        raise RuntimeError(f"routes without requires(...) or public(): {'; '.join(undeclared)}")


def bearer_of(request: Request) -> str | None:
    """Return the key of an `Authorization: Bearer` header. Raises: Unauthenticated for another scheme."""
    header = request.headers.get("authorization")
    if header is None:
        return None
    scheme, _, key = header.partition(" ")
    if scheme.lower() != "bearer" or not key.strip():
        raise Unauthenticated("The Authorization header is not understood.", remedy="Send `Bearer` and an API key.")
    return key.strip()


def is_own_site(request: Request) -> bool:
    """Say whether a browser sent this from one of our own pages (Fetch Metadata; else the Origin header)."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site in _OWN_SITES
    try:
        own = urlsplit(request.headers.get("origin", "")).netloc
    except ValueError:  # brackets that do not close, as no browser sends them
        return False
    return own != "" and own == request.headers.get("host")


def is_foreign_site(request: Request) -> bool:
    """Say whether a browser says that another site sent this; a program says nothing of sites."""
    return not is_own_site(request) and ("sec-fetch-site" in request.headers or "origin" in request.headers)


def _declares(dependencies: Sequence[Declared]) -> bool:
    return any(isinstance(declared.dependency, Requirement | Open) for declared in dependencies)
