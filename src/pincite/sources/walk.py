"""One look over what a place shows: what is new or changed is read and handed to `ingest`, the rest is passed by.

What becomes of things that are gone is decided in `sync.py`, when the whole list was seen.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import asdict, dataclass, replace

from sqlalchemy.ext.asyncio import AsyncSession

from pincite.core import Database, ErrorKind, InvalidInput, NotFound, PinciteError, Scope, StorageFull, Unavailable
from pincite.core.batched import batched
from pincite.core.together import all_of
from pincite.guard import FetchFailed, ParserCrashed
from pincite.ingest import IngestService, Received, Staged
from pincite.jobs import JobQueue
from pincite.library import Library, RegisterOutcome
from pincite.sources import store
from pincite.sources.adapters import opened
from pincite.sources.domain import (
    Adapter,
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
from pincite.sources.names import document_name, told_apart
from pincite.sources.settings import SourcesSettings
from pincite.sources.store import Remembered, Turn

# What is wrong with the item itself, and will be until it changes.
_FOR_GOOD = frozenset({ErrorKind.INVALID, ErrorKind.UNSUPPORTED, ErrorKind.TOO_LARGE})
# What may be wrong with the whole place; that one address leads in a circle or to no public host says nothing of it.
_DOWN = frozenset({ErrorKind.UNAVAILABLE, ErrorKind.TIMEOUT})
# Items that are handed on at once: small documents that come together are read together.
_TOGETHER = 32

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


@dataclass(frozen=True, slots=True, eq=False)
class _Asked:
    """An item that is new or changed, what is remembered of it, and what its document is called.

    `after_well` says that something which is as it was stands between it and the one before it.
    """

    found: Found
    before: Remembered | None
    name: str
    after_well: bool

    @property
    def is_none(self) -> bool:
        """Whether it is no document, and was none."""
        return self.found.read is None and not self.is_no_more

    @property
    def is_no_more(self) -> bool:
        """Whether it was a document and is none: it goes with what was not found, under the same rule."""
        return self.found.read is None and self.before is not None and self.before.document_id is not None


@dataclass(frozen=True, slots=True)
class _Kept:
    """What is kept of an item, and what was done with its document."""

    item: Item
    memory: Memory
    outcome: RegisterOutcome | None = None

    @property
    def is_found(self) -> bool:
        """Whether it counts as found."""
        return _is_found(self.item)


_Became = Received | PinciteError | None


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
        self._failures = 0  # in a row, of things that cannot be had
        self._answers = False  # whether the place was seen to be well in this job
        self._down: PinciteError | None = None  # what it failed with once too often
        self.partly: Trouble | None = None  # what the place left out on purpose, once it has ended

    async def run(self) -> bool:
        """Return whether something is left. Raises: SyncOvertaken, and what the place raises."""
        shown: list[Found] = []
        adapter = opened(self._source, self._parts.tools)
        try:
            is_left = await self._over(adapter, shown)
        except PinciteError:
            await self._take(shown)  # what was shown before the rest could not be is read all the same
            raise
        await self._take(shown)
        self.partly = adapter.partly
        return is_left

    async def _over(self, adapter: Adapter, shown: list[Found]) -> bool:
        """Take what the place shows, as much at once as is looked up at once; what is not taken yet is in `shown`."""
        size = 1 if adapter.one_by_one else self._settings.batch
        async with aclosing(adapter.find(self._recall)) as finding:
            async for found in finding:
                shown.append(found)
                if len(shown) < size:
                    continue
                full = list(shown)
                shown.clear()
                await self._take(full)
                # A job moves something, however long the list before it takes: so the run comes to its end.
                if self._moved and time.monotonic() > self._until:
                    return True
        return False

    async def _recall(self, key: str) -> Known | None:
        async with self._parts.database.read(self._scope) as session:
            found = (await store.remembered(session, self._scope, self._turn, [key])).get(key)
        if found is None:
            return None
        if found.known.seen and found.trouble is None:
            self._well()  # had in this run, and passed by now
        return found.known

    async def _take(self, batch: Sequence[Found]) -> None:
        if not batch:
            return
        shown = {each.key: each for each in batch}  # a place that shows a thing twice shows it once
        async with self._parts.database.read(self._scope) as session:
            known = await store.remembered(session, self._scope, self._turn, list(shown))
            fresh = {key: each for key, each in shown.items() if _is_fresh(each, known.get(key))}
            names = await self._names(session, fresh, known)
        unseen = {key: each.memory for key, each in shown.items() if key not in fresh and not known[key].known.seen}
        # It could not be read before and is as it was when it could.
        healed = [key for key in unseen if _is_failing(known[key])]
        if unseen:
            self._moved = True
            async with self._parts.database.transaction(self._scope) as tx:
                row = await store.hold(tx, self._scope, self._turn)
                await store.touch(tx, self._scope, self._turn, unseen, healed)
                counts = Counts(**row.counts)
                counts = replace(counts, found=counts.found + sum(_is_found(known[key]) for key in unseen))
                await store.change(tx, self._scope, self._turn.source_id, counts=asdict(counts))
        asked: list[_Asked] = []
        is_well = False
        for key, each in shown.items():
            if key in fresh:
                asked.append(_Asked(each, known.get(key), names[key], is_well))
                is_well = False
            else:
                is_well = is_well or key in healed or not _is_failing(known[key])
        self._answers = self._answers or is_well or any(each.after_well for each in asked)
        for some in batched(asked, _TOGETHER):
            await self._hand_on(some)
        if is_well:
            self._well()

    async def _names(
        self, session: AsyncSession, fresh: Mapping[str, Found], known: Mapping[str, Remembered]
    ) -> dict[str, str]:
        """Return what documents are called, by key: as they were, and new ones as nothing else of the source is."""
        names = {key: known[key].name for key in fresh if key in known and known[key].document_id is not None}
        wanted = {key: self._wanted(each.name) for key, each in fresh.items() if key not in names}
        owners = await store.owners(session, self._scope, self._turn, set(wanted.values())) if wanted else {}
        for key, name in wanted.items():
            names[key] = name if owners.get(name, {key}) <= {key} else told_apart(name, key)
            owners.setdefault(name, {key})
        return names

    def _wanted(self, name: str) -> str:
        name = document_name(self._source.name, name)
        try:
            return self._parts.library.cleaned(name)
        except InvalidInput:
            return name  # the item is refused with the reason

    async def _hand_on(self, batch: Sequence[_Asked]) -> None:
        """Read items, register all that came of them at once, and keep what became of each.

        Raises: what ends the job, after all that was read is kept.
        """
        asked = [each for each in batch if each.found.read is not None]
        async with self._parts.database.transaction(self._scope) as tx:
            await store.hold(tx, self._scope, self._turn)
            for each in asked:
                if each.before is None:
                    await store.intend(tx, self._scope, self._turn, each.found.key, each.name)
        read = dict(zip(asked, await all_of(self._read(each) for each in asked), strict=True))
        staged = {each: got for each, got in read.items() if isinstance(got, Staged)}
        received = await self._parts.ingest.register_many(
            self._scope,
            [(each.name, got) for each, got in staged.items()],
            collection=self._source.collection,
            bulk=True,
        )
        became: dict[_Asked, _Became] = {each: got for each, got in read.items() if not isinstance(got, Staged)}
        became |= zip(staged, received, strict=True)
        self._checkpoint("sync.received")
        kept = [_Kept(_no_document(each.found), each.found.memory) for each in batch if each.is_none]
        failure: PinciteError | None = None
        for each, what in became.items():
            try:
                kept += self._judged(each, what)
            except PinciteError as error:
                failure = failure or error
        await self._keep(kept, {each.found.key: each.found.memory for each in batch if each.is_no_more})
        self._checkpoint("sync.kept")
        if failure is not None:
            raise failure

    async def _read(self, asked: _Asked) -> Staged | PinciteError | None:
        """Store an item's bytes; the error that it came to; None where it is gone by now."""
        read = asked.found.read
        assert read is not None
        async with self._reading:
            if self._down is not None:
                return self._down  # nobody waits for all the others to fail as well
            if asked.after_well:
                self._well()
            try:
                staged = await self._parts.ingest.stage(self._scope, asked.name, read())
            except ItemGone:
                return None  # not come by: it goes as what was not found
            except PinciteError as error:
                self._count(asked, error)
                return error
        self._well()
        return staged

    def _well(self) -> None:
        """Note that something of the place is as it was or could be had."""
        self._failures, self._answers = 0, True

    def _count(self, asked: _Asked, error: PinciteError) -> None:
        """Count what cannot be had; what could not be had before either says nothing new of a place that is well."""
        is_old = self._answers and asked.before is not None and _is_failing(asked.before)
        is_of_place = isinstance(error, FetchFailed | SourceUnreachable) and error.kind in _DOWN
        if is_of_place and not is_old:
            self._failures += 1
            if self._failures >= self._settings.failures:
                self._down = error

    def _judged(self, asked: _Asked, became: _Became) -> list[_Kept]:
        """Return what is kept of an item, nothing of one that is gone. Raises: the error that is not the item's."""
        found, before = asked.found, asked.before
        document_id = before.document_id if before else None
        if became is None:
            return []
        if isinstance(became, Received):
            item = Item(found.key, asked.name, found.mark, became.document.id, None)
            return [_Kept(item, found.memory, became.outcome)]
        trouble, is_read = self._troubled(became)
        if is_read:
            return [_Kept(Item(found.key, asked.name, found.mark, document_id, trouble), found.memory)]
        known = before.known if before is not None else Known(found.key, "", {}, seen=True)
        return [_Kept(Item(found.key, asked.name, known.mark, document_id, trouble), known.memory)]

    def _troubled(self, error: PinciteError) -> tuple[Trouble, bool]:
        """Return what to say of an item, and whether it is to be left alone until it changes.

        Raises: the error, where it is not the item's.
        """
        if isinstance(error, StorageFull | Unavailable | NotFound) or error is self._down:
            raise error  # ours, or the collection is gone, or the place is down
        if error.kind in _FOR_GOOD and not isinstance(error, FetchFailed | ParserCrashed):
            return Trouble.of(error), True
        return replace(Trouble.of(error), passing=True), False

    async def _keep(self, kept: Sequence[_Kept], given_up: Mapping[str, Memory]) -> None:
        if not kept and not given_up:
            return
        self._moved = True
        came = Counter(each.outcome for each in kept)
        async with self._parts.database.transaction(self._scope) as tx:
            row = await store.hold(tx, self._scope, self._turn)
            await store.give_up(tx, self._scope, self._turn, given_up)
            for each in kept:
                await store.keep(tx, self._scope, self._turn, each.item, each.memory)
            counts = Counts(**row.counts)
            counts = replace(
                counts,
                found=counts.found + sum(each.is_found for each in kept),
                failed=counts.failed + sum(each.item.trouble is not None for each in kept),
                added=counts.added + came[RegisterOutcome.CREATED],
                changed=counts.changed + came[RegisterOutcome.REVISED],
            )
            await store.change(tx, self._scope, self._turn.source_id, counts=asdict(counts))


def _is_found(item: Item | Remembered) -> bool:
    """Say whether an item that is seen counts as found: a document, or what should have been one."""
    return item.document_id is not None or item.trouble is not None


def _no_document(found: Found) -> Item:
    return Item(found.key, found.name, found.mark, None, None)


def _is_failing(known: Remembered) -> bool:
    """Whether the last try to read an item failed for a reason that passes."""
    return known.trouble is not None and known.trouble.passing


def _is_fresh(found: Found, known: Remembered | None) -> bool:
    """Whether an item has to be read: it is new or changed, and this run has not tried it yet."""
    return known is None or (known.known.mark != found.mark and not known.tried)
