"""The long part of the write path: pages out of a file, chunks out of pages, vectors and points out of chunks.

Reading runs ahead in the confined child while this process chunks, embeds and writes what has been read so far. What is
written is how far it is: whoever goes on begins after the pages that are stored.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import TypeVar

from pincite.core import NotFound, Scope, StorageFull, Unavailable, get_logger
from pincite.guard import FileType, PageBatch, PageText, UnreadableDocument
from pincite.ingest.ahead import one_ahead
from pincite.ingest.chunking import Chunker, ChunkingSettings, ChunkOwner
from pincite.ingest.domain import BytesLost, Checkpoint, IngestParts
from pincite.ingest.generations import Target, all_generations, targets
from pincite.ingest.language import told_by
from pincite.ingest.pages import PageStream
from pincite.ingest.personal import looked_for
from pincite.ingest.points import points_for
from pincite.ingest.restoring import put_back
from pincite.ingest.settings import IngestSettings
from pincite.ingest.upkeep import Upkeep
from pincite.library import Chunk, Document, Page, Revision, RevisionOvertaken, RevisionState
from pincite.privacy import Policy

# Pages and chunks: the first write comes early, so that a long document can be searched while it is read.
FIRST_PAGES, FIRST_WRITE = 16, 24
# Of parsers and chunking. Pages that another one made are read again, for theirs may begin and end elsewhere.
_READ_BY = "7"
_SHARE_OF_LIMIT = 1 / 3

T = TypeVar("T")
log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads revisions from their bytes to their points."""

    parts: IngestParts
    settings: IngestSettings
    upkeep: Upkeep
    checkpoint: Checkpoint

    @property
    def read_by(self) -> str:
        """The version of the parsers at hand, by which a revision says who made its pages."""
        return f"{_READ_BY}+ocr" if self.parts.reader.reads_pictures else _READ_BY

    async def drop_points(self, scope: Scope, *revision_ids: str) -> None:
        """Take revisions out of the index; what somebody finished meanwhile is put back.

        Raises: Unavailable, StorageFull.
        """
        for generation in await all_generations(self.parts, scope):
            await self.parts.index.delete_revisions(scope, generation, revision_ids)
            self.upkeep.touched(scope, generation)
        await put_back(self.parts, scope, revision_ids)


class Reading:
    """One revision on its way in, a portion at a time. Every write is idempotent.

    Args:
        reader: what it is read with.
        scope: whose it is.
        revision_id: the revision.
        attempt: the one that this is about; None for whichever is.
    """

    def __init__(self, reader: Reader, scope: Scope, revision_id: str, attempt: int | None = None) -> None:
        self._reader = reader
        self._scope = scope
        self._revision_id = revision_id
        self.attempt = attempt
        self.lease: int | None = None  # what this worker's last take gave; None before the first
        self._open = AsyncExitStack()
        self._run: _Run | None = None

    async def portion(self) -> bool:
        """Read on for some pages; False when nothing is left. After any error the next call takes up what is stored.

        Raises:
            UnreadableDocument, UnsupportedType, Quarantined, PersonalDataRefused: the document is at fault.
            NotFound, RevisionOvertaken: it was removed or stopped, a newer one was published, or another worker has it.
            BytesLost, StorageFull, Unavailable, IndexOutdated: the installation is at fault.
        """
        try:
            async with asyncio.timeout(self._reader.settings.portion_limit_s):
                return await self._watched(self._portion())
        except TimeoutError:
            await self.close()
            minutes = self._reader.settings.portion_limit_s / 60
            raise Unavailable(f"Nothing was read for {minutes:.0f} minutes.", remedy="Try again.") from None
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        """Let go of the file and its parser."""
        self._run = None
        stack, self._open = self._open, AsyncExitStack()
        await stack.aclose()

    async def _portion(self) -> bool:
        if self._run is None:
            self._run = await self._begin()
        return await self._run.portion()

    async def _begin(self) -> "_Run":
        parts = self._reader.parts
        revision, afresh = await parts.library.take(
            self._scope, self._revision_id, self._reader.read_by, attempt=self.attempt
        )
        self.lease = revision.lease
        document = await parts.library.document(self._scope, revision.document_id)
        if afresh and (revision.lease > 1 or revision.attempt > 1):
            # Points of a run that broke off; another version of the parsers might cut the document differently.
            await parts.library.have_vectors(self._scope, frozenset({revision.id}))
            await self._reader.drop_points(self._scope, revision.id)
        policies = await parts.library.policies(self._scope, [document.collection_id])
        policy = policies.get(document.collection_id, Policy.OFF)
        run = _Run(self._reader, self._scope, document, revision, policy)
        await run.take_up()
        self._reader.checkpoint("read.cleared")
        try:
            path = await self._open.enter_async_context(parts.blobs.local_path(self._scope, revision.sha256))
        except NotFound as error:
            raise BytesLost("The uploaded bytes are no longer there.", remedy="Upload the file again.") from error
        stream = PageStream(parts.reader, path, revision.file_type, self._scope.tenant, next_page=run.pages_done + 1)
        run.batches = await self._open.enter_async_context(one_ahead(stream.batches()))
        return run

    async def _watched(self, work: Awaitable[T]) -> T:
        """Do the work, and look now and then whether it is still wanted of this worker. Raises: see `portion`."""
        task = asyncio.ensure_future(work)
        try:
            while True:
                done, _ = await asyncio.wait([task], timeout=self._reader.settings.look_s)
                if done:
                    return task.result()
                if self._run is not None:
                    await self._run.check()
        finally:
            if not task.done():
                task.cancel()
                await asyncio.wait([task])
            if not task.cancelled():
                task.exception()  # what it ended with besides is known by now, and needs no trace in the log


