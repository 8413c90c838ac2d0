"""Waiting for several things at once, without leaving one behind.

How many may run at once is the business of whoever has the things; none is limited here.
"""

import asyncio
from collections.abc import Coroutine, Iterable, Sequence
from typing import Any, TypeVar

T = TypeVar("T")


async def all_of(work: Iterable[Coroutine[Any, Any, T]]) -> list[T]:
    """Run coroutines at once and return what they came to, in order.

    `asyncio.gather` ends with the first that fails or was cancelled, while the others run on unseen: what they hold, a
    child process or a file, then outlives whoever asked. Here the others are cancelled, and all are waited for.

    Raises: what one that failed raised.
    """
    tasks: list[asyncio.Task[T]] = []
    try:
        tasks.extend(asyncio.create_task(each) for each in work)
        if tasks:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
    finally:
        await _let_go(tasks)
    failures = (task.exception() for task in tasks if not task.cancelled())
    if failure := next((each for each in failures if each is not None), None):
        raise failure
    return [task.result() for task in tasks]


async def _let_go(tasks: Sequence[asyncio.Task[Any]]) -> None:
    """Cancel each that still runs, once, and wait for all, also where whoever waits is cancelled meanwhile."""
    interrupted: asyncio.CancelledError | None = None
    for task in tasks:
        task.cancel()
    while left := [task for task in tasks if not task.done()]:
        try:
            await asyncio.wait(left)
        except asyncio.CancelledError as again:
            interrupted = again
    if interrupted is not None:
        raise interrupted
