"""Queries on revisions: adding, moving from state to state, superseding, and what workers of all tenants ask.

Their pages and chunks are in `passages.py`.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, case, exists, func, insert, select, true, update
from sqlalchemy.ext.asyncio import AsyncSession

from pincite.core import Scope
from pincite.core.batched import batched
from pincite.core.scope import system_scope
from pincite.library.domain import (
    UNFINISHED_STATES,
    PageWarning,
    Problem,
    Revision,
    RevisionState,
    WorkItem,
)
from pincite.library.grants import Level
from pincite.library.store.access import visible_to
from pincite.library.store.rows import problem_json, revision_of
from pincite.library.tables import DocumentRow, FeedRow, RevisionRow

_MOST_IDS = 500  # in one query
MOST_WARNINGS = 100  # of one revision


@dataclass(frozen=True, slots=True)
class Step:
    """A move of a revision to `state`; numbers that are None stay as they are.

    With `lease`, only while that holds; with `attempt`, only in that one.
    """

    state: RevisionState
    now: datetime
    pages_done: int | None = None
    pages_total: int | None = None
    chunks: int | None = None
    problem: Problem | None = None
    finished: bool = False
    lease: int | None = None
    attempt: int | None = None

    def holds(self) -> ColumnElement[bool]:
        """Return the predicate of the revisions that it is still about."""
        return and_(
            true() if self.lease is None else RevisionRow.lease == self.lease,
            true() if self.attempt is None else RevisionRow.attempt == self.attempt,
        )

    def values(self) -> dict[str, Any]:
        """Return the columns it sets."""
        numbers = {"pages_done": self.pages_done, "pages_total": self.pages_total, "chunks": self.chunks}
        return {name: number for name, number in numbers.items() if number is not None} | {
            "state": self.state.value,
            "updated_at": self.now,
            "finished_at": self.now if self.finished else None,
            "problem": None if self.problem is None else problem_json(self.problem),
        }


def _of_live_document() -> ColumnElement[bool]:
    return exists().where(DocumentRow.id == RevisionRow.document_id, DocumentRow.removed_at.is_(None))


async def find_revision(
    session: AsyncSession, scope: Scope, revision_id: str, *, lock: bool = False
) -> Revision | None:
    """Return a revision of a document that was not removed; with `lock`, nobody else writes to it meanwhile.

    Nor is it purged. Two that counted its pages at once would add them to what the tenant holds twice, or take them.
    """
    query = select(RevisionRow).where(
        visible_to(scope, RevisionRow), RevisionRow.id == revision_id, _of_live_document()
    )
    if lock:
        query = query.with_for_update(key_share=True)
    row = (await session.scalars(query)).first()
    return None if row is None else revision_of(row)


async def lock_in_order(session: AsyncSession, scope: Scope, revision_ids: Sequence[str]) -> None:
    """Lock revisions by id before they are changed: two that lock the same ones in any order could wait for ever.

    Pages are stored beside the feed's lock. On SQLite writers take turns.
    """
    if session.get_bind().dialect.name != "postgresql":
        return
    for some in batched(sorted(revision_ids), _MOST_IDS):
        query = (
            select(RevisionRow.id)
            .where(visible_to(scope, RevisionRow), RevisionRow.id.in_(some))
            .order_by(RevisionRow.id)
            .with_for_update(key_share=True)
        )
        await session.execute(query)


async def add_revision(
    session: AsyncSession, scope: Scope, revision: Revision, job: str | None = None, *, queued: datetime | None = None
) -> None:
    """Insert a revision that waits in the queue or rests, for a job that reads it among others where one is given.

    It waits since `queued`, or since its bytes came.
    """
    values = {
        "id": revision.id,
        "tenant": scope.tenant,
        "document_id": revision.document_id,
        "number": revision.number,
        "sha256": revision.sha256,
        "size_bytes": revision.size_bytes,
        "file_type": revision.file_type.value,
        "state": revision.state.value,
        "attempt": revision.attempt,
        "batch": revision.batch,
        "pages_done": revision.pages_done,
        "pages_total": revision.pages_total,
        "chunks": revision.chunks,
        "problem": None,
        "job": job,
        "created_at": revision.created_at,
        "started_at": queued or revision.created_at,
        "updated_at": queued or revision.created_at,
        "finished_at": None,
    }
    await session.execute(insert(RevisionRow), [values])


async def move(
    session: AsyncSession, scope: Scope, revision_id: str, step: Step, allowed: Iterable[RevisionState]
) -> str | None:
    """Set a revision's state if it is in one of `allowed` now; returns the document's id, None if it is not."""
    moved = await session.execute(
        update(RevisionRow)
        .where(visible_to(scope, RevisionRow), RevisionRow.id == revision_id, _of_live_document())
        .where(RevisionRow.state.in_(sorted(allowed)), step.holds())
        .values(**step.values())
        .returning(RevisionRow.document_id)
        .execution_options(synchronize_session=False)
    )
    found: str | None = moved.scalar()
    return found


async def move_all(
    session: AsyncSession, scope: Scope, revision_ids: Sequence[str], step: Step, allowed: Iterable[RevisionState]
) -> frozenset[str]:
    """Set the state of revisions that the asker may change and that are in one of `allowed`; returns their ids."""
    moved: set[str] = set()
    await lock_in_order(session, scope, revision_ids)
    for some in batched(revision_ids, _MOST_IDS):
        rows = await session.execute(
            update(RevisionRow)
            .where(visible_to(scope, RevisionRow, Level.EDITOR), RevisionRow.id.in_(some), _of_live_document())
            .where(RevisionRow.state.in_(sorted(allowed)))
            .values(**step.values())
            .returning(RevisionRow.id)
            .execution_options(synchronize_session=False)
        )
        moved.update(rows.scalars())
    return frozenset(moved)


async def count_unfinished(session: AsyncSession, scope: Scope, most: int) -> int:
    """Count the tenant's revisions in no final state, up to `most`."""
    some = (
        select(RevisionRow.id)
        .where(visible_to(scope, RevisionRow), RevisionRow.state.in_(sorted(UNFINISHED_STATES)))
        .limit(most)
    )
    return await session.scalar(select(func.count()).select_from(some.subquery())) or 0


