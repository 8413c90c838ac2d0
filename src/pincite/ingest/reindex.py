"""Builds a new index beside the old one from what the library holds, then lets it answer and drops the old one.

New documents are written to both meanwhile; nothing is read from files again.
"""

from collections.abc import AsyncGenerator
from dataclasses import dataclass

from pincite.core import NotFound, Scope
from pincite.index import Generation
from pincite.ingest.domain import IngestParts, Progress
from pincite.ingest.generations import fresh_generation
from pincite.ingest.points import points_of
from pincite.library import Document


@dataclass(frozen=True, slots=True)
class Reindex:
    """One rebuild for one tenant."""

    parts: IngestParts
    batch: int

    async def run(self, scope: Scope, progress: Progress) -> int:
        """Rebuild; returns how many chunks the new index holds. Raises: Unavailable, StorageFull."""
        await self._drop_unfinished(scope)
        fresh = fresh_generation(self.parts.embedder)
        await self.parts.library.add_generation(scope, fresh)
        written = await self._copy(scope, fresh, progress)
        await self.parts.index.maintain(scope, fresh)
        # What was published between our visit and now, by a worker that did not yet know of the new generation.
        await self._complete(scope, fresh)
        for old in await self.parts.library.activate_generation(scope, fresh.name):
            await self.parts.index.drop(scope, old)
            await self.parts.library.forget_generation(scope, old.name)
        await self._complete(scope, fresh)
        return written

    async def _drop_unfinished(self, scope: Scope) -> None:
        """Remove what a rebuild that was broken off, or could not drop its predecessor, has left."""
        active = await self.parts.library.active_generation(scope)
        for entry in await self.parts.library.generations(scope):
            if entry.generation != active:
                await self.parts.index.drop(scope, entry.generation)
                await self.parts.library.forget_generation(scope, entry.generation.name)

    async def _copy(self, scope: Scope, fresh: Generation, progress: Progress) -> int:
        written = 0
        async for document in documents_of(self.parts, scope):
            for revision_id in revisions_in_index(document):
                written += await self._copy_revision(scope, fresh, document, revision_id)
                progress(written)
        return written

    async def _copy_revision(self, scope: Scope, fresh: Generation, document: Document, revision_id: str) -> int:
        written = 0
        try:
            async for chunks in self.parts.library.chunks(scope, revision_id, batch=self.batch):
                points = await points_of(self.parts.embedder, scope, document.source, chunks)
                await self.parts.index.write(scope, fresh, points)
                written += len(points)
        except NotFound:
            await self.parts.index.delete_revision(scope, fresh, revision_id)  # removed meanwhile
        return written

    async def _complete(self, scope: Scope, fresh: Generation) -> None:
        """Write the chunks of serving revisions that the new index lacks, and drop those of superseded ones."""
        held: dict[str, int] = {}
        async for _, revision_id in self.parts.index.chunk_ids(scope, fresh):
            held[revision_id] = held.get(revision_id, 0) + 1
        wanted: set[str] = set()
        async for document in documents_of(self.parts, scope):
            wanted.update(revisions_in_index(document))
            if document.serving is not None and await self._chunks(scope, document.serving) != held.get(
                document.serving, 0
            ):
                await self._copy_revision(scope, fresh, document, document.serving)
        for revision_id in held.keys() - wanted:
            await self.parts.index.delete_revision(scope, fresh, revision_id)

    async def _chunks(self, scope: Scope, revision_id: str) -> int:
        try:
            return (await self.parts.library.revision(scope, revision_id)).chunks
        except NotFound:
            return 0


async def documents_of(parts: IngestParts, scope: Scope) -> AsyncGenerator[Document]:
    """Yield every document of a tenant; no transaction is open between two pages of the list."""
    cursor: str | None = None
    while True:
        listing = await parts.library.documents(scope, limit=200, cursor=cursor)
        for document in listing.items:
            yield document
        if (cursor := listing.next_cursor) is None:
            return


def revisions_in_index(document: Document) -> tuple[str, ...]:
    """Return the revisions of a document that may have points: the one that serves and the newest."""
    return tuple(dict.fromkeys(one for one in (document.serving, document.latest.id) if one is not None))
