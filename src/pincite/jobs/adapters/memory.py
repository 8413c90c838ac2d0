"""A queue in memory: the double of the durable one. It really runs the jobs, and forgets them with the process."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from pincite.core import get_logger
from pincite.jobs.domain import JobState, JobStatus, Json, Workflow

log = get_logger(__name__)


@dataclass(slots=True)
class _Job:
    name: str
    payload: Mapping[str, str]
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
        self._workflows: dict[str, Workflow] = {}
        self._jobs: dict[str, _Job] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._working = False
        self._room = asyncio.Semaphore(concurrency)

    def register(self, name: str, workflow: Workflow) -> None:
        """Name a workflow; before `start`."""
        self._workflows[name] = workflow

    async def start(self, *, work: bool = True) -> None:
        """Take jobs, if `work`; those that an earlier stop interrupted come first."""
        self._working = work
        self._room = asyncio.Semaphore(self._concurrency)
        for job_id, job in self._jobs.items():
            if job.state in {JobState.QUEUED, JobState.RUNNING}:
                self._launch(job_id, job)

    async def stop(self) -> None:
        """Interrupt what runs."""
        self._working = False
        tasks = [task for task in self._tasks.values() if not task.done()]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    async def enqueue(self, name: str, job_id: str, payload: Mapping[str, str]) -> None:
        """Queue a job; idempotent by `job_id`."""
        if job_id not in self._jobs:
            job = self._jobs[job_id] = _Job(name, dict(payload))
            self._launch(job_id, job)

    async def status(self, job_id: str) -> JobStatus | None:
        """Return the job's state, or None if it was never enqueued."""
        job = self._jobs.get(job_id)
        return None if job is None else JobStatus(job_id, job.name, job.state)

    async def cancel(self, job_id: str) -> None:
        """Cancel a job before its next step; none is not an error."""
        job = self._jobs.get(job_id)
        if job is not None and job.state in {JobState.QUEUED, JobState.RUNNING}:
            job.cancelled = True
            job.state = JobState.CANCELLED

    def _launch(self, job_id: str, job: _Job) -> None:
        if self._working:
            self._tasks[job_id] = asyncio.create_task(self._run(job), name=f"job-{job_id}")
            self._tasks[job_id].add_done_callback(_log_failure)

    async def _run(self, job: _Job) -> None:
        async with self._room:
            if job.cancelled:
                return
            job.state = JobState.RUNNING
            done = False
            try:
                await self._workflows[job.name](_MemorySteps(job), job.payload)
                done = True
            except asyncio.CancelledError:
                if not job.cancelled:
                    raise  # interrupted by stop: it runs on at the next start
            finally:
                self._settle(job, done=done)

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
