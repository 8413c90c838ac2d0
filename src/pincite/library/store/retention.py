"""Queries on how long collections keep documents, and which have been kept for longer than that.

A document's time begins with its latest revision; what is on hold is never due.
"""

from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from pincite.core import Scope
from pincite.library.store.access import visible_to
from pincite.library.store.holds import held
from pincite.library.tables import CollectionRow, DocumentRow, RevisionRow


async def set_keep_days(session: AsyncSession, scope: Scope, collection_id: str, days: int | None) -> None:
    """Say for how many days a collection keeps its documents; None is for ever."""
    await session.execute(
        update(CollectionRow)
        .where(visible_to(scope, CollectionRow), CollectionRow.id == collection_id)
        .values(keep_days=days)
        .execution_options(synchronize_session="fetch")
    )


async def outlived(session: AsyncSession, scope: Scope, now: datetime, limit: int) -> tuple[str, ...]:
    """Return documents whose latest revision came in before the days that their collection keeps them."""
    kept = select(CollectionRow.id, CollectionRow.keep_days).where(
        visible_to(scope, CollectionRow), CollectionRow.keep_days.is_not(None)
    )
    found: list[str] = []
    for collection_id, days in (await session.execute(kept.order_by(CollectionRow.id))).all():
        query = (
            select(DocumentRow.id)
            .join(RevisionRow, RevisionRow.id == DocumentRow.latest)
            .where(visible_to(scope, DocumentRow), DocumentRow.collection_id == collection_id)
            .where(DocumentRow.removed_at.is_(None), RevisionRow.created_at < now - timedelta(days=days or 0))
            .where(~held(scope))
            .order_by(RevisionRow.created_at)
            .limit(limit - len(found))
        )
        found += (await session.scalars(query)).all()
        if len(found) >= limit:
            break
    return tuple(found)