async def take(session: AsyncSession, scope: Scope, revision_id: str, read_by: str, *, afresh: bool) -> None:
    """Take a revision for a worker: the leases before are over. `afresh` forgets how far it was."""
    begun = (
        {"pages_done": 0, "chunks": 0, "warnings": None, "language": None, "personal_data": None, "read_by": read_by}
        if afresh
        else {}
    )
    await session.execute(
        update(RevisionRow)
        .where(visible_to(scope, RevisionRow), RevisionRow.id == revision_id)
        .values(lease=RevisionRow.lease + 1, **begun)
        .execution_options(synchronize_session=False)
    )


async def warn(session: AsyncSession, scope: Scope, revision_id: str, warnings: Sequence[PageWarning]) -> None:
    """Set what a revision's reader noticed."""
    said = warnings_json([(each.page, each.message) for each in warnings])
    await session.execute(
        update(RevisionRow)
        .where(visible_to(scope, RevisionRow), RevisionRow.id == revision_id)
        .values(warnings=said)
        .execution_options(synchronize_session=False)
    )


def warnings_json(warnings: Sequence[tuple[int, str]]) -> str | None:
    """Write (page, message) as they are stored; None where there is nothing to say."""
    return json.dumps([list(each) for each in warnings[:MOST_WARNINGS]]) if warnings else None


async def count_personal_data(
    session: AsyncSession, scope: Scope, revision_id: str, counts: Mapping[str, int], lease: int | None
) -> None:
    """Set how many findings of each kind a revision has; with `lease`, only while that holds."""
    await session.execute(
        update(RevisionRow)
        .where(visible_to(scope, RevisionRow), RevisionRow.id == revision_id)
        .where(true() if lease is None else RevisionRow.lease == lease)
        .values(personal_data=personal_json(counts))
        .execution_options(synchronize_session=False)
    )


def personal_json(counts: Mapping[str, int] | None) -> str | None:
    """Write counts by kind as they are stored; None where nothing was looked for."""
    return None if counts is None else json.dumps(dict(sorted(counts.items())))


async def tell_language(session: AsyncSession, scope: Scope, revision_id: str, language: str) -> str | None:
    """Set the language of a revision's text; returns its document's id, None where there is no such revision."""
    told = await session.execute(
        update(RevisionRow)
        .where(visible_to(scope, RevisionRow), RevisionRow.id == revision_id, _of_live_document())
        .values(language=language)
        .returning(RevisionRow.document_id)
        .execution_options(synchronize_session=False)
    )
    found: str | None = told.scalar()
    return found


