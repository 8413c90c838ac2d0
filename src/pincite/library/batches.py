"""Values of batches, files that were sent as one, and the time that is left for one. Pure; no database.

How they are counted is in `store/batches.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from pincite.core import ErrorKind, PinciteError
from pincite.library.domain import UNFINISHED_STATES, RevisionState

WINDOW_S = 120.0
"""The time left is told by what was finished within so many seconds."""


class BatchState(StrEnum):
    """What becomes of files that come later: read at once, kept resting, or refused."""

    OPEN = "open"
    PAUSED = "paused"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Lately:
    """What of a batch was finished within the last `seconds`."""

    documents: int = 0
    size_bytes: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Batch:
    """Files that were sent as one, by the states of their documents as they are now.

    Args:
        id: made by us.
        name: given by who sent it; unique in the tenant.
        state: what becomes of files that come later.
        created_at: when its first file came.
        counts: documents by the state of their latest revision.
        warned: those that are ready with warnings.
        bytes_left: of those that wait or are being read.
        lately: what was finished in the last minutes.
    """

    id: str
    name: str
    state: BatchState
    created_at: datetime
    counts: Mapping[RevisionState, int]
    warned: int = 0
    bytes_left: int = 0
    lately: Lately = Lately()

    @property
    def documents(self) -> int:
        """How many there are."""
        return sum(self.counts.values())

    @property
    def unfinished(self) -> int:
        """How many wait or are being read."""
        return sum(self.counts.get(state, 0) for state in UNFINISHED_STATES)

    @property
    def progress(self) -> float:
        """The part that is over, 0 to 1; what rests is not."""
        resting = self.counts.get(RevisionState.PAUSED, 0)
        return 1.0 - (self.unfinished + resting) / self.documents if self.documents else 0.0

    @property
    def phase(self) -> str:
        """What goes on, in a word: `reading`, `paused`, `cancelled` or `done`."""
        if self.unfinished:
            return "reading"
        if self.counts.get(RevisionState.PAUSED, 0):
            return "paused"
        return "done" if self.state is BatchState.OPEN else self.state.value

    @property
    def seconds_left(self) -> float | None:
        """How long those that wait will take, by what was finished lately; None while that says nothing.

        Files and bytes are counted; the slower of the two is told, for the last files are often the large ones.
        """
        if not self.unfinished:
            return 0.0
        if not self.lately.documents or not self.lately.seconds:
            return None
        by_documents = self.unfinished / self.lately.documents
        by_bytes = self.bytes_left / self.lately.size_bytes if self.lately.size_bytes else 0.0
        return max(by_documents, by_bytes) * self.lately.seconds


class BatchCancelled(PinciteError):
    """Files came for a batch that was cancelled."""

    code = "batch-cancelled"
    kind = ErrorKind.CONFLICT
