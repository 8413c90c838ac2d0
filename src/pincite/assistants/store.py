"""Every query of assistants. They are the tenant's; who may use which, the service says by the collections of each."""

from collections.abc import Mapping
from typing import Any, cast

from sqlalchemy import ColumnElement, delete, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from pincite.assistants.domain import Assistant, Setup
from pincite.assistants.tables import AssistantRow
from pincite.core import Scope
from pincite.gateway import Tier


def visible_to(scope: Scope) -> ColumnElement[bool]:
    """Return the predicate of the tenant's assistants: the one place where that is decided."""
    return AssistantRow.tenant == scope.tenant


async def add(session: AsyncSession, scope: Scope, assistant: Assistant) -> bool:
    """Keep a new one; False where the name is taken."""
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    statement = dialect.insert(AssistantRow).on_conflict_do_nothing().returning(AssistantRow.id)
    values = {"id": assistant.id, "tenant": scope.tenant, "created_at": assistant.created_at, **_columns(assistant)}
    return await session.scalar(statement.values(values)) is not None


async def put(session: AsyncSession, scope: Scope, assistant: Assistant) -> None:
    """Write how one is set up now. Raises: what the database does where another has the name."""
    await session.execute(
        update(AssistantRow)
        .where(visible_to(scope), AssistantRow.id == assistant.id)
        .values(_columns(assistant))
        .execution_options(synchronize_session=False)
    )


async def drop(session: AsyncSession, scope: Scope, assistant_id: str) -> None:
    """Forget one."""
    await session.execute(delete(AssistantRow).where(visible_to(scope), AssistantRow.id == assistant_id))


async def assistants(session: AsyncSession, scope: Scope) -> list[Assistant]:
    """Return all by name."""
    rows = await session.scalars(select(AssistantRow).where(visible_to(scope)).order_by(AssistantRow.name))
    return [_assistant(row) for row in rows]


async def find(session: AsyncSession, scope: Scope, id_or_name: str, *, lock: bool = False) -> Assistant | None:
    """Return one by id or name; with `lock` nobody else changes it until the transaction ends."""
    query = select(AssistantRow).where(
        visible_to(scope), or_(AssistantRow.id == id_or_name, AssistantRow.name == id_or_name)
    )
    rows = (await session.scalars(query.with_for_update() if lock else query)).all()
    row = next((each for each in rows if each.id == id_or_name), rows[0] if rows else None)
    return None if row is None else _assistant(row)


async def count(session: AsyncSession, scope: Scope) -> int:
    """Return how many there are."""
    return await session.scalar(select(func.count()).select_from(AssistantRow).where(visible_to(scope))) or 0


def _columns(assistant: Assistant) -> Mapping[str, Any]:
    setup = assistant.setup
    return {
        "name": assistant.name,
        "version": assistant.version,
        "description": setup.description,
        "instructions": setup.instructions,
        "collections": None if setup.collections is None else sorted(setup.collections),
        "model": setup.model,
        "tier": setup.tier,
        "likeness": setup.likeness,
        "updated_at": assistant.updated_at,
    }


def _assistant(row: AssistantRow) -> Assistant:
    setup = Setup(
        row.description,
        row.instructions,
        None if row.collections is None else dict.fromkeys(row.collections, ""),
        row.model,
        cast("Tier | None", row.tier),
        row.likeness,
    )
    return Assistant(row.id, row.name, row.created_at, row.updated_at, setup, row.version)
