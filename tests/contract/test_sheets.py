"""Workbooks: cells are named, merged ones are filled, hidden sheets are not read and named."""

import re
from datetime import date
from pathlib import Path
from typing import Any, cast

import openpyxl
import pytest
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


LONG = [f"word{number}" for number in range(3_000)]


@pytest.mark.parametrize("file_type", [FileType.XLSX, FileType.CSV])
async def test_a_cell_that_is_longer_than_a_page_is_read_to_its_end(
    reader: DocumentReader, tmp_path: Path, file_type: FileType
) -> None:
    path = tmp_path / "tickets"
    rows = [["id", "subject", "body", "state"], ["1", "Hello", " ".join(LONG), "open"], ["2", "Bye", "short", "shut"]]
    if file_type is FileType.CSV:
        path.write_text("".join(f"{','.join(row)}\n" for row in rows))
    else:
        book = openpyxl.Workbook()
        for row in rows:
            cast("Any", book.active).append(row)
        book.save(path)
    pages = await pages_of(reader, path, file_type)
    assert len(pages) >= 3
    assert re.findall(r"word\d+|open|short|shut", "\n".join(page.text for page in pages)) == [
        *LONG, "open", "short", "shut",
    ]  # fmt: skip
    for page in pages:
        assert len(page.text) < 8_100
        for word, cell, row in (
            ("word9", "C2", "2"),
            ("word2500", "C2", "2"),
            ("open", "D2", "2"),
            ("shut", "D3", "3"),
        ):
            if found := re.search(rf"\b{word}\b", page.text):
                place = narrowed(page.label, page.text, *found.span())
                assert place == (f"row {row}" if file_type is FileType.CSV else f"Sheet 'Sheet', {cell}")


@pytest.mark.parametrize("last", ["", '9"\tnut\tok\n'])
async def test_a_sign_for_inches_swallows_no_rows(reader: DocumentReader, tmp_path: Path, last: str) -> None:
    path = tmp_path / "parts.tsv"
    rows = [f"part {number}\t{number}\tin stock" for number in range(2_000)]
    path.write_text("\n".join(["name\tsize\tnote", 'bolt\t"5 inch\tok', *rows, last]))
    pages = await pages_of(reader, path, FileType.CSV)
    lines = [line for page in pages for line in page.text.split("\n")]
    assert lines[1] == 'bolt | "5 inch | ok'
    assert [line for line in lines if line.startswith("part ")] == [row.replace("\t", " | ") for row in rows]


async def test_a_field_of_several_lines_stays_one_and_one_beyond_all_measure_is_kept(
    reader: DocumentReader, tmp_path: Path
) -> None:
    path = tmp_path / "tickets.csv"
    path.write_text('id,text,state\n1,"Dear all,\n\nplease, come.\nBob, Ada",open\n2,x,shut\n')
    (page,) = await pages_of(reader, path, FileType.CSV)
    assert page.text == "id | text | state\n1 | Dear all, please, come. Bob, Ada | open\n2 | x | shut"
    path.write_text(f'id,text,state\n1,"{"many words " * 100_000}LAST",open\n2,x,shut\n')
    pages = await pages_of(reader, path, FileType.CSV)
    assert sum(page.text.count("many") for page in pages) == 100_000
    assert pages[-1].text.endswith("x | shut")
    assert 'LAST" | open' in "".join(page.text for page in pages)


async def test_columns_beyond_what_is_read_are_told_of(reader: DocumentReader, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet: Any = book.active
    sheet.cell(1, 2, "first")
    sheet.cell(1, 1_001, "last")
    sheet.cell(1, 1_002, "beyond")
    book.save(tmp_path / "wide.xlsx")
    page, told = await pages_of(reader, tmp_path / "wide.xlsx", FileType.XLSX)
    assert page.text.startswith("Sheet\n\nfirst |")
    assert page.text.endswith("| last")
    assert told.warning == "Sheet 'Sheet' has more columns than are read: those after ALM were left out."