async def requeue(
    session: AsyncSession,
    scope: Scope,
    revision_ids: Sequence[str],
    now: datetime,
    out_of: Iterable[RevisionState],
    attempt: int | None = None,
) -> list[Revision]:
    """Put revisions back to QUEUED for another attempt; returns those that were in such a state, and in `attempt`.

    Others, and those that the asker may not change, are left alone.

    One that was paused or interrupted keeps its pages and goes on after them. The lease is over: who still reads it for
    the attempt before must not write into this one.
    """
    kept = {RevisionState.QUEUED, RevisionState.PAUSED, RevisionState.EXTRACTING, RevisionState.EMBEDDING}
    begun = RevisionRow.state.in_(sorted(kept))
    queued: list[Revision] = []
    await lock_in_order(session, scope, revision_ids)
    for some in batched(revision_ids, _MOST_IDS):
        moved = await session.scalars(
            update(RevisionRow)
            .where(visible_to(scope, RevisionRow, Level.EDITOR), RevisionRow.id.in_(some), _of_live_document())
            .where(RevisionRow.state.in_(sorted(out_of)))
            .where(true() if attempt is None else RevisionRow.attempt == attempt)
            .values(
                state=RevisionState.QUEUED.value,
                attempt=RevisionRow.attempt + 1,
                lease=RevisionRow.lease + 1,
                pages_done=case((begun, RevisionRow.pages_done), else_=0),
                pages_total=case((begun, RevisionRow.pages_total), else_=None),
                chunks=0,
                problem=None,
                job=None,
                started_at=now,
                updated_at=now,
                finished_at=None,
            )
            .returning(RevisionRow)
            .execution_options(synchronize_session=False, populate_existing=True)
        )
        queued += [revision_of(row) for row in moved.all()]
    return queued


async def older_revisions(session: AsyncSession, scope: Scope, revision: Revision) -> tuple[str, ...]:
    """Return the ids of the document's revisions before this one that are not superseded, oldest first."""
    query = (
        select(RevisionRow.id)
        .where(visible_to(scope, RevisionRow), RevisionRow.document_id == revision.document_id)
        .where(RevisionRow.number < revision.number, RevisionRow.state != RevisionState.SUPERSEDED.value)
        .order_by(RevisionRow.number)
    )
    return tuple((await session.scalars(query)).all())


async def superseded_by(session: AsyncSession, scope: Scope, revision: Revision) -> tuple[str, ...]:
    """Return the ids of the older revisions that were superseded when this one was published."""
    published = (
        select(RevisionRow.finished_at)
        .where(visible_to(scope, RevisionRow), RevisionRow.id == revision.id)
        .scalar_subquery()
    )
    query = (
        select(RevisionRow.id)
        .where(visible_to(scope, RevisionRow), RevisionRow.document_id == revision.document_id)
        .where(RevisionRow.number < revision.number, RevisionRow.state == RevisionState.SUPERSEDED.value)
        .where(RevisionRow.updated_at == published)
        .order_by(RevisionRow.number)
    )
    return tuple((await session.scalars(query)).all())


async def supersede(session: AsyncSession, scope: Scope, revision_ids: tuple[str, ...], now: datetime) -> None:
    """Set revisions to SUPERSEDED, whatever state they are in; the time is that of the one that replaces them."""
    await lock_in_order(session, scope, revision_ids)
    await session.execute(
        update(RevisionRow)
        .where(visible_to(scope, RevisionRow), RevisionRow.id.in_(revision_ids))
        .where(RevisionRow.state != RevisionState.SUPERSEDED.value)
        .values(state=RevisionState.SUPERSEDED.value, updated_at=now)
        .execution_options(synchronize_session=False)
    )


async def stored_revisions(
    session: AsyncSession, scope: Scope, after: str, limit: int
) -> list[tuple[str, str, RevisionState, int, str]]:
    """Return (id, sha256, state, size in bytes, source) of the tenant's revisions by id, after `after`."""
    query = (
        select(RevisionRow.id, RevisionRow.sha256, RevisionRow.state, RevisionRow.size_bytes, DocumentRow.source)
        .join(DocumentRow, DocumentRow.id == RevisionRow.document_id)
        .where(visible_to(scope, RevisionRow), RevisionRow.id > after)
        .order_by(RevisionRow.id)
        .limit(limit)
    )
    return [(row[0], row[1], RevisionState(row[2]), row[3], row[4]) for row in (await session.execute(query)).all()]


async def tenants_with_rows(session: AsyncSession) -> list[Scope]:
    """Return a system scope for each tenant that ever changed something. For the installation's own work."""
    tenants = (await session.scalars(select(FeedRow.tenant).order_by(FeedRow.tenant))).all()
    return [system_scope(tenant) for tenant in tenants]


async def unfinished_revisions(session: AsyncSession, limit: int, after: str) -> list[WorkItem]:
    """Return revisions that wait or are being read, of all tenants, by id. For the installation's own work."""
    query = (
        select(
            RevisionRow.tenant,
            RevisionRow.id,
            RevisionRow.state,
            RevisionRow.attempt,
            RevisionRow.updated_at,
            RevisionRow.job,
        )
        .where(RevisionRow.state.in_(sorted(UNFINISHED_STATES)), _of_live_document(), RevisionRow.id > after)
        .order_by(RevisionRow.id)
        .limit(limit)
    )
    rows = (await session.execute(query)).all()
    return [WorkItem(system_scope(row[0]), row[1], RevisionState(row[2]), row[3], row[4], row[5]) for row in rows]
