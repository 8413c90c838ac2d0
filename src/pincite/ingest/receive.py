"""The first part of the write path: bytes become a stored blob, a registered revision and a queued job.

Nothing is parsed here; what the bytes are is found in a confined child.
"""

from collections.abc import AsyncIterable
from dataclasses import dataclass

from pincite.core import Scope, StorageFull, Unavailable, get_logger
from pincite.ingest.domain import Checkpoint, EmptyUpload, IngestParts, Received, Staged
from pincite.ingest.settings import IngestSettings
from pincite.ingest.turns import MOST, Turns
from pincite.library import Revision

log = get_logger(__name__)
INGEST_JOB = "ingest"
REMOVE_JOB = "remove"
CLEAN_JOB = "clean"


def ingest_job_id(revision: Revision) -> str:
    """Return the job id of one run of a revision through the queue; a retry is another run."""
    return f"{INGEST_JOB}:{revision.id}:{revision.attempt}"


def removal_job_id(document_id: str, run: int) -> str:
    """Return the job id of one try to finish a removal; they count from 1."""
    return f"{REMOVE_JOB}:{document_id}:{run}"


@dataclass(frozen=True, slots=True)
class Receiver:
    """Takes uploads in."""

    parts: IngestParts
    settings: IngestSettings
    checkpoint: Checkpoint
    turns: Turns

    async def stage(self, scope: Scope, name: str, stream: AsyncIterable[bytes]) -> Staged:
        """Store the bytes and find what they are, before it is known where they belong.

        Raises:
            UploadTooLarge, EmptyUpload, UnsupportedType, UnreadableDocument: refused; bytes without a document are
                removed by the next check.
            StorageFull, Unavailable: nothing was stored.
        """
        blob = await self.parts.blobs.put(scope, stream, max_bytes=self.settings.max_upload_bytes)
        if blob.size_bytes == 0:
            raise EmptyUpload("The file is empty.", remedy="Check the file and upload it again.")
        async with self.parts.blobs.local_path(scope, blob.sha256) as path:
            file_type = await self.parts.reader.sniff(path, name)
        return Staged(blob, file_type, name)

    async def register(
        self, scope: Scope, staged: Staged, *, collection: str, source: str, bulk: bool = False
    ) -> Received:
        """Make the staged bytes a document, or a revision of one, and queue it; with `bulk` behind all that is not.

        Raises: InvalidInput, NotFound, DocumentBusy, Unavailable, StorageFull.
        """
        self.checkpoint("receive.staged")
        registered = await self.parts.library.register_upload(
            scope, collection=collection, source=source, blob=staged.blob, file_type=staged.file_type
        )
        self.checkpoint("receive.registered")
        if registered.needs_work:
            await self._enqueue_now(scope, registered.revision, bulk=bulk)
        self.checkpoint("receive.queued")
        return Received(registered.document, registered.outcome)

    async def _enqueue_now(self, scope: Scope, revision: Revision, *, bulk: bool) -> None:
        try:
            await self.enqueue(scope, revision, bulk=bulk)
        except (Unavailable, StorageFull) as error:
            # The document is stored and registered: the sweep queues it, and nobody need send it again.
            log.warning("not queued yet", revision=revision.id, code=error.code, message=error.message)

    async def enqueue(self, scope: Scope, revision: Revision, *, bulk: bool = False) -> None:
        """Queue a revision; again does nothing.

        A revision's turn comes after those with fewer of their tenant's before them: fifty thousand files of one do not
        hold up the one file of another. What is not in bulk goes before all that is.
        """
        await self.parts.jobs.enqueue(
            INGEST_JOB,
            ingest_job_id(revision),
            payload(scope, revision=revision.id, attempt=str(revision.attempt)),
            priority=await self.turns.next(scope) + (MOST if bulk else 0),
        )

    async def enqueue_cleaning(self, scope: Scope, revision: Revision) -> None:
        """Queue the removal of a stopped revision's points; again does nothing."""
        job = f"{CLEAN_JOB}:{revision.id}:{revision.attempt}"
        await self.parts.jobs.enqueue(CLEAN_JOB, job, payload(scope, revision=revision.id))

    async def enqueue_removal(self, scope: Scope, document_id: str, run: int = 1) -> None:
        """Queue the second half of a removal; again does nothing."""
        await self.parts.jobs.enqueue(
            REMOVE_JOB, removal_job_id(document_id, run), payload(scope, document=document_id)
        )


def payload(scope: Scope, **more: str) -> dict[str, str]:
    """Return a job's payload: whose it is, and what it is about."""
    return {"tenant": scope.tenant, "user": scope.user, **more}
