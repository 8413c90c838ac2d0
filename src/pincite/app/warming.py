"""What a process loads once, so that its first document and first question need not wait, and keeps until it ends.

The garbage collector is told to leave that alone: the modules, routes and tables of a server are a million objects, and
one walk through them holds everything up for a fifth of a second.
"""

import asyncio
import gc
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any

_YOUNG = 5_000  # new objects between looks at the youngest; a request makes a few hundred that refer to each other


def keep_loaded() -> None:
    """Have later collections look only at what is made from now on. For programs: what is garbage by now stays too."""
    gc.freeze()
    gc.set_threshold(_YOUNG, 10, 10)
    gc.enable()


@asynccontextmanager
async def warming(*loads: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Load in the background while the block runs; waits at its end for what is still being loaded."""
    tasks = [asyncio.create_task(each) for each in loads]
    try:
        yield
    finally:
        await asyncio.wait(tasks)
