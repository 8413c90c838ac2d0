"""The seam of durable work: named workflows of idempotent steps that survive the death of their worker.

The engine (DBOS) is in `adapters/`; what the work is belongs to the rooms that register it.
"""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from pincite.core import ErrorKind, PinciteError, Scope

Json = Any  # what `json` can hold; kept small, it is stored at every step


class JobState(StrEnum):
    """Where a job is."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class JobStatus:
    """A job as the engine knows it."""

    id: str
    name: str
    state: JobState


class Steps(Protocol):
    """What a workflow runs its steps through: a finished step is not run again after a crash."""

    async def run(self, name: str, step: Callable[[], Awaitable[Json]]) -> Json:
        """Run `step` at least once and remember its result, which must be small JSON.

        Steps are known by their order, so a workflow must ask for them in the same order each time. What a step
        raises is raised here (after a crash: `StepFailed`). A cancelled job gets `asyncio.CancelledError`.
        """
        ...


class StepFailed(PinciteError):
    """A step failed before its worker died; the message is the one of the original error."""

    code = "step-failed"
    kind = ErrorKind.INTERNAL


class QueueNotStarted(PinciteError):
    """The queue is not open."""

    code = "queue-not-started"
    kind = ErrorKind.UNAVAILABLE


class May(StrEnum):
    """What a kind of job may do, as permissions are called; the installation's own work has no more than these."""

    READ = "read"
    WRITE = "write"


Workflow = Callable[[Steps, Scope, Mapping[str, str]], Awaitable[None]]
"""What a job does: through its steps, for the scope that it was given, with the rest of its payload."""


class JobQueue(Protocol):
    """Durable jobs. A job id is enqueued at most once: enqueuing it again does nothing.

    A job is of a kind that is declared, and for the tenant that its payload names (`tenant`); it gets a scope for that
    one (`kinds.py`).

    What asks the engine raises `Unavailable` or `StorageFull` where its database fails, and `QueueNotStarted`.
    """

    def register(self, name: str, workflow: Workflow, may: Collection[May], *, waits: bool = False) -> None:
        """Name a workflow and declare what it may do; before `start`. Raises: RuntimeError where that is nothing.

        One that `waits`, for strangers' servers say, takes no place of those that work: as many run beside them.
        """
        ...

    async def start(self, *, work: bool = True) -> None:
        """Open the engine; with `work` also take jobs, beat and reap the jobs of silent workers."""
        ...

    async def stop(self) -> None:
        """Stop taking jobs and close; unfinished jobs are taken up by another worker or the next start."""
        ...

    async def enqueue(self, name: str, job_id: str, payload: Mapping[str, str], *, priority: int = 0) -> None:
        """Queue a job; idempotent by `job_id`. Of those that wait the lowest priority goes first, then the oldest.

        Raises: RuntimeError for a kind that is not declared, and for a payload that names no tenant.
        """
        ...

    async def status(self, job_id: str) -> JobStatus | None:
        """Return the job's state, or None if it was never enqueued."""
        ...

    async def statuses(self, job_ids: Sequence[str]) -> Mapping[str, JobStatus]:
        """Return the states of many jobs by id, without those that were never enqueued."""
        ...

    async def unfinished(self) -> Sequence[JobStatus]:
        """Return the jobs that wait or run."""
        ...

    async def workers(self) -> int:
        """Return how many workers live, in this process and in others; where there is none, what is queued waits."""
        ...

    async def cancel(self, job_id: str) -> None:
        """Cancel a job before its next step; none is not an error."""
        ...
