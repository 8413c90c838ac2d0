"""Puts off loading a search engine until it is used: LanceDB takes over a second to import.

A server that is asked nothing yet is ready without it, and a command that does not search never pays for it.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence

from pincite.core import Scope
from pincite.index.domain import Filter, Generation, Hit, Point, SearchIndex, Vector


class DeferredIndex:
    """A `SearchIndex` that makes the real one, in a thread, at the first call.

    Args:
        make: imports the engine and returns it opened on nothing yet.
        settles_s: see `SearchIndex`.
    """

    def __init__(self, make: Callable[[], SearchIndex], *, settles_s: float = 0.0) -> None:
        self._make = make
        self.settles_s = settles_s
        self._made: SearchIndex | None = None
        self._making = asyncio.Lock()

    async def warm(self) -> None:
        """Load the engine now."""
        await self._engine()

    async def write(self, scope: Scope, generation: Generation, points: Sequence[Point]) -> None:
        """See `SearchIndex`."""
        await (await self._engine()).write(scope, generation, points)

    async def delete_revisions(self, scope: Scope, generation: Generation, revision_ids: Sequence[str]) -> None:
        """See `SearchIndex`."""
        await (await self._engine()).delete_revisions(scope, generation, revision_ids)

    async def delete_document(self, scope: Scope, generation: Generation, document_id: str) -> None:
        """See `SearchIndex`."""
        await (await self._engine()).delete_document(scope, generation, document_id)

    async def search_text(
        self, scope: Scope, generation: Generation, query: str, where: Filter, limit: int
    ) -> list[Hit]:
        """See `SearchIndex`."""
        return await (await self._engine()).search_text(scope, generation, query, where, limit)

    async def search_vector(
        self, scope: Scope, generation: Generation, vector: Vector, where: Filter, limit: int
    ) -> list[Hit]:
        """See `SearchIndex`."""
        return await (await self._engine()).search_vector(scope, generation, vector, where, limit)

    async def maintain(self, scope: Scope, generation: Generation) -> None:
        """See `SearchIndex`."""
        await (await self._engine()).maintain(scope, generation)

    async def scrub(self, scope: Scope, generation: Generation) -> None:
        """See `SearchIndex`."""
        await (await self._engine()).scrub(scope, generation)

    async def chunk_ids(self, scope: Scope, generation: Generation) -> AsyncIterator[tuple[str, str]]:
        """See `SearchIndex`."""
        async for found in (await self._engine()).chunk_ids(scope, generation):
            yield found

    async def damaged(self, scope: Scope, generation: Generation) -> Sequence[str]:
        """See `SearchIndex`."""
        return await (await self._engine()).damaged(scope, generation)

    async def vectors(self, scope: Scope, generation: Generation, revision_id: str) -> Mapping[str, Vector]:
        """See `SearchIndex`."""
        return await (await self._engine()).vectors(scope, generation, revision_id)

    async def drop(self, scope: Scope, generation: Generation) -> None:
        """See `SearchIndex`."""
        await (await self._engine()).drop(scope, generation)

    async def _engine(self) -> SearchIndex:
        if self._made is None:
            async with self._making:
                if self._made is None:
                    self._made = await asyncio.to_thread(self._make)
        return self._made
