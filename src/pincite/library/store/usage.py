"""Queries on how much a tenant holds: a row that is changed in the transaction that stores or deletes.

Documents and bytes are changed under the feed's lock, pages beside it: whoever changes the row does it after all that
they lock but the audit log, so that no two wait for each other.
"""

from collections.abc import Sequence

from sqlalchemy import func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from pincite.core import Scope
from pincite.core.scope import system_scope
from pincite.library.quotas import Amount, Quota, Usage
from pincite.library.store.access import visible_to
from pincite.library.store.rows import table_of
from pincite.library.tables import DocumentRow, PageRow, RevisionRow, UsageRow

_HELD = ("documents", "size_bytes", "pages")


async def find_usage(session: AsyncSession, scope: Scope, *, lock: bool = False) -> Usage:
    """Return what is held and may be held; with `lock`, let nobody else change it until the transaction ends."""
    query = select(UsageRow).where(visible_to(scope, UsageRow))
    if lock:
        query = query.with_for_update()
    row = (await session.scalars(query.execution_options(populate_existing=True))).first()
    return Usage(Amount(), Quota()) if row is None else _usage_of(row)


async def change_usage(session: AsyncSession, scope: Scope, change: Amount) -> None:
    """Add to what is held. Raises: QuotaExceeded, and the transaction must end."""
    if change == Amount():
        return
    kind = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    added = {name: getattr(change, name) for name in _HELD}
    changed = await session.scalars(
        kind(UsageRow)
        .values(tenant=scope.tenant, **added)
        .on_conflict_do_update(
            index_elements=["tenant"], set_={name: table_of(UsageRow).c[name] + added[name] for name in _HELD}
        )
        .returning(UsageRow)
        .execution_options(populate_existing=True)
    )
    after = _usage_of(changed.one())
    Usage(after.held.plus(change.negative), after.quota).grow(change)


async def set_quota(session: AsyncSession, scope: Scope, quota: Quota) -> None:
    """Set the most that the tenant may hold."""
    await _make_row(session, scope)
    await session.execute(
        update(UsageRow)
        .where(visible_to(scope, UsageRow))
        .values(most_documents=quota.documents, most_bytes=quota.size_bytes, most_pages=quota.pages)
        .execution_options(synchronize_session=False)
    )


async def set_held(session: AsyncSession, scope: Scope, held: Amount) -> None:
    """Set what is held, where it was counted anew."""
    await _make_row(session, scope)
    await session.execute(
        update(UsageRow)
        .where(visible_to(scope, UsageRow))
        .values(documents=held.documents, size_bytes=held.size_bytes, pages=held.pages)
        .execution_options(synchronize_session=False)
    )


async def count_held(session: AsyncSession, scope: Scope) -> Amount:
    """Count anew what is held; takes as long as there are pages."""
    documents = await session.scalar(select(func.count()).where(visible_to(scope, DocumentRow)))
    size = await session.scalar(select(func.sum(RevisionRow.size_bytes)).where(visible_to(scope, RevisionRow)))
    pages = await session.scalar(select(func.count()).where(visible_to(scope, PageRow)))
    return Amount(documents or 0, int(size or 0), pages or 0)


async def held_by(session: AsyncSession, scope: Scope, revision_ids: Sequence[str]) -> Amount:
    """Return what revisions hold: their bytes and pages."""
    everything = system_scope(scope.tenant)
    size = await session.scalar(
        select(func.sum(RevisionRow.size_bytes)).where(
            visible_to(everything, RevisionRow), RevisionRow.id.in_(revision_ids)
        )
    )
    return Amount(0, int(size or 0), sum((await pages_of(session, scope, revision_ids)).values()))


async def pages_of(session: AsyncSession, scope: Scope, revision_ids: Sequence[str]) -> dict[str, int]:
    """Return how many pages are stored of revisions; those without are left out. They are numbered from 1."""
    query = (
        select(PageRow.revision_id, func.max(PageRow.number))
        .where(visible_to(system_scope(scope.tenant), PageRow), PageRow.revision_id.in_(revision_ids))
        .group_by(PageRow.revision_id)
    )
    return {row[0]: row[1] for row in (await session.execute(query)).all()}


async def _make_row(session: AsyncSession, scope: Scope) -> None:
    """Make the tenant's row where there is none yet."""
    kind = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    empty = kind(UsageRow).values(tenant=scope.tenant, documents=0, size_bytes=0, pages=0)
    await session.execute(empty.on_conflict_do_nothing(index_elements=["tenant"]))


def _usage_of(row: UsageRow) -> Usage:
    held = Amount(row.documents, row.size_bytes, row.pages)
    return Usage(held, Quota(row.most_documents, row.most_bytes, row.most_pages))
