"""Queries on revisions whose chunks the better embedder has still to see, and how far it is with each.

Who makes the vectors, and when, is not known here.
"""

from datetime import datetime

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from pincite.core import Scope
from pincite.core.batched import batched
from pincite.core.scope import system_scope
from pincite.library.domain import RevisionState, VectorWork
from pincite.library.store.access import visible_to
from pincite.library.store.rows import insert_new
from pincite.library.tables import RevisionRow, WaitingRow

_AT_ONCE = 500
_CLOSED = (RevisionState.FAILED.value, RevisionState.CANCELLED.value, RevisionState.SUPERSEDED.value)


async def add_waiting(session: AsyncSession, scope: Scope, revision_id: str, now: datetime) -> None:
    """Record a revision; one that is recorded stays as it is."""
    values = {"tenant": scope.tenant, "revision_id": revision_id, "chunks_done": 0, "created_at": now}
    await session.execute(insert_new(session, WaitingRow, ("tenant", "revision_id")), [values])


async def waiting_revisions(session: AsyncSession, scope: Scope) -> frozenset[str]:
    """Return the ids of all that are recorded."""
    return frozenset((await session.scalars(select(WaitingRow.revision_id).where(visible_to(scope, WaitingRow)))).all())


async def tenants_waiting(session: AsyncSession) -> list[Scope]:
    """Return a scope for each tenant that has any."""
    found = await session.scalars(select(WaitingRow.tenant).distinct().order_by(WaitingRow.tenant))
    return [system_scope(tenant) for tenant in found.all()]


async def count_waiting(session: AsyncSession, scope: Scope) -> tuple[int, int]:
    """Return how many there are, and how many of their chunks are done."""
    done = func.coalesce(func.sum(WaitingRow.chunks_done), 0)
    row = (await session.execute(select(func.count(), done).where(visible_to(scope, WaitingRow)))).one()
    return int(row[0]), int(row[1])


async def claim(session: AsyncSession, scope: Scope, now: datetime, until: datetime) -> VectorWork | None:
    """Claim the oldest whose revision is ready and that nobody else has a claim on.

    A claim for much longer than ours is of a clock that was set back since.
    """
    until_when = WaitingRow.claimed_until
    free = or_(until_when.is_(None), until_when < now, until_when > until + (until - now))
    query = (
        select(WaitingRow.revision_id, WaitingRow.chunks_done)
        .join(RevisionRow, RevisionRow.id == WaitingRow.revision_id)
        .where(visible_to(scope, WaitingRow), visible_to(scope, RevisionRow), free)
        .where(RevisionRow.state == RevisionState.READY.value)
        .order_by(WaitingRow.created_at, WaitingRow.revision_id)
        .limit(1)
    )
    found = (await session.execute(query)).first()
    if found is None:
        return None
    taken = await session.execute(
        update(WaitingRow)
        .where(visible_to(scope, WaitingRow), WaitingRow.revision_id == found.revision_id, free)
        .values(claimed_until=until)
        .returning(WaitingRow.revision_id)
    )
    return None if taken.first() is None else VectorWork(found.revision_id, found.chunks_done)


async def note(session: AsyncSession, scope: Scope, revision_id: str, done: int | None, until: datetime | None) -> None:
    """Set how far it is (None: as before), and until when it is claimed."""
    values = {"claimed_until": until} if done is None else {"claimed_until": until, "chunks_done": done}
    await session.execute(
        update(WaitingRow).where(visible_to(scope, WaitingRow), WaitingRow.revision_id == revision_id).values(**values)
    )


async def begin_again(session: AsyncSession, scope: Scope, revision_id: str | None = None) -> None:
    """Say that nothing is done yet, of one or of all; claims of one are given back."""
    rows = update(WaitingRow).where(visible_to(scope, WaitingRow))
    if revision_id is None:
        await session.execute(rows.values(chunks_done=0))
    else:
        await session.execute(
            rows.where(WaitingRow.revision_id == revision_id).values(chunks_done=0, claimed_until=None)
        )


async def drop_waiting(session: AsyncSession, scope: Scope, revision_ids: frozenset[str]) -> None:
    """Forget some; after a change of embedders these may be all there are."""
    for some in batched(sorted(revision_ids), _AT_ONCE):
        await session.execute(delete(WaitingRow).where(visible_to(scope, WaitingRow), WaitingRow.revision_id.in_(some)))


async def drop_stale(session: AsyncSession, scope: Scope) -> None:
    """Forget those whose revision failed, was superseded or is gone."""
    alive = select(RevisionRow.id).where(visible_to(scope, RevisionRow), RevisionRow.state.not_in(_CLOSED))
    await session.execute(delete(WaitingRow).where(visible_to(scope, WaitingRow), WaitingRow.revision_id.not_in(alive)))
