"""Queries on the vectors of texts that were embedded once: by model and the text's sha256.

How texts are made of chunks belongs to `ingest`.
"""

from collections.abc import Mapping, Sequence

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from pincite.core import Scope
from pincite.library.store.access import visible_to
from pincite.library.store.rows import insert_new
from pincite.library.tables import VectorRow


async def find_vectors(
    session: AsyncSession, scope: Scope, model_id: str, digests: Sequence[str]
) -> Mapping[str, bytes]:
    """Return the vectors of texts, by digest; those that are there."""
    query = select(VectorRow.digest, VectorRow.vector).where(
        visible_to(scope, VectorRow), VectorRow.model_id == model_id, VectorRow.digest.in_(digests)
    )
    return {row.digest: row.vector for row in (await session.execute(query)).all()}


async def put_vectors(
    session: AsyncSession, scope: Scope, model_id: str, vectors: Mapping[str, tuple[str, bytes]]
) -> None:
    """Write (document, vector) by digest; those that are there stay as they are.

    In the order of digests: two that keep the same texts would else wait for each other.
    """
    values = [
        {"tenant": scope.tenant, "model_id": model_id, "digest": digest, "document_id": document, "vector": vector}
        for digest, (document, vector) in sorted(vectors.items())
    ]
    if values:
        await session.execute(insert_new(session, VectorRow, ("tenant", "model_id", "digest")), values)


async def drop_vectors(session: AsyncSession, scope: Scope, document_id: str) -> None:
    """Delete the vectors that were made for a document."""
    await session.execute(delete(VectorRow).where(visible_to(scope, VectorRow), VectorRow.document_id == document_id))


async def drop_models(session: AsyncSession, scope: Scope, kept: Sequence[str]) -> None:
    """Delete the vectors of all models but those."""
    await session.execute(delete(VectorRow).where(visible_to(scope, VectorRow), VectorRow.model_id.not_in(kept)))
