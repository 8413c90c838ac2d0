"""Finds the section around a place: from the heading above it to the next heading of the same or a higher level. Pure.

Pages are read by `service/sections.py`, as many as it takes.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from pincite.guard import BlockKind
from pincite.library.domain import Page

_SPACE = re.compile(r"\s+")
_MAX_TITLE = 160
_LOWEST = 7


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading and where it stands; level 1 is the highest."""

    level: int
    title: str
    page: int
    start: int


@dataclass(frozen=True, slots=True)
class SectionPart:
    """What of a section lies on one page: `page.text[start:end] == text`."""

    page: int
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Section:
    """The section around a passage.

    Args:
        source: the document's name.
        heading_path: the headings above, outermost first, its own last; empty where the document has none before it.
        parts: its text, one part a page, in order.
        whole: False where it goes on beyond the limit.
    """

    source: str
    heading_path: tuple[str, ...]
    parts: tuple[SectionPart, ...]
    whole: bool


class Path:
    """The headings above a place, found by walking up from it."""

    def __init__(self) -> None:
        self._above: list[Heading] = []

    @property
    def complete(self) -> bool:
        """Whether nothing above can be higher."""
        return bool(self._above) and self._above[-1].level == 1

    def climb(self, headings: Sequence[Heading]) -> None:
        """Take the headings of the page before what was taken so far, in order."""
        for heading in reversed(headings):
            if heading.level < (self._above[-1].level if self._above else _LOWEST):
                self._above.append(heading)

    def chosen(self, up: int) -> tuple[Heading, ...]:
        """Return the headings from the outermost to the section's own, `up` levels above the innermost."""
        start = min(up, max(0, len(self._above) - 1))
        return tuple(self._above[start:][::-1])


def headings_of(page: Page, until: int | None = None) -> list[Heading]:
    """Return a page's headings in order, those that say anything and begin at or before the character `until`."""
    return [
        Heading(block.level, _SPACE.sub(" ", page.text[block.start : block.end]).strip()[:_MAX_TITLE], page.number, at)
        for block in page.blocks
        if block.kind is BlockKind.HEADING and page.text[block.start : block.end].strip()
        for at in [_first_letter(page.text, block.start)]
        if until is None or at <= until
    ]


def part_of(page: Page, heading: Heading, left: int) -> tuple[SectionPart, bool, bool]:
    """Return what of a heading's section lies on a page, whether it ends there, and whether it was cut.

    Args:
        page: the heading's page or a later one.
        heading: the section's own.
        left: characters at most.
    """
    start = heading.start if page.number == heading.page else 0
    after = [
        other.start
        for other in headings_of(page)
        if other.level <= heading.level and (page.number > heading.page or other.start > heading.start)
    ]
    end = min(after, default=len(page.text))
    cut = min(end, start + left)
    return SectionPart(page.number, start, cut, page.text[start:cut]), bool(after), cut < end


def _first_letter(text: str, start: int) -> int:
    return start + len(text[start:]) - len(text[start:].lstrip())
