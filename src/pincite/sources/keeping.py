"""Looks after sources: begins runs whose time has come, gives lost ones another job, watches folders.

Safe from any number of processes: a run is begun once, and a job is queued once.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from stat import S_ISDIR

from watchfiles import awatch  # pyright: ignore[reportUnknownVariableType]

from pincite.core import PinciteError, Scope, get_logger, utc_now
from pincite.core.scope import EVERY_TENANT, system_scope
from pincite.jobs import JobState
from pincite.sources import store
from pincite.sources.adapters import copies, opened
from pincite.sources.domain import Source, Trouble
from pincite.sources.settings import SourcesSettings
from pincite.sources.store import Turn
from pincite.sources.sync import Sync, job_id
from pincite.sources.walk import SourceParts

log = get_logger(__name__)
_Identity = tuple[int, int]
_UNWATCHED_S = 60.0
_LIVE = frozenset({JobState.QUEUED, JobState.RUNNING})
_LOST = Trouble(
    "sync-interrupted",
    "The run ended several times without a word, as when its process dies.",
    "See the log; `pincite sources sync` tries again.",
)


@dataclass(frozen=True, slots=True)
class _Watch:
    """What follows a source's folder, and where that was when it began."""

    location: str
    task: asyncio.Task[None]


class Keeper:
    """The chores of one process that works."""

    def __init__(self, parts: SourceParts, settings: SourcesSettings, work: Sync) -> None:
        self._parts = parts
        self._settings = settings
        self._work = work
        self._looking: asyncio.Task[None] | None = None
        self._watching: dict[str, _Watch] = {}

    async def start(self) -> None:
        """Begin to look, now and again."""
        self._looking = asyncio.create_task(self._look_on(), name="sources-look")

    async def stop(self) -> None:
        """Stop looking and watching."""
        tasks = [*(each.task for each in self._watching.values()), *([self._looking] if self._looking else [])]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
        self._looking = None
        self._watching = {}

    async def _look_on(self) -> None:
        while True:
            for chore in (self.begin_due, self.heal, self.watch, self.tidy):
                await _tried(chore.__name__, chore)
            await asyncio.sleep(self._settings.look_s)

    async def begin_due(self) -> None:
        """Begin a run of each source whose time has come. Raises: Unavailable, StorageFull."""
        async with self._parts.database.read(EVERY_TENANT) as session:
            found = await store.due(session, utc_now())
        for tenant, source_id in found:
            await _tried("begin", partial(self._begin, system_scope(tenant), source_id), source_id)

    async def heal(self) -> None:
        """Give a run another job where its own is gone or ended without a word. Raises: Unavailable, StorageFull."""
        async with self._parts.database.read(EVERY_TENANT) as session:
            found = await store.under_way(session)
        statuses = await self._parts.jobs.statuses([job_id(turn) for _, turn, _ in found])
        for tenant, turn, lost in found:
            status = statuses.get(job_id(turn))
            if status is None:
                await _tried("enqueue", partial(self._work.enqueue, system_scope(tenant), turn), turn.source_id)
            elif status.state not in _LIVE:
                await _tried("lost", partial(self._lost, system_scope(tenant), turn, lost + 1), turn.source_id)

    async def watch(self) -> None:
        """Watch the folders of active sources that are on this machine; stop for those that are gone or rest."""
        async with self._parts.database.read(EVERY_TENANT) as session:
            found = await store.watchable(session)
        wanted = {source.id: (tenant, source) for tenant, source in found}
        for source_id, watch in list(self._watching.items()):
            if source_id not in wanted or wanted[source_id][1].location != watch.location:
                self._watching.pop(source_id).task.cancel()
        for source_id, (tenant, source) in wanted.items():
            running = self._watching.get(source_id)
            if running is None or running.task.done():
                await _tried("watch", partial(self._watch, system_scope(tenant), source), source_id)

    async def _watch(self, scope: Scope, source: Source) -> None:
        folder = opened(source, self._parts.tools).watched()
        if folder is not None:
            following = self._follow(scope, source, folder)
            task = asyncio.create_task(following, name=f"watch-{source.name}")
            self._watching[source.id] = _Watch(source.location, task)

    async def tidy(self) -> None:
        """Delete what this machine has fetched of sources that are gone: dropped elsewhere, or while they were read."""
        folders = await asyncio.to_thread(copies, self._parts.tools.cache)
        if not folders:
            return
        async with self._parts.database.read(EVERY_TENANT) as session:
            known = await store.ids(session)  # asked after the folders: what is fetched is known before
        for source_id in {folder.name for folder in folders} - known:
            await self._work.forget_copies(source_id)

    async def _follow(self, scope: Scope, source: Source, folder: Path) -> None:
        """Begin a run whenever something changes; changes during a run are the next one's.

        A folder that comes back, such as a disk that is mounted there, is another: of the old one nothing more is told.
        """
        is_first = True
        while True:
            there = await asyncio.to_thread(_identity, folder)
            if there is not None:
                if not is_first:
                    await _tried("make due", partial(self._make_due, scope, source), source.id)
                await self._follow_one(scope, source, folder, there)
            is_first = False
            await asyncio.sleep(self._settings.look_s)

    async def _follow_one(self, scope: Scope, source: Source, folder: Path, there: _Identity) -> None:
        """Follow a folder until another stands in its place, or it cannot be followed."""
        settle_ms = int(self._settings.settle_s * 1000)
        changing = awatch(
            folder,
            watch_filter=None,
            debounce=settle_ms * 4,
            step=max(50, settle_ms),
            rust_timeout=max(100, int(self._settings.look_s * 1000)),
            yield_on_timeout=True,
            ignore_permission_denied=True,
        )
        try:
            async for changed in changing:
                if changed:
                    await _tried("make due", partial(self._make_due, scope, source), source.id)
                elif await asyncio.to_thread(_identity, folder) != there:
                    return
        except ExceptionGroup as error:  # a change whose name is in no Unicode, say: it was one, and it is looked at
            log.info("folder is watched anew", source=source.id, error=str(error.exceptions[0]))
        except (OSError, RuntimeError) as error:  # too many watches, or a folder that went: the rhythm is left
            log.warning("folder not watched", source=source.id, error=str(error))
            await asyncio.sleep(_UNWATCHED_S)

    async def _make_due(self, scope: Scope, source: Source) -> None:
        async with self._parts.database.transaction(scope) as tx:
            await store.change(tx, scope, source.id, next_at=utc_now())

    async def _begin(self, scope: Scope, source_id: str) -> None:
        async with self._parts.database.transaction(scope) as tx:
            source = await store.source(tx, scope, source_id)
            at = utc_now()
            following = None if source.every_s is None else at + timedelta(seconds=source.every_s)
            turn = await store.begin(tx, scope, source_id, at, forced=False, next_at=following)
        if turn is not None:
            await self._work.enqueue(scope, turn)

    async def _lost(self, scope: Scope, turn: Turn, lost: int) -> None:
        if lost >= self._settings.most_lost:
            said = asdict(_LOST)
            await self._work.end(scope, turn, said, said)
            return
        async with self._parts.database.transaction(scope) as tx:
            following = await store.advance(tx, scope, turn, lost=lost)
        if following is not None:
            log.warning("sync job lost", source=turn.source_id, run=turn.run)
            await self._work.enqueue(scope, following)


def _identity(path: Path) -> _Identity | None:
    """Return which folder is there now, None for none; what is wrong with another the run over it says."""
    try:
        stat = path.stat()
    except (OSError, ValueError):
        return None
    return (stat.st_dev, stat.st_ino) if S_ISDIR(stat.st_mode) else None


async def _tried(name: str, chore: Callable[[], Awaitable[object]], source: str = "") -> None:
    """Do a chore, of all sources or of one; what fails is tried again the next time.

    A job edge: an error that nobody thought of, of one source, would leave all of all tenants without a keeper.
    """
    try:
        await chore()
    except PinciteError as error:
        log.warning("chore failed", chore=name, source=source, code=error.code, message=error.message)
    except Exception:
        log.exception("chore failed", chore=name, source=source)
