"""Jobs: durable work that survives the death of its worker."""

from pincite.jobs.adapters.dbos import DbosQueue
from pincite.jobs.adapters.memory import MemoryQueue
from pincite.jobs.domain import (
    JobQueue,
    JobState,
    JobStatus,
    Json,
    May,
    QueueNotStarted,
    StepFailed,
    Steps,
    Workflow,
)
from pincite.jobs.settings import JobsSettings

__all__ = [
    "DbosQueue",
    "JobQueue",
    "JobState",
    "JobStatus",
    "JobsSettings",
    "Json",
    "May",
    "MemoryQueue",
    "QueueNotStarted",
    "StepFailed",
    "Steps",
    "Workflow",
]
