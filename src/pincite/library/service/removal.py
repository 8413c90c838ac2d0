"""Use cases of deletion: hide at once, then purge rows and the bytes that nothing else refers to."""

from pincite.core import Database, Scope
from pincite.core.blobs import BlobStore
from pincite.library.domain import Removal


class Removals:
    """Removing documents, in two parts so that the search index can be cleaned between them."""

    _db: Database
    _blobs: BlobStore

    async def remove(self, scope: Scope, document_id: str) -> Removal:
        """Hide a document at once and leave a tombstone in the feed; again returns the same until purged.

        Raises: NotFound.
        """
        raise NotImplementedError

    async def purge(self, scope: Scope, document_id: str) -> None:
        """Delete a removed document's rows, then the bytes that no other revision of the tenant refers to.

        A crash in between leaves bytes without a row, which `check` removes; never a row without its bytes. A
        document that is gone already is not an error. Raises: Conflict if it was not removed first.
        """
        raise NotImplementedError

    async def removals(self, scope: Scope) -> list[Removal]:
        """Return the tenant's documents that are removed and not purged yet."""
        raise NotImplementedError
