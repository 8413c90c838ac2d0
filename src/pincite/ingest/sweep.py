"""Finds work that was committed but never queued, and jobs that died, and brings both back or shows them as failed.

Jobs of a worker that died are not its concern: the queue hands those on by itself.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from pincite.core import NotFound, PinciteError, Scope, get_logger
from pincite.ingest.domain import IngestParts
from pincite.ingest.generations import all_generations
from pincite.ingest.receive import REMOVE_JOB, Receiver, ingest_job_id
from pincite.ingest.upkeep import Upkeep
from pincite.ingest.work import INTERRUPTED, Work
from pincite.jobs import JobState, JobStatus

LIVE = frozenset({JobState.QUEUED, JobState.RUNNING})

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Sweep:
    """One look over all tenants; safe at any time, from any number of processes."""

    parts: IngestParts
    receiver: Receiver
    work: Work
    upkeep: Upkeep

    async def sweep(self) -> int:
        """Return how many things were put right. Raises: Unavailable, StorageFull."""
        healed = 0
        for item in await self.parts.library.unfinished():
            healed += await self._revision(item.scope, item.revision_id)
        for scope in await self.parts.library.tenants():
            for removal in await self.parts.library.removals(scope):
                healed += await self._removal(scope, removal.document_id)
        return healed

    async def tidy(self) -> None:
        """Clean up after a crash, once at start: an index that was left untidy."""
        for scope in await self.parts.library.tenants():
            for generation in await all_generations(self.parts, scope):
                self.upkeep.touched(scope, generation)
            active = await self.parts.library.active_generation(scope)
            chosen = self.parts.embedders.chosen.model_id
            if active is not None and active.model_id != chosen:
                log.warning(
                    "index made by another embedder", made_by=active.model_id, set=chosen, run="pincite reindex"
                )

    async def pick_up_litter(self) -> int:
        """Remove bytes that no document refers to, of refused and broken-off uploads; returns how many were found."""
        found = 0
        for scope in await self.parts.library.tenants():
            found += len(await self.parts.library.check(scope, repair=True))
        return found

    async def _revision(self, scope: Scope, revision_id: str) -> bool:
        try:
            revision = await self.parts.library.revision(scope, revision_id)
        except NotFound:
            return False
        status = await self.parts.jobs.status(ingest_job_id(revision))
        if status is None:
            log.info("revision queued by the sweep", revision=revision_id)
            await self.receiver.enqueue(scope, revision)
            return True
        if status.state in LIVE:
            return False
        # The job ended, so the revision has too; unless the job could not even say so.
        log.warning("job ended without a result", revision=revision_id, job=status.state.value)
        await self.work.fail(scope, revision_id, INTERRUPTED)
        return True

    async def _removal(self, scope: Scope, document_id: str) -> bool:
        """Queue a removal that was forgotten, or failed: each try is another job."""
        run = 1
        last: JobStatus | None = None
        while (status := await self.parts.jobs.status(f"{REMOVE_JOB}:{document_id}:{run}")) is not None:
            last, run = status, run + 1
        if last is not None and last.state in LIVE:
            return False
        await self.receiver.enqueue_removal(scope, document_id, run)
        return True


async def every(seconds: float, work: Callable[[], Awaitable[object]]) -> None:
    """Run `work` now and then every `seconds`; what fails is tried again the next time."""
    while True:
        try:
            await work()
        except PinciteError as error:
            log.warning("chore failed", chore=getattr(work, "__name__", ""), code=error.code, message=error.message)
        await asyncio.sleep(seconds)
