"""Lays cells out by columns where some span several columns or rows, and makes rows of them. No format is known here.

What spans rows stands in each of them, what spans columns over each of them in a table's head: a row that is read alone
then says what its values are.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pincite.guard.domain import BlockKind
from pincite.guard.sections import CELL, Element, cell_texts

_MOST_COLUMNS = 1_000
_WIDEST = 100
_HEAD_ROWS = 2
_LONGEST_REPEATED = 300
_MOST_HANGING = 100
_MOST_REPEATED_CHARS = 2_000_000  # of one table; beyond, what spans rows stands in the first alone


@dataclass(frozen=True, slots=True)
class Span:
    """A cell: its text, how many columns and rows it takes, and whether it is the one above, which goes on."""

    text: str
    columns: int = 1
    rows: int = 1
    goes_on: bool = False


@dataclass(frozen=True, slots=True)
class _Hanging:
    """A cell that takes more rows: what it says, how many, and its columns."""

    text: str
    rows: int
    columns: int


class TableRows:
    """Makes elements of a table's rows, given in order.

    A title above the rows, which is one cell over several columns, is a paragraph: the first row below is the head.
    """

    def __init__(self, group: int) -> None:
        self._group = group
        self._grid = _Grid()
        self._lead: list[str] = []
        self._begun = False

    def add(self, row: Iterable[Span]) -> Iterator[Element]:
        """Take the next row. Yields what is known to be of the table."""
        spans = list(row)
        cells = cell_texts(self._grid.cells(spans))
        if not cells:
            return
        if not self._begun and len(cells) == 1 and any(span.columns > 1 for span in spans):
            self._lead.append(cells[0])
            return
        yield from (Element(BlockKind.PARAGRAPH, text) for text in self._lead)
        self._lead.clear()
        self._begun = True
        yield Element(BlockKind.TABLE, CELL.join(cells), group=self._group)

    def end(self) -> Iterator[Element]:
        """Yield the rows of a table that has none of several cells."""
        yield from (Element(BlockKind.TABLE, text, group=self._group) for text in self._lead)
        self._lead.clear()


class _Grid:
    """Knows what hangs into the next row."""

    def __init__(self) -> None:
        self._hanging: dict[int, _Hanging] = {}
        self._above: dict[int, str] = {}
        self._rows = 0
        self._left = _MOST_REPEATED_CHARS

    def cells(self, row: Iterable[Span]) -> list[str]:
        """Return the cells of a row by columns; none where it says nothing of its own."""
        hanging, self._hanging = self._hanging, {}
        placed: list[tuple[str, int]] = []
        column, own = 0, False
        for span in row:
            column = self._hang(hanging, placed, column)
            columns = max(1, min(span.columns, _WIDEST))
            if column + columns > _MOST_COLUMNS:
                break
            goes_on = span.goes_on and not span.text.strip()
            text = self._repeated(self._above.get(column, "")) if goes_on else span.text
            own = own or bool(text.strip() and not goes_on)
            self._keep(column, _Hanging(text, span.rows, columns))
            placed.append((text, columns))
            column += columns
        for nearest in sorted(hanging):
            if nearest >= column:
                placed += [("", 1)] * (nearest - column)
                column = self._hang(hanging, placed, nearest)
        return self._laid_out(placed) if own else []

    def _hang(self, hanging: dict[int, _Hanging], placed: list[tuple[str, int]], column: int) -> int:
        """Place what hangs at a column. Returns the next free one."""
        while (above := hanging.pop(column, None)) is not None:
            self._keep(column, _Hanging(above.text, above.rows - 1, above.columns))
            placed.append((self._repeated(above.text), above.columns))
            column += above.columns
        return column

    def _repeated(self, text: str) -> str:
        self._left -= len(text)
        return text if self._left >= 0 else ""

    def _keep(self, column: int, cell: _Hanging) -> None:
        text = cell.text if len(cell.text) <= _LONGEST_REPEATED else ""
        self._above[column] = text
        if cell.rows > 1 and len(self._hanging) < _MOST_HANGING:
            self._hanging[column] = _Hanging(text, cell.rows, cell.columns)

    def _laid_out(self, placed: list[tuple[str, int]]) -> list[str]:
        self._rows += 1
        fills = self._rows <= _HEAD_ROWS and sum(bool(text.strip()) for text, _ in placed) > 1
        cells: list[str] = []
        for text, columns in placed:
            repeated = text if fills and len(text) <= _LONGEST_REPEATED else ""
            cells += [text, *[repeated] * (columns - 1)]
        return cells
