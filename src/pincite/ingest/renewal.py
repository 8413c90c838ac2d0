"""Builds indexes anew whose words were cut as an earlier version did, by itself, while they answer.

Vectors are taken over, so it costs neither a provider nor much time. What is built and how is in `reindex.py`.
"""

from dataclasses import dataclass

from pincite.core import Scope, get_logger
from pincite.ingest.domain import IngestParts
from pincite.ingest.receive import payload
from pincite.ingest.reindex import Reindex
from pincite.jobs import JobState, Steps

RENEW_JOB = "renew-index"
# Behind all documents that wait: the index answers as it is.
_LAST = 2_000_000
_LIVE = frozenset({JobState.QUEUED, JobState.RUNNING})

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Renewal:
    """Finds outdated indexes and has them built anew, one job each."""

    parts: IngestParts
    reindex: Reindex

    async def look(self) -> int:
        """Queue a job for each tenant whose index is outdated; returns how many. Raises: Unavailable, StorageFull."""
        queued = 0
        for scope in await self.parts.library.tenants():
            active = await self.parts.library.active_generation(scope)
            if active is not None and active.outdated and await self._can_be_renewed(scope):
                queued += await self._queue(scope, f"{RENEW_JOB}:{scope.tenant}:{active.name}")
        return queued

    async def renew(self, steps: Steps, scope: Scope) -> None:
        """Build a tenant's index anew, as a job. Raises: what `Reindex.run` does; another look queues it again."""

        async def work() -> int:
            if not await self._can_be_renewed(scope):
                return 0
            log.info("index is built anew", why="words are cut differently now")
            return await self.reindex.run(scope, lambda _: None)

        await steps.run("renew", work)

    async def _can_be_renewed(self, scope: Scope) -> bool:
        """Whether the index that answers is outdated, but for its embedder: a change of that is for people to start."""
        active = await self.parts.library.active_generation(scope)
        chosen = self.parts.embedders.chosen.model_id
        return active is not None and active.outdated and active.model_id == chosen

    async def _queue(self, scope: Scope, job: str) -> bool:
        """Queue the job, or another where that ended without success."""
        run = 1
        while (status := await self.parts.jobs.status(f"{job}:{run}")) is not None:
            if status.state in _LIVE:
                return False
            run += 1
        await self.parts.jobs.enqueue(RENEW_JOB, f"{job}:{run}", payload(scope), priority=_LAST)
        return True
