"""What an adapter is given (an open file, limits, an allowance) and what it gives back. Runs in the child.

No format is known here; those are in `adapters/`.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from pincite.guard.domain import PageText, UnreadableDocument

_MAX_MEMBERS = 200_000


@dataclass(frozen=True, slots=True)
class ReadLimits:
    """Limits that an adapter itself keeps, and whether it may read pictures; see `GuardSettings`."""

    max_pages: int
    max_text_chars: int
    max_unpacked_bytes: int
    ocr: bool = False

    @property
    def max_member_bytes(self) -> int:
        """The largest document within another: it stands in memory while it is read, and so may those around it."""
        return self.max_unpacked_bytes // 4


class Allowance:
    """What an upload and all that lies within it, however deep, may still unpack to: bytes and members."""

    def __init__(self, unpacked_bytes: int, members: int = _MAX_MEMBERS) -> None:
        self.bytes_left = unpacked_bytes
        self.members_left = members

    @property
    def is_spent(self) -> bool:
        """Whether nothing more may be unpacked."""
        return self.bytes_left < 0 or self.members_left < 0

    def spend(self, *, unpacked_bytes: int = 0, members: int = 0) -> None:
        """Count what was unpacked. Raises: UnreadableDocument when it is too much."""
        self.bytes_left -= unpacked_bytes
        self.members_left -= members
        if self.is_spent:
            raise bomb()


def bomb() -> UnreadableDocument:
    """Return the error of a container that holds too much for what it weighs."""
    return UnreadableDocument(
        "The file unpacks to far more than its size: it may have been made to exhaust memory.",
        remedy="Save it again in the program it was made with, or split it, and upload that copy.",
    )


@dataclass(frozen=True, slots=True)
class Source:
    """An untrusted file, open for reading. There is no path: the child can open nothing.

    Pages before `first_page` are not wanted; an adapter that cannot begin there gives them all the same.
    `one_by_one` asks for a page before the next is looked at, so that it is known which page a parser died of.
    `depth` is 0 for what was uploaded, 1 for a document within it, and so on; they share the allowance.
    """

    file: BinaryIO
    size_bytes: int
    limits: ReadLimits
    allowance: Allowance
    first_page: int = 1
    depth: int = 0
    one_by_one: bool = False


@dataclass(frozen=True, slots=True)
class Opened:
    """A document being read: its pages as an iterator, and how many there are when that is known at once."""

    pages: Iterator[PageText]
    total: int | None = None


Adapter = Callable[[Source], Opened]
"""Opens a document of one format. Raises: UnreadableDocument, at once or from the iterator."""
