"""Queries on grants: what is granted on an object, what an asker has on it, and what they may search.

Which rows they see thereby is decided in `access.py`.
"""

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from pincite.core import Scope, utc_now
from pincite.core.batched import batched
from pincite.index import Filter
from pincite.library.grants import Grant, GranteeKind, Level, ObjectKind
from pincite.library.store.access import granted_objects, grants_to, visible_to
from pincite.library.store.rows import upsert
from pincite.library.tables import CollectionRow, DocumentRow, GrantRow, TombstoneRow

_KEY = ("tenant", "object_kind", "object_id", "grantee_kind", "grantee_id")
_MOST_IDS = 500


async def level_on(session: AsyncSession, scope: Scope, collection_id: str, document_id: str = "") -> Level | None:
    """Return the asker's highest level on a collection or on a document in it; None for nothing at all."""
    if scope.sees_all:
        return Level.MANAGER
    highest = (
        select(func.max(GrantRow.level))
        .where(visible_to(scope, GrantRow), grants_to(scope))
        .where(
            ((GrantRow.object_kind == "collection") & (GrantRow.object_id == collection_id))
            | ((GrantRow.object_kind == "document") & (GrantRow.object_id == document_id))
        )
    )
    rank = await session.scalar(highest)
    return None if rank is None else Level.of_rank(rank)


async def view(session: AsyncSession, scope: Scope) -> Filter:
    """Return what the asker may search."""
    collections = await session.scalars(
        select(CollectionRow.id).where(visible_to(scope, CollectionRow)).order_by(CollectionRow.id)
    )
    seen = tuple(collections.all())
    if scope.sees_all:
        return Filter(seen)
    documents = await session.scalars(
        select(DocumentRow.id)
        .where(visible_to(scope, DocumentRow), DocumentRow.removed_at.is_(None))
        .where(DocumentRow.id.in_(granted_objects(scope, "document")), DocumentRow.collection_id.not_in(seen))
        .order_by(DocumentRow.id)
    )
    return Filter(seen, granted=tuple(documents.all()))


async def hidden(session: AsyncSession, scope: Scope, document_ids: frozenset[str]) -> frozenset[str]:
    """Return those of the documents that the asker may not see; of what is purged the tombstone tells where it was."""
    if scope.sees_all:
        return frozenset()
    found = set(document_ids)
    for some in batched(sorted(document_ids), _MOST_IDS):
        for row, key in ((DocumentRow, DocumentRow.id), (TombstoneRow, TombstoneRow.document_id)):
            query = select(key).where(visible_to(scope, row), key.in_(some))
            found.difference_update((await session.scalars(query)).all())
    return frozenset(found)


async def put_grant(session: AsyncSession, scope: Scope, kind: ObjectKind, object_id: str, grant: Grant) -> None:
    """Grant something, or change the level of what is granted."""
    values = {
        "tenant": scope.tenant,
        "object_kind": kind,
        "object_id": object_id,
        "grantee_kind": grant.kind.value,
        "grantee_id": grant.grantee,
        "level": grant.level.rank,
        "created_at": utc_now(),
    }
    await session.execute(upsert(session, GrantRow, _KEY), [values])


async def list_grants(session: AsyncSession, scope: Scope, kind: ObjectKind, object_id: str) -> list[Grant]:
    """Return what is granted on an object, by whom it is granted to."""
    query = (
        select(GrantRow)
        .where(visible_to(scope, GrantRow), GrantRow.object_kind == kind, GrantRow.object_id == object_id)
        .order_by(GrantRow.grantee_kind, GrantRow.grantee_id)
    )
    rows = (await session.scalars(query)).all()
    return [Grant(GranteeKind(row.grantee_kind), row.grantee_id, Level.of_rank(row.level)) for row in rows]


async def drop_grant(session: AsyncSession, scope: Scope, kind: ObjectKind, object_id: str, grant: Grant) -> bool:
    """Take a grant back, at whatever level; False if there is none."""
    dropped = await session.execute(
        delete(GrantRow)
        .where(visible_to(scope, GrantRow), GrantRow.object_kind == kind, GrantRow.object_id == object_id)
        .where(GrantRow.grantee_kind == grant.kind.value, GrantRow.grantee_id == grant.grantee)
        .returning(GrantRow.object_id)
    )
    return dropped.first() is not None


async def drop_grants_to(session: AsyncSession, scope: Scope, user_id: str) -> None:
    """Take back all that was granted to a user."""
    await session.execute(
        delete(GrantRow).where(
            visible_to(scope, GrantRow),
            GrantRow.grantee_kind == GranteeKind.USER.value,
            GrantRow.grantee_id == user_id,
        )
    )


async def drop_grants(session: AsyncSession, scope: Scope, kind: ObjectKind, object_id: str) -> None:
    """Delete all grants on an object that goes."""
    await session.execute(
        delete(GrantRow).where(
            visible_to(scope, GrantRow), GrantRow.object_kind == kind, GrantRow.object_id == object_id
        )
    )
