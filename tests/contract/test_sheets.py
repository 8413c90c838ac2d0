"""Workbooks: cells are named, merged ones are filled, hidden sheets are not read and named."""

from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
from tests.contract.format_samples import old_sheets, pages_of

from pincite.guard import DocumentReader, FileType
from pincite.library.places import narrowed


def budget(path: Path, rows: int = 400) -> None:
    book = openpyxl.Workbook()
    sheet: Any = book.active
    sheet.title = "Budget"
    sheet["C2"] = "Budget of the house"
    sheet.merge_cells("C2:F2")
    for column, said in ((3, "Year"), (5, "Plan"), (6, "Spent")):
        sheet.cell(3, column, said)
    sheet.merge_cells("C3:D3")
    for number in range(rows):
        for column, value in enumerate(("North", f"part {number}", number * 1000, number / 8), start=3):
            if column > 3 or number % 2 == 0:
                sheet.cell(number + 4, column, value)
        if number % 2 == 0:
            sheet.merge_cells(start_row=number + 4, end_row=number + 5, start_column=3, end_column=3)
        sheet.cell(number + 4, 5).number_format = "#,##0"
        sheet.cell(number + 4, 6).number_format = "0.0%"
    sheet.cell(rows + 6, 3, date(2026, 3, 1)).number_format = "d mmm yyyy"
    for name, state in (("Lists", "hidden"), ("Keys", "veryHidden")):
        hidden = book.create_sheet(name)
        hidden.append(["secret"])
        hidden.sheet_state = state
    book.save(path)


async def test_labels_name_cells_and_ranges_narrow_to_rows(reader: DocumentReader, tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    budget(path)
    *pages, hidden = await pages_of(reader, path, FileType.XLSX)
    assert len(pages) > 1
    assert pages[0].label.startswith("Sheet 'Budget', C2:F")
    assert pages[1].label.startswith("Sheet 'Budget', C3:F3, C")
    assert pages[1].text.startswith("Year | Year | Plan | Spent\nNorth | part ")
    assert pages[-1].label.endswith(", C406")
    for page in pages:
        for number in (7, 8, 101, 399):
            said = f"North | part {number} | {number * 1000:,} | {number * 12.5:.1f}%"
            if said in page.text:
                start = page.text.index(said)
                place = narrowed(page.label, page.text, start, start + len(said))
                assert place == f"Sheet 'Budget', C{number + 4}:F{number + 4}"
    assert pages[0].text.split("\n")[:3] == ["Budget", "", "Budget of the house"]
    assert pages[-1].text.endswith("1 Mar 2026")
    assert "secret" not in "".join(page.text for page in pages)
    assert hidden.warning == "Hidden sheets were not read: 'Lists', 'Keys'."


async def test_an_old_workbook_is_shown_as_a_new_one(reader: DocumentReader, tmp_path: Path) -> None:
    path = tmp_path / "a.xls"
    old_sheets(path)
    rates, notes, hidden = await pages_of(reader, path, FileType.XLS)
    assert rates.text == (
        "Rates\n\nCity | Rate | From | Share\nOslo | 1,234.50 | 01.03.2026 | 12.5%\nRome | 80\nRome | TRUE"
    )
    assert (rates.label, notes.label) == ("Sheet 'Rates', A1:D4", "Sheet 'Notes', A1")
    assert hidden.warning == "Hidden sheets were not read: 'Lists'."


def test_a_range_over_a_gap_names_both_tables_and_other_labels_stay() -> None:
    label, text = "a.zip, b.xlsx, Sheet 'X, A1', B2:C3, E9", "b.xlsx\n\nCity | Rate\nOslo | 90\n\nDone"
    assert narrowed(label, text, text.index("Oslo"), len(text)) == "a.zip, b.xlsx, Sheet 'X, A1', B3:C3, E9"
    assert narrowed(label, text, 0, 5) == label
    assert narrowed(label, text + "\nmore" * 4, 20, 25) == label, "the lines are not the rows"
    for other in ("3", "Slide 3", "rows 2-80", "Sheet 'X'"):
        assert narrowed(other, "text", 0, 4) == other
