"""Queries on index generations: which exist, and which is active."""

from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from pincite.core import Scope
from pincite.index import Generation
from pincite.library.domain import GenerationState, IndexGeneration
from pincite.library.store.access import visible_to
from pincite.library.store.rows import insert_new
from pincite.library.tables import GenerationRow


async def list_generations(
    session: AsyncSession, scope: Scope, state: GenerationState | None = None
) -> tuple[IndexGeneration, ...]:
    """Return generations, oldest first; those in `state` if given."""
    query = (
        select(GenerationRow)
        .where(visible_to(scope, GenerationRow))
        .order_by(GenerationRow.created_at, GenerationRow.name)
    )
    if state is not None:
        query = query.where(GenerationRow.state == state.value)
    return tuple(_generation_of(row) for row in (await session.scalars(query)).all())


async def add_generation(
    session: AsyncSession, scope: Scope, generation: Generation, state: GenerationState, now: datetime
) -> None:
    """Record a generation; one of the same name stays as it is."""
    values = {
        "tenant": scope.tenant,
        "name": generation.name,
        "model_id": generation.model_id,
        "dimensions": generation.dimensions,
        "terms": generation.terms,
        "state": state.value,
        "created_at": now,
    }
    await session.execute(insert_new(session, GenerationRow, ("tenant", "name")), [values])


async def set_generation(session: AsyncSession, scope: Scope, name: str, state: GenerationState) -> None:
    """Set a generation's state. Retire the active one before another is made active."""
    await session.execute(
        update(GenerationRow)
        .where(visible_to(scope, GenerationRow), GenerationRow.name == name)
        .values(state=state.value)
    )


async def drop_generation(session: AsyncSession, scope: Scope, name: str) -> None:
    """Delete a generation's record."""
    await session.execute(delete(GenerationRow).where(visible_to(scope, GenerationRow), GenerationRow.name == name))


def _generation_of(row: GenerationRow) -> IndexGeneration:
    return IndexGeneration(
        Generation(row.name, row.model_id, row.dimensions, row.terms), GenerationState(row.state), row.created_at
    )