class _Run:
    """One worker's pass over a document, from where the one before it was."""

    def __init__(self, reader: Reader, scope: Scope, document: Document, revision: Revision, policy: Policy) -> None:
        self._reader = reader
        self._library = reader.parts.library
        self._scope = scope
        self._source = document.source
        self._revision_id = revision.id
        self._lease = revision.lease
        self._chunker = Chunker(
            ChunkOwner(revision.id, document.id, document.collection_id),
            ChunkingSettings(),
            flowing=revision.file_type is FileType.PDF,
        )
        self._pages: list[PageText] = []
        self._waiting: list[Chunk] = []
        self._chunks_done = revision.chunks
        self._total = revision.pages_total
        self._language = revision.language
        self._has_text = False
        self._policy = policy
        self._personal = Counter[str]()  # of the pages that are stored, by this worker or before
        self.batches = _none()
        self.pages_done = revision.pages_done

    async def take_up(self) -> None:
        """Cut the pages that are stored once more, to go on behind them; chunks that are indexed stay as they are."""
        await self._report(RevisionState.EXTRACTING)
        size, first = self._reader.settings.page_batch, 1
        while first <= self.pages_done:
            known = await self._library.pages(self._scope, self._revision_id, first, size)
            known = tuple(page for page in known if page.number <= self.pages_done)
            if not known:
                break
            first = known[-1].number + 1
            await self._look_for_personal_data(known)
            self._waiting += await asyncio.to_thread(self._chunks_of, known)
        self._waiting = [chunk for chunk in self._waiting if chunk.ordinal >= self._chunks_done]

    async def check(self) -> None:
        """See whether the document is still to be read, by this worker. Raises: NotFound, RevisionOvertaken."""
        revision = await self._library.revision(self._scope, self._revision_id)
        if revision.lease != self._lease or revision.state.at_rest:
            raise RevisionOvertaken(
                f"Revision {revision.number} is {revision.state.value}, or another worker's by now."
            )

    async def portion(self) -> bool:
        """Read some pages; False at the end of the document, which is then wholly in the index."""
        until = self.pages_done + self._reader.settings.portion_pages
        clock = asyncio.get_running_loop()
        # Pictures take seconds a page: a portion of them ends by time, well before it would count as stuck.
        until_s = clock.time() + self._reader.settings.portion_limit_s * _SHARE_OF_LIMIT
        began = self.pages_done
        async for batch in self.batches:
            await self._take(batch)
            if self.pages_done >= until or (self.pages_done > began and clock.time() > until_s):
                return True
        await self._finish()
        return False

    async def _take(self, batch: PageBatch) -> None:
        """Store and chunk the pages when enough have gathered; write points when enough chunks have."""
        self._total = batch.total or self._total
        self._pages.extend(batch.pages)
        page_batch = self._reader.settings.page_batch
        if len(self._pages) < (page_batch if self._chunks_done else min(FIRST_PAGES, page_batch)):
            return
        await self._store_pages()
        batch_size = self._reader.settings.index_batch
        if len(self._waiting) >= (batch_size if self._chunks_done else min(FIRST_WRITE, batch_size)):
            first = self._chunks_done == 0
            await self._write()
            if first:
                await self._library.serve_early(self._scope, self._revision_id)
                self._reader.checkpoint("read.served-early")

    async def _finish(self) -> None:
        await self._store_pages()
        if not self._has_text:
            raise without_text()
        self._waiting.extend(await asyncio.to_thread(self._rest))
        self._total = self.pages_done
        if self._policy.flags:
            library = self._library
            await library.note_personal_data(self._scope, self._revision_id, self._personal, lease=self._lease)
        await self._report(RevisionState.EMBEDDING)
        await self._write()
        await self._report(RevisionState.EMBEDDING)
        self._reader.checkpoint("read.done")

    async def _store_pages(self) -> None:
        pages, self._pages = self._pages, []
        if not pages:
            return
        await self._look_for_personal_data(pages)
        await self._library.save_pages(self._scope, self._revision_id, pages, lease=self._lease)
        self.pages_done += len(pages)
        await self._report(RevisionState.EXTRACTING)
        self._reader.checkpoint("read.pages")
        self._waiting.extend(await asyncio.to_thread(self._chunks_of, pages))

    async def _look_for_personal_data(self, pages: Sequence[PageText | Page]) -> None:
        """Count what pages hold before anything is done with them. Raises: PersonalDataRefused."""
        if self._policy.flags:
            self._personal += await asyncio.to_thread(looked_for, pages, self._policy)

    async def _report(self, state: RevisionState) -> None:
        await self._library.set_state(
            self._scope,
            self._revision_id,
            state,
            lease=self._lease,
            pages_done=self.pages_done,
            pages_total=self._total,
            chunks=self._chunks_done,
        )

    def _chunks_of(self, pages: Sequence[PageText | Page]) -> list[Chunk]:
        self._has_text = self._has_text or any(page.text.strip() for page in pages)
        return [chunk for page in pages for chunk in self._chunker.add(page)]

    def _rest(self) -> list[Chunk]:
        return [chunk for chunk in self._chunker.finish() if chunk.ordinal >= self._chunks_done]

    async def _write(self) -> None:
        """Store, embed and index what waits; rows first, so that no point is ever without its chunk."""
        size = self._reader.settings.index_batch
        if self._language is None and self._waiting:
            self._language = await told_by(self._waiting)
        while self._waiting:
            chunks, self._waiting = self._waiting[:size], self._waiting[size:]
            await self._library.save_chunks(
                self._scope, self._revision_id, chunks, lease=self._lease, language=self._language
            )
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
        points = await points_for(self._reader.parts, target.embedder, self._scope, self._source, chunks)
        self._reader.checkpoint("read.embedded")
        await self._reader.parts.index.write(self._scope, target.generation, points)
        if target.generation in await all_generations(self._reader.parts, self._scope):
            self._reader.upkeep.touched(self._scope, target.generation)
        else:  # it was replaced and dropped between the question and the write, which made it anew
            await self._reader.parts.index.drop(self._scope, target.generation)


def without_text() -> UnreadableDocument:
    """Return how it is said that there is nothing to search in a document."""
    return UnreadableDocument("There is no text in this document.", remedy="Check that it is the right file.")


async def _none() -> AsyncIterator[PageBatch]:
    for batch in ():
        yield batch
