"""Where requests are counted: by address before anything is looked at, by key and user once it is known who asks.

Both come before a request's body is read, so that what is refused costs next to nothing. Health checks, metrics and
the web app's own files are not counted.
"""

import re
from collections.abc import Mapping

from fastapi import Request
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Send
from starlette.types import Scope as Connection

from pincite.app.limits.domain import Standing, TooManyRequests, fields_of, network_of
from pincite.app.limits.service import Limits
from pincite.app.problems import response_of
from pincite.core import Scope

REACHED = "pincite.limit_reached"
"""Under this a request says which limit it was the first to reach in a window, for the audit log."""
_STANDINGS = "pincite.standings"
_COUNTED = ("/v1/", "/scim/")
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
# What takes a model, or the index and an embedder, to answer.
_ASKING = (
    *("POST /v1/answers", "GET /v1/search"),
    *("POST /v1/chat/completions", "POST /v1/responses", "POST /v1/embeddings"),
)
# Where strangers try to come in; wrong passwords are slowed down besides (`accounts/throttle.py`).
_SIGNING_IN = (
    *("POST /v1/session", "POST /v1/session/password", "POST /v1/session/code", "POST /v1/session/provider"),
    "POST /v1/session/providers/",  # with a provider's id behind it
)


class AddressEdge:
    """Wraps the application; also says in each answer how the limits stand that were counted on the way to it."""

    def __init__(self, app: ASGIApp, limits: Limits) -> None:
        self._app = app
        self._limits = limits
        self._signing_in = _pattern(_SIGNING_IN)

    async def __call__(self, scope: Connection, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if not _is_counted(scope):
            await self._app(scope, receive, send)
            return
        standings: list[Standing] = []
        scope[_STANDINGS] = standings

        async def told(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(fields_of(standings))
            await send(message)

        await _pass(self._app, self._limits, self._wanted(scope), (scope, receive, told))

    def _wanted(self, scope: Connection) -> Mapping[str, str]:
        client = scope.get("client")
        where = network_of(client[0] if client else "")
        name = _name(scope)
        wanted = self._signing_in.fullmatch(f"{name.rpartition('/')[0]}/" if "/providers/" in name else name)
        return {"address": where} | ({"sign-in": where} if wanted else {})


class AskerEdge:
    """Wraps the application, inside the edge that asks who it is."""

    def __init__(self, app: ASGIApp, limits: Limits) -> None:
        self._app = app
        self._limits = limits
        self._asking = _pattern(_ASKING)

    async def __call__(self, scope: Connection, receive: Receive, send: Send) -> None:
        """Serve one request."""
        asker: Scope | None = scope.get("pincite.asker")
        if asker is None or not _is_counted(scope):
            await self._app(scope, receive, send)
            return
        await _pass(self._app, self._limits, self._wanted(scope, asker), (scope, receive, send))

    def _wanted(self, scope: Connection, asker: Scope) -> Mapping[str, str]:
        kind = "read" if scope["method"] in _SAFE_METHODS else "write"
        if self._asking.fullmatch(_name(scope)):
            kind = "ask"
        who = f"{asker.tenant}\n{asker.user}"
        return {kind: who} if asker.key is None else {"key": asker.key, kind: who}


async def _pass(
    app: ASGIApp, limits: Limits, wanted: Mapping[str, str], request: tuple[Connection, Receive, Send]
) -> None:
    """Let a request through, or say that it is too much."""
    scope, receive, send = request
    standings: list[Standing] = scope[_STANDINGS]
    try:
        standings += await limits.take(wanted)
    except TooManyRequests as error:
        standings.append(error.standing)
        if error.first:
            scope[REACHED] = error.standing.policy.name
        await response_of(error, Request(scope))(scope, receive, send)
        return
    await app(scope, receive, send)


def _is_counted(scope: Connection) -> bool:
    return scope["type"] == "http" and scope["path"].startswith(_COUNTED)


def _name(scope: Connection) -> str:
    return f"{scope['method']} {scope['path']}"


def _pattern(names: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(re.escape(each) for each in names))
