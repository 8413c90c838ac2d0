"""One's own sessions over HTTP: `/v1/sessions`. Translation only.

Signing in and out of the one that asks is in `routes.py`.
"""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Request
from pydantic import BaseModel, ConfigDict

from pincite.accounts.domain import Permission
from pincite.accounts.door import SESSION_COOKIE, CurrentScope, requires
from pincite.accounts.own_sessions import OwnSessions
from pincite.accounts.sessions import session_of

SessionId = Annotated[str, Path(max_length=64)]


class OwnSessionBody(BaseModel):
    """A browser in which you are signed in.

    It was begun by a `link`, a `password` or a `provider`; `agent` is what the browser calls itself, `current` says
    that it is the one that asks. `last_used_at` is noted once in a while.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "id": "9f86d081884c7d659a2feaa0c55ad015",
                "begun_by": "password",
                "agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0",
                "created_at": "2026-11-20T09:00:00Z",
                "last_used_at": "2026-11-28T09:00:00Z",
                "current": True,
            }
        }
    )

    id: str
    begun_by: str
    agent: str | None
    created_at: datetime
    last_used_at: datetime
    current: bool


class OwnSessionList(BaseModel):
    """Your sessions, the last used first; they always fit into one list."""

    items: list[OwnSessionBody]


class EndedBody(BaseModel):
    """How many sessions were ended."""

    model_config = ConfigDict(json_schema_extra={"example": {"ended": 2}})

    ended: int


class SessionRoutes:
    """Where one is signed in, and signing out there."""

    def __init__(self, sessions: OwnSessions) -> None:
        self._sessions = sessions

    def router(self) -> APIRouter:
        """Return the routes."""
        router = APIRouter(prefix="/v1/sessions", tags=["accounts"], dependencies=[requires(Permission.SELF)])
        add = router.add_api_route
        add("", self.list, methods=["GET"], summary="List your sessions")
        add("", self.end_others, methods=["DELETE"], summary="End all your other sessions")
        add("/{session}", self.end, methods=["DELETE"], status_code=204, summary="End one of your sessions")
        return router

    async def list(self, scope: CurrentScope, request: Request) -> OwnSessionList:
        """List the browsers in which you are signed in."""
        found = await self._sessions.list(scope, request.cookies.get(SESSION_COOKIE))
        return OwnSessionList(items=[OwnSessionBody(**asdict(each)) for each in found])

    async def end_others(self, scope: CurrentScope, request: Request) -> EndedBody:
        """Sign out in all browsers but this one; API keys stay."""
        return EndedBody(ended=await self._sessions.end_others(scope, session_of(request)))

    async def end(self, session: SessionId, scope: CurrentScope, request: Request) -> None:
        """Sign out in one browser."""
        session_of(request)
        await self._sessions.end(scope, session)
