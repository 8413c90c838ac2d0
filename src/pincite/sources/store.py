"""Every query of sources. A source and its items belong to a tenant and are seen by all of it."""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any, cast

from sqlalchemy import ColumnElement, CursorResult, delete, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from pincite.core import NotFound, Scope
from pincite.sources.domain import (
    LIVE_RUNS,
    Counts,
    Item,
    Known,
    Memory,
    Run,
    RunState,
    Source,
    SourceState,
    SyncOvertaken,
    Trouble,
)
from pincite.sources.tables import ItemRow, SourceRow

_LIVE = sorted(LIVE_RUNS)
_KEPT = (SourceState.ACTIVE, SourceState.LEAVING)


@dataclass(frozen=True, slots=True)
class Turn:
    """Which run over which source a job works on; a write under another turn than the source's is refused."""

    source_id: str
    run: int
    portion: int


@dataclass(frozen=True, slots=True)
class Remembered:
    """An item's rest: what was called how, which document it became, and whether this run tried it already."""

    known: Known
    name: str
    document_id: str | None
    tried: bool
    trouble: Trouble | None


def visible_to(scope: Scope, row: type[SourceRow] | type[ItemRow]) -> ColumnElement[bool]:
    """Return the predicate of the rows that the asker may see: the one place where that is decided."""
    return row.tenant == scope.tenant


def digest_of(key: str) -> str:
    """Return what an item's key is found by: keys may be longer than an index takes."""
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


async def add(session: AsyncSession, scope: Scope, source: Source) -> bool:
    """Keep a new source; False where the name is taken."""
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    statement = dialect.insert(SourceRow).on_conflict_do_nothing().returning(SourceRow.id)
    values = {
        "id": source.id,
        "tenant": scope.tenant,
        "name": source.name,
        "kind": source.kind,
        "location": source.location,
        "options": dict(source.options),
        "collection": source.collection,
        "every_s": source.every_s,
        "state": source.state.value,
        "created_at": source.created_at,
        "next_at": source.next_at,
        "run": 0,
        "portion": 0,
        "lost": 0,
        "run_state": RunState.NEVER.value,
        "forced": False,
        "started_at": None,
        "finished_at": None,
        "counts": asdict(Counts()),
        "trouble": None,
    }
    return (await session.scalar(statement.values(values))) is not None


async def sources(session: AsyncSession, scope: Scope) -> list[Source]:
    """Return all sources by name."""
    rows = await session.scalars(select(SourceRow).where(visible_to(scope, SourceRow)).order_by(SourceRow.name))
    counted = select(ItemRow.source_id, func.count(ItemRow.document_id)).where(visible_to(scope, ItemRow))
    items = {row[0]: row[1] for row in await session.execute(counted.group_by(ItemRow.source_id))}
    return [_source(row, items.get(row.id, 0)) for row in rows]


async def source(session: AsyncSession, scope: Scope, id_or_name: str) -> Source:
    """Return one by id or name. Raises: NotFound."""
    row = await session.scalar(
        select(SourceRow).where(
            visible_to(scope, SourceRow), (SourceRow.id == id_or_name) | (SourceRow.name == id_or_name)
        )
    )
    if row is None:
        raise NotFound(f"There is no source {id_or_name}.", remedy="See `pincite sources list`.")
    counted = select(func.count(ItemRow.document_id)).where(visible_to(scope, ItemRow), ItemRow.source_id == row.id)
    return _source(row, await session.scalar(counted) or 0)


async def change(session: AsyncSession, scope: Scope, source_id: str, **values: Any) -> None:
    """Change columns of a source."""
    await session.execute(
        update(SourceRow).where(visible_to(scope, SourceRow), SourceRow.id == source_id).values(**values)
    )


async def drop(session: AsyncSession, scope: Scope, source_id: str) -> None:
    """Forget a source with its items; its documents are not touched."""
    await session.execute(delete(ItemRow).where(visible_to(scope, ItemRow), ItemRow.source_id == source_id))
    await session.execute(delete(SourceRow).where(visible_to(scope, SourceRow), SourceRow.id == source_id))


async def begin(session: AsyncSession, scope: Scope, source_id: str, at: datetime, **values: Any) -> Turn | None:
    """Begin a run unless one is under way or the source rests; returns its first turn."""
    result = await session.execute(
        update(SourceRow)
        .where(visible_to(scope, SourceRow), SourceRow.id == source_id)
        .where(SourceRow.state.in_(_KEPT), SourceRow.run_state.not_in(_LIVE))
        .values(
            run=SourceRow.run + 1,
            portion=1,
            lost=0,
            run_state=RunState.QUEUED.value,
            started_at=at,
            finished_at=None,
            counts=asdict(Counts()),
            trouble=None,
            **values,
        )
        .returning(SourceRow.run)
    )
    run = result.scalar()
    return None if run is None else Turn(source_id, run, 1)


async def advance(session: AsyncSession, scope: Scope, turn: Turn, *, lost: int) -> Turn | None:
    """Give a run its next job, unless another process did; `lost` is how many in a row ended without a word."""
    result = await session.execute(
        update(SourceRow)
        .where(visible_to(scope, SourceRow), *_at(turn))
        .values(portion=turn.portion + 1, run_state=RunState.QUEUED.value, lost=lost)
    )
    return replace(turn, portion=turn.portion + 1) if _changed(result) else None


