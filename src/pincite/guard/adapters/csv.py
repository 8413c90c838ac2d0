"""CSV and its relatives: the delimiter is found, the first row is the header. Runs in the child only.

Not every file quotes as CSV does: a field may begin with a sign for inches. What would swallow the rows below it is
read again as it stands, line by line, so that no row is lost in another's field.
"""

import csv
from collections.abc import Iterator

from pincite.guard.adapters.text import read_text
from pincite.guard.sheets import cut_rows
from pincite.guard.source import Opened, Source

_DELIMITERS = ",;\t|"
_SAMPLE_LINES = 50
_FEWEST_SWALLOWED = 3  # lines of a row that look like rows of their own
_LIKE_ROWS = 0.8  # the share of its lines that do
_MOST_REREAD = 3  # how often the length of the file may be read in vain


def open_source(source: Source) -> Opened:
    """Open delimited text."""
    csv.field_size_limit(1 << 20)
    return Opened(cut_rows(enumerate(_Reader(read_text(source)).rows(), start=1), name="", first=1))


class _Reader:
    """Reads rows; knows where in the file it is, and goes back where a quote ran away."""

    def __init__(self, text: str) -> None:
        self._lines = text.split("\n")
        self._delimiter, self._usual = _delimiter(self._lines[:_SAMPLE_LINES])
        self._at = 0
        self._in_vain = _MOST_REREAD * len(text)
        self._ended = False

    def rows(self) -> Iterator[list[str]]:
        reader = self._quoted()
        while self._at < len(self._lines):
            begun, row = self._at, None
            if self._in_vain >= 0:
                try:
                    row = next(reader)
                except (csv.Error, StopIteration):  # a field that is longer than may be
                    row = None
            if row is None or self._ran_away(begun):
                self._in_vain -= sum(len(line) + 1 for line in self._lines[begun : self._at])
                row = self._lines[begun].split(self._delimiter)
                self._at, self._ended = begun + 1, False
                reader = self._quoted()
            yield row

    def _quoted(self) -> Iterator[list[str]]:
        return csv.reader(self._taken(), delimiter=self._delimiter, strict=False)

    def _taken(self) -> Iterator[str]:
        while self._at < len(self._lines):
            self._at += 1
            yield self._lines[self._at - 1] + "\n"
        self._ended = True

    def _ran_away(self, begun: int) -> bool:
        """Whether the row that was just read is several: its quote was never closed, or its lines look like rows."""
        if self._ended:
            return True
        lines = self._lines[begun : self._at]
        alike = sum(line.count(self._delimiter) == self._usual for line in lines)
        return len(lines) >= _FEWEST_SWALLOWED and self._usual > 0 and alike >= _LIKE_ROWS * len(lines)


def _delimiter(lines: list[str]) -> tuple[str, int]:
    """Return the delimiter that most lines hold equally often, and how often."""

    def steadiness(delimiter: str) -> tuple[int, int]:
        counts = [count for line in lines if (count := line.count(delimiter))]
        commonest = max(set(counts), key=counts.count, default=0)
        return counts.count(commonest) if commonest else 0, commonest

    found = max(_DELIMITERS, key=steadiness)
    return found, steadiness(found)[1]
