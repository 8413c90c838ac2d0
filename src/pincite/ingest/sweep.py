"""Finds work that was committed but never queued, and jobs that died, and brings both back or shows them as failed.

Jobs of a worker that died are not its concern: the queue hands those on by itself.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from pincite.core import PinciteError, Scope, get_logger
from pincite.core.batched import batched
from pincite.ingest.domain import IngestParts
from pincite.ingest.generations import all_generations
from pincite.ingest.receive import INGEST_JOB, Receiver, removal_job_id
from pincite.ingest.upkeep import Upkeep
from pincite.ingest.work import INTERRUPTED, STUCK, Work
from pincite.jobs import JobState, JobStatus
from pincite.library import RevisionState, WorkItem

_AT_ONCE = 500
_ATTEMPTS = 3  # of a document whose job is lost each time
LIVE = frozenset({JobState.QUEUED, JobState.RUNNING})

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Sweep:
    """One look over all tenants; safe at any time, from any number of processes."""

    parts: IngestParts
    receiver: Receiver
    work: Work
    upkeep: Upkeep
    silence: timedelta
    heard: dict[str, tuple[datetime, float]] = field(default_factory=dict[str, tuple[datetime, float]])

    async def sweep(self) -> int:
        """Return how many things were put right. Raises: Unavailable, StorageFull."""
        healed = await self._unfinished()
        for scope in await self.parts.library.tenants():
            healed += await self._removals(scope)
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

    async def _unfinished(self) -> int:
        healed, after = 0, ""
        heard: dict[str, tuple[datetime, float]] = {}
        while items := await self.parts.library.unfinished(_AT_ONCE, after):
            after = items[-1].revision_id
            jobs = {item.revision_id: job_of(item) for item in items}
            statuses = await self.parts.jobs.statuses(sorted(set(jobs.values())))
            unqueued: dict[Scope, dict[str, int]] = {}
            for item in items:
                job = jobs[item.revision_id]
                status = statuses.get(job)
                if status is None:
                    unqueued.setdefault(item.scope, {})[item.revision_id] = item.attempt
                else:
                    healed += await self._one(item, status, job, heard)
            for scope, attempts in unqueued.items():
                healed += await self._queue(scope, attempts)
        self.heard.clear()
        self.heard.update(heard)
        return healed

    async def _one(
        self, item: WorkItem, status: JobStatus, job_id: str, heard: dict[str, tuple[datetime, float]]
    ) -> bool:
        """Look after one revision; notes in `heard` when one that is being read was heard of."""
        if status.state not in LIVE:
            return await self._lost(item, status)
        if item.state is RevisionState.QUEUED:
            return False
        heard[item.revision_id] = last = self._heard(item)
        return await self._silent(item, job_id, last[1])

    def _heard(self, item: WorkItem) -> tuple[datetime, float]:
        """Return its last sign of life, and when this process saw it first, by a clock that nobody sets.

        Hosts' clocks may disagree, and a machine that slept for hours was not silent.
        """
        known = self.heard.get(item.revision_id)
        return known if known is not None and known[0] == item.updated_at else (item.updated_at, time.monotonic())

    async def _queue(self, scope: Scope, attempts: Mapping[str, int]) -> int:
        """Queue revisions that no job is about, given with their attempts, as far as they wait by now."""
        latest = await self.parts.library.latest(scope, list(attempts))
        waiting = [each for each in latest if each.attempt == attempts[each.id] and not each.state.at_rest]
        if waiting:
            log.info("documents queued by the sweep", documents=len(waiting))
            await self.receiver.enqueue_many(scope, waiting, bulk=True)
        return len(waiting)

    async def _lost(self, item: WorkItem, status: JobStatus) -> bool:
        """End, or begin again, what a job that ended did not."""
        revision = await self.work.due(item.scope, item.revision_id, item.attempt)
        if revision is None:
            return False
        # The job ended, so the revision has too; unless the job engine itself failed and nobody could say so.
        log.warning("job ended without a result", revision=revision.id, job=status.state.value)
        if revision.attempt % _ATTEMPTS == 0:
            await self.work.fail(item.scope, revision.id, INTERRUPTED, attempt=item.attempt)
        elif again := await self.parts.library.begin_again(item.scope, revision.id, item.attempt):
            await self.receiver.enqueue(item.scope, again, bulk=True)
        return True

    async def _silent(self, item: WorkItem, job_id: str, since: float) -> bool:
        """End what has said nothing for too long although its worker lives: no state is without a deadline."""
        if time.monotonic() - since <= self.silence.total_seconds():
            return False
        log.error("document is stuck", revision=item.revision_id, state=item.state.value, since=str(item.updated_at))
        await self.parts.jobs.cancel(job_id)
        await self.work.fail(item.scope, item.revision_id, STUCK, attempt=item.attempt)
        return True

    async def _removals(self, scope: Scope) -> int:
        """Queue removals that were forgotten, or failed: each try is another job."""
        queued = 0
        removals = await self.parts.library.removals(scope)
        held = await self.parts.library.held_removals(scope) if removals else frozenset[str]()
        due = [removal.document_id for removal in removals if removal.document_id not in held]
        for some in batched(due, _AT_ONCE):
            first = await self.parts.jobs.statuses([removal_job_id(each, 1) for each in some])
            for document_id in some:
                status = first.get(removal_job_id(document_id, 1))
                run = 1 if status is None else await self._next_run(document_id, status)
                if run is not None:
                    await self.receiver.enqueue_removal(scope, document_id, run)
                    queued += 1
        return queued

    async def _next_run(self, document_id: str, last: JobStatus) -> int | None:
        """Return the number of the try after the last one, None while that is under way. Few questions, many tries."""
        run, step, growing = 1, 1, True
        while step:
            status = await self.parts.jobs.status(removal_job_id(document_id, run + step))
            if status is not None:
                last, run = status, run + step
            growing = growing and status is not None
            step = step * 2 if growing else step // 2
        return None if last.state in LIVE else run + 1


def job_of(item: WorkItem) -> str:
    """Return the id of the job that reads a revision: that of its slice, or its own."""
    return item.job or f"{INGEST_JOB}:{item.revision_id}:{item.attempt}"


async def every(seconds: float, work: Callable[[], Awaitable[object]]) -> None:
    """Run `work` now and then every `seconds`; what fails is tried again the next time.

    A job edge: a chore that ended with an error nobody thought of would leave documents without a watchdog.
    """
    while True:
        try:
            await work()
        except PinciteError as error:
            log.warning("chore failed", chore=getattr(work, "__name__", ""), code=error.code, message=error.message)
        except Exception:
            log.exception("chore failed", chore=getattr(work, "__name__", ""))
        await asyncio.sleep(seconds)
