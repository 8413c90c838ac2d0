"""Says where a range of a sheet's page lies in cells: "Sheet 'Rates', A2:D9" out of a page's "Sheet 'Rates', A1:D80".

What the ranges of a label stand for is `guard`'s: one row a line of the page's text, in order. Pure.
"""

import re
from dataclasses import dataclass

_RANGES = re.compile(r"(?s)(.*Sheet '.*'), ([A-Z]{1,3}\d+(?::[A-Z]{1,3}\d+)?(?:, [A-Z]{1,3}\d+(?::[A-Z]{1,3}\d+)?)*)")
_RANGE = re.compile(r"([A-Z]+)(\d+)(?::([A-Z]+)(\d+))?")
_MOST_SHOWN = 3
_MOST_NAMES = 4


@dataclass(frozen=True, slots=True)
class _Rows:
    column: str
    first: int
    last_column: str
    last: int

    def said(self, first: int, last: int) -> str:
        start, end = f"{self.column}{first}", f"{self.last_column}{last}"
        return start if start == end else f"{start}:{end}"


def narrowed(label: str, text: str, start: int, end: int) -> str:
    """Return a page's label with the cells of the rows that characters [start, end) touch; as it is for other pages."""
    found = _RANGES.fullmatch(label)
    if found is None or start >= end:
        return label
    lines = [line for line in text.split("\n") if line]
    ranges = [
        _Rows(column, int(first), last_column or column, int(last or first))
        for column, first, last_column, last in _RANGE.findall(found[2])
    ]
    named = len(lines) - sum(each.last - each.first + 1 for each in ranges)
    # A sheet begins with its name, after those of the documents it lies in; other lines: the label only sums up.
    if not 0 <= named <= _MOST_NAMES:
        return label
    first = _line(text, start) - named
    last = _line(text, end - 1) - named
    parts = _touched(ranges, max(first, 0), last)
    return f"{found[1]}, {', '.join(parts)}" if 0 < len(parts) <= _MOST_SHOWN else label


def _line(text: str, at: int) -> int:
    """Count the lines before a place, empty ones left out; an end of line belongs to the line that it ends."""
    return sum(1 for line in text[:at].split("\n")[:-1] if line)


def _touched(ranges: list[_Rows], first: int, last: int) -> list[str]:
    parts: list[str] = []
    before = 0
    for each in ranges:
        count = each.last - each.first + 1
        low, high = max(first - before, 0), min(last - before, count - 1)
        if low <= high:
            parts.append(each.said(each.first + low, each.first + high))
        before += count
    return parts
