"""Makes tables of the lines that look like rows: rows, cells, columns, and which rows are the head. Pure.

Which lines look like rows is decided in `pdf_layout.py`; what stands together in a line in `pdf_lines.py`.
"""

import re
from collections import Counter
from collections.abc import Sequence

from pincite.guard.adapters.pdf_lines import Line, Piece
from pincite.guard.domain import Cell, Table

_FIGURE = re.compile(r"[($€£¥\s+-]*\d[\d,.\s]*[)%x*\s]*|[—–-]+")
_AMOUNT = re.compile(r"[$€£¥]?\s?\d[\d,.]*\s?\S{1,8}(?:\s\S{1,10}){0,2}$")
_YEAR = re.compile(r"(?:FY\s?)?(?:19|20)\d\d[AE]?")
_MOST_HEAD_ROWS = 6
_MOST_HEAD_LINES = 40  # where each cell is a line of its own
_MOST_LABELS = 2  # between the head and the first row with figures
_LONGEST_HEAD = 100
_HEAD_STEP = 3.0  # beside the font's size: the largest gap within a head
_LARGER = 1.3

_Row = list[Piece]


def head_start(lines: Sequence[Line], first: int, last: int) -> int:
    """Return the index of the first line of a table's head, which stands above the columns of its figures.

    Args:
        lines: the page's.
        first: the index of the first line that looks like a row.
        last: of the last one.
    """
    edges = [line.pieces[1].left for line in lines[first : last + 1] if len(line.pieces) > 1]
    if not edges:
        return first
    figures, size = min(edges), lines[first].size
    start, lowest, labels = first, lines[first].bottom, 0
    for index in range(first - 1, max(-1, first - 1 - _MOST_HEAD_LINES), -1):
        line = lines[index]
        if not _may_head(line, size) or line.bottom - lowest > _HEAD_STEP * size:
            break
        if (line.left + line.right) / 2 >= figures - 2 * size or len(line.pieces) > 1 or line.is_level(lines[start]):
            start, labels = index, 0
        elif labels < _MOST_LABELS:
            labels += 1
        else:
            break
        lowest = max(lowest, line.bottom)
    return start


def _may_head(line: Line, size: float) -> bool:
    fits = len(line.text) <= _LONGEST_HEAD and line.size <= _LARGER * size
    return fits and not (line.margin or line.table) and not (len(line.text) > 40 and line.text.endswith("."))


def table_of(lines: Sequence[Line]) -> Table:
    """Return the table of lines that follow each other; every line is in some row, those of the head by height."""
    rows = _rows(lines)
    count = _before_figures([[_said(piece, lines) for piece in row] for row in rows])
    head = _by_height([line for line in lines if line.start < rows[count][0].start]) if count else []
    if len(head) > _MOST_HEAD_ROWS:
        head, count = [], 0
    columns = _columns(rows[count:])
    return Table(tuple(_placed(row, columns) for row in [*head, *rows[count:]]), len(head))


def _placed(row: _Row, columns: Sequence[tuple[float, float]]) -> tuple[Cell, ...]:
    if len(row) == len(columns):
        return tuple(Cell(piece.start, piece.end, place) for place, piece in enumerate(row))
    return tuple(Cell(piece.start, piece.end, _column(piece, columns)) for piece in row)


def _rows(lines: Sequence[Line]) -> list[_Row]:
    """Return the cells of each row; lines at one height, which come one after the other, are one row."""
    rows: list[_Row] = []
    before: Line | None = None
    for line in lines:
        if before is not None and line.is_beside(before):
            rows[-1] += _cells(line)
        else:
            rows.append(_cells(line))
        before = line
    return rows


def _by_height(lines: Sequence[Line]) -> list[_Row]:
    """Return the cells of a head by rows from the top, each from the left, in whatever order they were written."""
    rows: list[_Row] = []
    before: Line | None = None
    for line in sorted(lines, key=lambda line: -line.bottom):
        if before is not None and line.is_level(before):
            rows[-1] += _cells(line)
        else:
            rows.append(_cells(line))
            before = line
    return [sorted(row, key=lambda piece: piece.left) for row in rows]


def _cells(line: Line) -> _Row:
    return list(line.pieces) or [Piece(line.start, line.end, line.left, line.right)]


def _columns(rows: Sequence[_Row]) -> list[tuple[float, float]]:
    """Return the columns' edges, by the rows that have the most cells, if there are some of them."""
    counts = Counter(len(row) for row in rows if len(row) > 1)
    if not counts:
        return [(min(row[0].left for row in rows), max(row[-1].right for row in rows))]
    enough = min(max(2, counts.total() // 5), max(counts.values()))
    usual = max(count for count, times in counts.items() if times >= enough)
    typical = [row for row in rows if len(row) == usual]
    return [
        (min(row[place].left for row in typical), max(row[place].right for row in typical)) for place in range(usual)
    ]


def _column(piece: Piece, columns: Sequence[tuple[float, float]]) -> int:
    """Return the column that a cell shares most with, or else the nearest."""

    def shared(place: int) -> float:
        left, right = columns[place]
        return min(piece.right, right) - max(piece.left, left)

    return max(range(len(columns)), key=shared)


def _said(piece: Piece, lines: Sequence[Line]) -> str:
    line = next(line for line in lines if line.start <= piece.start < line.end)
    return line.text[piece.start - line.start : piece.end - line.start]


def _before_figures(texts: Sequence[Sequence[str]]) -> int:
    """Count the rows before the first that has a figure; years are none.

    Without any it is the first with an amount ("45p a mile") behind its name, or else the first is the head.
    """
    for count, row in enumerate(texts):
        if any(_FIGURE.fullmatch(cell) and not _YEAR.fullmatch(cell.strip()) for cell in row):
            return count
    amounts = (count for count, row in enumerate(texts) if count and any(map(_AMOUNT.match, row[1:])))
    return next(amounts, 1) if len(texts) > 1 else 0
