"""Lays cells out by columns where some span several columns or rows, and makes rows of them. No format is known here.

What spans rows stands in each of them. A head of two rows, where the upper one names groups of columns, becomes one:
"Euros 2025 | Euros 2026". So a row that is read alone, on a later page, under the head says what its values are.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from pincite.guard.domain import BlockKind
from pincite.guard.sections import CELL, Element, cell_texts

_MOST_COLUMNS = 1_000
_WIDEST = 100
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
class _Placed:
    """A cell in its place: what it says, its columns, and whether it begins in this row."""

    text: str
    columns: int
    own: bool = False


_BLANK = _Placed("", 1)


class TableRows:
    """Makes elements of a table's rows, given in order.

    A title above the rows, which is one cell over several columns, is a paragraph: the first row below is the head.
    """

    def __init__(self, group: int) -> None:
        self._group = group
        self._grid = _Grid()
        self._lead: list[str] = []
        self._held: list[_Placed] = []
        self._begun = False

    def add(self, row: Iterable[Span]) -> Iterator[Element]:
        """Take the next row. Yields what is known to be of the table."""
        placed = self._grid.placed(row)
        said = [cell for cell in placed if cell.text.strip()]
        if not any(cell.own for cell in said):
            return
        wide = any(cell.columns > 1 for cell in said)
        if self._held:
            upper, self._held = self._held, []
            joined = _joined_head(upper, placed)
            if joined is not None:
                yield self._row(joined)
                return
            yield self._row(_over_columns(upper) if _is_divided(upper, placed) else _alone(upper))
        elif not self._begun and wide and said == placed[:1]:
            self._lead.append(cell_texts([said[0].text])[0])
            return
        yield from (Element(BlockKind.PARAGRAPH, text) for text in self._lead)
        self._lead.clear()
        if wide and not self._begun:
            self._held = placed
        else:
            yield self._row(_alone(placed))
        self._begun = True

    def end(self) -> Iterator[Element]:
        """Yield what was held back until another row might come."""
        yield from (Element(BlockKind.TABLE, text, group=self._group) for text in self._lead)
        if self._held:
            yield self._row(_alone(self._held))
        self._lead, self._held = [], []

    def _row(self, cells: Iterable[str]) -> Element:
        return Element(BlockKind.TABLE, CELL.join(cell_texts(cells)), group=self._group)


def _alone(placed: Sequence[_Placed]) -> list[str]:
    """Return a row's cells, each in its first column."""
    return [text for cell in placed for text in (cell.text, *[""] * (cell.columns - 1))]


def _over_columns(placed: Sequence[_Placed]) -> list[str]:
    """Return the cells of a head, each over all its columns."""
    return [cell.text if len(cell.text) <= _LONGEST_REPEATED else "" for cell in _by_column(placed)]


def _by_column(placed: Sequence[_Placed]) -> list[_Placed]:
    return [cell for cell in placed for _ in range(cell.columns)]


def _is_divided(upper: Sequence[_Placed], lower: Sequence[_Placed]) -> bool:
    """Whether cells of the lower row divide the columns of one above; in a form both are as wide."""
    return any(
        above.columns > 1 and below.own and below.columns == 1
        for above, below in zip(_by_column(upper), _by_column(lower), strict=False)
    )


def _joined_head(upper: Sequence[_Placed], lower: Sequence[_Placed]) -> list[str] | None:
    """Return two rows as one head, None where the lower one does not name the columns of the upper one's groups."""
    one, other = _by_column(upper), _by_column(lower)
    length = max(len(one), len(other))
    one += [_BLANK] * (length - len(one))
    other += [_BLANK] * (length - len(other))
    joined: list[str] = []
    for above, below in zip(one, other, strict=True):
        named = bool(below.own and below.text.strip())
        if named != (above.columns > 1):
            return None
        same = not named or below.text == above.text
        joined.append(above.text or below.text if same else f"{above.text} {below.text}".strip())
    return joined


class _Grid:
    """Knows what hangs into the next row."""

    def __init__(self) -> None:
        self._hanging: dict[int, tuple[_Placed, int]] = {}
        self._above: dict[int, str] = {}
        self._left = _MOST_REPEATED_CHARS

    def placed(self, row: Iterable[Span]) -> list[_Placed]:
        """Return the cells of a row by columns."""
        hanging, self._hanging = self._hanging, {}
        placed: list[_Placed] = []
        column = 0
        for span in row:
            column = self._hang(hanging, placed, column)
            columns = max(1, min(span.columns, _WIDEST))
            if column + columns > _MOST_COLUMNS:
                break
            goes_on = span.goes_on and not span.text.strip()
            text = self._repeated(self._above.get(column, "")) if goes_on else span.text
            placed.append(_Placed(text, columns, own=not goes_on))
            self._keep(column, placed[-1], span.rows)
            column += columns
        for nearest in sorted(hanging):
            if nearest >= column:
                placed += [_BLANK] * (nearest - column)
                column = self._hang(hanging, placed, nearest)
        return placed

    def _hang(self, hanging: dict[int, tuple[_Placed, int]], placed: list[_Placed], column: int) -> int:
        """Place what hangs at a column. Returns the next free one."""
        while column in hanging:
            above, rows = hanging.pop(column)
            self._keep(column, above, rows - 1)
            placed.append(_Placed(self._repeated(above.text), above.columns))
            column += above.columns
        return column

    def _keep(self, column: int, cell: _Placed, rows: int) -> None:
        text = cell.text if len(cell.text) <= _LONGEST_REPEATED else ""
        self._above[column] = text
        if rows > 1 and len(self._hanging) < _MOST_HANGING:
            self._hanging[column] = _Placed(text, cell.columns), rows

    def _repeated(self, text: str) -> str:
        self._left -= len(text)
        return text if self._left >= 0 else ""
