"""Builds a new index beside the old one from what the library holds, lets it answer, and keeps the old one a while.

A build that was broken off goes on where it stopped; nothing is read from files again. What it will cost is estimated
in `forecast.py`.
"""

from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass

from pincite.core import Conflict, NotFound, Scope
from pincite.gateway import Embedder
from pincite.index import Generation, Vector
from pincite.ingest.domain import IndexOutdated, IngestParts, Progress
from pincite.ingest.generations import Target, fresh_generation
from pincite.ingest.points import points_for, points_with
from pincite.library import Document, IndexGeneration

_BUILDING, _RETIRED, _FAST = "building", "retired", "fast"


@dataclass(frozen=True, slots=True)
class Reindex:
    """Changes of the index of one tenant."""

    parts: IngestParts
    batch: int

    async def run(self, scope: Scope, progress: Progress) -> int:
        """Build with the chosen embedder and switch; returns how many chunks the new index holds.

        The replaced index is kept for `go_back` if another embedder made it, until `confirm`.

        Raises: Unavailable, StorageFull; the old index serves on, and another run goes on where this one stopped.
        """
        target = await self._target(scope)
        await self._drop(scope, _BUILDING, spare=target.generation)
        await self._complete_fast(scope)
        await self._copy(scope, target, progress)
        await self.parts.index.maintain(scope, target.generation)
        await self._switch(scope, target)
        return sum((await self._held(scope, target.generation)).values())

    async def replace(self, scope: Scope, damaged: Target) -> None:
        """Build an index that answers anew, with the same embedder, from what the library holds; then drop the old one.

        Raises: Unavailable, StorageFull.
        """
        if damaged.fast:
            await self.parts.index.drop(scope, damaged.generation)
            await self._complete(scope, damaged)
            return
        fresh = Target(await fresh_generation(scope, damaged.embedder), damaged.embedder)
        await self.parts.library.add_generation(scope, fresh.generation)
        await self._copy(scope, fresh, lambda _: None)
        await self.parts.index.maintain(scope, fresh.generation)
        await self._switch(scope, fresh)

    async def go_back(self, scope: Scope) -> str:
        """Let the index that was replaced answer again, with what came in meanwhile; returns its embedder's name.

        Raises:
            Conflict: none was kept.
            IndexOutdated: its embedder cannot be had any more.
        """
        entries = [*await self._entries(scope, _FAST), *await self._entries(scope, _RETIRED)]
        kept = [entry.generation for entry in entries]
        if not kept:
            raise Conflict("No earlier index was kept.", remedy="Set PINCITE_EMBEDDER back and run `pincite reindex`.")
        embedder = await self.parts.embedders.of(kept[-1].model_id)
        if embedder is None:
            message = f"The embedder of the earlier index, {kept[-1].model_id}, cannot be had."
            raise IndexOutdated(message, remedy="Install it again, or give its key.")
        await self._switch(scope, Target(kept[-1], embedder))
        return kept[-1].model_id

    async def confirm(self, scope: Scope) -> int:
        """Drop the indexes that were kept for `go_back`; returns how many. Raises: Unavailable."""
        dropped = await self._drop(scope, _RETIRED)
        used = {entry.generation.model_id for entry in await self.parts.library.generations(scope)}
        await self.parts.library.keep_vectors_of(scope, sorted(used))
        return dropped

    async def _entries(self, scope: Scope, state: str) -> list[IndexGeneration]:
        return [entry for entry in await self.parts.library.generations(scope) if entry.state.value == state]

    async def _target(self, scope: Scope) -> Target:
        """Return the build that was broken off, one that was kept from before, or a new one."""
        chosen = self.parts.embedders.chosen
        active = await self.parts.library.active_generation(scope)
        found = await self._entries(scope, _BUILDING)
        if active is not None and active.model_id != chosen.model_id:
            found = [*await self._entries(scope, _FAST), *await self._entries(scope, _RETIRED), *found]
        usable = [each.generation for each in found if each.generation.model_id == chosen.model_id]
        usable = [each for each in usable if not each.outdated]
        if not usable:
            usable = [await fresh_generation(scope, chosen)]
            await self.parts.library.add_generation(scope, usable[0])
        return Target(usable[-1], chosen)

    async def _drop(self, scope: Scope, state: str, *, spare: Generation | None = None) -> int:
        dropped = [entry.generation for entry in await self._entries(scope, state) if entry.generation != spare]
        for generation in dropped:
            await self._discard(scope, generation)
        return len(dropped)

    async def _discard(self, scope: Scope, generation: Generation) -> None:
        """Drop a build and forget it. A write that is under way meanwhile makes it anew, so it is dropped once more."""
        await self.parts.index.drop(scope, generation)
        await self.parts.library.forget_generation(scope, generation.name)
        await self.parts.index.drop(scope, generation)

    async def _switch(self, scope: Scope, target: Target) -> None:
        """Let a build answer. Before: what was published since it was visited, by a worker that knew nothing of it."""
        await self._complete(scope, target)
        library, fast = self.parts.library, self._fast_for(target)
        before = await library.active_generation(scope)
        retired = await library.activate_generation(
            scope, target.generation.name, fast_model=None if fast is None else fast.model_id
        )
        for old in retired:
            if old != before or old.model_id == target.generation.model_id:
                await self._discard(scope, old)
        unread = {item.revision_id for item in await library.unfinished()}
        waiting = await library.waiting_revisions(scope)
        await self._complete(scope, target)
        await library.have_vectors(scope, waiting - unread)
        if fast is None:
            await self._drop(scope, _FAST)
        elif all(entry.generation.outdated for entry in await self._entries(scope, _FAST)):
            await self._add_fast(scope, fast)

    def _fast_for(self, target: Target) -> Embedder | None:
        """Return the quick embedder that is to stand beside a build; none beside its own."""
        fast = self.parts.embedders.fast
        return None if fast is None or fast.model_id == target.generation.model_id else fast

    async def _add_fast(self, scope: Scope, embedder: Embedder) -> None:
        """Build the fast one; documents that come meanwhile are written to it like to any that is being built."""
        fresh = Target(await fresh_generation(scope, embedder), embedder)
        await self.parts.library.add_generation(scope, fresh.generation)
        await self._complete(scope, fresh)
        await self._drop(scope, _FAST)  # an outdated one, which answered until now
        await self.parts.library.make_fast(scope, fresh.generation.name)
        await self._complete(scope, fresh)

    async def _complete_fast(self, scope: Scope) -> None:
        """Write what the fast build lacks, where its table was lost: what came back from a backup has none."""
        for entry in await self._entries(scope, _FAST):
            embedder = await self.parts.embedders.of(entry.generation.model_id)
            if embedder is not None:
                await self._complete(scope, Target(entry.generation, embedder))

    async def _copy(self, scope: Scope, target: Target, progress: Progress) -> None:
        held = await self._held(scope, target.generation)
        done = 0
        async for document in documents_of(self.parts, scope):
            for revision_id in revisions_in_index(document):
                chunks = await self._chunks(scope, revision_id)
                if chunks == 0 or held.get(revision_id) != chunks:
                    chunks = await self._copy_revision(scope, target, document, revision_id)
                done += chunks
                progress(done)

    async def _copy_revision(self, scope: Scope, target: Target, document: Document, revision_id: str) -> int:
        written, source = 0, document.source
        try:
            known = await self._known_vectors(scope, target, revision_id)
            async for chunks in self.parts.library.chunks(scope, revision_id, batch=self.batch):
                new = [chunk for chunk in chunks if chunk.id not in known]
                points = await points_for(self.parts, target.embedder, scope, source, new)
                old = [chunk for chunk in chunks if chunk.id in known]
                points += await points_with(self.parts, scope, source, old, known)
                await self.parts.index.write(scope, target.generation, points)
                written += len(points)
        except NotFound:
            await self.parts.index.delete_revisions(scope, target.generation, [revision_id])  # removed meanwhile
        return written

    async def _known_vectors(self, scope: Scope, target: Target, revision_id: str) -> Mapping[str, Vector]:
        """Return the vectors that an index had whose words alone are outdated: they need not be paid for again.

        From an index of today's words none are taken: it may be built again because it was damaged.
        """
        generation = target.generation
        for entry in await self.parts.library.generations(scope):
            if entry.generation.outdated and entry.generation.model_id == generation.model_id:
                return await self.parts.index.vectors(scope, entry.generation, revision_id)
        return {}

    async def _complete(self, scope: Scope, target: Target) -> None:
        """Write the chunks of serving revisions that the build lacks, and drop those of superseded ones."""
        held = await self._held(scope, target.generation)
        wanted: set[str] = set()
        async for document in documents_of(self.parts, scope):
            wanted.update(revisions_in_index(document))
            if document.serving is not None and await self._chunks(scope, document.serving) != held.get(
                document.serving, 0
            ):
                await self._copy_revision(scope, target, document, document.serving)
        for revision_id in held.keys() - wanted:
            await self.parts.index.delete_revisions(scope, target.generation, [revision_id])

    async def _held(self, scope: Scope, generation: Generation) -> Mapping[str, int]:
        """Return how many points each revision has."""
        held: dict[str, int] = {}
        async for _, revision_id in self.parts.index.chunk_ids(scope, generation):
            held[revision_id] = held.get(revision_id, 0) + 1
        return held

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
