"""Durable jobs on DBOS: SQLite file or PostgreSQL, JSON only (never pickle), a fresh worker id at each start.

DBOS's process-wide singleton and its event loop are kept in `dbos_worker.py`.
"""

import asyncio
import socket
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, TypeVar

from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.pool import NullPool

from pincite.core import Database, new_id
from pincite.core.database import LIBPQ_OPTIONS, failures_named
from pincite.core.postgres import for_libpq
from pincite.core.scope import EVERY_TENANT
from pincite.jobs import store
from pincite.jobs.adapters.dbos_worker import APPLICATION, QUEUE, VERSION, WAITING, DbosWorker, quieten
from pincite.jobs.domain import JobState, JobStatus, May, QueueNotStarted, Workflow
from pincite.jobs.kinds import Kinds
from pincite.jobs.reaper import Reaper
from pincite.jobs.settings import JobsSettings

if TYPE_CHECKING:
    from dbos import DBOSClient, EnqueueOptions

T = TypeVar("T")
_LAST = 2**31 - 1  # the engine has priorities from 1 to this
_FORGET_AT_ONCE = 200
_SOON = {"connect_timeout": 5}
_ENDED = ("SUCCESS", "ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED")
_STATES = {
    "ENQUEUED": JobState.QUEUED,
    "DELAYED": JobState.QUEUED,
    "PENDING": JobState.RUNNING,
    "SUCCESS": JobState.DONE,
    "CANCELLED": JobState.CANCELLED,
}


class DbosQueue:
    """A `JobQueue` that outlives its process. At most one working queue a process, any number of processes.

    Args:
        db: our own database, for the heartbeats of workers.
        settings: see `JobsSettings`.
    """

    def __init__(self, db: Database, settings: JobsSettings) -> None:
        self._db = db
        self._settings = settings
        self._url = _engine_url(settings.url)
        self._kinds = Kinds()
        self._open: DBOSClient | None = None
        self._worker: DbosWorker | None = None
        self._reaper: Reaper | None = None

    def register(self, name: str, workflow: Workflow, may: Collection[May], *, waits: bool = False) -> None:
        """Name a workflow and declare what it may do; before `start`. Raises: RuntimeError where that is nothing."""
        self._kinds.declare(name, workflow, may, waits=waits)

    async def start(self, *, work: bool = True) -> None:
        """Open the engine; with `work` also take jobs, beat, and hand on the jobs of silent workers.

        Raises:
            Conflict: a queue of this process takes jobs already.
            Unavailable, StorageFull: the engine's database failed.
        """
        quieten()
        with failures_named():
            self._open = await asyncio.to_thread(_connect, self._url, self._settings)
        if not work:
            return
        worker_id = f"{socket.gethostname()[:40]}-{new_id()}"
        self._reaper = Reaper(
            self._db, self._settings, worker_id, _Orphans(self._open, self._at_work, self._kinds.waits)
        )
        await self._reaper.start()  # the first beat comes before the first job
        worker = DbosWorker(self._url, worker_id, self._kinds)
        try:
            with failures_named():
                await worker.start()
            self._worker = worker
        finally:
            if self._worker is None:
                await self.stop()  # the reaper, too

    async def stop(self) -> None:
        """Interrupt what runs, after its last finished step, and close; the next start goes on from there."""
        if self._worker is not None:
            await self._worker.stop()
        if self._reaper is not None:
            await self._reaper.stop()
        if self._open is not None:
            await asyncio.to_thread(self._open.destroy)
        self._worker = self._reaper = self._open = None

    async def enqueue(self, name: str, job_id: str, payload: Mapping[str, str], *, priority: int = 0) -> None:
        """Queue a job; idempotent by `job_id`. Of those that wait the lowest priority goes first, then the oldest."""
        self._kinds.check(name, payload)
        options: EnqueueOptions = {
            "workflow_name": name,
            "queue_name": WAITING if self._kinds.waits(name) else QUEUE,
            "workflow_id": job_id,
            "app_version": VERSION,
            "priority": min(priority + 1, _LAST),
        }

        def put(client: "DBOSClient") -> None:
            client.enqueue(options, dict(payload))

        await self._ask(put)

    async def status(self, job_id: str) -> JobStatus | None:
        """Return the job's state, or None if it was never enqueued."""
        return (await self.statuses([job_id])).get(job_id)

    async def statuses(self, job_ids: Sequence[str]) -> Mapping[str, JobStatus]:
        """Return the states of many jobs by id, without those that were never enqueued."""
        if not job_ids:
            return {}
        asked = list(job_ids)
        found = await self._ask(
            lambda client: client.list_workflows(workflow_ids=asked, load_input=False, load_output=False)
        )
        return {
            job.workflow_id: JobStatus(job.workflow_id, job.name, _STATES.get(job.status, JobState.FAILED))
            for job in found
        }

    async def unfinished(self) -> Sequence[JobStatus]:
        """Return the jobs that wait or run."""
        names = [name for name, state in _STATES.items() if state in {JobState.QUEUED, JobState.RUNNING}]
        found = await self._ask(
            lambda client: client.list_workflows(
                status=names, application_name=APPLICATION, load_input=False, load_output=False
            )
        )
        return [JobStatus(job.workflow_id, job.name, _STATES.get(job.status, JobState.FAILED)) for job in found]

    async def workers(self) -> int:
        """Return how many workers live, in this process and in others; where there is none, what is queued waits."""
        async with self._db.read(EVERY_TENANT) as session:
            return len(await store.living(session, self._settings.ttl_s))

    async def reach(self) -> None:
        """See that the database of PostgreSQL answers, where it is one; nothing is made in it. Raises: Unavailable."""
        if self._url.startswith("postgresql"):
            with failures_named():
                await asyncio.to_thread(_ping, self._url)

    async def cancel(self, job_id: str) -> None:
        """Cancel a job before its next step; none is not an error."""
        await self._ask(lambda client: client.cancel_workflow(job_id))

    def _at_work(self) -> frozenset[str]:
        return frozenset() if self._worker is None else self._worker.at_work()

    async def _ask(self, call: "Callable[[DBOSClient], T]") -> T:
        client = self._open
        if client is None:
            raise QueueNotStarted("The job queue is not open.", remedy="Start Pincite again.")
        with failures_named():
            return await asyncio.to_thread(call, client)


