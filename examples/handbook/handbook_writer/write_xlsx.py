"""Writes a document as a workbook with openpyxl: one sheet for each level 2 heading.

Cells hold what a person would type; there are no formulas.
"""

from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter

from handbook_writer import palette
from handbook_writer.markup import Document, Grid, Heading, Paragraph
from handbook_writer.ooxml import settle

_RULE = Border(bottom=Side("thin", color=palette.LINE))


def write_xlsx(document: Document, _source: Path, target: Path) -> None:
    book = Workbook()
    book.remove(book.worksheets[0])
    book.properties.title, book.properties.creator = document.title, palette.COMPANY
    sheet: Any = None
    for block in document.blocks:
        if isinstance(block, Heading):
            sheet = book.create_sheet(block.text)
            sheet.sheet_view.showGridLines = False
        elif isinstance(block, Grid):
            _table(sheet, block)
        elif isinstance(block, Paragraph):
            _note(sheet, block.text)
    book.save(target)
    settle(target)


def _table(sheet: Any, block: Grid) -> None:
    for row, cells in enumerate(block.rows, 1):
        for column, text in enumerate(cells, 1):
            _cell(sheet.cell(row, column), text, row)
    for column in range(len(block.rows[0])):
        longest = max(len(cells[column]) for cells in block.rows)
        sheet.column_dimensions[get_column_letter(column + 1)].width = min(max(longest + 3, 10), 46)
    sheet.freeze_panes = "A2"
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(block.rows[0]))}{len(block.rows)}"


def _cell(cell: Any, text: str, row: int) -> None:
    cell.value = int(text) if text.isdigit() and not text.startswith("0") else text
    cell.alignment = Alignment(vertical="top", wrap_text=True, horizontal="left")
    cell.border = _RULE
    if row == 1:
        cell.font = Font(name="Calibri", bold=True, color="FFFFFF")
        cell.fill = PatternFill("solid", start_color=palette.TEAL)
    elif row % 2:
        cell.fill = PatternFill("solid", start_color=palette.MIST)


def _note(sheet: Any, text: str) -> None:
    cell = sheet.cell(sheet.max_row + 2, 1, text)
    cell.font = Font(name="Calibri", italic=True, color=palette.GREY)
