"""The write path as one object: receive, retry, remove, sweep, reindex, fsck. No web; commits belong to the library.

The work itself is in the files named after it; the durable jobs are in `work.py`.
"""

import asyncio
import time
from collections.abc import AsyncIterable, Collection, Sequence
from datetime import timedelta

from pincite.core import InvalidInput, PinciteError, Scope, StorageFull, Unavailable, get_logger, utc_now
from pincite.ingest.contexts import Contexts
from pincite.ingest.domain import (
    Checkpoint,
    ContextForecast,
    ContextReport,
    FsckReport,
    IngestParts,
    Progress,
    RebuildForecast,
    Received,
    Reparsed,
    Staged,
)
from pincite.ingest.filling import Filler
from pincite.ingest.forecast import Forecast
from pincite.ingest.fsck import Fsck
from pincite.ingest.generations import all_generations, better
from pincite.ingest.reading import Reader
from pincite.ingest.receive import Receiver
from pincite.ingest.reindex import Reindex
from pincite.ingest.renewal import Renewal
from pincite.ingest.settings import IngestSettings
from pincite.ingest.sweep import Sweep, every
from pincite.ingest.turns import Turns
from pincite.ingest.upkeep import Upkeep
from pincite.ingest.work import Work
from pincite.library import Document, Revision, RevisionState

log = get_logger(__name__)
_LOOK_S = 0.1
_QUEUED_AT_ONCE = 500


def _pass(_boundary: str) -> None:
    """The checkpoint of everyday use."""


