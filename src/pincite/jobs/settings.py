"""Settings of the job engine. Where they are read from is decided in `app/settings.py`."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class JobsSettings:
    """How jobs are run.

    Args:
        url: the engine's own database: `sqlite:///path` or `postgresql://...` (an async driver name is ignored).
        concurrency: how many jobs one worker runs at once, and as many that wait for others.
        poll_s: how often a worker looks for queued jobs.
        beat_s: how often a worker says that it lives.
        ttl_s: how long a worker may be silent before its jobs are given to others; well over the longest stall.
        keep_s: how long it is remembered that a job ended.
    """

    url: str
    concurrency: int = 2
    poll_s: float = 0.2
    beat_s: float = 1.0
    ttl_s: float = 5.0
    keep_s: float = 7 * 86400.0
