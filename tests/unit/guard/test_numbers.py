"""Numbers of spreadsheets come as their formats show them; what of a format is not understood is never shown."""

import io
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pincite.guard import DocumentReader, FileType
from pincite.guard.adapters.xlsx_numbers import show

MONEY = '_-* #,##0.00\\ "€"_-;\\-* #,##0.00\\ "€"_-;_-* "-"??\\ "€"_-;_-@_-'
SCALED = '[>=1000000]0.0,,"M";[>=1000]0.0,"K";0'
PHONE = r"[<=9999999]###\-####;\(###\)\ ###\-####"
# A number, its format, and how Excel shows it.
SHOWN: tuple[tuple[float, str, str], ...] = (
    (1234.5, "General;[Red]-General", "1234.5"), (-1234.5, "General;[Red]-General", "-1234.5"),
    (1234, "General_)", "1234"), (5, 'General" kg"', "5 kg"), (1234, "GENERAL", "1234"),
    (4006381333931, "General", "4006381333931"), (123456789012345, "General", "123456789012345"),
    (0.1 + 0.2, "General", "0.3"), (1 / 3, "General", "0.33333333333"), (-7, "@", "-7"),
    (1234.5, MONEY, "1,234.50 €"), (-1234.5, MONEY, "-1,234.50 €"), (0, MONEY, "- €"),
    (500, SCALED, "500"), (1500, SCALED, "1.5K"), (2_500_000, SCALED, "2.5M"), (-500, SCALED, "-500"),
    (123456789, r"000\-00\-0000", "123-45-6789"), (1234567, r"000\-00\-0000", "001-23-4567"),
    (5551234567, PHONE, "(555) 123-4567"), (5551234, PHONE, "555-1234"),
    (12345, "# ##0", "12 345"), (12345, r"#\ ##0", "12 345"), (1234567, "#,##0", "1,234,567"),
    (5, "0,000", "0,005"), (1234567, "#,##0.0,", "1,234.6"), (1_000_000, r"0.00,,\M", "1.00M"),
    (1.5, "# ?/?", "1 1/2"), (2.25, "# ?/4", "2 1/4"), (0.5, "# ?/?", "1/2"), (3, "# ?/?", "3"), (1.5, "?/?", "3/2"),
    (0.3125, "# ??/??", "5/16"), (-1.5, "# ?/?", "-1 1/2"), (0.999, "# ?/?", "1"), (2.5, "# ?/8", "2 4/8"),
    (0.125, "0.0%", "12.5%"), (0.285, "0%", "29%"), (12, "0.##", "12"), (12.34, "0.##", "12.34"), (0.5, ".00", ".50"),
    (12345.678, "0.00E+00", "1.23E+04"), (12345.678, "##0.0E+0", "12.3E+3"), (0.00012, "0.0E-0", "1.2E-4"),
    (999.96, "0.0E+0", "1.0E+3"), (-5, "0;(0)", "(5)"), (-5, "0;[Red]-0", "-5"), (-5, "[<0]0;0", "-5"),
    (-5, "[<0](0);0", "(5)"), (0, "0;-0;;@", ""), (1, '"yes";"yes";"no"', "yes"),
    (1234.5, "#,##0.00\\ [$€-407]", "1,234.50 €"),
    (1234, "#,##0.-", "1,234.-"), (1.005, "0.00", "1.01"), (45000.75, "yyyy-mm-dd hh:mm", "2023-03-15 18:00"),
    (45000, "[$-F800]dddd\\,\\ mmmm\\ dd\\,\\ yyyy", "Wednesday, March 15, 2023"),
    (44197, "dd/mm/yyyy;@", "01/01/2021"),
    (1.25, "[h]:mm", "30:00"), (0.5, "h AM/PM", "12 PM"), (0.0001, "mm:ss.0", "00:08.6"), (44197, "d.m.", "1.1."),
    (44197.5, "yyyy-mm-ddThh:mm:ss", "2021-01-01T12:00:00"), (44197, "TT.MM.JJJJ", "44197"), (5, "0.0 kr", "5"),
    (5, "Standard", "5"), (7, "0 d", "7"), (7, "0E", "7"), (1e40, "0.00", "1E+40"), (-1, "dd.mm.yyyy", "-1"),
)  # fmt: skip


async def test_a_sheet_shows_numbers_as_excel_does(reader: DocumentReader, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet: Any = book.active
    for row, (value, code, _) in enumerate(SHOWN, 1):
        sheet.cell(row, 1, f"row {row}")
        sheet.cell(row, 2, value).number_format = code
    data = io.BytesIO()
    book.save(data)
    (tmp_path / "a.xlsx").write_bytes(data.getvalue())
    pages = [page async for batch in reader.read(tmp_path / "a.xlsx", FileType.XLSX) for page in batch.pages]
    said = [line.partition(" | ")[2] for page in pages for line in page.text.split("\n") if line.startswith("row ")]
    assert {(value, code): text for (value, code, _), text in zip(SHOWN, said, strict=True)} == {
        (value, code): text for value, code, text in SHOWN
    }


PIECES = (
    "#", "0", "?", "#,##0", "0.00", ".", ",", "%", "General", "GENERAL", "@", ";", "_-", "* ", "[Red]", "[>=10]",
    "[$€-407]", "E+00", "/", "?/?", " ", "-", "(", ")", '"kg"', r"\-", "yyyy", "mm", "h", "ss.0", "AM/PM", "[h]", "T",
    "x", "[", "e", "K",
)  # fmt: skip


@settings(deadline=None, max_examples=250)
@given(st.lists(st.sampled_from(PIECES), max_size=8).map("".join), st.integers(-(10**15) + 1, 10**15 - 1))
@example("0\\", 5)
@example("0" * 2_000, 5)
@example("0" * 40 + "E+0", 7)
@example("#,##0" + ",0" * 300, 123456789)
def test_no_template_is_ever_shown(code: str, value: int) -> None:
    said = show(str(value), code)
    assert not set('#?@[]_*\\"xK') & set(said)
    assert not re.search("general|yyyy|red", said, re.IGNORECASE)


LITERALS = st.sampled_from((" ", r"\ ", '"€"', "-", r"\-", '" kg"', "_-", "* ", "[Red]"))


@settings(deadline=None)
@given(st.lists(st.sampled_from("#0?"), min_size=1, max_size=6), st.lists(LITERALS, max_size=7), st.data())
def test_every_digit_of_a_whole_number_is_shown(places: list[str], between: list[str], data: st.DataObject) -> None:
    code = "".join(f"{place}{literal}" for place, literal in zip(places, between, strict=False)) + places[0]
    value = data.draw(st.integers(1, 10**15 - 1))
    said = show(str(value), code)
    assert "".join(re.findall(r"\d", said)).lstrip("0") == str(value)


@settings(deadline=None)
@given(st.decimals(-(10**9), 10**9, places=4), st.integers(0, 6))
def test_thousands_and_decimals_are_those_of_the_number(value: Decimal, places: int) -> None:
    code = f"#,##0.{'0' * places}" if places else "#,##0"
    shown = show(str(value), code)
    assert abs(Decimal(shown.replace(",", "")) - value) <= Decimal(5).scaleb(-places - 1)
    assert re.fullmatch(r"-?\d{1,3}(,\d{3})*(\.\d+)?", shown)


@pytest.mark.parametrize("raw", ["", "abc", "NaN", "1e999", "Infinity"])
def test_what_is_no_number_comes_back(raw: str) -> None:
    assert show(raw, "0.00") == raw
