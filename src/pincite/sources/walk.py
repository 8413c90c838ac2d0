"""One look over what a place shows: what is new or changed is read and handed to `ingest`, the rest is passed by.

What becomes of things that are gone is decided in `sync.py`, when the whole list was seen.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import aclosing
from dataclasses import asdict, dataclass, replace

from pincite.core import Database, ErrorKind, NotFound, PinciteError, Scope, StorageFull, Unavailable
from pincite.guard import FetchFailed
from pincite.ingest import IngestService
from pincite.jobs import JobQueue
from pincite.library import Library, RegisterOutcome
from pincite.sources import store
from pincite.sources.adapters import opened
from pincite.sources.domain import (
    Counts,
    Found,
    Item,
    ItemGone,
    Known,
    Memory,
    Source,
    SourceUnreachable,
    Tools,
    Trouble,
)
from pincite.sources.names import document_name
from pincite.sources.settings import SourcesSettings
from pincite.sources.store import Remembered, Turn

# What is wrong with the item itself, and will be until it changes.
_FOR_GOOD = frozenset({ErrorKind.INVALID, ErrorKind.UNSUPPORTED, ErrorKind.TOO_LARGE})

Checkpoint = Callable[[str], None]
"""Called at each boundary of the work with its name; tests kill the process there. Normally does nothing."""


@dataclass(frozen=True, slots=True)
class SourceParts:
    """The rooms that sources stand on."""

    database: Database
    library: Library
    ingest: IngestService
    jobs: JobQueue
    tools: Tools


@dataclass(frozen=True, slots=True)
class Errand:
    """Whose source is looked over, and in which turn."""

    scope: Scope
    source: Source
    turn: Turn


class Walk:
    """One look over what a place shows, until it ends or its time is up."""

    def __init__(self, parts: SourceParts, settings: SourcesSettings, checkpoint: Checkpoint, errand: Errand) -> None:
        self._parts = parts
        self._settings = settings
        self._checkpoint = checkpoint
        self._scope, self._source, self._turn = errand.scope, errand.source, errand.turn
        self._reading = asyncio.Semaphore(settings.at_once)
        self._until = time.monotonic() + settings.portion_s
        self._moved = False
        self._failures = 0

    async def run(self) -> bool:
        """Return whether something is left. Raises: SyncOvertaken, and what the place raises."""
        adapter = opened(self._source, self._parts.tools)
        size = 1 if adapter.one_by_one else self._settings.batch
        batch: list[Found] = []
        async with aclosing(adapter.find(self._recall)) as finding:
            async for found in finding:
                batch.append(found)
                if len(batch) >= size:
                    await self._take(batch)
                    batch = []
                    # A job moves something, however long the list before it takes: so the run comes to its end.
                    if self._moved and time.monotonic() > self._until:
                        return True
        if batch:
            await self._take(batch)
        return False

    async def _recall(self, key: str) -> Known | None:
        async with self._parts.database.read() as session:
            found = await store.remembered(session, self._scope, self._turn, [key])
        return found[key].known if key in found else None

    async def _take(self, batch: Sequence[Found]) -> None:
        shown = {each.key: each for each in batch}  # a place that shows a thing twice shows it once
        async with self._parts.database.read() as session:
            known = await store.remembered(session, self._scope, self._turn, list(shown))
        fresh = {key: each for key, each in shown.items() if _is_fresh(each, known.get(key))}
        unseen = {key: each.memory for key, each in shown.items() if key not in fresh and not known[key].known.seen}
        # It could not be read before and is as it was when it could.
        healed = [key for key in unseen if (trouble := known[key].trouble) is not None and trouble.passing]
        if unseen:
            self._moved = True
            async with self._parts.database.transaction() as tx:
                await store.hold(tx, self._scope, self._turn)
                await store.touch(tx, self._scope, self._turn, unseen, healed)
        try:
            async with asyncio.TaskGroup() as group:
                for each in fresh.values():
                    group.create_task(self._read(each, known.get(each.key)))
        except ExceptionGroup as failed:
            raise failed.exceptions[0] from failed  # the first failure ends the job, and is said as itself

    async def _read(self, found: Found, before: Remembered | None) -> None:
        if found.read is None:
            # What was a document and says that it is none goes with what was not found, under the same rule.
            if before is None or before.document_id is None:
                await self._keep(Item(found.key, found.name, found.mark, None, None), found.memory, None)
            return
        async with self._reading:
            name = before.name if before else document_name(self._source.name, found.name)
            document_id, outcome, trouble = before.document_id if before else None, None, None
            mark: str = found.mark
            memory: Memory = found.memory
            if before is None:
                async with self._parts.database.transaction() as tx:
                    await store.hold(tx, self._scope, self._turn)
                    await store.intend(tx, self._scope, self._turn, found.key, name)
            try:
                received = await self._parts.ingest.receive(
                    self._scope, collection=self._source.collection, source=name, stream=found.read(), bulk=True
                )
                document_id, outcome, self._failures = received.document.id, received.outcome, 0
            except ItemGone:
                return  # not come by: it goes as what was not found
            except PinciteError as error:
                trouble, is_read = self._troubled(error)
                if not is_read:
                    mark, memory = (before.known.mark, before.known.memory) if before else ("", {})
            self._checkpoint("sync.received")
            await self._keep(Item(found.key, name, mark, document_id, trouble), memory, outcome)
            self._checkpoint("sync.kept")

    def _troubled(self, error: PinciteError) -> tuple[Trouble, bool]:
        """Return what to say of an item, and whether it is to be left alone until it changes.

        Raises: the error, where it is not the item's.
        """
        if isinstance(error, StorageFull | Unavailable | NotFound):
            raise error  # ours, or the collection is gone
        if error.kind in _FOR_GOOD and not isinstance(error, FetchFailed):
            return Trouble.of(error), True
        if isinstance(error, FetchFailed | SourceUnreachable):
            self._failures += 1
            if self._failures >= self._settings.failures:
                raise error
        return replace(Trouble.of(error), passing=True), False

    async def _keep(self, item: Item, memory: Memory, outcome: RegisterOutcome | None) -> None:
        self._moved = True
        async with self._parts.database.transaction() as tx:
            row = await store.hold(tx, self._scope, self._turn)
            await store.keep(tx, self._scope, self._turn, item, memory)
            counts = Counts(**row.counts)
            if outcome is RegisterOutcome.CREATED:
                counts = replace(counts, added=counts.added + 1)
            elif outcome is RegisterOutcome.REVISED:
                counts = replace(counts, changed=counts.changed + 1)
            await store.change(tx, self._scope, self._turn.source_id, counts=asdict(counts))


def _is_fresh(found: Found, known: Remembered | None) -> bool:
    """Whether an item has to be read: it is new or changed, and this run has not tried it yet."""
    return known is None or (known.known.mark != found.mark and not known.tried)
