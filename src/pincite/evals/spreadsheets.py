"""Sets of questions as spreadsheets: CSV with a line of names, then one question a line, or one place of its answer.

What a line says is read in `case_rows.py`.
"""

import csv
import io
from collections.abc import Iterator, Mapping
from typing import Any

from pincite.evals.case_rows import FIELDS

SUFFIXES = (".csv", ".tsv")
_SEPARATORS = ",;\t"
_PLACE = ("source", "page", "quote")
_OF_CASE = ("question", "answer", "answerable", "tags", "group")


def spreadsheet_rows(text: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Yield each question with the number of its first line.

    Cells stand apart by commas, semicolons or tabs, whichever the line of names has most of. Tags stand apart by
    semicolons or commas. Lines that follow under the same id name further places of the answer.

    Raises: ValueError, naming the line.
    """
    head = text.split("\n", 1)[0]
    separator = max(_SEPARATORS, key=head.count)
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    names: list[str] = []
    last: tuple[int, dict[str, Any]] | None = None
    try:
        for cells in lines:
            if not names:
                names = _names(cells)
                continue
            if not any(cell.strip() for cell in cells):
                continue
            row = _row(names, cells, lines.line_num)
            if last is not None and row.get("id") and row.get("id") == last[1].get("id"):
                _add_place(last[1], row, lines.line_num)
                continue
            if last is not None:
                yield last
            last = (lines.line_num, row)
    except csv.Error as error:
        raise ValueError(f"line {lines.line_num}: {error}") from error
    if last is not None:
        yield last


def _names(cells: list[str]) -> list[str]:
    names = [cell.strip().lower() for cell in cells]
    if "question" not in names:
        raise ValueError(f"line 1: no column is called `question`; columns are {', '.join(FIELDS)}")
    if len({name for name in names if name}) != sum(1 for name in names if name):
        raise ValueError("line 1: two columns have the same name")
    return names


def _row(names: list[str], cells: list[str], number: int) -> dict[str, Any]:
    if any(cell.strip() for cell in cells[len(names) :]):
        raise ValueError(f"line {number}: there are more cells than columns; text with a separator is put in quotes")
    given = {name: cell for name, cell in zip(names, cells, strict=False) if name and cell.strip()}
    row: dict[str, Any] = {name: cell for name, cell in given.items() if name not in _PLACE}
    if place := {name: given[name] for name in _PLACE if name in given}:
        row["evidence"] = [place]
    if "tags" in row:
        row["tags"] = row["tags"].replace(",", ";").split(";")
    return row


def _add_place(case: dict[str, Any], row: Mapping[str, Any], number: int) -> None:
    if any(row.get(name, case.get(name)) != case.get(name) for name in _OF_CASE):
        raise ValueError(f"line {number}: the id {row['id']!r} is there twice, with other words")
    case["evidence"] = [*case.get("evidence", []), *row.get("evidence", [])]
