"""Queries on collections and on the tenant's feed, the counter and lock that every change of documents takes.

Documents are in `documents.py`.
"""

from collections.abc import Iterable

from sqlalchemy import delete, func, or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from pincite.core import NotFound, Scope, new_id, utc_now
from pincite.library.domain import Collection
from pincite.library.store.access import visible_to
from pincite.library.store.rows import collection_of, insert_new, table_of
from pincite.library.tables import CollectionRow, DocumentRow, FeedRow


async def next_version(session: AsyncSession, scope: Scope, count: int = 1) -> int:
    """Count the tenant's feed up and return the new version: the last of `count`.

    On PostgreSQL this locks the feed until the transaction ends, so versions are committed in their order (a reader of
    the feed misses none) and changes of one tenant cannot deadlock. Call it before anything else in the transaction.
    """
    kind = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    table = table_of(FeedRow)
    statement = (
        kind(table)
        .values(tenant=scope.tenant, version=count)
        .on_conflict_do_update(index_elements=["tenant"], set_={"version": table.c.version + count})
        .returning(table.c.version)
    )
    return int((await session.execute(statement)).scalar_one())


async def last_version(session: AsyncSession, scope: Scope) -> int:
    """Return the version of the tenant's last change, 0 before the first."""
    found = await session.scalar(select(FeedRow.version).where(visible_to(scope, FeedRow)))
    return found or 0


async def add_collection(session: AsyncSession, scope: Scope, name: str) -> str | None:
    """Add a collection and return its id; None if the name is taken."""
    values = {"id": new_id(), "tenant": scope.tenant, "name": name, "created_at": utc_now()}
    statement = insert_new(session, CollectionRow, ("tenant", "name")).returning(CollectionRow.id)
    return (await session.execute(statement, [values])).scalar()


async def find_collection(session: AsyncSession, scope: Scope, id_or_name: str) -> Collection | None:
    """Return a collection by id, else by name, with the number of its documents."""
    rows = (
        await session.scalars(
            select(CollectionRow)
            .where(visible_to(scope, CollectionRow))
            .where(or_(CollectionRow.id == id_or_name, CollectionRow.name == id_or_name))
        )
    ).all()
    if not rows:
        return None
    row = next((row for row in rows if row.id == id_or_name), rows[0])
    return collection_of(row, await count_documents(session, scope, row.id))


async def required_collection(session: AsyncSession, scope: Scope, id_or_name: str) -> Collection:
    """Return a collection by id, else by name. Raises: NotFound."""
    found = await find_collection(session, scope, id_or_name)
    if found is None:
        remedy = "`GET /v1/collections` and `pincite collections list` tell what there is."
        raise NotFound(f"There is no collection {id_or_name[:100]!r}.", remedy=remedy)
    return found


async def names_among(session: AsyncSession, scope: Scope, ids: Iterable[str]) -> dict[str, str]:
    """Return the names of those of some collections that there are, by id and in the order of names."""
    query = select(CollectionRow.id, CollectionRow.name).where(visible_to(scope, CollectionRow))
    rows = await session.execute(query.where(CollectionRow.id.in_(sorted(ids))).order_by(CollectionRow.name))
    return dict(rows.tuples().all())


async def count_documents(session: AsyncSession, scope: Scope, collection_id: str, *, removed: bool = False) -> int:
    """Count a collection's documents; with `removed` those that wait to be purged as well."""
    query = (
        select(func.count())
        .select_from(DocumentRow)
        .where(visible_to(scope, DocumentRow), DocumentRow.collection_id == collection_id)
    )
    if not removed:
        query = query.where(DocumentRow.removed_at.is_(None))
    return await session.scalar(query) or 0


async def list_collections(session: AsyncSession, scope: Scope, limit: int, after: str | None) -> list[Collection]:
    """Return collections by name, from the one after `after`."""
    query = (
        select(CollectionRow, func.count(DocumentRow.id))
        .outerjoin(DocumentRow, (DocumentRow.collection_id == CollectionRow.id) & DocumentRow.removed_at.is_(None))
        .where(visible_to(scope, CollectionRow))
        .group_by(CollectionRow.id)
        .order_by(CollectionRow.name)
        .limit(limit)
    )
    if after is not None:
        query = query.where(CollectionRow.name > after)
    return [collection_of(row, count) for row, count in (await session.execute(query)).all()]


async def drop_collection(session: AsyncSession, scope: Scope, collection_id: str) -> None:
    """Delete a collection's row; it must be empty."""
    await session.execute(
        delete(CollectionRow).where(visible_to(scope, CollectionRow), CollectionRow.id == collection_id)
    )
