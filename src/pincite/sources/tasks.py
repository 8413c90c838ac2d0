"""Names the durable job of sources and translates its payload. The job edge."""

from collections.abc import Mapping

from pincite.core import Scope, get_logger
from pincite.jobs import JobQueue, May, Steps
from pincite.sources.domain import SyncOvertaken
from pincite.sources.service import Sources
from pincite.sources.store import Turn
from pincite.sources.sync import SYNC_JOB

log = get_logger(__name__)


class SourceTasks:
    """The job of a run over a source."""

    def __init__(self, service: Sources) -> None:
        self._work = service.work

    def register(self, jobs: JobQueue) -> None:
        """Name the job and say what it may do; before the queue starts."""
        jobs.register(SYNC_JOB, self._sync, {May.READ, May.WRITE}, waits=True)

    async def _sync(self, steps: Steps, scope: Scope, payload: Mapping[str, str]) -> None:
        turn = Turn(payload["source"], int(payload["run"]), int(payload["portion"]))
        try:
            await self._work.job(steps, scope, turn)
        except SyncOvertaken as error:
            log.info("sync job stopped", source=turn.source_id, said=error.message)
