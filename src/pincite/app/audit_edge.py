"""Says from where each request comes, and notes those that are refused: wrong keys and links, and what one may not do.

So many a minute and no more: who knocks for hours fills no disk. What is done is noted by the rooms that do it.
"""

import time
from collections import Counter

from fastapi import Request
from starlette.types import ASGIApp, Message, Receive, Send
from starlette.types import Scope as Connection

from pincite.accounts import Audit
from pincite.app.limits.edge import REACHED
from pincite.core import PinciteError, Scope, get_logger
from pincite.core.origin import Origin, asked_from

EACH_A_MINUTE = 10
ALL_A_MINUTE = 30
_REFUSED = frozenset({401, 403})
_KEY_BEGINS, _SHOWN = "pin_", 12  # as much as a list of keys shows of each
_MINUTE_S = 60.0


class Sparing:
    """Lets so many things be noted a minute, of each who causes them and of all, and counts the rest."""

    def __init__(self, each: int = EACH_A_MINUTE, everybody: int = ALL_A_MINUTE) -> None:
        self._each = each
        self._all = everybody
        self._noted: Counter[str] = Counter()
        self._since = float("-inf")
        self._left_out = 0

    def take(self, who: str, now: float) -> int | None:
        """Return how many were left out since the last that was noted; None where this one is left out, too."""
        if now - self._since >= _MINUTE_S:
            self._noted.clear()
            self._since = now
        if self._noted[who] >= self._each or self._noted.total() >= self._all:
            self._left_out += 1
            return None
        self._noted[who] += 1
        left_out, self._left_out = self._left_out, 0
        return left_out


class AuditEdge:
    """Wraps the application, inside the edge that gives requests their ids and outside the one that asks who it is.

    Args:
        app: what is wrapped.
        audit: where what is refused is noted.
    """

    def __init__(self, app: ASGIApp, audit: Audit) -> None:
        self._app = app
        self._audit = audit
        # Strangers that knock often leave room for what those who are known are refused.
        self._strangers, self._known = Sparing(), Sparing()
        self._log = get_logger(__name__)

    async def __call__(self, scope: Connection, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        where = _origin(request)

        async def watched(message: Message) -> None:
            if message["type"] == "http.response.start" and (message["status"] in _REFUSED or REACHED in scope):
                await self._note(request, message["status"], where)
            await send(message)

        with asked_from(where):
            await self._app(scope, receive, watched)

    async def _note(self, request: Request, status: int, where: Origin) -> None:
        """Note a refusal before it is said; where that cannot be, it is said all the same."""
        asker: Scope | None = request.scope.get("pincite.asker")
        action = _action(request, status, asker)
        if action is None:
            return
        sparing, who = (self._strangers, where.client) if asker is None else (self._known, asker.user)
        left_out = sparing.take(who, time.monotonic())
        if left_out is None:
            return
        about = ("request", f"{request.method} {request.url.path}")
        try:
            await self._audit.refused(asker, action, about, left_out=left_out or None, key=_beginning(request))
        except PinciteError as error:
            self._log.warning("refusal not noted", action=action, code=error.code, message=error.message)


def _action(request: Request, status: int, asker: Scope | None) -> str | None:
    """Return what was refused; None for who shows nothing: a browser that is not signed in yet asks all the time."""
    if REACHED in request.scope:
        return "request.limited"
    if status == 403:
        return "request.denied"
    if asker is not None:
        return "session.failed"
    if "authorization" in request.headers:
        return "key.failed"
    if request.cookies or request.method == "POST":
        return "session.failed"
    return None


def _beginning(request: Request) -> str | None:
    """Return how the key begins that was shown, where it looks like one of ours."""
    shown = request.headers.get("authorization", "").partition(" ")[2].strip()
    return shown[:_SHOWN] if shown.startswith(_KEY_BEGINS) and len(shown) > 2 * _SHOWN else None


def _origin(request: Request) -> Origin:
    client = "" if request.client is None else request.client.host
    return Origin(client, request.headers.get("user-agent", ""), request.scope.get("pincite.request_id", ""))
