"""Use case of an upload: bytes that are already in the blob store become a document or a revision of one."""

from pincite.core import Database, Scope
from pincite.core.blobs import BlobRef, BlobStore
from pincite.guard import FileType
from pincite.library.domain import Registered, Revision


class Uploads:
    """Registering uploads and retrying failed ones."""

    _db: Database
    _blobs: BlobStore

    async def register_upload(
        self, scope: Scope, *, collection: str, source: str, blob: BlobRef, file_type: FileType
    ) -> Registered:
        """Register bytes under a name; safe to call at once from many places.

        The same bytes as the document's latest revision change nothing (`UNCHANGED`), unless that failed: then it is
        queued again. Other bytes are a new revision (`REVISED`). Enqueue the revision when `needs_work`.

        Args:
            scope: the asker.
            collection: id or name; `default` is made if it is not there.
            source: the name the user gave; cleaned of `../`, absolute paths and control characters.
            blob: what `BlobStore.put` returned.
            file_type: as found from the content.

        Raises:
            InvalidInput: the name has nothing left to use or is too long.
            NotFound: no such collection.
            DocumentBusy: the same bytes are being deleted at this moment.
        """
        raise NotImplementedError

    async def retry(self, scope: Scope, document_id: str) -> Revision:
        """Queue a failed latest revision again (`attempt` + 1). Raises: NotFound; Conflict unless it failed."""
        raise NotImplementedError
