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
    following: asyncio.Task[T | None] = asyncio.ensure_future(_next(events))
    try:
        while True:
            await asyncio.wait({guard, following}, return_when=asyncio.FIRST_COMPLETED)
            event = None if guard.done() else following.result()
            if event is None:
                return
            yield event
            following = asyncio.ensure_future(_next(events))
    finally:
        guard.cancel()
        following.cancel()
        await asyncio.wait({guard, following})
        close = getattr(events, "aclose", None)
        if close is not None:
            await close()


async def _next(events: AsyncIterator[T]) -> T | None:
    """Return the next event, None at the end; no stream of ours has None in it."""
    return await anext(events, None)


async def _until_changed(request: Request, scope: Scope) -> None:
    """Wait until whoever sent the request is somebody else, or cannot be proved."""
    door: Door = request.app.state.door
    with contextlib.suppress(PinciteError):
        while await door.prove(request) == scope:  # noqa: ASYNC110 - another process may change it
            await asyncio.sleep(LOOK_AGAIN_S)
