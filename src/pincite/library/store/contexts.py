"""Queries on what a model wrote about where a chunk stands in its document. Searched with the chunk, shown to nobody.

Kept by document and text, not by revision: what did not change in a new revision need not be written again.
"""

from collections.abc import Mapping, Sequence

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from pincite.core import Scope
from pincite.library.domain import ContextCosts, WrittenContext
from pincite.library.store.access import visible_to
from pincite.library.store.rows import upsert
from pincite.library.tables import ContextRow


async def find_contexts(
    session: AsyncSession, scope: Scope, document_id: str, digests: Sequence[str]
) -> Mapping[str, str]:
    """Return the contexts of a document's texts, by digest; those that are there."""
    query = select(ContextRow.digest, ContextRow.text).where(
        visible_to(scope, ContextRow), ContextRow.document_id == document_id, ContextRow.digest.in_(digests)
    )
    return {row.digest: row.text for row in (await session.execute(query)).all()}


async def contexts_of(
    session: AsyncSession, scope: Scope, document_ids: Sequence[str]
) -> Mapping[tuple[str, str], str]:
    """Return all contexts of documents, by document and digest."""
    query = select(ContextRow.document_id, ContextRow.digest, ContextRow.text).where(
        visible_to(scope, ContextRow), ContextRow.document_id.in_(document_ids)
    )
    return {(row.document_id, row.digest): row.text for row in (await session.execute(query)).all()}


async def put_contexts(
    session: AsyncSession, scope: Scope, document_id: str, written: Sequence[WrittenContext]
) -> None:
    """Write contexts, over those of the same text."""
    values = [
        {
            "tenant": scope.tenant,
            "document_id": document_id,
            "digest": each.digest,
            "text": each.text,
            "model": each.model,
            "tokens": each.tokens,
            "cost_usd": each.cost_usd,
        }
        for each in written
    ]
    if values:
        await session.execute(upsert(session, ContextRow, ("tenant", "document_id", "digest")), values)


async def drop_contexts(session: AsyncSession, scope: Scope, document_id: str) -> None:
    """Delete a document's contexts."""
    await session.execute(
        delete(ContextRow).where(visible_to(scope, ContextRow), ContextRow.document_id == document_id)
    )


async def sum_contexts(session: AsyncSession, scope: Scope) -> ContextCosts:
    """Return how many contexts there are and what writing them took."""
    query = select(func.count(), func.sum(ContextRow.tokens), func.sum(ContextRow.cost_usd)).where(
        visible_to(scope, ContextRow)
    )
    count, tokens, cost = (await session.execute(query)).one()
    return ContextCosts(int(count), int(tokens or 0), float(cost or 0.0))