async def take(session: AsyncSession, scope: Scope, turn: Turn) -> bool:
    """Note that a job works on the turn; False where it is no longer wanted."""
    result = await session.execute(
        update(SourceRow).where(visible_to(scope, SourceRow), *_at(turn)).values(run_state=RunState.RUNNING.value)
    )
    return _changed(result)


async def hold(session: AsyncSession, scope: Scope, turn: Turn) -> SourceRow:
    """Lock the source for the rest of the transaction. Raises: SyncOvertaken, where another job goes on with it."""
    query = select(SourceRow).where(visible_to(scope, SourceRow), *_at(turn)).with_for_update()
    row = await session.scalar(query)
    if row is None:
        raise SyncOvertaken("This run was stopped, or another job goes on with it.")
    return row


async def remembered(session: AsyncSession, scope: Scope, turn: Turn, keys: Sequence[str]) -> dict[str, Remembered]:
    """Return what is known of items by key."""
    digests = [digest_of(key) for key in keys]
    rows = await session.scalars(
        select(ItemRow).where(
            visible_to(scope, ItemRow), ItemRow.source_id == turn.source_id, ItemRow.digest.in_(digests)
        )
    )
    return {
        row.key: Remembered(
            _known(row, turn), row.name, row.document_id, row.tried_run == turn.run, _trouble(row.trouble)
        )
        for row in rows
    }


def _known(row: ItemRow, turn: Turn) -> Known:
    found, tried = row.seen_run == turn.run, row.tried_run == turn.run
    # What was only intended, by a job that died, was not come by.
    return Known(row.key, row.mark, row.memory, tried or (found and row.tried_run > 0), tried and not found)


async def owners(session: AsyncSession, scope: Scope, turn: Turn, names: Collection[str]) -> dict[str, set[str]]:
    """Return which items' documents have these names, or will, by name; keys and no more."""
    no_more = (ItemRow.tried_run == turn.run) & (ItemRow.seen_run < turn.run)
    is_one = ItemRow.document_id.is_not(None) | ItemRow.trouble.is_not(None) | (ItemRow.tried_run == 0)
    rows = await session.execute(
        select(ItemRow.name, ItemRow.key)
        .where(visible_to(scope, ItemRow), ItemRow.source_id == turn.source_id, ItemRow.name.in_(sorted(names)))
        .where(is_one, ~no_more)
    )
    found: dict[str, set[str]] = {}
    for name, key in rows:
        found.setdefault(name, set()).add(key)
    return found


async def touch(
    session: AsyncSession, scope: Scope, turn: Turn, memories: Mapping[str, Memory], healed: Collection[str]
) -> None:
    """Note that the run found these items, by key, unchanged or tried already; those that healed have no trouble."""
    for key, memory in memories.items():
        more: dict[str, Any] = {"trouble": None} if key in healed else {}
        await session.execute(
            update(ItemRow)
            .where(visible_to(scope, ItemRow), ItemRow.source_id == turn.source_id, ItemRow.digest == digest_of(key))
            .values(seen_run=turn.run, memory=dict(memory), **more)
        )


async def keep(session: AsyncSession, scope: Scope, turn: Turn, item: Item, memory: Memory) -> None:
    """Keep what was read of an item, or what went wrong."""
    values = {
        "name": item.name,
        "mark": item.mark,
        "document_id": item.document_id,
        "seen_run": turn.run,
        "tried_run": turn.run,
        "memory": dict(memory),
        "trouble": None if item.trouble is None else asdict(item.trouble),
    }
    known = update(ItemRow).where(
        visible_to(scope, ItemRow), ItemRow.source_id == turn.source_id, ItemRow.digest == digest_of(item.key)
    )
    if not _changed(await session.execute(known.values(**values))):
        await session.execute(
            insert(ItemRow).values(
                source_id=turn.source_id, digest=digest_of(item.key), tenant=scope.tenant, key=item.key, **values
            )
        )


async def give_up(session: AsyncSession, scope: Scope, turn: Turn, memories: Mapping[str, Memory]) -> None:
    """Note that the run came by these items, by key, and that they are no documents any more: they were not found."""
    for key, memory in memories.items():
        await session.execute(
            update(ItemRow)
            .where(visible_to(scope, ItemRow), ItemRow.source_id == turn.source_id, ItemRow.digest == digest_of(key))
            .values(tried_run=turn.run, memory=dict(memory))
        )


@dataclass(frozen=True, slots=True)
class Vanished:
    """An item that is gone: its document, None where it has none or the document is another item's by now.

    With `intended` it is not known whether a document came of it; if one did, that is its name.
    """

    key: str
    intended: str | None
    document_id: str | None