class _Orphans:
    """The reaper's view of the engine."""

    def __init__(
        self, client: "DBOSClient", at_work: Callable[[], frozenset[str]], waits: Callable[[str], bool]
    ) -> None:
        self._client = client
        self.at_work = at_work
        self._waits = waits

    async def running(self) -> Mapping[str, Sequence[str]]:
        found = await asyncio.to_thread(
            lambda: self._client.list_workflows(
                status="PENDING", application_name=APPLICATION, load_input=False, load_output=False
            )
        )
        by_worker: dict[str, list[str]] = {}
        for job in found:
            by_worker.setdefault(job.executor_id or "", []).append(job.workflow_id)
        return by_worker

    async def requeue(self, job_ids: Sequence[str]) -> None:
        if job_ids:
            await asyncio.to_thread(self._requeue, list(job_ids))

    def _requeue(self, job_ids: list[str]) -> None:
        """Queue again, each where it was."""
        found = self._client.list_workflows(workflow_ids=job_ids, load_input=False, load_output=False)
        waiting = {job.workflow_id for job in found if self._waits(job.name)}
        for queue, ids in ((QUEUE, [each for each in job_ids if each not in waiting]), (WAITING, sorted(waiting))):
            if ids:
                self._client.resume_workflows(ids, queue_name=queue)

    async def forget(self, ended_before: datetime) -> int:
        return await asyncio.to_thread(self._forget, ended_before)

    def _forget(self, ended_before: datetime) -> int:
        ended = self._client.list_workflows(
            status=list(_ENDED),
            completed_before=ended_before.isoformat(),
            limit=_FORGET_AT_ONCE,
            application_name=APPLICATION,
            load_input=False,
            load_output=False,
        )
        self._client.delete_workflows([job.workflow_id for job in ended])
        return len(ended)


def _engine_url(url: str) -> str:
    parsed = make_url(url)
    if parsed.get_backend_name() == "postgresql":
        # As in our own database: who is frozen amid a transaction holds no job back from others.
        asked = str(parsed.query.get("options", ""))
        parsed = for_libpq(parsed).update_query_dict({"options": f"{asked} {LIBPQ_OPTIONS}".strip()})
    return parsed.set(drivername=parsed.get_backend_name()).render_as_string(hide_password=False)


def _ping(url: str) -> None:
    engine = create_engine(make_url(url).set(drivername="postgresql+psycopg"), poolclass=NullPool, connect_args=_SOON)
    with engine.connect() as connection:
        connection.execute(text("SELECT 1"))


def _connect(url: str, settings: JobsSettings) -> "DBOSClient":
    # Imported here: DBOS takes half a second to import, in a thread and only where jobs are used.
    from dbos import DBOS, DBOSClient, DBOSPortableJSONSerializer

    DBOS.migrate(url)  # a client cannot enqueue before the tables exist; takes milliseconds when they do
    client = DBOSClient(system_database_url=url, serializer=DBOSPortableJSONSerializer(), application_name=APPLICATION)
    for queue in (QUEUE, WAITING):
        client.register_queue(
            queue,
            worker_concurrency=settings.concurrency,
            polling_interval_sec=settings.poll_s,
            on_conflict="always_update",
        )
    return client
