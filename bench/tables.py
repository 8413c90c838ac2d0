"""Measures the tables of PDFs: those of ICDAR 2013 and docling under PINCITE_BENCH_DATA/files, through the real reader.

A relation is two cells beside or below each other, known by what they say without white space: how many of those that
are expected are found, and how many of the found ones are expected (Göbel et al., "A Methodology for Evaluating
Algorithms for Table Understanding in PDF Documents", 2012). A row is whole when one row that was read holds its words.
"""

import asyncio
import json
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise, product
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

from pincite.guard import Block, DocumentReader, FileType, PageText
from pincite.guard.settings import GuardSettings

Relation = tuple[int, str, str, str]
"""(page, direction, what one cell says, what the next one says)."""


@dataclass(frozen=True, slots=True)
class GridCell:
    """A cell over rows [row, row_end) and columns [column, column_end)."""

    text: str
    row: int
    row_end: int
    column: int
    column_end: int


Grid = tuple[int, Sequence[GridCell]]
"""(page, cells)."""


@dataclass(slots=True)
class Tally:
    """Relations expected, found, and both; rows expected, and those that are whole."""

    expected: int = 0
    found: int = 0
    right: int = 0
    rows: int = 0
    whole: int = 0

    def add(self, other: "Tally") -> None:
        """Count another's in."""
        for name in self.__slots__:
            setattr(self, name, getattr(self, name) + getattr(other, name))


def main() -> int:
    """Print a line a file and one for all; exit code 1 where nothing was found to measure."""
    root = Path(os.environ["PINCITE_BENCH_DATA"]) / "files"
    files = [*_icdar(root / "corpus_tables_icdar"), *_docling(root / "corpus_docling" / "pdf")]
    return asyncio.run(_measure(files))


def _icdar(root: Path) -> Iterator[tuple[Path, list[Grid]]]:
    for marked in sorted(root.rglob("*-str.xml")):
        path = marked.with_name(marked.name.replace("-str.xml", ".pdf"))
        if not path.is_file():
            continue
        # The set is a fixed one and was looked through.
        regions = ET.parse(marked).getroot().iter("region")
        yield (
            path,
            [(int(region.get("page", 1)), [_icdar_cell(cell) for cell in region.iter("cell")]) for region in regions],
        )


def _icdar_cell(cell: ET.Element) -> GridCell:
    row, column = int(cell.get("start-row", 0)), int(cell.get("start-col", 0))
    row_end, column_end = int(cell.get("end-row", row)) + 1, int(cell.get("end-col", column)) + 1
    return GridCell(_bare(cell.findtext("content") or ""), row, row_end, column, column_end)


def _docling(root: Path) -> Iterator[tuple[Path, list[Grid]]]:
    for path in sorted((root / "sources").glob("*.pdf")):
        beside = root / "groundtruth" / f"{path.stem}.json"
        tables = json.loads(beside.read_text("utf-8"))["tables"] if beside.is_file() else []
        if tables:
            yield (
                path,
                [
                    (table["prov"][0]["page_no"], [_docling_cell(c) for c in table["data"]["table_cells"]])
                    for table in tables
                ],
            )


def _docling_cell(cell: dict[str, Any]) -> GridCell:
    rows = cell["start_row_offset_idx"], cell["end_row_offset_idx"]
    columns = cell["start_col_offset_idx"], cell["end_col_offset_idx"]
    return GridCell(_bare(cell["text"]), *rows, *columns)


async def _measure(files: Sequence[tuple[Path, list[Grid]]]) -> int:
    reader = DocumentReader(GuardSettings(children=1, viewers=1))
    total = Tally()
    try:
        for path, grids in files:
            pages = [page async for batch in reader.read(path, FileType.PDF) for page in batch.pages]
            tally = compare(grids, [grid for page in pages for grid in read_grids(page)])
            total.add(tally)
            print(_line(path.name, tally))
    finally:
        await reader.close()
    print(_line(f"all {len(files)} files", total))
    return 0 if total.expected else 1


def read_grids(page: PageText) -> list[Grid]:
    """Return the tables of a page as they were read; cells of one row and column are one."""
    return [(page.number, _grid(page.text, block)) for block in page.blocks if block.table is not None]


def _grid(text: str, block: Block) -> list[GridCell]:
    cells: list[GridCell] = []
    for number, row in enumerate(() if block.table is None else block.table.rows):
        said: dict[int, str] = {}
        for cell in row:
            said[cell.column] = said.get(cell.column, "") + _bare(text[cell.start : cell.end])
        cells += [GridCell(words, number, number + 1, column, column + 1) for column, words in said.items()]
    return cells


def compare(expected: Sequence[Grid], found: Sequence[Grid]) -> Tally:
    """Return how the tables that were found compare with those that are expected."""
    wanted, held = _relations(expected), _relations(found)
    rows, whole = 0, 0
    read = {page: [row for other, cells in found if other == page for row in _rows(cells)] for page, _ in expected}
    for page, cells in expected:
        for row in _rows(cells):
            rows += 1
            whole += any(row <= other for other in read[page])
    return Tally(len(wanted), len(held), len(wanted & held), rows, whole)


def _rows(cells: Sequence[GridCell]) -> list[set[str]]:
    """Return what the cells of each row say, those that span several rows left out."""
    rows: dict[int, set[str]] = {}
    for cell in cells:
        if cell.text and cell.row_end == cell.row + 1:
            rows.setdefault(cell.row, set()).add(cell.text)
    return [row for row in rows.values() if len(row) > 1]


def _relations(grids: Sequence[Grid]) -> set[Relation]:
    return {relation for page, cells in grids for relation in _neighbours(page, cells)}


def _neighbours(page: int, cells: Sequence[GridCell]) -> Iterator[Relation]:
    at = {place: cell for cell in cells if cell.text for place in _places(cell)}
    for one, two in pairwise(sorted(at)):
        if one[0] == two[0] and at[one] is not at[two]:
            yield page, "beside", at[one].text, at[two].text
    for one, two in pairwise(sorted(at, key=lambda place: place[::-1])):
        if one[1] == two[1] and at[one] is not at[two]:
            yield page, "below", at[one].text, at[two].text


def _places(cell: GridCell) -> Iterator[tuple[int, int]]:
    return product(range(cell.row, cell.row_end), range(cell.column, cell.column_end))


def _bare(text: str) -> str:
    return "".join(character for character in text if not character.isspace() and character not in "\u00ad\ufffe")


def _line(name: str, tally: Tally) -> str:
    recall = tally.right / tally.expected if tally.expected else 0.0
    precision = tally.right / tally.found if tally.found else 0.0
    both = 2 * recall * precision / (recall + precision) if tally.right else 0.0
    return (
        f"{name:40} {tally.expected:5} relations: recall {recall:.3f}, precision {precision:.3f}, F1 {both:.3f}; "
        f"{tally.whole} of {tally.rows} rows whole"
    )


if __name__ == "__main__":
    sys.exit(main())