async def intend(session: AsyncSession, scope: Scope, turn: Turn, key: str, name: str) -> None:
    """Note an item before it is handed on for the first time: a document that came of it can be found by its name."""
    await session.execute(
        insert(ItemRow).values(
            source_id=turn.source_id,
            digest=digest_of(key),
            tenant=scope.tenant,
            key=key,
            name=name,
            mark="",
            document_id=None,
            seen_run=turn.run,
            tried_run=0,
            memory={},
            trouble=None,
        )
    )


async def count(session: AsyncSession, scope: Scope, turn: Turn) -> tuple[int, int, int]:
    """Return how many items the run found, how many of those have trouble, and how many it did not find."""
    of_source = (visible_to(scope, ItemRow), ItemRow.source_id == turn.source_id)
    is_document = ItemRow.document_id.is_not(None) | ItemRow.trouble.is_not(None)
    found = select(func.count(), func.count(ItemRow.trouble)).where(
        *of_source, ItemRow.seen_run == turn.run, is_document
    )
    seen, failed = (await session.execute(found)).one()
    gone = select(func.count()).where(*of_source, ItemRow.seen_run < turn.run, ItemRow.document_id.is_not(None))
    return seen, failed, await session.scalar(gone) or 0


async def vanished(session: AsyncSession, scope: Scope, turn: Turn, limit: int) -> list[Vanished]:
    """Return items that the run did not find."""
    other = aliased(ItemRow)
    taken_over = (
        select(other.digest)
        .where(other.source_id == turn.source_id, other.document_id == ItemRow.document_id, other.seen_run == turn.run)
        .exists()
    )
    rows = await session.execute(
        select(ItemRow.key, ItemRow.name, ItemRow.document_id, ItemRow.tried_run, taken_over)
        .where(visible_to(scope, ItemRow), ItemRow.source_id == turn.source_id, ItemRow.seen_run < turn.run)
        .limit(limit)
    )
    return [
        Vanished(key, name if tried == 0 else None, None if taken else document)
        for key, name, document, tried, taken in rows
    ]


async def forget(session: AsyncSession, scope: Scope, turn: Turn, keys: Sequence[str]) -> None:
    """Forget items."""
    digests = [digest_of(key) for key in keys]
    await session.execute(
        delete(ItemRow).where(
            visible_to(scope, ItemRow), ItemRow.source_id == turn.source_id, ItemRow.digest.in_(digests)
        )
    )


async def troubled(session: AsyncSession, scope: Scope, source_id: str, limit: int) -> list[Item]:
    """Return items that could not be read."""
    rows = await session.scalars(
        select(ItemRow)
        .where(visible_to(scope, ItemRow), ItemRow.source_id == source_id, ItemRow.trouble.is_not(None))
        .order_by(ItemRow.name)
        .limit(limit)
    )
    return [Item(row.key, row.name, row.mark, row.document_id, _trouble(row.trouble)) for row in rows]


async def ids(session: AsyncSession) -> set[str]:
    """Return the ids of all sources of all tenants. For the installation's own work."""
    return set(await session.scalars(select(SourceRow.id)))


async def due(session: AsyncSession, at: datetime) -> list[tuple[str, str]]:
    """Return (tenant, source) of those whose time has come, of all tenants. For the installation's own work."""
    rows = await session.execute(
        select(SourceRow.tenant, SourceRow.id).where(
            SourceRow.state == SourceState.ACTIVE.value, SourceRow.run_state.not_in(_LIVE), SourceRow.next_at <= at
        )
    )
    return [(tenant, found) for tenant, found in rows]


async def under_way(session: AsyncSession) -> list[tuple[str, Turn, int]]:
    """Return (tenant, turn, jobs lost in a row) of every run under way. For the installation's own work."""
    rows = await session.execute(
        select(SourceRow.tenant, SourceRow.id, SourceRow.run, SourceRow.portion, SourceRow.lost).where(
            SourceRow.run_state.in_(_LIVE)
        )
    )
    return [(row[0], Turn(row[1], row[2], row[3]), row[4]) for row in rows]


async def watchable(session: AsyncSession) -> list[tuple[str, Source]]:
    """Return (tenant, source) of all that are active, of all tenants. For the installation's own work."""
    rows = await session.scalars(select(SourceRow).where(SourceRow.state == SourceState.ACTIVE.value))
    return [(row.tenant, _source(row, 0)) for row in rows]


def _at(turn: Turn) -> tuple[ColumnElement[bool], ...]:
    return (
        SourceRow.id == turn.source_id,
        SourceRow.run == turn.run,
        SourceRow.portion == turn.portion,
        SourceRow.run_state.in_(_LIVE),
        SourceRow.state.in_(_KEPT),
    )


def _changed(result: object) -> bool:
    return cast(CursorResult[Any], result).rowcount > 0


def _source(row: SourceRow, items: int) -> Source:
    counts, state = Counts(**row.counts), RunState(row.run_state)
    moments = (row.started_at, row.finished_at)
    run = Run(row.run, row.portion, state, counts, _trouble(row.trouble), row.forced, *moments)
    about = (row.id, row.name, row.kind, row.location, row.options, row.collection, row.every_s)
    return Source(*about, SourceState(row.state), items, run, row.next_at, row.created_at)


def _trouble(kept: dict[str, Any] | None) -> Trouble | None:
    return None if kept is None else Trouble(**kept)
