"""What people call a place: pages, slides and sections by their names, sheets by the very cells, CSV by the rows."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pincite.guard import FileType, PageText
from pincite.guard.sheets import Sheet, cut_rows, sheet_pages
from pincite.library import Chunk, NamedPages
from pincite.library.pages import NamedPage
from pincite.library.places import place_of

Cell = tuple[int, int]
"""(row, column), both from 1."""


@st.composite
def tables(draw: st.DrawFn) -> list[tuple[int, list[str]]]:
    """Rows whose every cell says where it stands, with gaps, empty cells, and enough text for several pages."""
    rows: list[tuple[int, list[str]]] = []
    number = draw(st.integers(0, 3))
    noise = st.sampled_from(("", " a  b", " | x", "\nline", " y" * draw(st.sampled_from((1, 500)))))
    for _ in range(draw(st.integers(1, 14))):
        number += draw(st.sampled_from((1, 1, 1, 1, 1, 1, 1, 3)))
        filled = draw(st.lists(st.booleans(), min_size=1, max_size=5))
        rows.append((number, [f"r{number}c{at}.{draw(noise)}" if said else "" for at, said in enumerate(filled)]))
    return rows


def _touched(text: str, start: int, end: int) -> set[Cell]:
    """The cells whose text a range touches, told by what they say."""
    found: set[Cell] = set()
    for cell in re.finditer(r"r(\d+)c(\d+)\.(?:[^|\n]*[^|\n ])?", text):
        if cell.start() < end and start < cell.end():
            found.add((int(cell[1]), int(cell[2])))
    return found


def _number(letters: str) -> int:
    at = 0
    for letter in letters:
        at = at * 26 + ord(letter) - 64
    return at


def _corners(place: str) -> list[tuple[Cell, Cell]]:
    found = re.findall(r"([A-Z]+)(\d+)(?::([A-Z]+)(\d+))?", place)
    return [((int(b), _number(a)), (int(d or b), _number(c or a))) for a, b, c, d in found]


@settings(deadline=None, max_examples=60)
@given(tables(), st.integers(0, 60), st.data())
def test_the_cells_named_are_those_that_the_range_touches(
    rows: list[tuple[int, list[str]]], column: int, data: st.DataObject
) -> None:
    for page in sheet_pages([Sheet("Rates", rows, column)]):
        start = data.draw(st.integers(0, len(page.text) - 1))
        end = data.draw(st.integers(start + 1, len(page.text)))
        touched = {(row, at + column + 1) for row, at in _touched(page.text, start, end)}
        place = place_of(FileType.XLSX, page.number, page.label, page.text, start, end)
        assert place.startswith("Sheet 'Rates', ")
        if place == page.label and not touched:
            continue
        boxes = _corners(place.removeprefix("Sheet 'Rates', "))
        within = [{cell for cell in touched if a[0] <= cell[0] <= b[0] and a[1] <= cell[1] <= b[1]} for a, b in boxes]
        assert set().union(*within) == touched, "all that the range touches is named"
        if place != page.label:
            for (first, last), cells in zip(boxes, within, strict=True):
                assert (first[0], last[0]) == (min(c[0] for c in cells), max(c[0] for c in cells))
                assert (first[1], last[1]) == (min(c[1] for c in cells), max(c[1] for c in cells))


@settings(deadline=None, max_examples=60)
@given(tables(), st.data())
def test_the_rows_named_are_those_that_are_touched(rows: list[tuple[int, list[str]]], data: st.DataObject) -> None:
    for page in cut_rows(rows, name="", first=1):
        start = data.draw(st.integers(0, len(page.text) - 1))
        end = data.draw(st.integers(start + 1, len(page.text)))
        place = place_of(FileType.CSV, page.number, page.label, page.text, start, end)
        low, high = map(int, re.findall(r"\d+", page.label))
        # The header above a later part is none of its rows.
        touched = {row for row, _ in _touched(page.text, start, end) if low <= row <= high}
        if place != page.label and touched:
            said = [int(each) for each in re.findall(r"\d+", place)]
            assert (said[0], said[-1]) == (min(touched), max(touched))
            assert place.startswith("row " if len(said) == 1 else "rows ")


@settings(deadline=None, max_examples=15)
@given(
    st.lists(
        st.lists(st.sampled_from((0, 1, 3, 900, 1_900)), min_size=1, max_size=6).filter(any), min_size=1, max_size=5
    ),
    st.sampled_from((FileType.XLSX, FileType.CSV)),
)
def test_long_rows_lose_no_word_and_each_is_found_in_its_cell(sizes: list[list[int]], file_type: FileType) -> None:
    """Cells of up to 17,000 characters, whose every word says where it stands."""
    rows = [
        (row, [" ".join(f"r{row}c{at}w{word}" for word in range(size)) for at, size in enumerate(cells, 1)])
        for row, cells in enumerate(sizes, 1)
    ]
    pages = cut_rows(rows, name="", first=1) if file_type is FileType.CSV else sheet_pages([Sheet("Rates", rows, 1)])
    seen: list[str] = []
    for page in pages:
        begins = int(page.label[5:].split("-")[0]) if file_type is FileType.CSV else 0
        for found in re.finditer(r"r(\d+)c(\d+)w\d+", page.text):
            seen.append(found[0])
            # The header above a later part of a CSV is none of its rows.
            if len(seen) % 50 or int(found[1]) < begins:
                continue
            place = place_of(file_type, page.number, page.label, page.text, *found.span())
            cell = f"row {found[1]}" if file_type is FileType.CSV else f"{chr(65 + int(found[2]))}{found[1]}"
            assert place.removeprefix("Sheet 'Rates', ") == cell
    assert list(dict.fromkeys(seen)) == [word for _, cells in rows for cell in cells for word in cell.split()]


def _csv(count: int) -> list[PageText]:
    rows = [(1, ["City", "Rate"]), *((n, [f"City {n}", f"{'9' * 60} {n}"]) for n in range(2, count + 1))]
    return list(cut_rows(rows, name="", first=1))


def test_a_later_part_of_a_csv_names_its_rows_below_the_repeated_header() -> None:
    first, second, *_ = _csv(300)
    assert first.label.startswith("rows 1-")
    assert second.text.startswith("City | Rate\n")
    for page, number in ((first, 4), (second, int(second.label[5:].split("-")[0]) + 3)):
        start = page.text.index(f"City {number} ")
        end = page.text.index(f"City {number + 2} ") - 1
        assert place_of(FileType.CSV, page.number, page.label, page.text, start, start + 4) == f"row {number}"
        assert place_of(FileType.CSV, page.number, page.label, page.text, start, end) == f"rows {number}-{number + 1}"
    assert place_of(FileType.CSV, 2, second.label, second.text, 0, 4) == second.label
    inside = f"rates.csv\n\n{first.text}"
    at = inside.index("City 9 ")
    assert place_of(FileType.ZIP, 5, f"a.zip, rates.csv, {first.label}", f"a.zip\n\n{inside}", at + 7, at + 9) == (
        "a.zip, rates.csv, row 9"
    )


def test_cells_are_named_by_row_and_column() -> None:
    text = "Rates\n\nCity | Rate | From\nOslo |  | 2026\nRome | 80 / 90"
    said = {"Oslo |": "A2", "2026": "C2", "Oslo |  | 2026": "A2:C2", "Rome | 80": "A3:B3", "| 2026\nRome": "A2:C3"}
    for words, cells in said.items():
        start = text.index(words)
        place = place_of(FileType.XLSX, 1, "Sheet 'Rates', A1:C3", text, start, start + len(words))
        assert place == f"Sheet 'Rates', {cells}"
    assert place_of(FileType.MARKDOWN, 1, "Sheet 'Rates', A1:C3", text, 7, 11) == "Sheet 'Rates', A1:C3"


@pytest.mark.parametrize(
    ("file_type", "number", "label", "place"),
    [
        (FileType.PDF, 4, "4", "page 4"),
        (FileType.PDF, 4, "", "page 4"),
        (FileType.PDF, 4, "iv", "page 4 (printed iv)"),
        (FileType.PDF, 14, "2", "page 14 (printed 2)"),
        (FileType.PDF, 30, "A-3", "page 30 (printed A-3)"),
        (FileType.PDF, 30, "Page 30", "page 30"),
        (FileType.PDF, 31, "p. 30", "page 31 (printed 30)"),
        (FileType.PDF, 1, "Cover", "page 1 (Cover)"),
        (FileType.PDF, 7, "7 (damaged)", "page 7 (damaged)"),
        (FileType.PPTX, 3, "Slide 3", "Slide 3"),
        (FileType.HTML, 2, "Opening hours", "Opening hours"),
        (FileType.MARKDOWN, 2, "2024", "2024"),
        (FileType.MARKDOWN, 4, "IV", "IV"),
        (FileType.TEXT, 2, "2", "page 2"),
        (FileType.EML, 3, "bill.pdf, 2", "bill.pdf, page 2"),
        (FileType.ZIP, 9, "a.zip, old/book.PDF, xii", "a.zip, old/book.PDF, page xii"),
        (FileType.ZIP, 9, "notes.md, 2024", "notes.md, 2024"),
        (FileType.ZIP, 9, "facts.txt, 1", "facts.txt, page 1"),
        (FileType.MSG, 3, "show.pptx, Slide 2", "show.pptx, Slide 2"),
    ],
)
def test_a_page_is_called_what_people_call_it(file_type: FileType, number: int, label: str, place: str) -> None:
    assert place_of(file_type, number, label, "Some text.", 0, 4) == place


@pytest.mark.parametrize(
    ("file_type", "labels", "place"),
    [
        (FileType.PDF, ("3", "4", "5"), "pages 1–3 (printed 3–5)"),
        (FileType.PDF, ("1", "2", "3"), "pages 1–3"),
        (FileType.PDF, ("iv", "v", "vi"), "pages 1–3 (printed iv–vi)"),
        (FileType.PPTX, ("Slide 1", "Slide 2", "Slide 3"), "Slides 1–3"),
        (FileType.HTML, ("Travel", "Rates", "Meals"), "Travel – Meals"),
        (FileType.ZIP, ("a.md, Travel", "a.md, Rates", "a.md, Meals"), "a.md, Travel – Meals"),
        (FileType.XLSX, ("Sheet 'A', A1:A2", "Sheet 'B', A1", "Sheet 'C', B7:B9"), "Sheet 'A', A2 – Sheet 'C', B7:B8"),
    ],
)
def test_a_passage_over_several_pages_is_called_by_the_first_and_the_last(
    file_type: FileType, labels: tuple[str, ...], place: str
) -> None:
    texts = ("One\nTwo", "Three", "Four\nFive\nSix")
    pages = {
        ("r", number): NamedPage(number, label, text, file_type)
        for number, (label, text) in enumerate(zip(labels, texts, strict=True), 1)
    }
    named = NamedPages(pages)
    chunk = Chunk("c", "r", "d", "k", 0, "Two\nThree\nFour\nFive", (), 1, 4, 3, 9)
    assert named.stretch(chunk) == place
    assert named.place("r", 9, 0, 1) == ""
    assert NamedPages().stretch(chunk) == ""
