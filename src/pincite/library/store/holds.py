"""Queries on legal holds: what is on hold, by itself or with its collection or tenant.

What that forbids is said by those who delete, in the transaction in which they do it.
"""

from typing import cast

from sqlalchemy import ColumnElement, and_, delete, exists, or_, select, tuple_
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from pincite.core import Scope
from pincite.core.scope import system_scope
from pincite.library.holds import Hold, HoldKind
from pincite.library.store.access import visible_to
from pincite.library.store.rows import table_of
from pincite.library.tables import DocumentRow, HoldRow


async def put_hold(session: AsyncSession, scope: Scope, hold: Hold) -> None:
    """Set a hold, or say another reason for it."""
    kind = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    told = {"reason": hold.reason, "placed_by": hold.placed_by, "placed_at": hold.placed_at}
    statement = (
        kind(table_of(HoldRow))
        .values(tenant=scope.tenant, object_kind=hold.kind, object_id=hold.object_id, **told)
        .on_conflict_do_update(index_elements=["tenant", "object_kind", "object_id"], set_=told)
    )
    await session.execute(statement)


async def drop_hold(session: AsyncSession, scope: Scope, kind: HoldKind, object_id: str) -> bool:
    """Release a hold; False if there is none."""
    gone = await session.execute(
        delete(HoldRow)
        .where(visible_to(scope, HoldRow), HoldRow.object_kind == kind, HoldRow.object_id == object_id)
        .returning(HoldRow.object_id)
    )
    return gone.scalar_one_or_none() is not None


async def list_holds(
    session: AsyncSession, scope: Scope, limit: int, after: tuple[str, str] | None = None
) -> list[Hold]:
    """Return the tenant's holds by kind and id, from the one after `after`."""
    query = select(HoldRow).where(visible_to(scope, HoldRow)).order_by(HoldRow.object_kind, HoldRow.object_id)
    if after is not None:
        query = query.where(tuple_(HoldRow.object_kind, HoldRow.object_id) > after)
    return [_hold_of(row) for row in await session.scalars(query.limit(limit))]


async def hold_on(
    session: AsyncSession, scope: Scope, collection_id: str | None = None, document_id: str | None = None
) -> Hold | None:
    """Return a hold on the tenant, or on that collection or document, if there is one."""
    parts: list[ColumnElement[bool]] = [HoldRow.object_kind == "tenant"]
    for kind, object_id in (("collection", collection_id), ("document", document_id)):
        if object_id is not None:
            parts.append(and_(HoldRow.object_kind == kind, HoldRow.object_id == object_id))
    row = await session.scalar(select(HoldRow).where(visible_to(scope, HoldRow), or_(*parts)).limit(1))
    return None if row is None else _hold_of(row)


async def hold_on_document(session: AsyncSession, scope: Scope, document_id: str) -> Hold | None:
    """Return a hold that a document is under, by itself or with what it is in; removed documents too."""
    everything = system_scope(scope.tenant)
    home = await session.scalar(
        select(DocumentRow.collection_id).where(visible_to(everything, DocumentRow), DocumentRow.id == document_id)
    )
    return await hold_on(session, scope, home, document_id)


def held(scope: Scope) -> ColumnElement[bool]:
    """Return the predicate of the documents that are on hold, by themselves or with what they are in."""
    within = or_(
        HoldRow.object_kind == "tenant",
        and_(HoldRow.object_kind == "collection", HoldRow.object_id == DocumentRow.collection_id),
        and_(HoldRow.object_kind == "document", HoldRow.object_id == DocumentRow.id),
    )
    return exists().where(visible_to(scope, HoldRow), within)


async def held_removals(session: AsyncSession, scope: Scope) -> frozenset[str]:
    """Return the documents that were removed and came on hold before they were purged."""
    query = select(DocumentRow.id).where(
        visible_to(scope, DocumentRow), DocumentRow.removed_at.is_not(None), held(scope)
    )
    return frozenset((await session.scalars(query)).all())


def _hold_of(row: HoldRow) -> Hold:
    return Hold(cast("HoldKind", row.object_kind), row.object_id, row.reason, row.placed_by, row.placed_at)
