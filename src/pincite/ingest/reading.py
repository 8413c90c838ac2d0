"""The long part of the write path: pages out of a file, chunks out of pages, vectors and points out of chunks.

Reading runs ahead in the confined child while this process chunks, embeds and writes what has been read so far.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from pincite.core import Scope, StorageFull, Unavailable, get_logger
from pincite.guard import FileType, PageBatch, PageText
from pincite.ingest.ahead import one_ahead
from pincite.ingest.chunking import Chunker, ChunkingSettings, ChunkOwner
from pincite.ingest.domain import Checkpoint, IngestParts
from pincite.ingest.generations import Target, all_generations, targets
from pincite.ingest.points import points_of
from pincite.ingest.settings import IngestSettings
from pincite.ingest.upkeep import Upkeep
from pincite.library import Chunk, Document, Revision, RevisionState

FIRST_WRITE = 128  # chunks: the first write comes early, so that a long document can be searched while it is read

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads one revision from its bytes to its points. Every write is idempotent; a second run starts afresh."""

    parts: IngestParts
    settings: IngestSettings
    upkeep: Upkeep
    checkpoint: Checkpoint

    async def read(self, scope: Scope, revision_id: str) -> tuple[int, int]:
        """Read a revision; returns how many pages and chunks it has.

        Raises:
            UnreadableDocument, UnsupportedType, ParserCrashed: the document is at fault.
            NotFound, RevisionOvertaken: it was removed, or a newer one was published meanwhile.
            StorageFull, Unavailable, IndexOutdated: the installation is at fault.
        """
        revision = await self.parts.library.revision(scope, revision_id)
        document = await self.parts.library.document(scope, revision.document_id)
        await self._start_afresh(scope, revision)
        run = _Run(self, scope, document, revision)
        async with (
            self.parts.blobs.local_path(scope, revision.sha256) as path,
            one_ahead(self.parts.reader.read(path, revision.file_type)) as batches,
        ):
            async for batch in batches:
                await run.take(batch)
        return await run.finish()

    async def drop_points(self, scope: Scope, revision_id: str) -> None:
        """Take a revision out of the index. Raises: Unavailable, StorageFull."""
        for generation in await all_generations(self.parts, scope):
            await self.parts.index.delete_revision(scope, generation, revision_id)
            self.upkeep.touched(scope, generation)

    async def _start_afresh(self, scope: Scope, revision: Revision) -> None:
        """Drop what an interrupted run left: another version of the parser might cut the document differently."""
        if revision.state is not RevisionState.QUEUED or revision.attempt > 1:
            await self.parts.library.clear_derived(scope, revision.id)
            await self.parts.library.have_vectors(scope, frozenset({revision.id}))
            await self.drop_points(scope, revision.id)
        await self.parts.library.set_state(scope, revision.id, RevisionState.EXTRACTING, pages_done=0, chunks=0)
        self.checkpoint("read.cleared")


class _Run:
    """One pass over a document."""

    def __init__(self, reader: Reader, scope: Scope, document: Document, revision: Revision) -> None:
        self._reader = reader
        self._library = reader.parts.library
        self._scope = scope
        self._source = document.source
        self._revision_id = revision.id
        self._chunker = Chunker(
            ChunkOwner(revision.id, document.id, document.collection_id),
            ChunkingSettings(),
            flowing=revision.file_type is FileType.PDF,
        )
        self._pages: list[PageText] = []
        self._waiting: list[Chunk] = []
        self._pages_done = 0
        self._chunks_done = 0
        self._total: int | None = None

    async def take(self, batch: PageBatch) -> None:
        """Store and chunk the pages when enough have gathered; write points when enough chunks have."""
        self._total = batch.total or self._total
        self._pages.extend(batch.pages)
        if len(self._pages) < self._reader.settings.page_batch:
            return
        await self._store_pages()
        batch_size = self._reader.settings.index_batch
        if len(self._waiting) >= (batch_size if self._chunks_done else min(FIRST_WRITE, batch_size)):
            first = self._chunks_done == 0
            await self._write()
            if first:
                await self._library.serve_early(self._scope, self._revision_id)
                self._reader.checkpoint("read.served-early")

    async def finish(self) -> tuple[int, int]:
        """Write the rest; returns the counts of pages and chunks."""
        await self._store_pages()
        self._waiting.extend(await asyncio.to_thread(self._chunker.finish))
        await self._library.set_state(
            self._scope, self._revision_id, RevisionState.EMBEDDING, pages_total=self._pages_done
        )
        await self._write()
        await self._library.set_state(self._scope, self._revision_id, RevisionState.EMBEDDING, chunks=self._chunks_done)
        self._reader.checkpoint("read.done")
        return self._pages_done, self._chunks_done

    async def _store_pages(self) -> None:
        pages, self._pages = self._pages, []
        if not pages:
            return
        await self._library.save_pages(self._scope, self._revision_id, pages)
        self._pages_done += len(pages)
        await self._library.set_state(
            self._scope,
            self._revision_id,
            RevisionState.EXTRACTING,
            pages_done=self._pages_done,
            pages_total=self._total,
            chunks=self._chunks_done,
        )
        self._reader.checkpoint("read.pages")
        self._waiting.extend(await asyncio.to_thread(self._chunks_of, pages))

    def _chunks_of(self, pages: Sequence[PageText]) -> list[Chunk]:
        return [chunk for page in pages for chunk in self._chunker.add(page)]

    async def _write(self) -> None:
        """Store, embed and index what waits; rows first, so that no point is ever without its chunk."""
        size = self._reader.settings.index_batch
        while self._waiting:
            chunks, self._waiting = self._waiting[:size], self._waiting[size:]
            await self._library.save_chunks(self._scope, self._revision_id, chunks)
            self._reader.checkpoint("read.chunks")
            await self._index(chunks)
            self._reader.checkpoint("read.indexed")
            self._chunks_done += len(chunks)

    async def _index(self, chunks: Sequence[Chunk]) -> None:
        for target in await targets(self._reader.parts, self._scope):
            if target.fast:  # first the list, then the points: what is found at all is found by better vectors too
                await self._library.await_vectors(self._scope, self._revision_id)
            try:
                await self._index_into(target, chunks)
            except (Unavailable, StorageFull) as error:
                if target.answers:
                    raise
                # It is completed before it answers; a document need not wait for that.
                log.warning("index behind", generation=target.generation.name, message=error.message)

    async def _index_into(self, target: Target, chunks: Sequence[Chunk]) -> None:
        points = await points_of(target.embedder, self._scope, self._source, chunks)
        self._reader.checkpoint("read.embedded")
        await self._reader.parts.index.write(self._scope, target.generation, points)
        self._reader.upkeep.touched(self._scope, target.generation)
