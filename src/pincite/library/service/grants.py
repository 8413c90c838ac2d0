"""Use cases of grants: giving and taking back, and what an asker may search.

A change counts from the next query on, of everybody.
"""

from sqlalchemy.ext.asyncio import AsyncSession

from pincite.core import Database, NotFound, Scope
from pincite.core.audit import note
from pincite.core.errors import Denied
from pincite.index import Filter
from pincite.library.domain import Document
from pincite.library.grants import Grant, Level, ObjectKind
from pincite.library.store import collections, documents
from pincite.library.store import grants as store


class Grants:
    """Saying who may do what."""

    _db: Database

    async def view(self, scope: Scope) -> Filter:
        """Return what the asker may search; goes into every search's filter."""
        async with self._db.read(scope) as session:
            return await store.view(session, scope)

    async def hidden(self, scope: Scope, document_ids: frozenset[str]) -> frozenset[str]:
        """Return those of the documents, purged ones too, that the asker may not see (any more)."""
        async with self._db.read(scope) as session:
            return await store.hidden(session, scope, document_ids)

    async def grants(self, scope: Scope, kind: ObjectKind, object_id: str) -> list[Grant]:
        """Return what is granted on a collection or document. Raises: NotFound; Denied for who does not manage it."""
        async with self._db.read(scope) as session:
            await _managed(session, scope, kind, object_id)
            return await store.list_grants(session, scope, kind, object_id)

    async def grant(self, scope: Scope, kind: ObjectKind, object_id: str, grant: Grant) -> None:
        """Let somebody do something, or something else than before. Raises: NotFound; Denied."""
        async with self._db.transaction(scope) as tx:
            await collections.next_version(tx, scope)
            await _managed(tx, scope, kind, object_id)
            await store.put_grant(tx, scope, kind, object_id, grant)
            await note(tx, scope, "grant.given", (kind, object_id), **_told(grant), level=grant.level.value)

    async def revoke(self, scope: Scope, kind: ObjectKind, object_id: str, grant: Grant) -> None:
        """Take back what was granted, at whatever level. Raises: NotFound, also for no such grant; Denied."""
        async with self._db.transaction(scope) as tx:
            await collections.next_version(tx, scope)
            await _managed(tx, scope, kind, object_id)
            if not await store.drop_grant(tx, scope, kind, object_id, grant):
                raise NotFound("There is no such grant.", remedy="It may have been taken back already.")
            await note(tx, scope, "grant.taken-back", (kind, object_id), **_told(grant))

    async def forget_grantee(self, scope: Scope, user_id: str) -> None:
        """Take back all that was granted to a user who leaves. For owners and admins."""
        async with self._db.transaction(scope) as tx:
            await collections.next_version(tx, scope)
            await store.drop_grants_to(tx, scope, user_id)


def _told(grant: Grant) -> dict[str, str]:
    return {"kind": grant.kind.value, "grantee": grant.grantee}


async def require(session: AsyncSession, scope: Scope, level: Level, within: Document | str) -> None:
    """Make sure that the asker has a level on a document, or on a collection by its id, that they see.

    Raises: Denied.
    """
    if isinstance(within, Document):
        has = await store.level_on(session, scope, within.collection_id, within.id)
    else:
        has = await store.level_on(session, scope, within)
    if has is None or has.rank < level.rank:
        needed = "manages" if level is Level.MANAGER else "may change"
        raise Denied(f"This needs somebody who {needed} it.", remedy="Ask whoever manages the collection.")


async def _managed(session: AsyncSession, scope: Scope, kind: ObjectKind, object_id: str) -> None:
    if kind == "collection":
        home = await collections.required_collection(session, scope, object_id)
        if home.id != object_id:
            raise NotFound("There is no such collection.", remedy="Name it by its id.")
        await require(session, scope, Level.MANAGER, home.id)
        return
    document = await documents.find_document(session, scope, object_id)
    if document is None:
        raise NotFound("There is no such document.", remedy="It may have been deleted.")
    await require(session, scope, Level.MANAGER, document)
