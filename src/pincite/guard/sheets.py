"""Turns rows of cells into pages: for spreadsheets and CSV. No format is known here.

A page is cut at rows over 8,000 characters; each part begins with the header row again. Every row is one line of the
text, and the ranges in the label stand for the lines in order, so that a line's row is known from the two. A row that
is longer than a page goes on in the next: its cells there are a line and a range of their own.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from pincite.guard.domain import BlockKind, PageText
from pincite.guard.sections import (
    CELL,
    MAX_PAGE_CHARS,
    Element,
    cell_texts,
    cut_long,
    lay_out,
    row_text,
    squeeze,
    titled,
)

Row = tuple[int, Sequence[str]]
MAX_COLUMNS = 1_000
"""The most columns of a sheet that are read."""

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
    """A sheet of a workbook: its name, its rows, and the column of their first cell from 0.

    Of a row that is longer than `MAX_COLUMNS` at least one more cell is given, so that it can be told.
    """

    name: str
    rows: Iterable[Row]
    column: int = 0


@dataclass(slots=True)
class _Bounded:
    """Rows of at most `MAX_COLUMNS` cells, and whether there was more."""

    rows: Iterable[Row]
    cut: bool = False

    def __iter__(self) -> Iterator[Row]:
        for number, cells in self.rows:
            self.cut = self.cut or any(cells[MAX_COLUMNS:])
            yield number, cells[:MAX_COLUMNS]


def sheet_pages(sheets: Iterable[Sheet], hidden: Sequence[str] = ()) -> Iterator[PageText]:
    """Yield the pages of a workbook, each sheet under its name as a heading.

    That it has `hidden` sheets, which are not read, is a warning, and so are columns beyond what is read.
    """
    number = 1
    for sheet in sheets:
        name, first, rows = squeeze(sheet.name), number, _Bounded(sheet.rows)
        for page in cut_rows(rows, name=f"Sheet '{name}'", first=number, column=sheet.column):
            yield titled(page, name, 1) if name and page.number == first else page
            number = page.number + 1
        if rows.cut:
            last = column_name(sheet.column + MAX_COLUMNS - 1)
            said = f"Sheet '{name}' has more columns than are read: those after {last} were left out."
            yield PageText(number, f"Sheet '{name}'", "", warning=said)
            number += 1
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
    for number, given in rows:
        cells = cell_texts(given)
        if not cells:
            part.end_table()
            continue
        if part.elements and number > part.last_row + 1:
            part.end_table()
        for piece in _pieces(cells, MAX_PAGE_CHARS - part.lead):
            if part.has_rows and (piece.goes_on or part.chars + len(piece.text) > MAX_PAGE_CHARS):
                yield part.page(first, name)
                first += 1
                part = part.next_part()
            part.add(number, piece, cells)
    if part.has_rows:
        yield part.page(first, name)


@dataclass(frozen=True, slots=True)
class _Piece:
    """Cells of a row that stand on one page: the first one's index in the row, and whether the row began before."""

    cells: Sequence[str]
    column: int = 0
    goes_on: bool = False

    @property
    def text(self) -> str:
        return CELL.join(self.cells)


def _pieces(cells: Sequence[str], most: int) -> Iterator[_Piece]:
    """Cut a row so that none of its pieces has more than `most` characters: between cells, or within a long one."""
    if sum(map(len, cells)) + len(CELL) * len(cells) <= most:
        yield _Piece(cells)
        return
    held: list[str] = []
    column, chars, goes_on = 0, 0, False
    for at, cell in enumerate(cells):
        room = most - chars
        if len(cell) > room and held and (len(cell) <= most or room < most // 2):
            while held and not held[-1]:
                held.pop()
            if held:
                yield _Piece(held, column, goes_on)
                goes_on = True
            held, column, chars, room = [], at, 0, most
        *before, last = cut_long(cell, most, room)
        for part in before:
            yield _Piece([*held, part], column, goes_on)
            held, column, chars, goes_on = [], at, 0, True
        held.append(last)
        chars += len(last) + len(CELL)
    yield _Piece(held, column, goes_on)


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
    """Rows without a gap, how many columns of them hold something, and how far from the sheet's first these begin."""

    first: int
    last: int
    width: int
    offset: int = 0

    def said(self, column: int) -> str:
        column += self.offset
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
        if self.lead:
            self._append(BlockKind.TABLE, row_text(header[1]))
            self._count(*header)

    @property
    def lead(self) -> int:
        """How many characters the header takes at the beginning of the next part; a long one is not repeated."""
        chars = len(row_text(self._header[1])) + 1 if self._header[0] else 0
        return chars if chars <= _MAX_HEADER else 0

    def next_part(self) -> "_Part":
        return _Part(self._column, self._header, self._table + 1)

    def end_table(self) -> None:
        if self._header[0]:
            self._header = (0, ())
            self._table += 1

    def add(self, number: int, piece: _Piece, row: Sequence[str]) -> None:
        """Add what of a row stands here: the first row of a table with more than one cell is its header."""
        if not self._header[0] and sum(map(bool, row)) > 1:
            self._header = (number, row)
        self._append(BlockKind.TABLE if self._header[0] else BlockKind.PARAGRAPH, piece.text)
        self._count(number, piece.cells, piece.column)
        self.first_row = self.first_row or number
        self.last_row = number
        self.has_rows = True

    def _append(self, kind: BlockKind, text: str) -> None:
        self.elements.append(Element(kind, text, group=self._table))
        self.chars += len(text) + 1

    def _count(self, number: int, cells: Sequence[str], offset: int = 0) -> None:
        width = max((at for at, cell in enumerate(cells, start=1) if cell), default=1)
        last = self._ranges[-1] if self._ranges else None
        if last is not None and number == last.last + 1 and last.offset == offset == 0:
            last.last, last.width = number, max(last.width, width)
        else:
            self._ranges.append(_Range(number, number, width, offset))

    def page(self, number: int, name: str) -> PageText:
        text, blocks = lay_out(self.elements)
        return PageText(number, ", ".join(filter(None, (name, self._place()))), text, blocks)

    def _place(self) -> str:
        if self._column is None:
            return f"rows {self.first_row}-{self.last_row}"
        ranges = self._ranges
        if len(ranges) > _MOST_RANGES:
            widest = max(each.offset + each.width for each in ranges)
            ranges = [_Range(ranges[0].first, self.last_row, widest)]
        return ", ".join(each.said(self._column) for each in ranges)
