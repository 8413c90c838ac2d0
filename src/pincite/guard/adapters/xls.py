"""XLS: old binary workbooks through xlrd, shown as XLSX is. Runs in the child only.

Hidden sheets, notes and charts are left out.
"""

import io
import struct
from collections.abc import Iterator
from typing import Any

import xlrd
from xlrd.biffh import XLRDError
from xlrd.compdoc import CompDocError
from xlrd.formula import FormulaError

from pincite.guard.adapters.text import clean
from pincite.guard.adapters.xlsx_numbers import show
from pincite.guard.domain import PageText, UnreadableDocument
from pincite.guard.sheets import MAX_COLUMNS, Merge, Row, Sheet, fill_merged, sheet_pages
from pincite.guard.source import Opened, Source

_MAX_BYTES = 100 << 20
_REMEDY = "Open it in a spreadsheet program, save it as XLSX and upload that."
# xlrd checks little of what it reads: a damaged record surfaces as whatever it was used for.
_DAMAGES: tuple[type[Exception], ...] = (
    XLRDError, CompDocError, FormulaError, ArithmeticError, AssertionError, AttributeError, LookupError, TypeError,
    ValueError, NotImplementedError, RecursionError, struct.error,
)  # fmt: skip


def open_source(source: Source) -> Opened:
    """Open a workbook of Excel 97 to 2003, or older."""
    if source.size_bytes > _MAX_BYTES:
        raise UnreadableDocument(
            f"The workbook is larger than {_MAX_BYTES >> 20} MB, which is the limit.", remedy=_REMEDY
        )
    try:
        book: Any = xlrd.open_workbook(
            file_contents=source.file.read(),
            formatting_info=True,
            on_demand=True,
            ragged_rows=True,
            logfile=io.StringIO(),
        )
    except _DAMAGES as error:
        if "encrypted" in str(error):
            raise UnreadableDocument(
                "The workbook is encrypted and needs a password.", remedy="Save a copy without a password, as XLSX."
            ) from error
        raise _damaged() from error
    return Opened(_pages(book))


def _pages(book: Any) -> Iterator[PageText]:
    try:
        shown = [n for n in range(book.nsheets) if book._sheet_visibility[n] == 0]
        chosen = shown or list(range(book.nsheets))
        hidden = [clean(book.sheet_names()[n]) for n in range(book.nsheets) if n not in chosen]
        yield from sheet_pages((_sheet(book, number) for number in chosen), hidden)
    except _DAMAGES as error:
        raise _damaged() from error


def _sheet(book: Any, number: int) -> Sheet:
    sheet = book.sheet_by_index(number)
    merges = [Merge(top + 1, bottom, left, right - 1) for top, bottom, left, right in sheet.merged_cells]
    return Sheet(clean(sheet.name), fill_merged(_rows(book, sheet, number), merges))


def _rows(book: Any, sheet: Any, number: int) -> Iterator[Row]:
    for row in range(sheet.nrows):
        yield row + 1, [_shown(book, cell) for cell in sheet.row(row)[: MAX_COLUMNS + 1]]
    book.unload_sheet(number)


def _shown(book: Any, cell: Any) -> str:
    """Return a cell's text as people see it."""
    if cell.ctype == xlrd.XL_CELL_TEXT:
        return clean(cell.value)
    if cell.ctype in {xlrd.XL_CELL_NUMBER, xlrd.XL_CELL_DATE}:
        style = book.xf_list[cell.xf_index] if cell.xf_index is not None else None
        known = book.format_map.get(style.format_key) if style is not None else None
        code = known.format_str if known is not None else "General"
        return show(repr(cell.value), code, from_1904=book.datemode == 1)
    if cell.ctype == xlrd.XL_CELL_BOOLEAN:
        return "TRUE" if cell.value else "FALSE"
    if cell.ctype == xlrd.XL_CELL_ERROR:
        return str(xlrd.error_text_from_code.get(cell.value, "#ERROR"))
    return ""


def _damaged() -> UnreadableDocument:
    return UnreadableDocument("The workbook is damaged, or in a form that cannot be read.", remedy=_REMEDY)
