"""Places kept in step, as one object: add, list, sync, pause, resume, remove. No web; runs are in `sync.py`."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from pincite.core import Conflict, Scope, StorageFull, Unavailable, get_logger, new_id, utc_now
from pincite.core.audit import note
from pincite.sources import store
from pincite.sources.adapters import checked, kind_of, opened
from pincite.sources.domain import (
    LIVE_RUNS,
    MOST_EVERY_S,
    BadSource,
    Counts,
    Item,
    NewSource,
    Run,
    RunState,
    Source,
    SourceBusy,
    SourceChanges,
    SourceState,
    Trouble,
)
from pincite.sources.keeping import Keeper
from pincite.sources.names import clean_name
from pincite.sources.paths import resolved
from pincite.sources.settings import SourcesSettings
from pincite.sources.store import Turn
from pincite.sources.sync import Sync
from pincite.sources.walk import SourceParts

log = get_logger(__name__)
# No path has a NUL, and halves of surrogate pairs are nobody's character.
_NOWHERE = frozenset({"\0", *map(chr, range(0xD800, 0xE000))})
_STOPPED = Trouble("sync-stopped", "The run was stopped when the source was paused.", "Resume the source.")
_CHANGED = Trouble("sync-stopped", "The run was stopped when the source was changed; another begins in its place.")


def _pass(_boundary: str) -> None:
    """The checkpoint of everyday use."""


class Sources:
    """Keeps collections in step with outside places.

    Args:
        parts: the rooms it stands on.
        settings: limits and rhythms.
        checkpoint: called at each boundary of a run; tests kill the process there.
    """

    def __init__(
        self, parts: SourceParts, settings: SourcesSettings, *, checkpoint: Callable[[str], None] = _pass
    ) -> None:
        self._parts = parts
        self._settings = settings
        self.work = Sync(parts, settings, checkpoint)
        self._keeper = Keeper(parts, settings, self.work)

    async def start(self) -> None:
        """Begin to look for sources whose time has come. Call in a process that works, once the queue is open."""
        await self._keeper.start()

    async def stop(self) -> None:
        """Stop looking; the jobs belong to the queue."""
        await self._keeper.stop()

    async def add(self, scope: Scope, new: NewSource, *, anywhere: bool = False) -> Source:
        """Add a source; its first run begins at once in whatever process works.

        Args:
            scope: the asker.
            new: what to keep in step. The collection may be given by id or name.
            anywhere: whether a path on this machine may lie outside the folders that the settings allow.

        Raises: BadSource, NotFound for the collection, Conflict where the name is taken.
        """
        collection = await self._parts.library.collection(scope, new.collection)
        source = self._described(new, collection.id)
        if not anywhere:
            self._refuse_foreign_path(source)
        opened(source, self._parts.tools)  # says what does not fit
        async with self._parts.database.transaction(scope) as tx:
            added = await store.add(tx, scope, source)
            if added:
                await _note(tx, scope, "source.added", source)
        if not added:
            raise Conflict(f"There is a source named {source.name} already.", remedy="Choose another name.")
        return source

    async def sources(self, scope: Scope) -> list[Source]:
        """Return all by name."""
        async with self._parts.database.read(scope) as session:
            return await store.sources(session, scope)

    async def source(self, scope: Scope, id_or_name: str) -> Source:
        """Return one. Raises: NotFound."""
        async with self._parts.database.read(scope) as session:
            return await store.source(session, scope, id_or_name)

    async def troubled(self, scope: Scope, id_or_name: str, limit: int = 100) -> list[Item]:
        """Return items that could not be read, by name. Raises: NotFound."""
        async with self._parts.database.read(scope) as session:
            found = await store.source(session, scope, id_or_name)
            return await store.troubled(session, scope, found.id, limit)

    async def sync(self, scope: Scope, id_or_name: str, *, delete: bool = False) -> Source:
        """Begin a run, unless one is under way; returns the source with it.

        Args:
            scope: the asker.
            id_or_name: which.
            delete: let it delete whatever is gone from the place, however much.

        Raises: NotFound; SourceBusy for one that is paused or being removed.
        """
        turn = None
        async with self._parts.database.transaction(scope) as tx:
            found = await store.source(tx, scope, id_or_name)
            if found.state is SourceState.ACTIVE:
                turn = await store.begin(tx, scope, found.id, utc_now(), forced=delete, next_at=_next(found))
            if turn is None and delete:
                await store.change(tx, scope, found.id, forced=True)
            begun = await store.source(tx, scope, found.id)
            if turn is not None or delete:
                await _note(tx, scope, "source.sync-begun", found, delete=delete)
        if found.state is not SourceState.ACTIVE:
            raise SourceBusy(f"The source {found.name} is {found.state.value}.", remedy="Resume it first.")
        if turn is not None:
            await self._enqueue(scope, turn)
        return begun

    async def change(self, scope: Scope, id_or_name: str, changes: SourceChanges, *, anywhere: bool = False) -> Source:
        """Change where a source is, its options or its rhythm; it is looked at anew at once, unless it rests.

        A run under way is over. What is known of its items stays: what is the same elsewhere is not read again.
        `anywhere` as in `add`. Raises: BadSource, NotFound; SourceBusy for one that is being removed.
        """
        async with self._parts.database.transaction(scope) as tx:
            found = _unless_leaving(await store.source(tx, scope, id_or_name))
            asked = self._described(_changed(found, changes), found.collection)
            if not anywhere and changes.location is not None:
                self._refuse_foreign_path(asked)
            opened(asked, self._parts.tools)  # says what does not fit
            is_active = found.state is SourceState.ACTIVE
            values = {"location": asked.location, "options": dict(asked.options), "every_s": asked.every_s}
            values |= {"next_at": utc_now() if is_active else None, **_over(found, _CHANGED)}
            await store.change(tx, scope, found.id, **values)
            await _note(tx, scope, "source.changed", found, changed=_names_of(changes))
            return await store.source(tx, scope, found.id)

    async def pause(self, scope: Scope, id_or_name: str) -> Source:
        """Let a source rest; a run under way stops after the item it is at. Raises: NotFound, SourceBusy."""
        async with self._parts.database.transaction(scope) as tx:
            found = await store.source(tx, scope, id_or_name)
            if found.state is not SourceState.LEAVING:
                values = {"state": SourceState.PAUSED.value, "next_at": None, **_over(found, _STOPPED)}
                await store.change(tx, scope, found.id, **values)
            paused = await store.source(tx, scope, found.id)
            if paused.state is SourceState.PAUSED:
                await _note(tx, scope, "source.paused", found)
        return _unless_leaving(paused)

    async def resume(self, scope: Scope, id_or_name: str) -> Source:
        """Keep a source in step again, beginning at once. Raises: NotFound, SourceBusy."""
        async with self._parts.database.transaction(scope) as tx:
            found = await store.source(tx, scope, id_or_name)
            if found.state is SourceState.PAUSED:
                await store.change(tx, scope, found.id, state=SourceState.ACTIVE.value, next_at=utc_now())
            resumed = await store.source(tx, scope, found.id)
            if resumed.state is SourceState.ACTIVE:
                await _note(tx, scope, "source.resumed", found)
        return _unless_leaving(resumed)

    async def remove(self, scope: Scope, id_or_name: str, *, documents: bool = False) -> None:
        """Stop keeping a place in step; with `documents` take out those that came from it too.

        Single documents on hold stay, as if they had been uploaded. Raises: NotFound; with `documents` OnHold.
        """
        if documents:
            going = await self.source(scope, id_or_name)
            await self._parts.library.refuse_held(scope, collection_id=going.collection)
        turn = None
        async with self._parts.database.transaction(scope) as tx:
            found = await store.source(tx, scope, id_or_name)
            if documents:
                # Whatever run is under way is over: its writes are refused from here on.
                values = {"state": SourceState.LEAVING.value, "run_state": RunState.DONE.value, "next_at": None}
                await store.change(tx, scope, found.id, **values)
                turn = await store.begin(tx, scope, found.id, utc_now(), forced=True)
            else:
                await store.drop(tx, scope, found.id)
            await _note(tx, scope, "source.removed", found, documents=documents)
        if turn is not None:
            await self._enqueue(scope, turn)
        elif not documents:
            await self.work.forget_copies(found.id)

    async def _enqueue(self, scope: Scope, turn: Turn) -> None:
        try:
            await self.work.enqueue(scope, turn)
        except (Unavailable, StorageFull) as error:
            log.warning("not queued yet", source=turn.source_id, code=error.code, message=error.message)

    def _described(self, new: NewSource, collection: str) -> Source:
        kind = kind_of(new.kind)
        every_s = kind.every_s if new.every_s is None else new.every_s
        if not 0 <= every_s <= MOST_EVERY_S:
            raise BadSource("That is no rhythm.", remedy="Give seconds up to a year, or 0 for only when asked.")
        if not new.location.strip() or len(new.location) > 2000:
            raise BadSource("It is not said where the source is.", remedy="Give a path or an address.")
        if not _NOWHERE.isdisjoint(new.location):
            raise BadSource(
                "Nothing is at a place with such characters.", remedy="Give the path or address in Unicode."
            )
        now = utc_now()
        return Source(
            id=new_id(),
            name=clean_name(new.name),
            kind=kind.kind,
            location=new.location.strip(),
            options=checked(kind, new.options).model_dump(mode="json", exclude_unset=True),
            collection=collection,
            every_s=every_s or None,
            state=SourceState.ACTIVE,
            items=0,
            run=Run(0, 0, RunState.NEVER, Counts(), None, forced=False, started_at=None, finished_at=None),
            next_at=now,
            created_at=now,
        )

    def _refuse_foreign_path(self, source: Source) -> None:
        path = kind_of(source.kind).local_path(source.location)
        if path is None:
            return
        leads_to = resolved(path)
        if not any(leads_to.is_relative_to(Path(folder).resolve()) for folder in self._settings.folders):
            raise BadSource(
                "Sources that are added over HTTP may not read this folder.",
                remedy="Add it with `pincite sources add` on the machine, or allow it by PINCITE_SOURCE_FOLDERS.",
            )


def _next(source: Source) -> Any:
    return None if source.every_s is None else utc_now() + timedelta(seconds=source.every_s)


def _over(source: Source, why: Trouble) -> dict[str, Any]:
    """Return what ends a run that is under way, with what is said of it."""
    if source.run.state not in LIVE_RUNS:
        return {}
    return {"run_state": RunState.FAILED.value, "finished_at": utc_now(), "trouble": _kept(why)}


def _changed(source: Source, changes: SourceChanges) -> NewSource:
    options = {**source.options, **(changes.options or {})}
    return NewSource(
        source.name,
        source.kind,
        source.location if changes.location is None else changes.location,
        source.collection,
        {name: value for name, value in options.items() if value is not None},
        (source.every_s or 0) if changes.every_s is None else changes.every_s,
    )


def _names_of(changes: SourceChanges) -> list[str]:
    """Return what was changed, without its values: a location may hold what opens it."""
    named = [name for name in ("location", "every_s") if getattr(changes, name) is not None]
    return named + sorted(f"options.{name}" for name in changes.options or ())


def _kept(trouble: Trouble) -> dict[str, str]:
    return {"code": trouble.code, "message": trouble.message, "remedy": trouble.remedy}


def _unless_leaving(source: Source) -> Source:
    if source.state is SourceState.LEAVING:
        raise SourceBusy(f"The source {source.name} is being removed.", remedy="Wait until it is gone.")
    return source


async def _note(tx: AsyncSession, scope: Scope, action: str, source: Source, **detail: Any) -> None:
    """Where a source leads is not told: a location may hold what opens it."""
    told = {"name": source.name, "kind": source.kind, "collection": source.collection}
    await note(tx, scope, action, ("source", source.id), **told, **detail)
