"""Rows of tables as people read them: cell by cell below what their columns are called. Pure.

Which row answers is decided in `extractive.py`; where tables are on a page, the parsers say.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from pincite.core.words import whole_words
from pincite.guard import Block, BlockKind

_Stretch = tuple[int, int]
_Cell = tuple[int, int, int]
_CELL, _BAR = " | ", "|"
_LONGEST_ROW, _LONGEST_NAME = 900, 60
_DIVIDER = "---"
_IN_BRACKETS = re.compile(r"\([^()]*\)")
# Columns are called by years as well: "2025", "FY2025", "in 2026".
_FIGURE = re.compile(r"\d+")
_YEAR = re.compile(r"(?:19|20)\d\d")


@dataclass(frozen=True, slots=True)
class Row:
    """A row below the head of its table.

    Args:
        head: what the columns are called; as many as there are `cells`.
        cells: what the row says, "" where a column has nothing.
        head_at: where the head stands on the page, [start, end) in characters.
        at: where the row does.
        group: what stands by itself above it, for it and what follows; "" where there is nothing.
        group_at: where that is, if it tells the row from others of its name: where a group ends, no table says.
    """

    head: tuple[str, ...]
    cells: tuple[str, ...]
    head_at: _Stretch
    at: _Stretch
    group: str = ""
    group_at: _Stretch | None = None

    @property
    def name(self) -> str:
        """What it is called, in small letters, what stands in brackets aside."""
        return _bare(self.cells[0])

    @property
    def said(self) -> str:
        """The row as a line of a table in Markdown, without the bars at its ends."""
        return " | ".join(self.cells)

    @property
    def named(self) -> str:
        """The head as the first two lines of a table in Markdown."""
        return f"| {' | '.join(self.head)} |\n|{f' {_DIVIDER} |' * len(self.head)}"

    @property
    def grouped(self) -> str:
        """The group as a line of a table in Markdown."""
        return f"| {self.group} |{' |' * (len(self.head) - 1)}"


class Tables:
    """The tables of a page.

    Args:
        page: the page's text.
        blocks: what is known of the page; its tables among them.
    """

    def __init__(self, page: str, blocks: Sequence[Block]) -> None:
        self._page = page
        self._tables = [each for each in blocks if each.kind is BlockKind.TABLE]
        self._rows: dict[int, tuple[list[list[_Cell]], int]] = {}

    def row_at(self, start: int, end: int) -> Row | None:
        """Return the row that characters [start, end) of the page are (part) of.

        None where they are of none or of several, where the table's first row does not look like the names of its
        columns, where cells of a PDF are missing, and where the row is too long to be read at once.
        """
        table = next((each for each in self._tables if each.start <= start and end <= each.end), None)
        if table is None:
            return None
        if table.start not in self._rows:
            self._rows[table.start] = _rows(self._page, table)
        rows, heads = self._rows[table.start]
        touched = [at for at, row in enumerate(rows) if row[0][0] < end and start < row[-1][1]]
        head = _head(self._page, rows[:heads])
        if len(touched) != 1 or touched[0] < heads or head is None:
            return None
        (place,) = touched
        row = rows[place]
        if row[-1][1] - row[0][0] > _LONGEST_ROW or (table.table is not None and not _each_in_its_own(head, row)):
            return None
        columns = sorted({0, *(each[2] for each in (*head, *row))})
        names, cells = _texts(self._page, head, columns), _texts(self._page, row, columns)
        if names == cells or not _names(names, cells):
            return None
        group = _group(self._page, rows, place)
        told = "" if group is None else " ".join(whole_words(self._page[slice(*group)]).split())
        shown = group if _comes_again(self._page, rows, place) else None
        head_at = min(each[0] for each in head), max(each[1] for each in head)
        return Row(names, cells, head_at, (row[0][0], row[-1][1]), told, shown)


def _head(page: str, rows: Sequence[Sequence[_Cell]]) -> list[_Cell] | None:
    """Return the lowest row of a head that names several columns, and the lines below in which a name goes on."""
    rest: list[_Cell] = []
    for row in reversed(rows):
        if len(row) > 1:
            return [*row, *rest]
        rest = [*(each for each in row if each[2] and page[each[0]].islower()), *rest]
    return None


def _group(page: str, rows: Sequence[Sequence[_Cell]], place: int) -> _Stretch | None:
    """Return where the nearest line above a row stands that has a first cell alone, and no figure."""
    for row in reversed(rows[:place]):
        start, end, column = row[0]
        text = page[start:end]
        if len(row) == 1 and not column and _BAR not in text and not _has_figure(text):
            return start, end
    return None


def _comes_again(page: str, rows: Sequence[Sequence[_Cell]], place: int) -> bool:
    """Whether a table has more rows that are called as one is, what stands in brackets aside."""

    def name(row: Sequence[_Cell]) -> str:
        return _bare(page[row[0][0] : row[0][1]]) if row[0][2] == 0 else ""

    return bool(name(rows[place])) and sum(name(row) == name(rows[place]) for row in rows) > 1


def _bare(text: str) -> str:
    return " ".join(_IN_BRACKETS.sub(" ", text).lower().split())


def _rows(page: str, table: Block) -> tuple[list[list[_Cell]], int]:
    """Return the rows, each the (start, end, column) of its cells that hold something, and how many are the head."""
    if table.table is not None:
        rows = [[(each.start, each.end, each.column) for each in row] for row in table.table.rows]
        return [row for row in rows if row], table.table.head_rows
    rows: list[list[_Cell]] = []
    at = table.start
    for line in page[table.start : table.end].split("\n"):
        rows.append(_cells(line, at))
        at += len(line) + 1
    return [row for row in rows if row], 1


def _cells(line: str, at: int) -> list[_Cell]:
    found: list[_Cell] = []
    for column, text in enumerate(line.split(_CELL)):
        if text.strip():
            first = at + len(text) - len(text.lstrip())
            found.append((first, first + len(text.strip()), column))
        at += len(text) + len(_CELL)
    return found


def _texts(page: str, row: Sequence[_Cell], columns: Sequence[int]) -> tuple[str, ...]:
    """Return what a row says in some columns, "" where it says nothing."""
    texts = dict.fromkeys(columns, "")
    for start, end, column in row:
        texts[column] = " ".join(whole_words(f"{texts[column]} {page[start:end]}").split())
    return tuple(texts.values())


def _names(head: Sequence[str], cells: Sequence[str]) -> bool:
    """Whether a first row names columns, each otherwise: it is short, and has fewer figures than what is below it.

    Of two columns the row must have a figure: "Owner | Ada Okafor" below "Document | Rules" are two facts.
    """
    if any(_BAR in each for each in (*head, *cells)) or any(len(each) > _LONGEST_NAME for each in head):
        return False
    if len(set(head[1:])) < len(head) - 1 or not all(head[1:]) or sum(map(bool, cells)) < 2:
        return False
    named, told = (sum(map(_has_figure, each)) for each in (head, cells))
    return named < told or (not named and len(head) > 2)


def _each_in_its_own(head: Sequence[_Cell], row: Sequence[_Cell]) -> bool:
    """Whether a row has something in each column that has a name, and in no other, the first aside.

    Where a PDF's cells lie is measured, and one column too far is a wrong answer: a row with gaps is not told so.
    """
    return {each[2] for each in head if each[2]} == {each[2] for each in row if each[2]}


def _has_figure(text: str) -> bool:
    return any(_YEAR.fullmatch(each) is None for each in _FIGURE.findall(text))
