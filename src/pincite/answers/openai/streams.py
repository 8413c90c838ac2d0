"""Streams over HTTP: values become events as soon as they come, and whoever goes away stops what was begun for them.

What the values are is said by those who make them.
"""

import asyncio
import contextlib
import json
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Coroutine
from typing import Any, TypeVar

from fastapi import Request
from fastapi.sse import format_sse_event
from starlette.requests import ClientDisconnect

from pincite.answers.event_stream import EventStream
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


async def while_there(request: Request, work: Coroutine[Any, Any, T]) -> T:
    """Return what work comes to; it is cancelled if whoever sent the request goes away. Raises: ClientDisconnect."""
    task = asyncio.create_task(work)
    try:
        while not task.done():
            await asyncio.wait({task}, timeout=_LOOK_S)
            if not task.done() and await request.is_disconnected():
                raise ClientDisconnect
        return task.result()
    finally:
        if not task.done():
            task.cancel()
            await asyncio.wait({task})


async def begun(events: AsyncIterator[T]) -> AsyncGenerator[T]:
    """Return events of which the first is there already, so that what fails before it fails as a whole request does.

    Raises: AnswerNotWhole where there is none.
    """
    first = await anext(events, None)
    if first is None:
        raise ended_early()

    async def all_of_them() -> AsyncGenerator[T]:
        yield first
        async for event in events:
            yield event

    return all_of_them()


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
    return EventStream(_bytes(chunks, source, told, ends=ends))


async def unnamed(chunks: AsyncIterator[Json]) -> AsyncIterator[tuple[str | None, Json]]:
    """Yield chunks as events without a name."""
    async for chunk in chunks:
        yield None, chunk


async def _bytes(
    chunks: AsyncIterator[tuple[str | None, Json]], source: AsyncIterator[Any], told: ErrorBody, *, ends: bool
) -> AsyncGenerator[bytes]:
    try:
        async for name, chunk in chunks:
            yield format_sse_event(event=name, data_str=_json(chunk))
        if ends:
            yield format_sse_event(data_str="[DONE]")
    except PinciteError as error:
        yield format_sse_event(event="error", data_str=_json(told(error)))
    finally:
        for each in (chunks, source):
            close: Callable[[], Awaitable[None]] | None = getattr(each, "aclose", None)
            if close is not None:
                with contextlib.suppress(PinciteError):
                    await close()


def _json(value: Json) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
