"""Use cases of legal holds: setting, listing and releasing them, and refusing to delete what is on hold.

A hold and a deletion take the tenant's feed before anything else, so one comes before the other.
"""

from sqlalchemy.ext.asyncio import AsyncSession

from pincite.core import Database, InvalidInput, NotFound, Scope, utc_now
from pincite.core.audit import note
from pincite.core.errors import Denied
from pincite.library.cursors import decode_text, encode_cursor
from pincite.library.domain import Listing
from pincite.library.holds import MOST_REASON, Hold, HoldKind, on_hold
from pincite.library.store import collections, documents
from pincite.library.store import holds as store


class Holds:
    """Saying what must be kept. For owners and admins."""

    _db: Database

    async def hold(self, scope: Scope, kind: HoldKind, object_id: str, reason: str) -> Hold:
        """Set a hold, or another reason for one. Of the tenant the id is its own.

        Raises: NotFound; Denied; InvalidInput for an empty or overlong reason.
        """
        _only_those_who_see_all(scope)
        reason = " ".join(reason.split())
        if not reason or len(reason) > MOST_REASON:
            raise InvalidInput("A hold needs a reason.", remedy=f"Give 1 to {MOST_REASON} characters.")
        hold = Hold(kind, object_id, reason, scope.user, utc_now())
        async with self._db.transaction(scope) as tx:
            await collections.next_version(tx, scope)
            await _required(tx, scope, kind, object_id)
            await store.put_hold(tx, scope, hold)
            await note(tx, scope, "hold.set", (kind, object_id), reason=reason)
        return hold

    async def release(self, scope: Scope, kind: HoldKind, object_id: str) -> None:
        """Release a hold; also one on what is removed and waits. Raises: NotFound for no such hold; Denied."""
        _only_those_who_see_all(scope)
        async with self._db.transaction(scope) as tx:
            await collections.next_version(tx, scope)
            if not await store.drop_hold(tx, scope, kind, object_id):
                raise NotFound("There is no such hold.", remedy="`GET /v1/holds` lists what is on hold.")
            await note(tx, scope, "hold.released", (kind, object_id))

    async def holds(self, scope: Scope, *, limit: int = 50, cursor: str | None = None) -> Listing[Hold]:
        """List the tenant's holds. Raises: Denied; InvalidInput for a cursor that is not ours."""
        _only_those_who_see_all(scope)
        kind, _, object_id = (decode_text(cursor) or "").partition("/")
        async with self._db.read(scope) as session:
            found = await store.list_holds(session, scope, limit + 1, (kind, object_id))
        last = found[limit - 1] if len(found) > limit else None
        return Listing(tuple(found[:limit]), None if last is None else encode_cursor(f"{last.kind}/{last.object_id}"))

    async def refuse_held(
        self, scope: Scope, *, collection_id: str | None = None, document_id: str | None = None
    ) -> None:
        """Make sure that no hold is on the tenant, or on that collection, or on a document or what it is in.

        It is as of now: whoever deletes asks once more, in the transaction in which they do. Raises: OnHold.
        """
        async with self._db.read(scope) as session:
            refuse(scope, await _hold_on(session, scope, collection_id, document_id))

    async def refuse_held_within(self, scope: Scope, tx: AsyncSession, *, document_id: str | None = None) -> None:
        """Make sure of the same in the transaction that deletes, before all else in it: no hold is set until it ends.

        Raises: OnHold.
        """
        await collections.next_version(tx, scope)
        refuse(scope, await _hold_on(tx, scope, None, document_id))

    async def refuse_any(self, scope: Scope) -> None:
        """Make sure that nothing of the tenant is on hold, as of now. Raises: OnHold."""
        async with self._db.read(scope) as session:
            refuse(scope, next(iter(await store.list_holds(session, scope, 1)), None))

    async def refuse_any_within(self, scope: Scope, tx: AsyncSession) -> None:
        """Make sure of the same in the transaction that deletes, before all else in it. Raises: OnHold."""
        await collections.next_version(tx, scope)
        refuse(scope, next(iter(await store.list_holds(tx, scope, 1)), None))

    async def held_removals(self, scope: Scope) -> frozenset[str]:
        """Return the documents that were removed and came on hold before they were purged: they wait."""
        async with self._db.read(scope) as session:
            return await store.held_removals(session, scope)


def refuse(scope: Scope, hold: Hold | None) -> None:
    """Raise OnHold if there is a hold."""
    if hold is not None:
        raise on_hold(hold, tells=scope.sees_all)


async def _hold_on(
    session: AsyncSession, scope: Scope, collection_id: str | None, document_id: str | None
) -> Hold | None:
    if document_id is None:
        return await store.hold_on(session, scope, collection_id)
    return await store.hold_on_document(session, scope, document_id)


def _only_those_who_see_all(scope: Scope) -> None:
    if not scope.sees_all:
        raise Denied("Holds are for owners and admins.", remedy="Ask one of them.")


async def _required(tx: AsyncSession, scope: Scope, kind: HoldKind, object_id: str) -> None:
    """Make sure that there is what is to be held, by its id. Raises: NotFound."""
    match kind:
        case "tenant":
            found = object_id == scope.tenant
        case "collection":
            home = await collections.find_collection(tx, scope, object_id)
            found = home is not None and home.id == object_id
        case "document":
            # One that was removed and still waits to be purged can be held as well.
            there = await documents.find_document(tx, scope, object_id) is not None
            found = there or bool(await documents.list_removals(tx, scope, object_id))
    if not found:
        raise NotFound(f"There is no such {kind}.", remedy="Name it by its id.")
