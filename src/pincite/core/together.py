"""Waiting for several things at once, without leaving one behind.

How many may run at once is the business of whoever has the things; none is limited here.
"""

import asyncio
from collections.abc import Coroutine, Iterable
from typing import Any, TypeVar

T = TypeVar("T")


async def all_of(work: Iterable[Coroutine[Any, Any, T]]) -> list[T]:
    """Run coroutines at once and return what they came to, in order.

    `asyncio.gather` ends with the first that fails or was cancelled, while the others run on unseen: what they hold, a
    child process or a file, then outlives whoever asked. Here the others are cancelled, and all are waited for.

    Raises: what the first to fail raised.
    """
    tasks = [asyncio.ensure_future(each) for each in work]
    try:
        return await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
            for task in tasks:  # a second error is of no use to anybody, nor is its trace in the log
                _ = task.cancelled() or task.exception()
