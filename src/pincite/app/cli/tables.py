"""Tables that lose nothing: no id is broken or cut off, and to a program each row is a line.

On a terminal cells that are too long are folded; where even that does not fit, the lines between columns go first, then
each row is told in lines of its own.
"""

from collections.abc import Sequence

from rich.console import Console, RenderableType
from rich.measure import Measurement
from rich.table import Column, Table
from rich.text import Text

_LEAST = 8  # of a cell that may be folded
_UNBOUND = 1_000_000


def print_whole(console: Console, table: Table) -> None:
    """Print a table, in the width that the console has; without bound where that is no terminal."""
    if not console.is_terminal:
        console.width = _UNBOUND
    natural = [max(_widest(console, column), 1) for column in table.columns]
    least = [
        wide if _whole(column) else min(wide, max(_LEAST, _longest_word(column)))
        for column, wide in zip(table.columns, natural, strict=True)
    ]
    count = len(natural)
    room = console.width - (3 * count + 1)  # lines, and a blank on either side of a cell
    if sum(least) > room:
        table.box, table.pad_edge = None, False
        room = console.width - 2 * (count - 1)
    if sum(least) > room:
        _tell_rows(console, table)
        return
    for column, width in zip(table.columns, _shared(natural, least, room), strict=True):
        column.overflow, column.width = "fold", width
    console.print(table)


def _whole(column: Column) -> bool:
    """Say whether what stands in a column is to be copied as it is."""
    return column.no_wrap or str(column.header).lower() == "id"


def _widest(console: Console, column: Column) -> int:
    def width(cell: RenderableType) -> int:
        return Measurement.get(console, console.options.update(max_width=_UNBOUND), cell).maximum

    return max(width(cell) for cell in (column.header, *column.cells))


def _longest_word(column: Column) -> int:
    return max((len(word) for word in str(column.header).split()), default=1)


def _shared(natural: Sequence[int], least: Sequence[int], room: int) -> list[int]:
    """Narrow the widest columns, none below its least, until all fit."""
    level = max(natural)
    while level > 1 and sum(max(low, min(wide, level)) for wide, low in zip(natural, least, strict=True)) > room:
        level = min(level - 1, room)
    return [max(low, min(wide, level)) for wide, low in zip(natural, least, strict=True)]


def _tell_rows(console: Console, table: Table) -> None:
    names = [str(column.header) for column in table.columns]
    widest = max(len(name) for name in names)
    if table.title:
        console.print(table.title)
    for row in zip(*(column.cells for column in table.columns), strict=True):
        for name, cell in zip(names, row, strict=True):
            text = cell if isinstance(cell, Text) else Text.from_markup(str(cell))
            console.print(Text.assemble((f"{name:<{widest}}  ", "dim"), text))
        console.print()
