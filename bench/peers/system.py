"""What every compared system can do, and what it gives back.

Runs in each peer's own environment, so only the standard library is imported here.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

RESULTS = 5


@dataclass(frozen=True, slots=True)
class Found:
    """One result: the file's name, the pages that its text touches (from 1), and how many characters it has."""

    source: str
    pages: tuple[int, ...]
    chars: int


@dataclass(frozen=True, slots=True)
class Ingested:
    """What became of the files: how many pieces, and the names of those that have any."""

    pieces: int
    sources: frozenset[str]
    searchable_s: float | None = None
    """Seconds until all files could be found, where that is before the last vector is there."""


def encodable(text: str) -> str:
    """Return a text without halves of characters, which pypdf may yield: one of them would end a whole run."""
    return text.encode("utf-8", errors="replace").decode()


class System(Protocol):
    """A pipeline with its model loaded and nothing in it yet."""

    @property
    def versions(self) -> dict[str, str]:
        """The packages that make the pipeline, with their versions."""
        ...

    def ingest(self, files: list[Path]) -> Ingested:
        """Read, cut, embed and store the files; returns when all can be found by their last vectors."""
        ...

    def ask(self, question: str) -> list[Found]:
        """Return the first five results, best first."""
        ...

    def close(self) -> None:
        """Let go of what is open."""
        ...
