"""Every query on the table of workers. It holds no tenant data, so nothing here takes a scope."""

from typing import Any

from sqlalchemy import ColumnElement, delete, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from pincite.core.database import clock
from pincite.jobs.tables import WorkerRow

FORGET_AFTER_S = 3600.0


async def beat(session: AsyncSession, worker: str) -> None:
    """Say that `worker` lives now."""
    await _upsert(session, worker, clock(session))


async def living(session: AsyncSession, ttl_s: float) -> set[str]:
    """Return the workers heard of within the last `ttl_s` seconds."""
    return set((await session.scalars(select(WorkerRow.id).where(~_long_ago(session, WorkerRow.beat_at, ttl_s)))).all())


async def claim(session: AsyncSession, worker: str, ttl_s: float) -> bool:
    """Take the right to hand on the jobs of a silent worker; True for one caller in `ttl_s` seconds."""
    await _upsert(session, worker, None)
    taken = await session.execute(
        update(WorkerRow)
        .where(WorkerRow.id == worker, _long_ago(session, WorkerRow.beat_at, ttl_s))
        .where(_long_ago(session, WorkerRow.claimed_at, ttl_s))
        .values(claimed_at=clock(session))
        .returning(WorkerRow.id)
    )
    return taken.first() is not None


async def forget(session: AsyncSession, worker: str) -> None:
    """Drop a worker that stops, and those that have been silent for an hour."""
    old = _long_ago(session, WorkerRow.beat_at, FORGET_AFTER_S)
    await session.execute(delete(WorkerRow).where(or_(WorkerRow.id == worker, old)))


async def _upsert(session: AsyncSession, worker: str, beat_at: ColumnElement[float] | None) -> None:
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    row = dialect.insert(WorkerRow).values(id=worker, beat_at=0.0 if beat_at is None else beat_at, claimed_at=0.0)
    if beat_at is None:
        await session.execute(row.on_conflict_do_nothing(index_elements=["id"]))
        return
    await session.execute(row.on_conflict_do_update(index_elements=["id"], set_={"beat_at": beat_at}))


def _long_ago(session: AsyncSession, at: Any, seconds: float) -> ColumnElement[bool]:
    """Longer ago than so many seconds; or as far ahead, by a clock that was set back since."""
    now = clock(session)
    return or_(at < now - seconds, at > now + seconds)
