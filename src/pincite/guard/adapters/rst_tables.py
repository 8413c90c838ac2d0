"""The rows of reStructuredText's tables: drawn as a grid, by columns of rules, as lists, as CSV. Child only. Pure."""

import csv
import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

GRID = re.compile(r"\+(?:[-=]+\+)+")
SIMPLE = re.compile(r"=+(?:\s+=+)+\s*")
_UNDERLINED = re.compile(r"-{2,}(?:\s+-{2,})*\s*")
_RULE = re.compile(r"[-=+]{2,}")
_ROW = re.compile(r"\*\s+-(?:\s|$)")
_CELL = re.compile(r"\s*-(?:\s|$)")


def simple_rows(lines: Sequence[str]) -> Iterator[list[str]]:
    """Yield the rows of a table whose columns are told by the rule above it."""
    edges = [match.start() for match in re.finditer(r"=+", lines[0])]
    row: list[str] = []
    for line in lines[1:]:
        is_rule = SIMPLE.fullmatch(line) is not None or (len(edges) > 1 and _UNDERLINED.fullmatch(line) is not None)
        if is_rule or (row and line[: edges[0] + 1].strip()):
            if row:
                yield row
            row = [] if is_rule else _columns(line, edges)
        else:
            more = _columns(line, edges)
            row = [f"{one} {other}" for one, other in zip(row, more, strict=False)] if row else more
    if row:
        yield row


def grid_rows(lines: Sequence[str]) -> Iterator[list[str]]:
    """Yield the rows of a table that is drawn.

    A cell over several columns stands in the first of them, one over several rows in each of these.
    """
    edges = [match.start() for match in re.finditer(r"\+", lines[0])]
    row: list[str] = []
    for line in lines[1:]:
        if GRID.fullmatch(line.strip()):
            if row:
                yield row
            row = []
            continue
        more = _cells(line, edges)
        ended = [_RULE.fullmatch(cell) is not None for cell in more]
        if any(ended) and row:
            yield row
            row = ["" if end else cell for cell, end in zip(row, ended, strict=True)]
        more = ["" if end else cell for cell, end in zip(more, ended, strict=True)]
        row = [f"{one} {other}" for one, other in zip(row, more, strict=True)] if row else more
    if row:
        yield row


def list_rows(lines: Sequence[str]) -> Iterator[list[str]]:
    """Yield the rows of a table that is a list of lists."""
    row: list[str] = []
    for line in lines:
        if _ROW.match(line):
            if row:
                yield row
            row = [line.lstrip("* ").removeprefix("-").strip()]
        elif _CELL.match(line) and row and len(line) - len(line.lstrip()) <= 4:
            row.append(line.strip().removeprefix("-").strip())
        elif row:
            row[-1] = f"{row[-1]} {line.strip()}".strip()
    if row:
        yield row


def csv_rows(header: str, lines: Sequence[str]) -> Iterator[list[str]]:
    """Yield the rows of a table of values with commas, its header first."""
    given = [line for line in (header, *lines) if line.strip()]
    try:
        yield from csv.reader(given, skipinitialspace=True)
    except csv.Error:
        for line in given:
            yield line.split(",")


def _columns(line: str, edges: Sequence[int]) -> list[str]:
    return [line[start:end].strip() for start, end in zip(edges, [*edges[1:], len(line)], strict=True)]


def _cells(line: str, edges: Sequence[int]) -> list[str]:
    """Return what stands between a line's bars, each in the column where it begins.

    Where letters are wider than one column the bars stand elsewhere: then they count in their order.
    """
    found = [""] * (len(edges) - 1)
    walls = [at for at, edge in enumerate(edges) if line[edge : edge + 1] in {"|", "+"}]
    parts = line.strip().strip("|").split("|")
    if len(walls) < len(edges) and len(parts) == len(found):
        return [part.strip() for part in parts]
    if len(edges) - 1 not in walls:
        walls.append(len(edges) - 1)
    for first, last in pairwise(walls):
        end = edges[last] if last < len(found) else len(line)
        found[first] = line[edges[first] + 1 : end].strip().removesuffix("|").strip()
    return found
