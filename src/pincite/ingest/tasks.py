"""Names the durable jobs and translates their payload. The job edge: nothing that a job raises goes further."""

from collections.abc import Mapping

from sqlalchemy.exc import SQLAlchemyError

from pincite.core import PinciteError, Scope, get_logger
from pincite.core.scope import system_scope
from pincite.ingest.receive import CLEAN_JOB, CONTEXT_JOB, INGEST_JOB, REMOVE_JOB, SLICE_JOB
from pincite.ingest.renewal import RENEW_JOB
from pincite.ingest.service import IngestService
from pincite.ingest.work import UNEXPECTED, problem_of
from pincite.jobs import JobQueue, Steps

log = get_logger(__name__)


class IngestTasks:
    """The jobs of the write path."""

    def __init__(self, service: IngestService) -> None:
        self._work = service.work
        self._renewal = service.renewal

    def register(self, jobs: JobQueue) -> None:
        """Name the jobs; before the queue starts."""
        jobs.register(INGEST_JOB, self._ingest)
        jobs.register(SLICE_JOB, self._slice)
        jobs.register(REMOVE_JOB, self._remove)
        jobs.register(CLEAN_JOB, self._clean)
        jobs.register(CONTEXT_JOB, self._context)
        jobs.register(RENEW_JOB, self._renew)

    async def _ingest(self, steps: Steps, payload: Mapping[str, str]) -> None:
        scope, revision_id = _scope(payload), payload["revision"]
        attempt = int(payload.get("attempt", "0")) or None
        try:
            await self._work.ingest(steps, scope, revision_id, attempt)
        except SQLAlchemyError:
            # The job engine could not write down a step. The sweep begins another job where this one was, unless only
            # the tidying was left.
            log.warning("job engine failed", job=INGEST_JOB, revision=revision_id)
            await self._work.tidy(scope, revision_id)
            raise
        except Exception as error:
            log.exception("job failed", job=INGEST_JOB, revision=revision_id)
            problem = problem_of(error) if isinstance(error, PinciteError) else UNEXPECTED
            await self._work.fail(scope, revision_id, problem, attempt=attempt)

    async def _slice(self, steps: Steps, payload: Mapping[str, str]) -> None:
        scope = _scope(payload)
        pairs = [each.split(":") for each in payload["revisions"].split(",")]
        wanted = {revision_id: int(attempt) for revision_id, attempt in pairs}
        try:
            await self._work.ingest_slice(steps, scope, wanted, bulk=payload.get("bulk") != "")
        except SQLAlchemyError:
            log.warning("job engine failed", job=SLICE_JOB, revisions=len(wanted))
            for revision_id in wanted:
                await self._work.tidy(scope, revision_id)
            raise
        except Exception as error:
            # Each of them gets a job of its own by the sweep: what the others did not do it may say for itself.
            log.exception("job failed", job=SLICE_JOB, revisions=len(wanted), code=getattr(error, "code", None))

    async def _clean(self, steps: Steps, payload: Mapping[str, str]) -> None:
        scope, revision_id = _scope(payload), payload["revision"]
        try:
            await self._work.clean(steps, scope, revision_id)
        except SQLAlchemyError:
            log.warning("job engine failed", job=CLEAN_JOB, revision=revision_id)
            await self._work.tidy(scope, revision_id)
            raise

    async def _context(self, steps: Steps, payload: Mapping[str, str]) -> None:
        await self._work.write_contexts(steps, _scope(payload), payload["revision"])

    async def _renew(self, steps: Steps, payload: Mapping[str, str]) -> None:
        await self._renewal.renew(steps, _scope(payload))

    async def _remove(self, steps: Steps, payload: Mapping[str, str]) -> None:
        await self._work.remove(steps, _scope(payload), payload["document"])


def _scope(payload: Mapping[str, str]) -> Scope:
    """Work that was begun is done whatever becomes of who began it: the installation does it, for their tenant."""
    return system_scope(payload["tenant"])
