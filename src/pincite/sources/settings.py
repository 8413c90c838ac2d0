"""Settings of sources; `app` fills them in."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class SourcesSettings:
    """Limits and rhythms of keeping places in step.

    Args:
        folders: local folders that sources added over HTTP may lie in.
        portion_s: after so long a job makes way for those of other sources, and another goes on.
        waiting: while so many documents of its tenant wait to be read, a run adds none.
        batch: items that are looked up at once.
        at_once: items that are read at once, where the place allows it.
        failures: so many items in a row that cannot be fetched end the run: the place is down.
        look_s: how often it is looked for sources whose time has come and for runs that lost their job.
        settle_s: how long a watched folder must rest before it is looked at.
        most_lost: so many jobs in a row that end without a word end the run.
    """

    folders: tuple[Path, ...] = ()
    portion_s: float = 10.0
    waiting: int = 1000
    batch: int = 200
    at_once: int = 4
    failures: int = 5
    look_s: float = 2.0
    settle_s: float = 1.0
    most_lost: int = 3
