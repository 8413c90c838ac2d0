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

    async def json(self, status: int, value: Any, headers: Mapping[str, str] | None = None) -> None:
        """Send a JSON value. Raises: Dropped."""
        await self.whole(status, json.dumps(value).encode(), JSON, headers)

    async def whole(self, status: int, body: bytes, kind: str, headers: Mapping[str, str] | None = None) -> None:
        """Send a body whose length is known. Raises: Dropped."""
        await self._start(status, {"content-length": str(len(body)), "content-type": kind, **(headers or {})})
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
        limit = self._told.drop_at_byte
        dropped = limit is not None and self._sent + len(part) >= limit
        if limit is not None and dropped:
            part = part[: limit - self._sent]
        self._sent += len(part)
        await self._send({"type": "http.response.body", "body": part, "more_body": True})
        if dropped:
            raise Dropped

    async def _end(self) -> None:
        await self._send({"type": "http.response.body", "body": b"", "more_body": False})
