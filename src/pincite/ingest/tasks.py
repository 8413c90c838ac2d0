"""Names the durable jobs and translates their payload. The job edge: nothing that a job raises goes further."""

from collections.abc import Mapping

from sqlalchemy.exc import SQLAlchemyError

from pincite.core import PinciteError, Scope, get_logger
from pincite.ingest.receive import CLEAN_JOB, CONTEXT_JOB, INGEST_JOB, REMOVE_JOB, SLICE_JOB
from pincite.ingest.renewal import RENEW_JOB
from pincite.ingest.service import IngestService
from pincite.ingest.work import UNEXPECTED, problem_of
from pincite.jobs import JobQueue, May, Steps

log = get_logger(__name__)

# They turn bytes into pages, passages and points, and take those away again; people and keys are none of theirs.
MAY = frozenset({May.READ, May.WRITE})


class IngestTasks:
    """The jobs of the write path.

    Work that was begun is done whatever becomes of who began it: the installation does it, for their tenant.
    """

    def __init__(self, service: IngestService) -> None:
        self._work = service.work
        self._renewal = service.renewal

    def register(self, jobs: JobQueue) -> None:
        """Name the jobs and say what they may do; before the queue starts."""
        jobs.register(INGEST_JOB, self._ingest, MAY)
        jobs.register(SLICE_JOB, self._slice, MAY)
        jobs.register(REMOVE_JOB, self._remove, MAY)
        jobs.register(CLEAN_JOB, self._clean, MAY)
        jobs.register(CONTEXT_JOB, self._context, MAY)
        jobs.register(RENEW_JOB, self._renew, MAY)

    async def _ingest(self, steps: Steps, scope: Scope, payload: Mapping[str, str]) -> None:
        revision_id = payload["revision"]
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

    async def _slice(self, steps: Steps, scope: Scope, payload: Mapping[str, str]) -> None:
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

    async def _clean(self, steps: Steps, scope: Scope, payload: Mapping[str, str]) -> None:
        revision_id = payload["revision"]
        try:
            await self._work.clean(steps, scope, revision_id)
        except SQLAlchemyError:
            log.warning("job engine failed", job=CLEAN_JOB, revision=revision_id)
            await self._work.tidy(scope, revision_id)
            raise

    async def _context(self, steps: Steps, scope: Scope, payload: Mapping[str, str]) -> None:
        await self._work.write_contexts(steps, scope, payload["revision"])

    async def _renew(self, steps: Steps, scope: Scope, _payload: Mapping[str, str]) -> None:
        await self._renewal.renew(steps, scope)

    async def _remove(self, steps: Steps, scope: Scope, payload: Mapping[str, str]) -> None:
        await self._work.remove(steps, scope, payload["document"])
