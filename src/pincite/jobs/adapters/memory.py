"""A queue in memory: the double of the durable one. It really runs the jobs, and forgets them with the process."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

from pincite.core import get_logger
from pincite.jobs.domain import JobState, JobStatus, Json, May, Workflow
from pincite.jobs.kinds import Kinds

log = get_logger(__name__)


@dataclass(slots=True)
class _Job:
    name: str
    payload: Mapping[str, str]
    priority: int = 0
    state: JobState = JobState.QUEUED
    results: list[str] = field(default_factory=list[str])
    cancelled: bool = False


class _MemorySteps:
    """Replays finished steps by their order, as a durable engine does."""

    def __init__(self, job: _Job) -> None:
        self._job = job
        self._next = 0

    async def run(self, name: str, step: Callable[[], Awaitable[Json]]) -> Json:
        """Run the step unless its result is known; results pass through JSON, so nothing else can be kept."""
        if self._job.cancelled:
            raise asyncio.CancelledError(name)
        position = self._next
        self._next += 1
        if position == len(self._job.results):
            self._job.results.append(json.dumps(await step()))
        return json.loads(self._job.results[position])


class MemoryQueue:
    """Runs jobs as tasks of this process, `concurrency` at once. `stop` and `start` again go on where they were."""

    def __init__(self, concurrency: int = 2) -> None:
        self._concurrency = concurrency
        self._kinds = Kinds()
        self._jobs: dict[str, _Job] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._working = False
        self._running = {False: 0, True: 0}  # of those that work, and of those that wait

    def register(self, name: str, workflow: Workflow, may: Collection[May], *, waits: bool = False) -> None:
        """Name a workflow and declare what it may do; before `start`. Raises: RuntimeError where that is nothing."""
        self._kinds.declare(name, workflow, may, waits=waits)

    async def start(self, *, work: bool = True) -> None:
        """Take jobs, if `work`; those that an earlier stop interrupted come first."""
        self._working = work
        self._running = {False: 0, True: 0}
        for job in self._jobs.values():
            if job.state is JobState.RUNNING:
                job.state = JobState.QUEUED
        self._launch()

    async def stop(self) -> None:
        """Interrupt what runs."""
        self._working = False
        tasks = [task for task in self._tasks.values() if not task.done()]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    async def enqueue(self, name: str, job_id: str, payload: Mapping[str, str], *, priority: int = 0) -> None:
        """Queue a job; idempotent by `job_id`. Of those that wait the lowest priority goes first, then the oldest."""
        self._kinds.check(name, payload)
        if job_id not in self._jobs:
            self._jobs[job_id] = _Job(name, dict(payload), priority)
            self._launch()

    async def status(self, job_id: str) -> JobStatus | None:
        """Return the job's state, or None if it was never enqueued."""
        return (await self.statuses([job_id])).get(job_id)

    async def statuses(self, job_ids: Sequence[str]) -> Mapping[str, JobStatus]:
        """Return the states of many jobs by id, without those that were never enqueued."""
        known = [job_id for job_id in job_ids if job_id in self._jobs]
        return {each: JobStatus(each, self._jobs[each].name, self._jobs[each].state) for each in known}

    async def unfinished(self) -> Sequence[JobStatus]:
        """Return the jobs that wait or run."""
        live = {JobState.QUEUED, JobState.RUNNING}
        return [JobStatus(job_id, job.name, job.state) for job_id, job in self._jobs.items() if job.state in live]

    async def workers(self) -> int:
        """Return how many workers live: this one, if it takes jobs."""
        return int(self._working)

    async def cancel(self, job_id: str) -> None:
        """Cancel a job before its next step; none is not an error."""
        job = self._jobs.get(job_id)
        if job is not None and job.state in {JobState.QUEUED, JobState.RUNNING}:
            job.cancelled = True
            job.state = JobState.CANCELLED

    def _launch(self) -> None:
        """Begin the first of those that are queued while there is room."""
        for waits in self._running:
            self._launch_of(waits)

    def _launch_of(self, waits: bool) -> None:
        while self._working and self._running[waits] < self._concurrency:
            queued = [(job.priority, place, job_id) for place, (job_id, job) in enumerate(self._jobs.items())
                      if job.state is JobState.QUEUED and self._kinds.waits(job.name) is waits]  # fmt: skip
            if not queued:
                return
            job_id = min(queued)[2]
            self._running[waits] += 1
            self._jobs[job_id].state = JobState.RUNNING
            self._tasks[job_id] = asyncio.create_task(self._run(self._jobs[job_id]), name=f"job-{job_id}")
            self._tasks[job_id].add_done_callback(_log_failure)

    async def _run(self, job: _Job) -> None:
        done = False
        try:
            await self._kinds.run(job.name, _MemorySteps(job), job.payload)
            done = True
        except asyncio.CancelledError:
            if not job.cancelled:
                raise  # interrupted by stop: it runs on at the next start
        finally:
            self._settle(job, done=done)
            self._running[self._kinds.waits(job.name)] -= 1
            self._launch()

    def _settle(self, job: _Job, *, done: bool) -> None:
        if job.cancelled:
            job.state = JobState.CANCELLED
        elif done:
            job.state = JobState.DONE
        elif self._working:
            job.state = JobState.FAILED


def _log_failure(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        log.error("job failed", job=task.get_name(), exc_info=error)
