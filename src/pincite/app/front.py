"""The server's own protocol: HTTP as uvicorn speaks it, with limits on what comes before there is a request.

A request's body is bounded in `bodies.py`, by route; here it is not known yet who asks, nor for what.
"""

import asyncio
from typing import Any, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from pincite.core.sockets import ABORT

HEAD_BYTES = 64 << 10
"""Most bytes of a request's line and headers, or of trailers or of what else stands between a body's pieces."""
_HEAD_S = 30.0
_TOO_LARGE = b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
_TOO_SLOW = b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"


class BoundedHttp(HttpToolsProtocol):
    """Leaves who sends headers without end, or does not come to their end in half a minute."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._bodiless = 0
        self._waiting: asyncio.TimerHandle | None = None
        self._asked = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Give the first request its time."""
        super().connection_made(transport)
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Let go."""
        self._wait_no_more()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take what came."""
        self._bodiless += len(data)
        super().data_received(data)
        if self._bodiless > HEAD_BYTES and not self.transport.is_closing():
            self._leave(_TOO_LARGE)

    def on_message_begin(self) -> None:
        """A request begins."""
        self._wait()
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """All is known of a request but its body."""
        self._bodiless = 0
        self._asked = True
        self._wait_no_more()
        super().on_headers_complete()
        # Whoever streams may find that nobody reads; to close would be to wait until somebody does.
        offered: dict[str, Any] = cast("dict[str, Any]", self.scope).setdefault("extensions", {})
        offered[ABORT] = self.transport.abort

    def on_body(self, body: bytes) -> None:
        """A piece of the body came."""
        self._bodiless = 0
        super().on_body(body)

    def _wait(self) -> None:
        self._wait_no_more()
        self._waiting = asyncio.get_running_loop().call_later(_HEAD_S, self._leave, _TOO_SLOW)

    def _wait_no_more(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
        self._waiting = None

    def _leave(self, word: bytes) -> None:
        self._wait_no_more()
        # Amid an answer, and to who said nothing, there is nothing to say.
        if self._bodiless and (not self._asked or self.cycle.response_complete):
            self.transport.write(word)
        self.transport.close()
