"""Ends a stream when whoever opened it may not have it any more: signed out, revoked, disabled, or in another role.

The proof is taken anew every two seconds; a client that may go on comes back with the last event that it saw.
"""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator
from typing import TypeVar

from fastapi import Request

from pincite.accounts.door import Door
from pincite.core import PinciteError, Scope

T = TypeVar("T")
LOOK_AGAIN_S = 2.0


async def watched(request: Request, scope: Scope, events: AsyncIterator[T]) -> AsyncGenerator[T]:
    """Yield events until they end, or whoever sent the request is not the same any more, with the same rights."""
    guard = asyncio.create_task(_until_changed(request, scope), name="stream-guard")
    waits = [asyncio.timeout(None)]
    guard.add_done_callback(lambda _: _end(waits[0]))
    try:
        while (event := await _next(events, guard, waits)) is not None:
            yield event
    finally:
        guard.cancel()
        await asyncio.wait({guard})
        close = getattr(events, "aclose", None)
        if close is not None:
            await close()


async def _next(events: AsyncIterator[T], guard: "asyncio.Task[None]", waits: list[asyncio.Timeout]) -> T | None:
    """Return the next event, None at the end or when the guard is done; no stream of ours has None in it.

    The wait stands in `waits`, for the guard to end it: a task for each event would cost more than all else.
    """
    if guard.done():
        return None
    wait = waits[0] = asyncio.timeout(None)
    try:
        async with wait:
            return await anext(events, None)
    except TimeoutError:
        if wait.expired():
            return None
        raise


def _end(wait: asyncio.Timeout) -> None:
    """End a wait that is under way; one that is over, or has not begun, can be ended no more."""
    with contextlib.suppress(RuntimeError):
        wait.reschedule(asyncio.get_running_loop().time())


async def _until_changed(request: Request, scope: Scope) -> None:
    """Wait until whoever sent the request is somebody else, or cannot be proved."""
    door: Door = request.app.state.door
    with contextlib.suppress(PinciteError):
        # The request itself was proved just now; what others were proved by before it may be older.
        await asyncio.sleep(LOOK_AGAIN_S)
        while await door.prove_lately(request) == scope:  # noqa: ASYNC110 - another process may change it
            await asyncio.sleep(LOOK_AGAIN_S)
