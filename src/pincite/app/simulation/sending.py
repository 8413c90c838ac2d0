"""Sends an answer's bytes, as slowly as was told and no further than was told.

To close the connection amid an answer, the application returns without having ended it; the server then closes it
when what was sent is on its way.
"""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Mapping
from typing import Any

from starlette.types import Send

from pincite.app.simulation.domain import Dropped, Told
from pincite.app.simulation.log import Record

JSON = "application/json"
EVENTS = "text/event-stream; charset=utf-8"
# At home in JSON and in streams: it ends a line, is an event that cannot be read, and lets what follows begin a line.
_BROKEN = b'\ndata: {"broken\n\n'


class Sending:
    """One answer on its way.

    Args:
        send: of the server.
        told: what is done with the request.
        record: noted in when the first byte is sent.
    """

    def __init__(self, send: Send, told: Told, record: Record) -> None:
        self._send = send
        self._told = told
        self._record = record
        self._begun = False
        self._sent = 0
        strikes = ((told.drop_at_byte, _drop), (told.stall_at_byte, _stall), (told.garble_at_byte, self._garble))
        self._strikes = {at: strike for at, strike in strikes if at is not None}

    async def json(self, status: int, value: Any, headers: Mapping[str, str] | None = None) -> None:
        """Send a JSON value. Raises: Dropped."""
        await self.whole(status, json.dumps(value).encode(), JSON, headers)

    async def whole(self, status: int, body: bytes, kind: str, headers: Mapping[str, str] | None = None) -> None:
        """Send a body whose length is known. Raises: Dropped."""
        at = self._told.garble_at_byte
        length = len(body) + (len(_BROKEN) if at is not None and at <= len(body) else 0)
        await self._start(status, {"content-length": str(length), "content-type": kind, **(headers or {})})
        await self._pass(body)
        await self._end()

    async def stream(self, events: AsyncIterator[bytes]) -> None:
        """Send events as they come. Raises: Dropped."""
        headers = {"content-type": EVENTS, "cache-control": "no-cache"}
        async for each in events:
            if not self._begun:
                await self._start(200, headers)
            await self._pass(each)
        if not self._begun:
            await self._start(200, headers)
        await self._end()

    async def leave(self) -> None:
        """See to it that the server closes the connection: one that has not begun it would answer itself."""
        if not self._begun:
            with contextlib.suppress(Dropped):
                await self._start(200, {"content-type": JSON})

    async def _start(self, status: int, headers: Mapping[str, str]) -> None:
        named = {"x-request-id": self._record.id, "request-id": self._record.id, **headers, **self._told.headers}
        encoded = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in named.items()]
        self._begun = True
        self._record.answered(status)
        await self._send({"type": "http.response.start", "status": status, "headers": encoded})
        if self._told.drop_at_byte == 0:
            raise Dropped

    async def _pass(self, data: bytes) -> None:
        step = 1 if self._told.drip_s else max(1, len(data))
        for at in range(0, len(data), step):
            if self._told.drip_s:
                await asyncio.sleep(self._told.drip_s)
            await self._part(data[at : at + step])

    async def _part(self, part: bytes) -> None:
        """Send a part of the body up to where a fault strikes, then what the fault does, then the rest."""
        for at, strike in sorted(self._strikes.items(), key=lambda each: each[0]):
            if at <= self._sent + len(part):
                part = await self._until(at, part)
                del self._strikes[at]
                await strike()
        await self._until(self._sent + len(part), part)

    async def _until(self, at: int, part: bytes) -> bytes:
        """Send a part up to a byte of the body; return what is left of it."""
        now, rest = part[: at - self._sent], part[at - self._sent :]
        self._sent += len(now)
        await self._body(now)
        return rest

    async def _body(self, part: bytes) -> None:
        if part:
            await self._send({"type": "http.response.body", "body": part, "more_body": True})

    async def _garble(self) -> None:
        await self._body(_BROKEN)

    async def _end(self) -> None:
        await self._send({"type": "http.response.body", "body": b"", "more_body": False})


async def _drop() -> None:
    raise Dropped


async def _stall() -> None:
    await asyncio.Event().wait()
