"""Use cases of collections: named sets of documents in a tenant.

What is granted on them is in `grants.py`.
"""

from collections.abc import Iterable

from sqlalchemy.ext.asyncio import AsyncSession

from pincite.core import Conflict, Database, Scope
from pincite.core.audit import note
from pincite.core.scope import system_scope
from pincite.library.cursors import decode_text, encode_cursor
from pincite.library.domain import DEFAULT_COLLECTION, Collection, Listing
from pincite.library.grants import Grant, GranteeKind, Level
from pincite.library.names import clean_collection
from pincite.library.service.grants import require
from pincite.library.service.holds import refuse
from pincite.library.store import collections as store
from pincite.library.store.grants import drop_grants, put_grant
from pincite.library.store.holds import hold_on


class Collections:
    """Making, listing and deleting collections."""

    _db: Database

    async def create_collection(self, scope: Scope, name: str) -> Collection:
        """Make a collection, which the asker manages.

        Raises: InvalidInput for a bad name, Conflict where the name is taken, be it by one that the asker cannot see.
        """
        cleaned = clean_collection(name)
        async with self._db.transaction(scope) as tx:
            await store.next_version(tx, scope)
            added = await make_collection(tx, scope, cleaned)
            if added is None:
                raise Conflict(f"There is a collection named {cleaned!r} already.", remedy="Choose another name.")
            made = await store.required_collection(tx, scope, added)
            await note(tx, scope, "collection.made", ("collection", made.id), name=made.name)
            return made

    async def list_collections(
        self, scope: Scope, *, limit: int = 50, cursor: str | None = None
    ) -> Listing[Collection]:
        """List by name. Raises: InvalidInput for a cursor that is not ours."""
        after = decode_text(cursor)
        async with self._db.read(scope) as session:
            found = await store.list_collections(session, scope, limit + 1, after)
        more = len(found) > limit
        return Listing(tuple(found[:limit]), encode_cursor(found[limit - 1].name) if more else None)

    async def collection(self, scope: Scope, id_or_name: str) -> Collection:
        """Return one by id or by name. Raises: NotFound."""
        async with self._db.read(scope) as session:
            return await store.required_collection(session, scope, id_or_name)

    async def collection_names(self, scope: Scope, ids: Iterable[str]) -> dict[str, str]:
        """Return the names of those of some collections that the asker may see, by id and in the order of names."""
        async with self._db.read(scope) as session:
            return await store.names_among(session, scope, ids)

    async def delete_collection(self, scope: Scope, collection_id: str) -> None:
        """Delete an empty collection. Raises: NotFound; Denied; OnHold; Conflict while it holds documents."""
        async with self._db.transaction(scope) as tx:
            await store.next_version(tx, scope)
            collection = await store.required_collection(tx, scope, collection_id)
            await require(tx, scope, Level.MANAGER, collection.id)
            refuse(scope, await hold_on(tx, scope, collection.id))
            held = await store.count_documents(tx, scope, collection.id, removed=True)
            if held:
                raise Conflict(
                    f"The collection {collection.name!r} holds {held} documents.",
                    remedy="Delete its documents first; those just deleted are gone in a moment.",
                )
            await drop_grants(tx, scope, "collection", collection.id)
            await store.drop_collection(tx, system_scope(scope.tenant), collection.id)
            await note(tx, scope, "collection.removed", ("collection", collection.id), name=collection.name)


async def make_collection(tx: AsyncSession, scope: Scope, name: str) -> str | None:
    """Add a collection and let the asker manage it; returns its id, None if the name is taken.

    The one that uploads go to by default is nobody's to take: whoever managed it would read what others send there.
    """
    if name == DEFAULT_COLLECTION and not scope.sees_all:
        return None
    added = await store.add_collection(tx, scope, name)
    if added is not None:
        await put_grant(tx, scope, "collection", added, Grant(GranteeKind.USER, scope.user, Level.MANAGER))
    return added
