"""What somebody sees of the library at a moment, as rows that are others as soon as anything of it is another.

What they are made into is the business of `service/views.py`.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from pincite.core import Scope
from pincite.library.store.access import visible_to
from pincite.library.tables import CollectionRow, ContextRow, DocumentRow, GenerationRow, RevisionRow, WaitingRow


async def seen(session: AsyncSession, scope: Scope, wanted: Sequence[str] | None) -> list[tuple[Any, ...]]:
    """Return each document that the asker may read, in the order of their ids: which text of it answers, and how read.

    Of some collections (ids), or of all where None.
    """
    within = [] if wanted is None else [DocumentRow.collection_id.in_(wanted)]
    query = (
        select(
            DocumentRow.id,
            DocumentRow.source,
            DocumentRow.serving,
            DocumentRow.version,
            RevisionRow.id,
            RevisionRow.state,
            RevisionRow.pages_done,
            RevisionRow.chunks,
        )
        .outerjoin(RevisionRow, RevisionRow.id == DocumentRow.latest)
        .where(visible_to(scope, DocumentRow), DocumentRow.removed_at.is_(None), *within)
        .order_by(DocumentRow.id)
    )
    return [tuple(row) for row in (await session.execute(query)).all()]


async def policies(session: AsyncSession, scope: Scope) -> list[tuple[Any, ...]]:
    """Return the policies for personal data of the collections that the tenant has, which say what is covered."""
    query = select(CollectionRow.id, CollectionRow.personal_data).where(visible_to(scope, CollectionRow))
    return [tuple(row) for row in (await session.execute(query.order_by(CollectionRow.id))).all()]


async def indexed(session: AsyncSession, scope: Scope) -> list[tuple[Any, ...]]:
    """Return which builds of the tenant's index there are, what they lack, and how many contexts are written."""
    builds = select(GenerationRow.name, GenerationRow.model_id, GenerationRow.terms, GenerationRow.state)
    found = await session.execute(builds.where(visible_to(scope, GenerationRow)).order_by(GenerationRow.name))
    waiting = select(func.count(), func.coalesce(func.sum(WaitingRow.chunks_done), 0))
    lacks = await session.execute(waiting.where(visible_to(scope, WaitingRow)))
    contexts = await session.execute(
        select(func.count(), func.sum(ContextRow.tokens)).where(visible_to(scope, ContextRow))
    )
    return [*map(tuple, found.all()), *map(tuple, lacks.all()), *map(tuple, contexts.all())]
