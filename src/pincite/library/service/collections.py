"""Use cases of collections: named sets of documents in a tenant.

The grants of users on them will slot into `store.rows.visible_to`.
"""

from pincite.core import Conflict, Database, Scope
from pincite.library.cursors import decode_text, encode_cursor
from pincite.library.domain import Collection, Listing
from pincite.library.names import clean_collection
from pincite.library.store import collections as store


class Collections:
    """Making, listing and deleting collections."""

    _db: Database

    async def create_collection(self, scope: Scope, name: str) -> Collection:
        """Make a collection. Raises: InvalidInput for a bad name, Conflict where the name is taken."""
        cleaned = clean_collection(name)
        async with self._db.transaction() as tx:
            await store.next_version(tx, scope)
            added = await store.add_collection(tx, scope, cleaned)
            found = await store.find_collection(tx, scope, cleaned)
        if not added or found is None:
            raise Conflict(f"There is a collection named {cleaned!r} already.", remedy="Choose another name.")
        return found

    async def list_collections(
        self, scope: Scope, *, limit: int = 50, cursor: str | None = None
    ) -> Listing[Collection]:
        """List by name. Raises: InvalidInput for a cursor that is not ours."""
        after = decode_text(cursor)
        async with self._db.read() as session:
            found = await store.list_collections(session, scope, limit + 1, after)
        more = len(found) > limit
        return Listing(tuple(found[:limit]), encode_cursor(found[limit - 1].name) if more else None)

    async def collection(self, scope: Scope, id_or_name: str) -> Collection:
        """Return one by id or by name. Raises: NotFound."""
        async with self._db.read() as session:
            return await store.required_collection(session, scope, id_or_name)

    async def delete_collection(self, scope: Scope, collection_id: str) -> None:
        """Delete an empty collection. Raises: NotFound; Conflict while it holds documents."""
        async with self._db.transaction() as tx:
            await store.next_version(tx, scope)
            collection = await store.required_collection(tx, scope, collection_id)
            held = await store.count_documents(tx, scope, collection.id, removed=True)
            if held:
                raise Conflict(
                    f"The collection {collection.name!r} holds {held} documents.",
                    remedy="Delete its documents first; those just deleted are gone in a moment.",
                )
            await store.drop_collection(tx, scope, collection.id)

    async def visible_collections(self, scope: Scope) -> tuple[str, ...]:
        """Return the ids of the collections that the asker may read; goes into every search's filter."""
        async with self._db.read() as session:
            return await store.collection_ids(session, scope)
