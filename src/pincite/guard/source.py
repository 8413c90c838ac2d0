"""What an adapter is given (an open file and limits) and what it gives back. Runs in the child.

No format is known here; those are in `adapters/`.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from pincite.guard.domain import PageText


@dataclass(frozen=True, slots=True)
class ReadLimits:
    """Limits that an adapter itself keeps; see `GuardSettings`."""

    max_pages: int
    max_text_chars: int
    max_unpacked_bytes: int


@dataclass(frozen=True, slots=True)
class Source:
    """An untrusted file, open for reading. There is no path: the child can open nothing.

    Pages before `first_page` are not wanted; an adapter that cannot begin there gives them all the same.
    `one_by_one` asks for a page before the next is looked at, so that it is known which page a parser died of.
    `depth` is 0 for what was uploaded, 1 for a document within it, and so on.
    """

    file: BinaryIO
    size_bytes: int
    limits: ReadLimits
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
