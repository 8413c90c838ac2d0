"""The first part of the write path: bytes become a stored blob, a registered revision and a queued job.

Nothing is parsed here; what the bytes are is found in a confined child.
"""

from collections.abc import AsyncIterable, Sequence
from dataclasses import dataclass

from pincite.core import PinciteError, Scope, StorageFull, Unavailable, get_logger, new_id
from pincite.ingest.domain import Checkpoint, EmptyUpload, IngestParts, Received, Staged
from pincite.ingest.settings import IngestSettings
from pincite.ingest.turns import MOST, Turns
from pincite.library import Revision, RevisionState

log = get_logger(__name__)
INGEST_JOB = "ingest"
SLICE_JOB = "slice"
REMOVE_JOB = "remove"
CLEAN_JOB = "clean"
CONTEXT_JOB = "context"


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
            file_type = await self.parts.reader.sniff(path, name, whose=scope.tenant)
        return Staged(blob, file_type, name)

    async def register(
        self,
        scope: Scope,
        staged: Staged,
        *,
        collection: str,
        source: str,
        bulk: bool = False,
        batch: str | None = None,
    ) -> Received:
        """Make the staged bytes a document, or a revision of one, and queue it.

        What comes in bulk, or in a batch, waits for all that does not.

        Raises: InvalidInput, NotFound, DocumentBusy, BatchCancelled, Unavailable, StorageFull.
        """
        self.checkpoint("receive.staged")
        registered = await self.parts.library.register_upload(
            scope, collection=collection, source=source, blob=staged.blob, file_type=staged.file_type, batch=batch
        )
        self.checkpoint("receive.registered")
        if registered.needs_work:
            await self._enqueue_now(scope, registered.revision, bulk=bulk)
        self.checkpoint("receive.queued")
        return Received(registered.document, registered.outcome)

    async def register_many(
        self,
        scope: Scope,
        arrivals: Sequence[tuple[str, Staged]],
        *,
        collection: str,
        bulk: bool = False,
        batch: str | None = None,
    ) -> list[Received | PinciteError]:
        """Register staged bytes under names, in one transaction; small ones are read in slices (`slices.py`).

        Returns: what became of each, in order.

        Raises: NotFound (the collection), BatchCancelled, InvalidInput (the batch), Unavailable, StorageFull.
        """
        if not arrivals:
            return []
        jobs = _jobs([staged.blob.size_bytes for _, staged in arrivals], self.settings)
        self.checkpoint("receive.staged")
        outcomes = await self.parts.library.register_uploads(
            scope,
            collection,
            [(name, staged.blob, staged.file_type, job) for (name, staged), job in zip(arrivals, jobs, strict=True)],
            batch,
        )
        self.checkpoint("receive.registered")
        slices: dict[str, list[Revision]] = {}
        for job, outcome in zip(jobs, outcomes, strict=True):
            if isinstance(outcome, PinciteError) or not outcome.needs_work:
                continue
            if job is None:
                await self._enqueue_now(scope, outcome.revision, bulk=bulk)
            else:
                slices.setdefault(job, []).append(outcome.revision)
        for job, revisions in slices.items():
            await self._enqueue_slice(scope, job, revisions, bulk=bulk or batch is not None)
        self.checkpoint("receive.queued")
        return [each if isinstance(each, PinciteError) else Received(each.document, each.outcome) for each in outcomes]

    async def _enqueue_slice(self, scope: Scope, job: str, revisions: Sequence[Revision], *, bulk: bool) -> None:
        attempts = ",".join(f"{each.id}:{each.attempt}" for each in revisions)
        try:
            await self.parts.jobs.enqueue(
                SLICE_JOB,
                job,
                payload(scope, revisions=attempts, bulk="1" if bulk else ""),
                priority=await self.turns.next(scope) + (MOST if bulk else 0),
            )
        except (Unavailable, StorageFull) as error:
            log.warning("not queued yet", job=job, code=error.code, message=error.message)

    async def _enqueue_now(self, scope: Scope, revision: Revision, *, bulk: bool) -> None:
        try:
            await self.enqueue(scope, revision, bulk=bulk)
        except (Unavailable, StorageFull) as error:
            # The document is stored and registered: the sweep queues it, and nobody need send it again.
            log.warning("not queued yet", revision=revision.id, code=error.code, message=error.message)

    async def enqueue(self, scope: Scope, revision: Revision, *, bulk: bool = False) -> None:
        """Queue a revision; again does nothing. One of a batch is in bulk.

        A revision's turn comes after those with fewer of their tenant's before them: fifty thousand files of one do not
        hold up the one file of another. What is not in bulk goes before all that is.
        """
        await self.parts.jobs.enqueue(
            INGEST_JOB,
            ingest_job_id(revision),
            payload(scope, revision=revision.id, attempt=str(revision.attempt)),
            priority=await self.turns.next(scope) + (MOST if bulk or revision.batch else 0),
        )

    async def enqueue_many(self, scope: Scope, revisions: Sequence[Revision], *, bulk: bool = False) -> None:
        """Queue revisions that wait, the small ones that nobody began together; see `enqueue`.

        Raises: Unavailable, StorageFull. Those that are not queued then are found by the sweep.
        """
        fresh = [each for each in revisions if each.state is RevisionState.QUEUED and not each.pages_done]
        slices: dict[str, list[Revision]] = {}
        for job, revision in zip(_jobs([each.size_bytes for each in fresh], self.settings), fresh, strict=True):
            if job is not None:
                slices.setdefault(job, []).append(revision)
        together = {each.id for some in slices.values() for each in some}
        alone = [each for each in revisions if each.id not in together]
        await self.parts.library.share(scope, [each.id for each in alone], None)
        for revision in alone:
            await self.enqueue(scope, revision, bulk=bulk)
        for job, some in slices.items():
            await self.parts.library.share(scope, [each.id for each in some], job)
            await self._enqueue_slice(scope, job, some, bulk=bulk or any(each.batch for each in some))

    async def enqueue_cleaning(self, scope: Scope, revision: Revision) -> None:
        """Queue the removal of a stopped revision's points; again does nothing."""
        job = f"{CLEAN_JOB}:{revision.id}:{revision.attempt}"
        await self.parts.jobs.enqueue(CLEAN_JOB, job, payload(scope, revision=revision.id))

    async def enqueue_contexts(self, scope: Scope, revision_id: str, attempt: int, *, bulk: bool) -> None:
        """Queue the writing of a revision's contexts; again does nothing. It waits for all that is to be read."""
        job, place = f"{CONTEXT_JOB}:{revision_id}:{attempt}", MOST + (MOST if bulk else 0)
        await self.parts.jobs.enqueue(CONTEXT_JOB, job, payload(scope, revision=revision_id), priority=place)

    async def enqueue_removal(self, scope: Scope, document_id: str, run: int = 1) -> None:
        """Queue the second half of a removal; again does nothing."""
        await self.parts.jobs.enqueue(
            REMOVE_JOB, removal_job_id(document_id, run), payload(scope, document=document_id)
        )


def _jobs(sizes: Sequence[int], settings: IngestSettings) -> list[str | None]:
    """Return which job reads each of the arrivals: one that it shares, or None for one of its own."""
    jobs: list[str | None] = []
    name, documents, held = "", settings.slice_documents, 0
    for size in sizes:
        if size > settings.small_bytes or len(sizes) == 1:
            jobs.append(None)
            continue
        if documents >= settings.slice_documents or held + size > settings.slice_bytes:
            name, documents, held = f"{SLICE_JOB}:{new_id()}", 0, 0
        documents, held = documents + 1, held + size
        jobs.append(name)
    return jobs


def payload(scope: Scope, **more: str) -> dict[str, str]:
    """Return a job's payload: whose it is, and what it is about."""
    return {"tenant": scope.tenant, **more}
