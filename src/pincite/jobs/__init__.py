"""Jobs: durable work that survives the death of its worker."""

from pincite.jobs.domain import (
    JobQueue,
    JobState,
    JobStatus,
    Json,
    Steps,
    Workflow,
)

__all__ = [
    "JobQueue",
    "JobState",
    "JobStatus",
    "Json",
    "Steps",
    "Workflow",
]
