"""Says in people's words where a range of a page lies: "page 4 (printed iv)", "Slide 3", "Sheet 'Rates', B41:C41".

What a label and the lines of a sheet stand for is `guard`'s (`guard/sheets.py`): one row a line of the page's text, in
the order of the label's ranges, cells apart by " | ". A range whose rows cannot be told for certain has the whole
label. Pure.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from pincite.guard import FileType

_TABULAR = frozenset({FileType.XLSX, FileType.XLS, FileType.OPENDOCUMENT, FileType.CSV})
_HOLDING = frozenset({FileType.ZIP, FileType.TAR, FileType.EML, FileType.MSG})
_CELL = " | "
_CELLS = re.compile(r"(?s)(.*Sheet '.*'), ([A-Z]{1,3}\d+(?::[A-Z]{1,3}\d+)?(?:, [A-Z]{1,3}\d+(?::[A-Z]{1,3}\d+)?)*)")
_RANGE = re.compile(r"([A-Z]+)(\d+)(?::[A-Z]+(\d+))?")
_ROWS = re.compile(r"(?s)((?:.*, )?)rows (\d{1,9})-(\d{1,9})")
_MOST_SHOWN = 3
_MOST_NAMES = 4
_ROMAN = r"(?=[ivxlcdm])m{0,3}(?:c[md]|d?c{0,3})(?:x[cl]|l?x{0,3})(?:i[xv]|v?i{0,3})"
_PRINTED = re.compile(rf"(?i){_ROMAN}|[a-z]{{0,3}}[-. ]?\d{{1,6}}(?:[-./]\d{{1,6}})*[a-z]?")
_SAYS_PAGE = re.compile(r"(?i)p(?:age|\.)?\s*(?=\d)")
_MEMBER = re.compile(r"(?is)(.+\.(?:pdf|txt)), ([^,]{1,40})")
_COUNTED = re.compile(r"(page|Slide) (\d+)(?: \(printed (.+)\))?")

_Stretch = tuple[int, int]


def place_of(file_type: FileType, number: int, label: str, text: str, start: int, end: int) -> str:
    """Return what people call characters [start, end) of a page.

    Args:
        file_type: of the page's document: a PDF's label is what is printed on the page, others' name it.
        number: the page's, from 1.
        label: the page's, as `guard.PageText` has it.
        text: the page's.
        start: the first character.
        end: the one after the last.
    """
    # A page of a PDF, or one that has no other name, is found by its number.
    if file_type is FileType.PDF or label in ("", str(number)):
        return _page(number, label)
    if file_type in _HOLDING and (member := _MEMBER.fullmatch(label)) and _PRINTED.fullmatch(member[2]):
        return f"{member[1]}, page {member[2]}"
    return narrowed(label, text, start, end) if file_type in _TABULAR | _HOLDING else label


def spanning(first: str, last: str) -> str:
    """Return what people call a stretch from one place to another: "pages 4–5", "Slides 3–4", "Travel – Meals"."""
    one, other = _COUNTED.fullmatch(first), _COUNTED.fullmatch(last)
    if first == last:
        return first
    if one and other and one[1] == other[1]:
        printed = f" (printed {one[3]}–{other[3]})" if one[3] and other[3] else ""
        return f"{one[1]}s {one[2]}–{other[2]}{printed}"
    owner = first.rpartition(", ")[0]
    return f"{first} – {last.removeprefix(f'{owner}, ') if owner else last}"


def narrowed(label: str, text: str, start: int, end: int) -> str:
    """Return a sheet's label with the cells, or of a CSV the rows, that characters [start, end) touch alone."""
    if start >= end:
        return label
    if found := _CELLS.fullmatch(label):
        cells = _touched_cells([_Rows.of(*each) for each in _RANGE.findall(found[2])], text, (start, end))
        return f"{found[1]}, {', '.join(cells)}" if 0 < len(cells) <= _MOST_SHOWN else label
    if found := _ROWS.fullmatch(label):
        rows = _touched_rows(found[1], (int(found[2]), int(found[3])), text, (start, end))
        return f"{found[1]}{rows}" if rows else label
    return label


