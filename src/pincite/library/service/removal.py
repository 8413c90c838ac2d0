"""Use cases of deletion: hide at once, then purge rows and the bytes that nothing else refers to.

The points in the search index are `ingest`'s to delete, between the two.
"""

from pincite.core import Conflict, Database, InvalidInput, NotFound, Scope, utc_now
from pincite.core.audit import note
from pincite.core.blobs import BlobStore
from pincite.library.domain import Removal
from pincite.library.grants import Level
from pincite.library.quotas import Amount
from pincite.library.service import deletions
from pincite.library.service.grants import require
from pincite.library.service.holds import refuse
from pincite.library.store import collections, documents, holds, purging, revisions, usage

_MOST_NAMED = 10


class Removals:
    """Removing documents, in two parts so that the search index can be cleaned between them."""

    _db: Database
    _blobs: BlobStore

    async def remove(self, scope: Scope, document_id: str) -> Removal:
        """Hide a document at once and leave a tombstone in the feed; again returns the same until purged.

        Raises: NotFound; Denied; OnHold.
        """
        async with self._db.transaction(scope) as tx:
            version = await collections.next_version(tx, scope)
            document = await documents.find_document(tx, scope, document_id)
            if document is not None:
                await require(tx, scope, Level.EDITOR, document)
                refuse(scope, await holds.hold_on(tx, scope, document.collection_id, document.id))
            await documents.hide(tx, scope, document_id, version, utc_now())
            found = await documents.list_removals(tx, scope, document_id)
            if document is not None:
                await note(tx, scope, "document.removed", ("document", document_id), name=document.source)
        if not found:
            raise NotFound("There is no such document.", remedy="It may have been deleted already.")
        return found[0]

    async def purge(self, scope: Scope, document_id: str) -> None:
        """Delete a removed document's rows, then the bytes that no other revision of the tenant refers to.

        A crash in between leaves bytes without a row, which `check` removes; never a row without its bytes. A
        document that is gone already is not an error.

        Raises: Conflict if it was not removed first; OnHold for one that came on hold since; Unavailable, StorageFull.
        """
        async with self._db.transaction(scope) as tx:
            await collections.next_version(tx, scope)
            if await documents.find_document(tx, scope, document_id) is not None:
                raise Conflict("The document is still in use.", remedy="Remove it before it is purged.")
            refuse(scope, await holds.hold_on_document(tx, scope, document_id))
            found = await documents.list_removals(tx, scope, document_id)
            for removal in found:
                # Whoever read it when it was removed has stored their last pages, which are counted, or stores none.
                await revisions.lock_in_order(tx, scope, removal.revision_ids)
                freed = (await usage.held_by(tx, scope, removal.revision_ids)).plus(Amount(documents=1))
                await purging.drop_document(tx, scope, removal)
                await purging.doom_unreferenced(tx, scope, removal.blobs, utc_now())
                await usage.change_usage(tx, scope, freed.negative)
            # Those of an earlier try too, which broke off between the rows and the bytes.
            claimed = await deletions.claim(tx, scope)
        await deletions.finish(self._db, self._blobs, scope, claimed)
        if not found:  # an earlier try, whose process may have died amid the bytes
            await deletions.see_through(self._db, self._blobs, scope)

    async def to_erase(self, scope: Scope, name: str) -> tuple[str, bool]:
        """Return the id of the document of that id or source, and whether it was removed already.

        One that is there comes before those that were removed; of one that was purged as well only the id is left.

        Raises: NotFound; InvalidInput where several are called so.
        """
        async with self._db.read(scope) as session:
            there = [each.id for each in await documents.named_documents(session, scope, name, _MOST_NAMED)]
            found = there or await documents.removed_named(session, scope, name, _MOST_NAMED)
        if not found:
            raise NotFound(
                f"There is no document {name[:200]}, nor is one left that was removed.",
                remedy="See `pincite list`. One that was removed and purged is known by its id alone, which "
                "`pincite audit list --action document.removed --json` tells: an erasure that broke off ends with it.",
            )
        if name not in found and len(found) > 1:
            raise InvalidInput(
                f"Several documents {'are' if there else 'that were removed were'} named {name[:200]}.",
                remedy=f"Say which by its id: {', '.join(found)}.",
            )
        return (name if name in found else found[0]), not there

    async def removals(self, scope: Scope, document_id: str | None = None) -> list[Removal]:
        """Return the tenant's documents that are removed and not purged yet, or that one if it is."""
        async with self._db.read(scope) as session:
            return await documents.list_removals(session, scope, document_id)
