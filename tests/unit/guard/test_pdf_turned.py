"""Pages that are turned: read as they are shown, with margins, tables and boxes, whatever way they were written."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas
from tests.unit.guard.papers import Draw, assert_in_order, pages_of, paper, said

from pincite.guard import BlockKind, DocumentReader, FileType
from pincite.guard.adapters.pdf_turns import heights, turn_of, turned

WIDTH, HEIGHT = A4
WORDS = ("heat", "water", "steam", "pump", "valve", "boiler", "pipe", "gauge", "meter", "tank", "drain", "seal")


def upright(sheet: Canvas, rotation: int) -> tuple[float, float]:
    """Turn the page, and what is drawn from here on so that it is upright on it; return its size as shown."""
    landscape = rotation % 180 == 90
    sheet.setPageRotation(rotation)
    sheet.setPageSize((HEIGHT, WIDTH) if landscape else A4)  # reportlab swaps them back for a page that lies
    width, height = A4
    sheet.translate(*{0: (0, 0), 90: (width, 0), 180: (width, height), 270: (0, height)}[rotation])
    sheet.rotate(rotation)
    return (height, width) if landscape else (width, height)


def margins(sheet: Canvas, number: int, height: float) -> None:
    sheet.setFont("Helvetica", 11)
    sheet.drawString(72, height - 40, "Acme Engineering")
    sheet.drawString(280, 30, f"Page {number} of 9")


def body(sheet: Canvas, number: int, height: float) -> None:
    for line in range(12):
        text = f"The {WORDS[(number + line) % 12]} of part {number} is checked by {line}."
        sheet.drawString(72, height - 140 - 14 * line, text)


def lying(rotation: int, pages: range = range(1, 100)) -> Draw:
    """Draw pages of which some are turned, with everything on them."""

    def draw(sheet: Canvas, number: int) -> None:
        _, height = upright(sheet, rotation if number in pages else 0)
        margins(sheet, number, height)
        body(sheet, number, height)

    return draw


def with_lying_body(sheet: Canvas, number: int) -> None:
    """Draw an upright page; page 5 is turned for its body, while its margins stay where they are on the others."""
    margins(sheet, number, HEIGHT)
    height = HEIGHT
    if number == 5:
        _, height = upright(sheet, 90)
    body(sheet, number, height)


@pytest.mark.parametrize(
    "draw",
    [
        *(lying(rotation) for rotation in (0, 90, 180, 270)),
        *(lying(rotation, range(5, 6)) for rotation in (90, 180, 270)),
        with_lying_body,
    ],
)
def test_running_headers_and_page_numbers_are_found_on_pages_that_are_turned(draw: Draw) -> None:
    for page in pages_of(paper(draw, 9)):
        assert_in_order(page.text, page.blocks)
        assert "\r\n".join(said(page, BlockKind.MARGIN)) == f"Acme Engineering\r\nPage {page.number} of 9"


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_tables_and_headings_are_found_on_pages_that_are_turned(rotation: int) -> None:
    def draw(sheet: Canvas, number: int) -> None:
        _, height = upright(sheet, rotation)
        sheet.setFont("Helvetica-Bold", 20)
        sheet.drawString(72, height - 60, "Spare parts")
        sheet.setFont("Helvetica", 11)
        sheet.drawString(72, height - 80, "What is kept in the store, and at what price it was bought in these years.")
        for row, cells in enumerate([("Part", "2024", "2025"), *((w, f"{len(w)}.50", f"{len(w)}.75") for w in WORDS)]):
            for column, cell in enumerate(cells):
                sheet.drawString(72 + 150 * column, height - 120 - 14 * row, cell)

    (page,) = pages_of(paper(draw))
    assert said(page, BlockKind.HEADING) == ["Spare parts"]
    (table,) = [block.table for block in page.blocks if block.table is not None]
    rows = [[page.text[cell.start : cell.end] for cell in row] for row in table.rows]
    assert rows[:2] == [["Part", "2024", "2025"], ["heat", "4.50", "4.75"]]
    assert table.head_rows == 1
    assert len(rows) == 13


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
async def test_boxes_lie_where_the_words_are_shown(reader: DocumentReader, tmp_path: Path, rotation: int) -> None:
    def draw(sheet: Canvas, number: int) -> None:
        _, height = upright(sheet, rotation)
        sheet.setFont("Helvetica", 11)
        sheet.drawString(72, height - 100, "The valve is red.")

    path = tmp_path / "turned.pdf"
    path.write_bytes(paper(draw))
    (page,) = [page async for batch in reader.read(path, FileType.PDF) for page in batch.pages]
    start = page.text.index("valve")
    found = await reader.boxes(path, 1, start, start + len("valve"))
    landscape = rotation % 180 == 90
    assert (found.width > found.height) == landscape
    (box,) = found.boxes
    assert box.x0 == pytest.approx(72 + 21, abs=3)
    assert box.x1 - box.x0 == pytest.approx(27, abs=3)
    assert box.y0 < 100 < box.y1 + 1
    assert box.y1 - box.y0 < 15


edges = st.integers(-50, 50)
sizes = st.integers(1, 500)


@given(st.integers(0, 3), edges, edges, sizes, sizes, st.data())
def test_a_turned_rectangle_stays_on_the_page_and_comes_back_after_four_turns(
    turn: int, left: int, bottom: int, width: int, height: int, data: st.DataObject
) -> None:
    page = (float(left), float(bottom), float(left + width), float(bottom + height))
    x0, x1 = sorted(data.draw(st.lists(st.integers(left, left + width), min_size=2, max_size=2)))
    y0, y1 = sorted(data.draw(st.lists(st.integers(bottom, bottom + height), min_size=2, max_size=2)))
    inside = turned((x0, y0, x1, y1), turn, page)
    low, high = heights(turn, page)
    assert low <= inside[1] <= inside[3] <= high
    assert inside[0] <= inside[2]
    assert {inside[2] - inside[0], inside[3] - inside[1]} == {x1 - x0, y1 - y0}
    whole = turned(page, turn, page)
    assert turned(inside, (4 - turn) % 4, whole) == (
        (x0, y0, x1, y1) if turn == 0 else (x0 - left, y0 - bottom, x1 - left, y1 - bottom)
    )


def test_text_that_runs_up_is_upright_after_one_turn() -> None:
    assert [turn_of(*way) for way in ((1, 0), (0, 1), (-1, 0), (0, -1), (5, 1), (1, -5))] == [0, 1, 2, 3, 0, 3]
