"""Names our cookies over https so that browsers hold them to it: `__Host-`, for this host alone and never without TLS.

Rooms know their cookies by plain names (`pincite_...`); no route can forget the prefix, for none sets it.
"""

from collections.abc import Iterable, Iterator

from starlette.types import ASGIApp, Message, Receive, Scope, Send

PREFIX = b"__Host-"
_OURS = b"pincite_"
_SECURE = b"; Secure"
Headers = Iterable[tuple[bytes, bytes]]


class CookieEdge:
    """Wraps the application. A page of a neighbouring name can set a plain cookie, and none with the prefix."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or scope.get("scheme") != "https":
            await self._app(scope, receive, send)
            return

        async def renamed(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = list(_given(message.get("headers", ())))
            await send(message)

        scope["headers"] = list(_taken(scope["headers"]))
        await self._app(scope, receive, renamed)


def _taken(headers: Headers) -> Iterator[tuple[bytes, bytes]]:
    """Yield a request's headers: our cookies by their plain names, and none that came without the prefix."""
    for name, value in headers:
        yield name, b"; ".join(_known(value)) if name == b"cookie" else value


def _known(cookies: bytes) -> Iterator[bytes]:
    for each in cookies.split(b";"):
        cookie = each.strip()
        if cookie.startswith(PREFIX + _OURS):
            yield cookie.removeprefix(PREFIX)
        elif not cookie.startswith(_OURS):
            yield cookie


def _given(headers: Headers) -> Iterator[tuple[bytes, bytes]]:
    """Yield a reply's headers: browsers take, and delete, a cookie with the prefix only where it is secure."""
    for name, value in headers:
        if name.lower() != b"set-cookie" or not value.startswith(_OURS):
            yield name, value
        else:
            yield name, PREFIX + value + (b"" if _SECURE.lower() in value.lower() else _SECURE)
