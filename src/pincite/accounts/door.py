"""The door in front of every route: who asks, may they, and is the request from our own pages.

A route declares `requires(permission)` or `public()`; one that declares neither stops the start-up.
"""

from collections.abc import Iterable
from typing import Annotated

from fastapi import Depends, Request
from fastapi.params import Depends as DependsParam
from starlette.routing import BaseRoute

from pincite.accounts.domain import Permission
from pincite.accounts.service import Accounts
from pincite.core import Scope

SESSION_COOKIE = "pincite_session"


class Door:
    """Proves who sends a request. `app` sets one as `app.state.door`."""

    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts

    async def enter(self, request: Request) -> Scope:
        """Return who asks, once a request. Raises: Unauthenticated; Denied for a request from another site."""
        raise NotImplementedError


async def current_scope(request: Request) -> Scope:
    """Return the asker's scope, for handlers: declare `scope: CurrentScope`."""
    door: Door = request.app.state.door
    return await door.enter(request)


CurrentScope = Annotated[Scope, Depends(current_scope)]


def requires(permission: Permission) -> DependsParam:
    """Declare that a route needs `permission`: `dependencies=[requires(Permission.READ)]`."""
    raise NotImplementedError


def public() -> DependsParam:
    """Declare that a route is open to everybody."""
    raise NotImplementedError


def check_declared(routes: Iterable[BaseRoute]) -> None:
    """Make sure that every route declares who may use it. Raises: RuntimeError, naming those that do not."""
    raise NotImplementedError
