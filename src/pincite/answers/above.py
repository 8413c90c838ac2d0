"""What stands above a place in a passage: its document's name and the headings of the section that it lies in. Pure.

A passage may run over several short sections, and names the headings of its first alone.
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence

from pincite.core.sentences import goes_on, line_width
from pincite.guard import Block, BlockKind
from pincite.library import Passage

PageKey = tuple[str, int]
"""(revision id, page number)."""
Marks = Mapping[PageKey, Sequence[Block]]
"""The headings, lists, tables and margins of pages, in order; of a page that is missing none are known."""

_MAX_HEADING = 100
_SHORT = 0.7
_UNKNOWN = 0
_GUESSED = 9  # below any that is known


class Above:
    """The headings of each place of one passage.

    Args:
        passage: whose `heading_path` says what stands above its first sentence.
        pages: the texts of its pages, as far as they are known.
        marks: the headings of its pages, as far as they are known, and running heads and feet or not.
    """

    def __init__(self, passage: Passage, pages: Mapping[PageKey, str], marks: Marks) -> None:
        self._source = passage.source
        self._chunk = chunk = passage.chunk
        self._path = [(_UNKNOWN, title) for title in chunk.heading_path]
        self._places: list[tuple[int, int]] = [(chunk.page, 0)]
        self._texts = [self._shown()]
        for number in range(chunk.page, chunk.end_page + 1):
            key = (chunk.revision_id, number)
            text = pages.get(key)
            if text is None:
                continue
            if titles := [each for each in marks.get(key, ()) if each.kind is BlockKind.HEADING]:
                self._walk(number, text, titles)
            else:
                self._guess(number, text)

    def at(self, page: int, start: int) -> str:
        """Return the document's name and the headings above a character of a page, the innermost last."""
        return self._texts[bisect_right(self._places, (page, start)) - 1]

    def _shown(self) -> str:
        return " > ".join((self._source, *(title for _, title in self._path)))

    def _walk(self, number: int, text: str, titles: Sequence[Block]) -> None:
        """Take the headings of a page that lie in the passage."""
        chunk = self._chunk
        for each in titles:
            title = " ".join(text[each.start : each.end].split())
            if not title or (number == chunk.end_page and each.start >= chunk.end):
                continue
            # One that the passage begins with, or that stands before it, is in its path already.
            known = next((place for place, (_, own) in enumerate(self._path) if own == title), None)
            if known is not None and len(self._places) == 1:
                self._path[known] = (each.level, title)
            elif number > chunk.page or each.start >= chunk.start:
                self._enter(each.level, title)
                self._places.append((number, each.start))
                self._texts.append(self._shown())

    def _enter(self, level: int, title: str) -> None:
        """Put a heading into the path: those of its level and below go; of one whose level is not known, the last."""
        if self._path and self._path[-1][0] == _UNKNOWN:
            self._path.pop()
        while self._path and self._path[-1][0] >= level:
            self._path.pop()
        self._path.append((level, title))

    def _guess(self, number: int, text: str) -> None:
        """Take the first line of a page whose headings are not known, where it looks like one."""
        first, _, rest = text.lstrip().partition("\n")
        first = first.strip()
        short = len(first) <= _SHORT * line_width(text) or not rest.strip() or rest.lstrip(" \t\r").startswith("\n")
        if not first or len(first) > _MAX_HEADING or first[-1] in ".,;:" or goes_on(first) or not short:
            return
        if all(first != title for _, title in self._path):
            self._path = [*(each for each in self._path if each[0] != _GUESSED), (_GUESSED, first)]
            self._places.append((number, 0))
            self._texts.append(self._shown())
