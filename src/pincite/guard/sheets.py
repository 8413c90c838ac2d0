"""Turns rows of cells into pages: for spreadsheets and CSV. No format is known here.

A page is cut at rows over 8,000 characters; each part begins with the header row again. Every row is one line of the
text, and the ranges in the label stand for the lines in order, so that a line's row is known from the two.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from pincite.guard.domain import BlockKind, PageText
from pincite.guard.sections import MAX_PAGE_CHARS, Element, lay_out, row_text, squeeze, titled

Row = tuple[int, Sequence[str]]
_MAX_HEADER = 1_000
_MOST_RANGES = 12
_MOST_ACTIVE = 100


@dataclass(frozen=True, slots=True)
class Merge:
    """Cells that are shown as one: rows from 1 and columns from 0, both ends included."""

    first_row: int
    last_row: int
    first_column: int
    last_column: int


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet of a workbook: its name, its rows, and the column of their first cell from 0."""

    name: str
    rows: Iterable[Row]
    column: int = 0


def sheet_pages(sheets: Iterable[Sheet], hidden: Sequence[str] = ()) -> Iterator[PageText]:
    """Yield the pages of a workbook, each sheet under its name as a heading.

    That it has `hidden` sheets, which are not read, is a warning.
    """
    number = 1
    for sheet in sheets:
        name, first = squeeze(sheet.name), number
        for page in cut_rows(sheet.rows, name=f"Sheet '{name}'", first=number, column=sheet.column):
            yield titled(page, name, 1) if name and page.number == first else page
            number = page.number + 1
    if hidden:
        said = ", ".join(f"'{name}'" for name in hidden[:_MOST_RANGES]) + (" and more" * (len(hidden) > _MOST_RANGES))
        yield PageText(number, "Hidden sheets", "", warning=f"Hidden sheets were not read: {said}.")


def cut_rows(rows: Iterable[Row], *, name: str, first: int, column: int | None = None) -> Iterator[PageText]:
    """Cut rows into pages.

    Args:
        rows: row numbers (from 1, as people see them) and cells. A gap in the numbers or an empty row ends a table.
        name: what the label begins with, such as "Sheet 'Rates'"; may be empty.
        first: number of the first page.
        column: of the first cell, from 0; labels then give cells ("A1:D9"), else rows.
    """
    part = _Part(column)
    for number, cells in rows:
        text = row_text(cells)
        if not text:
            part.end_table()
            continue
        if part.elements and number > part.last_row + 1:
            part.end_table()
        if part.has_rows and part.chars + len(text) > MAX_PAGE_CHARS:
            yield part.page(first, name)
            first += 1
            part = part.next_part()
        part.add(number, text[:MAX_PAGE_CHARS], cells)
    if part.has_rows:
        yield part.page(first, name)


def fill_merged(rows: Iterable[Row], merges: Iterable[Merge]) -> Iterator[Row]:
    """Write the value of merged cells into all of them, in rows that have other values beside it.

    A title across the sheet stays one cell; a group's name stands in each of its rows and over each of its columns.
    Columns count as the cells of `rows` do.
    """
    waiting = sorted(merges, key=lambda merge: -merge.first_row)
    active: dict[Merge, str] = {}
    for number, given in rows:
        cells = list(given)
        while waiting and waiting[-1].first_row <= number:
            merge = waiting.pop()
            at = merge.first_column
            if merge.first_row == number and 0 <= at < len(cells) and cells[at] and len(active) < _MOST_ACTIVE:
                active[merge] = cells[at]
        active = {merge: value for merge, value in active.items() if merge.last_row >= number}
        alone = sum(bool(cell) for cell in cells)
        for merge, value in active.items():
            here = slice(merge.first_column, merge.last_column + 1)
            if alone > sum(bool(cell) for cell in cells[here]):
                cells += [""] * (min(merge.last_column, len(cells) + _MOST_ACTIVE) + 1 - len(cells))
                cells[here] = [value] * len(cells[here])
        yield number, cells


def column_name(index: int) -> str:
    """Return a column's letters from its index from 0: 0 is A, 26 is AA."""
    letters = ""
    index += 1
    while index > 0:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


@dataclass(slots=True)
class _Range:
    """Rows without a gap, and how many columns of them hold something."""

    first: int
    last: int
    width: int

    def said(self, column: int) -> str:
        start = f"{column_name(column)}{self.first}"
        end = f"{column_name(column + self.width - 1)}{self.last}"
        return start if start == end else f"{start}:{end}"


class _Part:
    """A page in the making."""

    def __init__(self, column: int | None, header: Row = (0, ()), table: int = 0) -> None:
        self.elements: list[Element] = []
        self.chars = 0
        self.first_row = self.last_row = 0
        self.has_rows = False
        self._column = column
        self._header = header
        self._table = table
        self._ranges: list[_Range] = []
        if header[0]:
            self._append(BlockKind.TABLE, row_text(header[1]))
            self._count(*header)

    def next_part(self) -> "_Part":
        repeated = self._header if len(row_text(self._header[1])) <= _MAX_HEADER else (0, ())
        return _Part(self._column, repeated, self._table + 1)

    def end_table(self) -> None:
        if self._header[0]:
            self._header = (0, ())
            self._table += 1

    def add(self, number: int, text: str, cells: Sequence[str]) -> None:
        if not self._header[0] and sum(bool(cell.strip()) for cell in cells) > 1:
            self._header = (number, cells)
        self._append(BlockKind.TABLE if self._header[0] else BlockKind.PARAGRAPH, text)
        self._count(number, cells)
        self.first_row = self.first_row or number
        self.last_row = number
        self.has_rows = True

    def _append(self, kind: BlockKind, text: str) -> None:
        self.elements.append(Element(kind, text, group=self._table))
        self.chars += len(text) + 1

    def _count(self, number: int, cells: Sequence[str]) -> None:
        width = max((at for at, cell in enumerate(cells, start=1) if cell.strip()), default=1)
        if self._ranges and number == self._ranges[-1].last + 1:
            last = self._ranges[-1]
            last.last, last.width = number, max(last.width, width)
        else:
            self._ranges.append(_Range(number, number, width))

    def page(self, number: int, name: str) -> PageText:
        text, blocks = lay_out(self.elements)
        return PageText(number, ", ".join(filter(None, (name, self._place()))), text, blocks)

    def _place(self) -> str:
        if self._column is None:
            return f"rows {self.first_row}-{self.last_row}"
        ranges = self._ranges
        if len(ranges) > _MOST_RANGES:
            ranges = [_Range(ranges[0].first, self.last_row, max(each.width for each in ranges))]
        return ", ".join(each.said(self._column) for each in ranges)