class IngestService:
    """Brings documents in and takes them out again.

    Args:
        parts: the rooms it stands on.
        settings: limits and rhythms.
        checkpoint: called at each boundary of the work; tests kill the process there.
    """

    def __init__(self, parts: IngestParts, settings: IngestSettings, *, checkpoint: Checkpoint = _pass) -> None:
        self._parts = parts
        self._settings = settings
        self._upkeep = Upkeep(parts.index, settings.maintain_after_s)
        self._receiver = Receiver(parts, settings, checkpoint, Turns(parts.library))
        self._contexts = Contexts(parts, settings, self._upkeep)
        self.work = Work(Reader(parts, settings, self._upkeep, checkpoint), self._contexts, self._receiver)
        self._reindex = Reindex(parts, settings.index_batch)
        self.renewal = Renewal(parts, self._reindex)
        self._filler = Filler(parts, settings, self._upkeep)
        self._sweep = Sweep(parts, self._receiver, self.work, self._upkeep, timedelta(seconds=settings.silence_s))
        self._chores: list[asyncio.Task[None]] = []
        self._later: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to look after forgotten work, now and again. Call in a process that works, once the queue is open."""
        await self._sweep.tidy()
        chores = (
            (self._settings.sweep_s, self._sweep.sweep),
            (self._settings.litter_s, self._sweep.pick_up_litter),
            (self._settings.renew_s, self.renewal.look),
            (self._settings.fill_s, self._filler.fill),
        )
        self._chores = [asyncio.create_task(every(seconds, chore), name=chore.__name__) for seconds, chore in chores]

    async def stop(self) -> None:
        """Stop looking after; the jobs belong to the queue."""
        tasks = [*self._chores, *([] if self._later is None else [self._later])]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
        await self._upkeep.stop()

    async def receive(
        self,
        scope: Scope,
        *,
        collection: str,
        source: str,
        stream: AsyncIterable[bytes],
        bulk: bool = False,
        batch: str | None = None,
    ) -> Received:
        """Take an upload in and queue it; returns before it is read.

        Args:
            scope: the asker.
            collection: id or name.
            source: the name the user gave; with the collection it is the document's identity.
            stream: the bytes.
            bulk: whether it may wait for all that did not come in bulk.
            batch: id or name of the batch that it comes in; made if it is not there.

        Raises:
            UploadTooLarge, EmptyUpload, UnsupportedType, UnreadableDocument: refused, nothing changed.
            InvalidInput, NotFound, DocumentBusy, BatchCancelled: the name, collection or batch cannot be used.
            StorageFull, Unavailable: nothing was stored.
        """
        staged = await self.stage(scope, source, stream)
        return await self.register(scope, staged, collection=collection, source=source, bulk=bulk, batch=batch)

    async def stage(self, scope: Scope, name: str, stream: AsyncIterable[bytes]) -> Staged:
        """Store bytes before it is known where they belong; see `receive` for what it raises."""
        return await self._receiver.stage(scope, name, stream)

    async def register(
        self,
        scope: Scope,
        staged: Staged,
        *,
        collection: str,
        source: str,
        bulk: bool = False,
        batch: str | None = None,
    ) -> Received:
        """Make staged bytes a document or a revision of one, and queue it; see `receive` for what it raises."""
        return await self._receiver.register(
            scope, staged, collection=collection, source=source, bulk=bulk, batch=batch
        )

    async def register_many(
        self,
        scope: Scope,
        arrivals: Sequence[tuple[str, Staged]],
        *,
        collection: str,
        bulk: bool = False,
        batch: str | None = None,
    ) -> list[Received | PinciteError]:
        """Make staged bytes documents, or revisions of some, all in one transaction, and queue them.

        Args:
            scope: the asker.
            arrivals: the name of each, and its bytes.
            collection: id or name.
            bulk: whether they may wait for all that did not come in bulk.
            batch: id or name of the batch that they come in; made if it is not there.

        Returns: what became of each, in order.

        Raises: NotFound (the collection), BatchCancelled, InvalidInput (the batch), StorageFull, Unavailable.
        """
        return await self._receiver.register_many(scope, arrivals, collection=collection, bulk=bulk, batch=batch)

    async def pause(
        self,
        scope: Scope,
        *,
        chosen: Sequence[str] | None = None,
        collection: str | None = None,
        batch: str | None = None,
    ) -> tuple[str, ...]:
        """Let documents on their way in rest until `go_on`; what is read stays and answers.

        Args:
            scope: the asker.
            chosen: ids of documents; None for all.
            collection: id or name; None for all.
            batch: an id; None for all.

        Returns: the ids of those that were stopped; their worker lets go within a second or two.

        Raises: NotFound: no such collection.
        """
        stopped = await self._parts.library.stop(
            scope, RevisionState.PAUSED, chosen=chosen, collection=collection, batch=batch
        )
        return tuple(each.document_id for each in stopped)

    async def cancel(
        self,
        scope: Scope,
        *,
        chosen: Sequence[str] | None = None,
        collection: str | None = None,
        batch: str | None = None,
    ) -> tuple[str, ...]:
        """Give up reading documents; an older revision goes on answering. See `pause` for the rest."""
        stopped = await self._parts.library.stop(
            scope, RevisionState.CANCELLED, chosen=chosen, collection=collection, batch=batch
        )
        for revision in stopped:
            if revision.state is not RevisionState.QUEUED or revision.pages_done:
                await self._receiver.enqueue_cleaning(scope, revision)
        return tuple(each.document_id for each in stopped)

    async def go_on(
        self,
        scope: Scope,
        *,
        chosen: Sequence[str] | None = None,
        collection: str | None = None,
        batch: str | None = None,
        out_of: frozenset[RevisionState] = frozenset(each for each in RevisionState if each.at_rest),
    ) -> tuple[str, ...]:
        """Queue failed, paused and cancelled documents again, those in `out_of`; returns their ids. See `pause`."""
        queued = await self._parts.library.go_on(
            scope, chosen=chosen, collection=collection, batch=batch, out_of=out_of
        )
        await self._enqueue_many(scope, queued)
        return tuple(each.document_id for each in queued)

    async def reparse(
        self,
        scope: Scope,
        *,
        chosen: Sequence[str] | None = None,
        collection: str | None = None,
        up_to_date: bool = False,
    ) -> Reparsed:
        """Queue ready documents to be read once more by the parsers at hand; the old text answers until then.

        Args:
            scope: the asker; documents that they may not change are left alone.
            chosen: ids of documents; None for all.
            collection: id or name; None for all.
            up_to_date: also those that these parsers read.

        Raises: NotFound: no such collection; QuotaExceeded: no room for all, some may wait by now.
        """
        batch = f"Read anew {utc_now():%Y-%m-%d %H:%M:%S}"
        queued = await self._parts.library.reparse(
            scope, batch, chosen=chosen, collection=collection, not_read_by=self._not_read_by(up_to_date)
        )
        await self._enqueue_many(scope, queued)
        return Reparsed(tuple(each.document_id for each in queued), batch if queued else None)

    async def count_to_reparse(
        self,
        scope: Scope,
        *,
        chosen: Sequence[str] | None = None,
        collection: str | None = None,
        up_to_date: bool = False,
    ) -> int:
        """Return how many documents `reparse` would queue. Raises: NotFound: no such collection."""
        return await self._parts.library.count_to_reparse(
            scope, chosen=chosen, collection=collection, not_read_by=self._not_read_by(up_to_date)
        )

    def _not_read_by(self, up_to_date: bool) -> str | None:
        return None if up_to_date else self.work.reader.read_by

    async def _enqueue_many(self, scope: Scope, queued: Sequence[Revision]) -> None:
        await self._receiver.enqueue_many(scope, queued[:_QUEUED_AT_ONCE])
        if len(queued) > _QUEUED_AT_ONCE:  # nobody need wait for that; where this process ends, others sweep
            self._later = asyncio.create_task(self._sweep_soon(), name="sweep-soon")

    async def change_batch(self, scope: Scope, batch: str, action: str) -> int:
        """Pause, resume, retry or cancel a batch, by id or name, files that are still to come as well.

        Resuming wakes what rests; retrying queues what failed or was cancelled. Returns how many documents changed.

        Raises: NotFound; InvalidInput for another action.
        """
        after = {"pause": "paused", "cancel": "cancelled", "resume": "open", "retry": "open"}.get(action)
        if after is None:
            raise InvalidInput(
                f"A batch cannot be told to {action[:50]!r}.", remedy="Pause, resume, retry or cancel it."
            )
        found = await self._parts.library.set_batch(scope, batch, after)
        if action == "pause":
            return len(await self.pause(scope, batch=found))
        if action == "cancel":
            return len(await self.cancel(scope, batch=found))
        woken = {RevisionState.PAUSED} if action == "resume" else {RevisionState.FAILED, RevisionState.CANCELLED}
        return len(await self.go_on(scope, batch=found, out_of=frozenset(woken)))

    async def _sweep_soon(self) -> None:
        try:
            await self._sweep.sweep()
        except PinciteError as error:
            log.warning("not queued yet", code=error.code, message=error.message)

    async def retry(self, scope: Scope, document_id: str) -> Document:
        """Queue a failed, paused or cancelled document again. Raises: NotFound; Conflict for any other."""
        revision = await self._parts.library.retry(scope, document_id)
        await self._receiver.enqueue(scope, revision)
        return await self._parts.library.document(scope, document_id)

    async def remove(self, scope: Scope, document_id: str) -> None:
        """Hide a document at once and queue the rest: its points, rows and bytes. Raises: NotFound."""
        await self._parts.library.document(scope, document_id)
        await self._parts.library.remove(scope, document_id)
        try:
            # Its own job is not cancelled: it sees by itself that the document is gone, and takes back what it wrote.
            await self._receiver.enqueue_removal(scope, document_id)
        except (Unavailable, StorageFull) as error:
            # It is hidden, and the sweep queues the rest: asking again would find nothing to remove.
            log.warning("removal not queued yet", document=document_id, code=error.code, message=error.message)

    async def finish_removal(self, scope: Scope, document_id: str) -> None:
        """Take a removed document's points, rows and bytes out now, whatever becomes of its job; again does nothing.

        Raises: OnHold; Unavailable, StorageFull.
        """
        await self.work.finish_removal(scope, document_id)

    async def sweep(self) -> int:
        """Bring back work that was committed but never queued, of all tenants; returns how much there was."""
        return await self._sweep.sweep()

    async def scrub(self, scope: Scope) -> None:
        """Write the tenant's indexes anew, so that nothing that was deleted is left in their files."""
        for generation in await all_generations(self._parts, scope):
            await self._parts.index.scrub(scope, generation)

    async def points(self, scope: Scope, revision_ids: Collection[str]) -> int:
        """Return how many points revisions have in the tenant's indexes; reads the ids of all."""
        found = 0
        for generation in await all_generations(self._parts, scope):
            async for _, revision in self._parts.index.chunk_ids(scope, generation):
                found += revision in revision_ids
        return found

    async def drop_indexes(self, scope: Scope) -> None:
        """Delete the tenant's indexes; they are made again of what the library holds."""
        for generation in await all_generations(self._parts, scope):
            await self._parts.index.drop(scope, generation)

    async def filled(self, scope: Scope, *, patience_s: float = 60.0) -> bool:
        """Wait until the better embedder has seen every document, here or in another process that works.

        Returns whether it has; False where nothing moved for `patience_s`, as when its provider does not answer.
        """
        last, moved = (0, 0), time.monotonic()
        while await better(self._parts, scope) is not None:
            now = await self._parts.library.count_waiting(scope)
            if now[0] == 0:
                return True
            if now != last:
                last, moved = now, time.monotonic()
            elif time.monotonic() - moved > patience_s:
                return False
            await asyncio.sleep(_LOOK_S)
        return True

    async def settle(self) -> None:
        """Wait until the index is tidy. For commands and tests that measure."""
        await self._upkeep.settle()

    async def reindex(self, scope: Scope, *, progress: Progress) -> int:
        """Build a new index beside the old one and switch; returns its number of chunks. See `Reindex.run`."""
        return await self._reindex.run(scope, progress)

    async def forecast(self, scope: Scope) -> RebuildForecast:
        """Estimate what `reindex` takes, by a timed sample. Raises: Unavailable."""
        return await Forecast(self._parts, self._settings.index_batch).run(scope)

    async def write_contexts(self, scope: Scope, *, progress: Progress) -> ContextReport:
        """Have a model write the contexts that documents lack; see `Contexts`. Raises: Unavailable, StorageFull."""
        return await self._contexts.write_all(scope, progress)

    async def forecast_contexts(self, scope: Scope) -> ContextForecast | None:
        """Estimate what `write_contexts` takes, by a few that are thrown away; None without a model.

        Raises: ModelError.
        """
        return await self._contexts.forecast(scope)

    async def go_back(self, scope: Scope) -> str:
        """Let the index that `reindex` replaced answer again. Raises: Conflict, IndexOutdated, Unavailable."""
        return await self._reindex.go_back(scope)

    async def confirm(self, scope: Scope) -> int:
        """Drop the indexes that were kept for `go_back`; returns how many. Raises: Unavailable."""
        return await self._reindex.confirm(scope)

    async def fsck(self, scope: Scope, *, repair: bool = True, deep: bool = False, strict: bool = False) -> FsckReport:
        """Check SQL, blobs and index against each other; see `Fsck.run`."""
        return await Fsck(self._parts, self._sweep, self._settings.index_batch).run(
            scope, repair=repair, deep=deep, strict=strict
        )
