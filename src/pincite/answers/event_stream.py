"""A response that is a stream of events: sent as they come, kept alive in silence, and ended where nobody reads it.

What the events are is said by those who make them. Whoever is cut off comes back with the last event that they saw.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from typing import Any

from fastapi.sse import KEEPALIVE_COMMENT
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from pincite.core import PinciteError
from pincite.core.sockets import ABORT

QUIET_S = 15.0
"""After so long without an event a comment is sent, so that nothing on the way takes the connection for dead."""
PATIENCE_S = 30.0
"""A reader that takes nothing for so long is cut off. Till then one event waits here, and what the sockets hold."""
_LOOKS = 3
_PIECE = 16_384
# Nothing of a stream is kept to be told again: who may read it is asked while it is read. No proxy may hold it back,
# nor change it, as one does that packs it.
_HEADERS = {"Cache-Control": "no-store, no-transform", "X-Accel-Buffering": "no"}
_TEXT = {"type": "string"}
EVENTS: Mapping[str, Any] = {
    "itemSchema": {
        "type": "object",
        "properties": {"id": _TEXT, "event": _TEXT, "data": {**_TEXT, "contentMediaType": "application/json"}},
        "required": ["data"],
    }
}
"""How OpenAPI (3.2) describes such a stream."""


class EventStream(Response):
    """Sends blocks of bytes as they come; who goes away or does not read ends what makes them.

    Args:
        blocks: whole events.
        closing: what these are made of, in the order in which it is closed, however the response ends.
    """

    media_type = "text/event-stream"

    def __init__(self, blocks: AsyncIterator[bytes], closing: Sequence[object] = ()) -> None:
        super().__init__(headers=_HEADERS)
        del self.headers["content-length"]
        self._blocks = blocks
        self._closing = closing
        self._sent_at = time.monotonic()
        self._is_sending = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it. Raises: what the blocks do."""
        pumping = asyncio.create_task(self._pump(send), name="stream")
        beside = {
            asyncio.create_task(_until_gone(receive), name="stream-gone"),
            asyncio.create_task(self._watch(send, scope.get("extensions", {}).get(ABORT)), name="stream-beat"),
        }
        try:
            await asyncio.wait({pumping, *beside}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in (pumping, *beside):
                each.cancel()
            await asyncio.wait({pumping, *beside})
            for each in (self._blocks, *self._closing):  # one that was never begun would close nothing itself
                with contextlib.suppress(PinciteError):
                    await closed(each)
        if not pumping.cancelled():
            pumping.result()

    async def _pump(self, send: Send) -> None:
        await self._send(send, {"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        async for block in self._blocks:
            for at in range(0, len(block), _PIECE):  # whoever reads slowly reads, as long as pieces are taken
                await self._send(send, _body(block[at : at + _PIECE]))
            await asyncio.sleep(0)  # to a connection that is gone all is sent at once, and nobody else had a turn
        await self._send(send, {"type": "http.response.body", "body": b"", "more_body": False})

    async def _send(self, send: Send, message: Message) -> None:
        self._is_sending, self._sent_at = True, time.monotonic()
        await send(message)
        self._is_sending, self._sent_at = False, time.monotonic()

    async def _watch(self, send: Send, abort: Callable[[], Any] | None) -> None:
        """Send a comment in silence; return where nothing of what was sent is taken."""
        while True:
            await asyncio.sleep(QUIET_S / _LOOKS)
            still_s = time.monotonic() - self._sent_at
            is_stuck = self._is_sending and still_s > PATIENCE_S
            if not self._is_sending and still_s > QUIET_S * (_LOOKS - 1) / _LOOKS:
                is_stuck = not await self._commented(send)
            if is_stuck:
                if abort is not None:
                    abort()
                return

    async def _commented(self, send: Send) -> bool:
        """Send a comment; say whether it was taken in time: what was sent before it may not have been."""
        try:
            async with asyncio.timeout(PATIENCE_S):
                await self._send(send, _body(KEEPALIVE_COMMENT))
        except TimeoutError:
            return False
        return True


def _body(piece: bytes) -> Message:
    return {"type": "http.response.body", "body": piece, "more_body": True}


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def closed(events: object) -> None:
    """Close what yields events, if it can be."""
    close: Callable[[], Awaitable[None]] | None = getattr(events, "aclose", None)
    if close is not None:
        await close()
