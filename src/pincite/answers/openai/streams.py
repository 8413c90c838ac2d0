"""Streams over HTTP: values become events as soon as they come, and whoever goes away stops what was begun for them.

What the values are is said by those who make them.
"""

import asyncio
import json
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine, Sequence
from typing import Any, TypeVar

from fastapi import Request
from fastapi.sse import format_sse_event
from starlette.requests import ClientDisconnect

from pincite.answers.event_stream import EventStream, closed
from pincite.answers.openai.domain import ended_early
from pincite.core import PinciteError

T = TypeVar("T")
Json = dict[str, Any]
ErrorBody = Callable[[PinciteError], Json]

CLIENT_GONE = 499
"""The status of a reply that nobody is there to read; it is in the metrics."""
STREAM: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}, "description": "Whole, or as it comes."}
}
_LOOK_S = 0.25
PATIENCE_S = 10.0
"""So long a failure is told by a status, and from then on in the stream, which has begun."""


async def while_there(request: Request, work: Coroutine[Any, Any, T]) -> T:
    """Return what work comes to; it is cancelled if whoever sent the request goes away. Raises: ClientDisconnect."""
    task, returned = asyncio.create_task(work), False
    try:
        while not task.done():
            await asyncio.wait({task}, timeout=_LOOK_S)
            if not task.done() and await request.is_disconnected():
                raise ClientDisconnect
        returned, result = True, task.result()
        return result
    finally:
        if not task.done():
            task.cancel()
            await asyncio.wait({task})
        if not returned and not task.cancelled() and task.exception() is None:
            await closed(task.result())


class Begun(AsyncIterator[T]):
    """Events of which the first are being waited for. Closing it closes those that follow as well.

    Args:
        opening: comes to the first of them.
        rest: those that follow.
    """

    def __init__(self, opening: asyncio.Task[Sequence[T]], rest: AsyncIterator[T]) -> None:
        self.opening = opening
        self._first: deque[T] | None = None
        self._rest = rest

    async def __anext__(self) -> T:
        """Return the next event. Raises: what waiting for it does."""
        if self._first is None:
            self._first = deque(await self.opening)
        return self._first.popleft() if self._first else await anext(self._rest)

    async def aclose(self) -> None:
        """Wait for no more of them."""
        self.opening.cancel()
        await asyncio.wait({self.opening})
        if not self.opening.cancelled():
            self.opening.exception()  # it is told, or there is nobody to tell
        await closed(self._rest)


def patience_of(request: Request) -> float | None:
    """Return how long a failure is told by a status, in seconds; None for however long it takes.

    With a key that a request is sent again by, what failed at first must not count as its answer.
    """
    return None if "idempotency-key" in request.headers else PATIENCE_S


async def begun(
    opening: Coroutine[Any, Any, Sequence[T]], rest: AsyncIterator[T], patience_s: float | None
) -> Begun[T]:
    """Return events of which the first are there, so that what fails before them fails as a whole request does.

    After so long they are returned anyway: who waits has to hear something, or proxies give the connection up.

    Raises: what the opening does.
    """
    events = Begun(asyncio.create_task(opening), rest)
    try:
        done, _ = await asyncio.wait({events.opening}, timeout=patience_s)
        for each in done:
            each.result()
    except BaseException:
        await events.aclose()
        raise
    return events


async def first_event(events: AsyncIterator[T]) -> Sequence[T]:
    """Return the first event alone. Raises: AnswerNotWhole where there is none."""
    first = await anext(events, None)
    if first is None:
        raise ended_early()
    return (first,)


def streamed(
    chunks: AsyncIterator[tuple[str | None, Json]], source: AsyncIterator[Any], told: ErrorBody, *, ends: bool = True
) -> EventStream:
    """Return a response of events.

    Args:
        chunks: each event's name, if it has one, and its data.
        source: what these are made of; it is closed however the response ends, and not by the collector some time.
        told: how an error is written that comes when the response has begun.
        ends: say `[DONE]` at the end.
    """
    return EventStream(_bytes(chunks, told, ends=ends), closing=(chunks, source))


async def unnamed(chunks: AsyncIterator[Json]) -> AsyncIterator[tuple[str | None, Json]]:
    """Yield chunks as events without a name."""
    async for chunk in chunks:
        yield None, chunk


async def _bytes(
    chunks: AsyncIterator[tuple[str | None, Json]], told: ErrorBody, *, ends: bool
) -> AsyncGenerator[bytes]:
    try:
        async for name, chunk in chunks:
            yield format_sse_event(event=name, data_str=_json(chunk))
        if ends:
            yield format_sse_event(data_str="[DONE]")
    except PinciteError as error:
        yield format_sse_event(event="error", data_str=_json(told(error)))


def _json(value: Json) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
