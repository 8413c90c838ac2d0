"""Many small documents as one piece of work: parsed side by side, then stored, indexed and published together.

A commit of each store is shared by all of them. One that is long, takes long, or kills its parser goes its own way
(`reading.py`).
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass

from pincite.core import NotFound, PinciteError, Scope, StorageFull, Unavailable, get_logger
from pincite.core.together import all_of
from pincite.guard import FileType, PageText, ParserCrashed, UnreadableDocument, UnsupportedType
from pincite.ingest.chunking import Chunker, ChunkingSettings, ChunkOwner
from pincite.ingest.domain import PersonalDataRefused
from pincite.ingest.generations import Target, all_generations, targets
from pincite.ingest.language import told_by
from pincite.ingest.personal import looked_for
from pincite.ingest.points import points_of_many
from pincite.ingest.reading import Reader, without_text
from pincite.ingest.restoring import put_back
from pincite.library import Chunk, Document, Revision
from pincite.privacy import Policy

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Whole:
    """All of a small document as it was read."""

    document: Document
    pages: tuple[PageText, ...]
    chunks: tuple[Chunk, ...]
    language: str
    personal_data: Mapping[str, int] | None

    @property
    def revision(self) -> Revision:
        """The revision, with the lease that it was read under."""
        return self.document.latest


_Became = Whole | PinciteError | None


@dataclass(frozen=True, slots=True)
class SliceOutcome:
    """What became of a slice.

    Args:
        published: the revisions that serve now.
        superseded: revisions whose points are of no use any more.
        alone: those that need jobs of their own.
        failed: the documents that are at fault, and why.
        left: all others: stopped, removed or taken by others, while they were read or before. A run that broke off may
            have written points of them.
    """

    published: tuple[str, ...]
    superseded: tuple[str, ...]
    alone: tuple[str, ...]
    failed: tuple[tuple[str, PinciteError], ...]
    left: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SliceReader:
    """Reads slices. Every write is idempotent and fenced by the leases of the revisions."""

    reader: Reader

    async def run(self, scope: Scope, wanted: Mapping[str, int]) -> SliceOutcome:
        """Bring revisions in, given with the attempt that is meant.

        Where that takes too long, all go their own way: once more would take as long.

        Raises: Unavailable, StorageFull, IndexOutdated: the installation is at fault, and all of it can be run again.
        """
        try:
            async with asyncio.timeout(self.reader.settings.portion_limit_s):
                return await self._run(scope, wanted)
        except TimeoutError:
            log.warning("slice takes too long", documents=len(wanted))
            return apart(wanted)

    async def _run(self, scope: Scope, wanted: Mapping[str, int]) -> SliceOutcome:
        library, checkpoint = self.reader.parts.library, self.reader.checkpoint
        taken = await library.take_all(scope, wanted, self.reader.read_by)
        before = [each.latest.id for each in taken if each.latest.lease > 1 or each.latest.attempt > 1]
        if before:  # points of a run that broke off
            await library.have_vectors(scope, frozenset(before))
            await self.reader.drop_points(scope, *before)
        checkpoint("slice.taken")
        policies = await library.policies(scope, {each.collection_id for each in taken})
        read = await all_of(self._read(scope, each, policies.get(each.collection_id, Policy.OFF)) for each in taken)
        whole = [each for each in read if isinstance(each, Whole)]
        stored, refused = await library.save_all(scope, whole)
        whole = [each for each in whole if each.revision.id in stored]
        checkpoint("slice.stored")
        await self._index(scope, whole)
        checkpoint("slice.indexed")
        await asyncio.sleep(self.reader.parts.index.settles_s)  # what serves from now on is found everywhere
        published = await library.publish_all(scope, list(wanted), whole)
        await put_back(self.reader.parts, scope, [each for each in before if each in published])
        checkpoint("slice.published")
        became = {each.latest.id: what for each, what in zip(taken, read, strict=True)} | dict(refused)
        return _outcome(wanted, published, became)

    async def _read(self, scope: Scope, document: Document, policy: Policy) -> _Became:
        """Read and cut one document; an error that it is at fault for; None where it has to go its own way."""
        parts, settings = self.reader.parts, self.reader.settings
        pages: list[PageText] = []
        try:
            async with (
                parts.blobs.local_path(scope, document.latest.sha256) as path,
                aclosing(
                    parts.reader.read(
                        path, document.latest.file_type, limit_s=settings.slice_patience_s, whose=scope.tenant
                    )
                ) as batches,
            ):
                async for batch in batches:
                    pages += batch.pages
                    if len(pages) > settings.page_batch:
                        return None
        except (ParserCrashed, NotFound):
            return None
        except (UnreadableDocument, UnsupportedType) as error:
            return error
        if not any(page.text.strip() for page in pages):
            return without_text()
        try:
            counts = await asyncio.to_thread(looked_for, pages, policy) if policy.flags else None
        except PersonalDataRefused as error:
            return error
        chunks = await asyncio.to_thread(_cut, document, pages)
        return Whole(document, tuple(pages), chunks, await told_by(chunks), counts)

    async def _index(self, scope: Scope, whole: Sequence[Whole]) -> None:
        if not whole:
            return
        for target in await targets(self.reader.parts, scope):
            if target.fast:  # first the list, then the points: what is found at all is found by better vectors too
                await self.reader.parts.library.await_all(scope, [each.revision.id for each in whole])
            try:
                await self._index_into(scope, target, whole)
            except (Unavailable, StorageFull) as error:
                if target.answers:
                    raise
                # It is completed before it answers; documents need not wait for that.
                log.warning("index behind", generation=target.generation.name, message=error.message)

    async def _index_into(self, scope: Scope, target: Target, whole: Sequence[Whole]) -> None:
        parts = self.reader.parts
        documents = [(each.document.source, each.language, each.chunks) for each in whole]
        points = await points_of_many(parts, target.embedder, scope, documents)
        await parts.index.write(scope, target.generation, points)
        if target.generation in await all_generations(parts, scope):
            self.reader.upkeep.touched(scope, target.generation)
        else:  # it was replaced and dropped between the question and the write, which made it anew
            await parts.index.drop(scope, target.generation)


def apart(wanted: Iterable[str]) -> SliceOutcome:
    """Return the outcome of a slice that broke off: whatever is still to be read of it needs jobs of its own."""
    each = tuple(wanted)
    return SliceOutcome(published=(), superseded=(), alone=each, failed=(), left=each)


def _outcome(
    wanted: Iterable[str], published: Mapping[str, tuple[str, ...]], became: Mapping[str, _Became]
) -> SliceOutcome:
    alone = tuple(each for each, what in became.items() if what is None)
    failed = tuple((each, what) for each, what in became.items() if isinstance(what, PinciteError))
    told = {*published, *alone, *(each for each, _ in failed)}
    return SliceOutcome(
        published=tuple(published),
        superseded=tuple(older for some in published.values() for older in some),
        alone=alone,
        failed=failed,
        left=tuple(each for each in wanted if each not in told),
    )


def _cut(document: Document, pages: Sequence[PageText]) -> tuple[Chunk, ...]:
    revision = document.latest
    owner = ChunkOwner(revision.id, document.id, document.collection_id)
    chunker = Chunker(owner, ChunkingSettings(), flowing=revision.file_type is FileType.PDF)
    return (*(chunk for page in pages for chunk in chunker.add(page)), *chunker.finish())
