"""CSV and its relatives: the delimiter is found, the first row is the header. Runs in the child only."""

import csv
from collections.abc import Iterator

from pincite.guard.adapters.text import read_text
from pincite.guard.sheets import cut_rows
from pincite.guard.source import Opened, Source

_DELIMITERS = ",;\t|"
_SAMPLE_LINES = 50


def open_source(source: Source) -> Opened:
    """Open delimited text."""
    csv.field_size_limit(1 << 20)
    return Opened(cut_rows(_rows(read_text(source)), name="", first=1))


def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
    lines = text.split("\n")
    reader = csv.reader((line + "\n" for line in lines), delimiter=_delimiter(lines[:_SAMPLE_LINES]), strict=False)
    number = 0
    while True:
        number += 1
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error:  # a quote that is never closed swallows more than a field may hold
            continue
        yield number, row


def _delimiter(lines: list[str]) -> str:
    """Return the delimiter that most lines hold equally often."""

    def steadiness(delimiter: str) -> tuple[int, int]:
        counts = [count for line in lines if (count := line.count(delimiter))]
        commonest = max(set(counts), key=counts.count, default=0)
        return counts.count(commonest) if commonest else 0, commonest

    return max(_DELIMITERS, key=steadiness)
