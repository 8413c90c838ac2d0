"""Queries on batches: made by the first file, counted in the database however many files they have."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import case, delete, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from pincite.core import Conflict, NotFound, Scope, new_id, utc_now
from pincite.library.batches import WINDOW_S, Batch, BatchState, Lately
from pincite.library.domain import UNFINISHED_STATES, RevisionState
from pincite.library.store.access import visible_to
from pincite.library.store.rows import insert_new
from pincite.library.tables import BatchRow, DocumentRow, RevisionRow


async def open_batch(session: AsyncSession, scope: Scope, id_or_name: str) -> Batch:
    """Return a batch without its counts; one that is not there is made, of that name.

    Raises: Conflict where it is a batch of somebody else that the asker cannot see.
    """
    found = await _find(session, scope, id_or_name)
    if found is None:
        values = {
            "id": new_id(),
            "tenant": scope.tenant,
            "name": id_or_name,
            "state": "open",
            "begun_by": scope.user,
            "created_at": utc_now(),
        }
        await session.execute(insert_new(session, BatchRow, ("tenant", "name")), [values])
        found = await _find(session, scope, id_or_name)
        if found is None:
            raise Conflict(f"The batch name {id_or_name[:100]!r} is taken.", remedy="Choose another name.")
    return found


async def required_batch(session: AsyncSession, scope: Scope, id_or_name: str) -> Batch:
    """Return a batch by id, else by name, without its counts. Raises: NotFound."""
    found = await _find(session, scope, id_or_name)
    if found is None:
        raise NotFound(f"There is no batch {id_or_name[:100]!r}.", remedy="`pincite batches` lists what there is.")
    return found


async def list_batches(session: AsyncSession, scope: Scope, limit: int, before: str | None) -> list[Batch]:
    """Return batches without their counts, newest first, from the one before `before`."""
    query = select(BatchRow).where(visible_to(scope, BatchRow)).order_by(BatchRow.id.desc()).limit(limit)
    if before is not None:
        query = query.where(BatchRow.id < before)
    return [_batch(row) for row in (await session.scalars(query)).all()]


async def set_batch(session: AsyncSession, scope: Scope, batch_id: str, state: BatchState) -> None:
    """Say what becomes of files that come later."""
    await session.execute(
        update(BatchRow).where(visible_to(scope, BatchRow), BatchRow.id == batch_id).values(state=state.value)
    )


async def join_batch(session: AsyncSession, scope: Scope, revision_id: str, batch_id: str) -> None:
    """Let a revision belong to a batch."""
    await session.execute(
        update(RevisionRow)
        .where(visible_to(scope, RevisionRow), RevisionRow.id == revision_id)
        .values(batch=batch_id)
        .execution_options(synchronize_session=False)
    )


async def drop_batch(session: AsyncSession, scope: Scope, batch_id: str) -> None:
    """Forget a batch; its documents stay."""
    await session.execute(
        update(RevisionRow)
        .where(visible_to(scope, RevisionRow), RevisionRow.batch == batch_id)
        .values(batch=None)
        .execution_options(synchronize_session=False)
    )
    await session.execute(delete(BatchRow).where(visible_to(scope, BatchRow), BatchRow.id == batch_id))


async def counted(session: AsyncSession, scope: Scope, batches: Sequence[Batch], now: datetime) -> list[Batch]:
    """Return the batches with what their documents are like; one query for all."""
    since = now - timedelta(seconds=WINDOW_S)
    lately = RevisionRow.finished_at > since
    read = case((lately, 1), else_=0)
    query = (
        select(
            RevisionRow.batch,
            RevisionRow.state,
            func.count(),
            func.count(RevisionRow.warnings),
            func.sum(RevisionRow.size_bytes),
            func.sum(read),
            func.sum(read * RevisionRow.size_bytes),
            func.min(case((lately, RevisionRow.started_at))),
        )
        .join(DocumentRow, DocumentRow.latest == RevisionRow.id)
        .where(visible_to(scope, RevisionRow), visible_to(scope, DocumentRow), DocumentRow.removed_at.is_(None))
        .where(RevisionRow.batch.in_([each.id for each in batches]))
        .group_by(RevisionRow.batch, RevisionRow.state)
    )
    tallies: dict[str, list[_Tally]] = {}
    for row in (await session.execute(query)).all():
        batch, state, documents, warned, size, finished, finished_bytes, began = row
        tally = _Tally(RevisionState(state), documents, warned, int(size), int(finished), int(finished_bytes), began)
        tallies.setdefault(str(batch), []).append(tally)
    return [_with(each, tallies.get(each.id, []), since, now) for each in batches]


@dataclass(frozen=True, slots=True)
class _Tally:
    """The documents of a batch in one state; `finished` of them lately, the first of those begun at `began`."""

    state: RevisionState
    documents: int
    warned: int
    size_bytes: int
    finished: int
    finished_bytes: int
    began: datetime | None


def _with(batch: Batch, tallies: Sequence[_Tally], since: datetime, now: datetime) -> Batch:
    done = [each for each in tallies if each.finished and each.state is RevisionState.READY]
    # What was begun within the window was not worked at before.
    began = max(since, min((each.began for each in done if each.began is not None), default=since))
    return replace(
        batch,
        counts={each.state: each.documents for each in tallies},
        warned=sum(each.warned for each in tallies if each.state is RevisionState.READY),
        bytes_left=sum(each.size_bytes for each in tallies if each.state in UNFINISHED_STATES),
        lately=Lately(
            sum(each.finished for each in done),
            sum(each.finished_bytes for each in done),
            max(0.001, (now - began).total_seconds()),
        ),
    )


async def _find(session: AsyncSession, scope: Scope, id_or_name: str) -> Batch | None:
    rows = (
        await session.scalars(
            select(BatchRow).where(
                visible_to(scope, BatchRow), or_(BatchRow.id == id_or_name, BatchRow.name == id_or_name)
            )
        )
    ).all()
    row = next((row for row in rows if row.id == id_or_name), rows[0] if rows else None)
    return None if row is None else _batch(row)


def _batch(row: BatchRow) -> Batch:
    return Batch(row.id, row.name, BatchState(row.state), row.created_at, {})