def _page(number: int, label: str) -> str:
    printed = _SAYS_PAGE.sub("", " ".join(label.split()), count=1)
    if printed in ("", str(number)):
        return f"page {number}"
    if printed.startswith(f"{number} "):
        return f"page {printed}"
    return f"page {number} (printed {printed})" if _PRINTED.fullmatch(printed) else f"page {number} ({printed})"


@dataclass(frozen=True, slots=True)
class _Rows:
    """Rows `first` to `last` of a label; `column` is that of their first cell, from 1."""

    column: int
    first: int
    last: int

    @classmethod
    def of(cls, column: str, first: str, last: str) -> "_Rows":
        at = 0
        for letter in column:
            at = at * 26 + ord(letter) - 64
        return cls(at, int(first), int(last or first))

    @property
    def count(self) -> int:
        return self.last - self.first + 1

    def said(self, rows: _Stretch, cells: _Stretch) -> str:
        start, end = (f"{_letters(self.column + cell)}{row}" for cell, row in zip(cells, rows, strict=True))
        return start if start == end else f"{start}:{end}"


def _touched_cells(ranges: Sequence[_Rows], text: str, span: _Stretch) -> list[str]:
    """Return the smallest ranges of cells that hold a span, one for each of the label's that it touches."""
    lines = _lines(text)
    named = len(lines) - sum(each.count for each in ranges)
    # A sheet begins with its name, after those of the documents it lies in; other lines: the label only sums up.
    if not 0 <= named <= _MOST_NAMES or any(each.count < 1 for each in ranges):
        return []
    parts: list[str] = []
    for each in ranges:
        own, named = lines[named : named + each.count], named + each.count
        touched = [(row, cells) for row, line in enumerate(own, each.first) if (cells := _cells(text, line, span))]
        if touched:
            first, last = min(cells[0] for _, cells in touched), max(cells[1] for _, cells in touched)
            parts.append(each.said((touched[0][0], touched[-1][0]), (first, last)))
    return parts


def _cells(text: str, line: _Stretch, span: _Stretch) -> _Stretch | None:
    """Return the first and the last cell of a line, from 0, that a span touches."""
    if line[1] <= span[0] or line[0] >= span[1]:
        return None
    touched: list[int] = []
    at = line[0]
    for number, cell in enumerate(text[slice(*line)].split(_CELL)):
        if cell and at < span[1] and span[0] < at + len(cell):
            touched.append(number)
        at += len(cell) + len(_CELL)
    return (touched[0], touched[-1]) if touched else None


def _touched_rows(owners: str, rows: _Stretch, text: str, span: _Stretch) -> str:
    """Return the rows of a CSV that a span touches, "" where they cannot be told.

    A later part begins with the header again, which is none of its rows; a gap between tables is an empty line, and
    rows that are skipped there are none of the label's lines.
    """
    lead = _names(owners, text)
    lines = _lines(text, lead)
    headed = len(lines) - (rows[1] - rows[0] + 1)
    if headed not in (0, 1) or not lines:
        return ""
    certain = rows[0] == 1 or "\n\n" not in text[lead:] or _CELL not in text[slice(*lines[0])]
    if not certain or (headed and rows[0] == 1):
        return ""
    own = enumerate(lines[headed:], rows[0])
    touched = [row for row, line in own if _cells(text, line, span)]
    if not touched:
        return ""
    return f"row {touched[0]}" if len(touched) == 1 else f"rows {touched[0]}-{touched[-1]}"


def _names(owners: str, text: str) -> int:
    """Return where a page's own text begins, after the names of the documents that it lies in."""
    at = 0
    while owners:
        name, gap, _ = text[at:].partition("\n\n")
        if not gap or not owners.startswith(f"{name}, "):
            break
        at, owners = at + len(name) + len(gap), owners.removeprefix(f"{name}, ")
    return at


def _lines(text: str, start: int = 0) -> list[_Stretch]:
    """Return where the lines of a text lie, empty ones left out."""
    found: list[_Stretch] = []
    at = start
    for line in text[start:].split("\n"):
        if line:
            found.append((at, at + len(line)))
        at += len(line) + 1
    return found


def _letters(column: int) -> str:
    letters = ""
    while column > 0:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters
