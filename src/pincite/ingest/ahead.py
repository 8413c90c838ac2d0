"""Fetches the next item of a stream while the caller works on the one before.

One item ahead and no more, so that memory stays bounded.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from typing import TypeVar

T = TypeVar("T")


@asynccontextmanager
async def one_ahead(items: AsyncIterator[T]) -> AsyncGenerator[AsyncIterator[T]]:
    """Give the items of a stream, each asked for before the one before it is done; closes the stream at the end."""

    async def fetch() -> T | None:
        return await anext(items, None)

    pending = [asyncio.create_task(fetch())]

    async def each() -> AsyncIterator[T]:
        while (item := await pending[0]) is not None:
            pending[0] = asyncio.create_task(fetch())
            yield item

    try:
        yield each()
    finally:
        pending[0].cancel()
        await asyncio.wait(pending)
        if isinstance(items, AsyncGenerator):
            await items.aclose()
