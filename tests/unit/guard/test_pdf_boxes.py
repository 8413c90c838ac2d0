"""A quote's boxes hold its characters and nobody else's, as an independent look at the page finds them."""

from pathlib import Path

import pypdfium2
import pytest
from reportlab.pdfgen.canvas import Canvas
from tests.unit.guard.papers import Draw, objects, pages_of, paper, said

from pincite.guard import BlockKind, DocumentReader, FileType


async def _marked(reader: DocumentReader, path: Path, first: str, last: str) -> tuple[str, list[str]]:
    """Return the quote from `first` to `last` and the letters whose middle lies in each box."""
    (page,) = [page async for batch in reader.read(path, FileType.PDF) for page in batch.pages]
    start = page.text.index(first)
    end = page.text.index(last, start) + len(last)
    found = await reader.boxes(path, 1, start, end)
    letters = pypdfium2.PdfDocument(path)[0].get_textpage()
    text = letters.get_text_range()
    within: list[str] = []
    for box in found.boxes:
        here = ""
        for at, sign in enumerate(text):
            left, bottom, right, top = letters.get_charbox(at)
            x, y = (left + right) / 2, found.height - (bottom + top) / 2
            here += sign if sign.strip() and box.x0 <= x <= box.x1 and box.y0 <= y <= box.y1 else ""
        within.append(here)
    return page.text[start:end], within


def _sideways(sheet: Canvas, number: int) -> None:
    sheet.rotate(90)
    sheet.drawString(100, -60, "The first line of what stands sideways is a long one")
    sheet.drawString(100, -74, "and ends. Another begins behind it and goes on and on.")


def _columns(sheet: Canvas, number: int) -> None:
    sheet.drawString(200, 700, "Ministry")
    sheet.drawString(72, 720, "A fund pays for the schools.")
    sheet.drawString(72, 700, "Taxes")
    sheet.drawString(400, 700, "Schools")


def _initial(sheet: Canvas, number: int) -> None:
    sheet.setFont("Helvetica", 42)
    sheet.drawString(72, 672, "T")
    sheet.setFont("Helvetica", 11)
    sheet.drawString(102, 696, "his release of the Bureau is")
    sheet.drawString(102, 682, "the second one since the last.")


@pytest.mark.parametrize(
    ("draw", "first", "last", "lines"),
    [
        (_sideways, "The first", "and ends.", 2),
        (_columns, "Taxes", "Schools", 2),
        (_initial, "T", "Bureau is", 2),
    ],
)
async def test_boxes_hold_what_is_quoted_alone(
    reader: DocumentReader, tmp_path: Path, draw: Draw, first: str, last: str, lines: int
) -> None:
    path = tmp_path / "page.pdf"
    path.write_bytes(paper(draw))
    quote, within = await _marked(reader, path, first, last)
    assert sorted("".join(within)) == sorted("".join(quote.split()))
    assert len(within) == lines


def test_margins_are_found_by_edges_that_the_tree_of_pages_gives() -> None:
    head = "BT /F1 10 Tf 20 220 Td (Harbour Board, quarterly review) Tj 0 -40 Td 12 TL "
    rest = [" ".join(f"(Berth {n} {each} was dredged in spring.) Tj T*" for each in "ABCDEF") for n in range(9)]
    pages = [f"{head}{each} ET" for each in rest]
    numbers = range(len(pages))
    (*read,) = pages_of(
        objects(
            "<</Type/Catalog/Pages 2 0 R>>",
            f"<</Type/Pages/MediaBox[0 0 400 240]/Kids[{' '.join(f'{4 + 2 * n} 0 R' for n in numbers)}]"
            f"/Count {len(pages)}/Resources<</Font<</F1 3 0 R>>>>>>",
            "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
            *(
                body
                for n, page in enumerate(pages)
                for body in (
                    f"<</Type/Page/Parent 2 0 R/Contents {5 + 2 * n} 0 R>>",
                    f"<</Length {len(page)}>>stream\n{page}\nendstream",
                )
            ),
        )
    )
    assert [said(page, BlockKind.MARGIN) for page in read] == [["Harbour Board, quarterly review"]] * len(pages)
