"""Scans: read by OCR in the confined child, with places of their own; and how what is recognised is put in order."""

import io
from pathlib import Path

import pypdfium2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from pincite.guard import BlockKind, DocumentReader, FileType, Overlay, UnreadableDocument
from pincite.guard.adapters.pdf_ocr import _Part, _rows
from pincite.guard.domain import Box, PlacedText
from pincite.guard.settings import OCR_MEMORY_MB, GuardSettings, ocr_is_installed

LINES = ("The valve of the boiler is red.", "Its pressure is 42 bar in winter.", "Ask the engineer before you open it.")
SIZE = (300, 120)


def scan(path: Path) -> None:
    """Write a PDF of two pages: lines of text as a picture, and nothing."""
    drawn = io.BytesIO()
    sheet = Canvas(drawn, pagesize=SIZE)
    for number, line in enumerate(LINES):
        sheet.drawString(30, 90 - 25 * number, line)
    sheet.save()
    with pypdfium2.PdfDocument(drawn.getvalue()) as document:
        picture = document[0].render(scale=3).to_pil()
    sheet = Canvas(str(path), pagesize=SIZE)
    sheet.drawImage(ImageReader(picture), 0, 0, *SIZE)
    sheet.showPage()
    sheet.showPage()
    sheet.save()


@pytest.mark.skipif(not ocr_is_installed(), reason="the extra `ocr` is not installed")
async def test_a_scan_is_read_and_its_words_are_found_on_the_picture(tmp_path: Path) -> None:
    path = tmp_path / "scan.pdf"
    scan(path)
    reader = DocumentReader(GuardSettings(children=1, viewers=1, memory_limit_mb=OCR_MEMORY_MB, ocr=True))
    try:
        first, second = [page async for batch in reader.read(path, FileType.PDF) for page in batch.pages]
        image = Image.open(io.BytesIO(await reader.render(path, 1, SIZE[0] * 2))).convert("L")
    finally:
        await reader.close()
    assert first.text.splitlines() == list(LINES)
    assert [block.kind for block in first.blocks] == [BlockKind.PARAGRAPH]
    assert "OCR" in first.warning
    assert (second.text, second.warning) == ("", "")
    assert first.overlay is not None
    start = first.text.index("42 bar")
    found = first.overlay.boxes(start, start + len("42 bar"))
    assert (found.width, found.height) == SIZE
    (box,) = found.boxes
    assert box.y0 < 120 - 65 < box.y1 + 3
    inside = image.crop((round(box.x0 * 2), round(box.y0 * 2), round(box.x1 * 2), round(box.y1 * 2)))
    assert sum(inside.histogram()[:128]) > 0.05 * inside.width * inside.height


async def test_without_ocr_a_scan_is_refused_with_a_remedy(reader: DocumentReader, tmp_path: Path) -> None:
    path = tmp_path / "scan.pdf"
    scan(path)
    with pytest.raises(UnreadableDocument) as caught:
        _ = [batch async for batch in reader.read(path, FileType.PDF)]
    assert "pincite[ocr]" in caught.value.remedy


def part(text: str, x0: float, y0: float, x1: float) -> _Part:
    return _Part(text, Box(x0, y0, x1, y0 + 10))


def said(parts: list[_Part]) -> list[str]:
    return [" ".join(each.text for each in row) for row in _rows(parts, 600)]


def test_columns_of_prose_are_read_one_after_the_other_and_rows_of_a_table_across() -> None:
    title = part("title", 50, 10, 550)
    columns = [
        part(f"{side}{line}", x, 30 + 12 * line, x + 230) for line in range(4) for side, x in (("l", 50), ("r", 310))
    ]
    assert said([title, *columns]) == ["title", *(f"l{n}" for n in range(4)), *(f"r{n}" for n in range(4))]
    cells = [
        part(f"{side}{line}", x, 30 + 12 * line, x + 40) for line in range(4) for side, x in (("l", 50), ("r", 310))
    ]
    assert said([title, *cells]) == ["title", *(f"l{n} r{n}" for n in range(4))]


@given(st.integers(0, 30), st.integers(0, 30))
def test_boxes_of_a_scan_lie_within_its_parts(start: int, length: int) -> None:
    parts = (PlacedText(0, 10, Box(10, 10, 110, 20)), PlacedText(12, 30, Box(10, 30, 190, 40)))
    found = Overlay(200, 100, parts)
    assert Overlay.of_list(found.as_list()) == found
    boxes = found.boxes(start, start + length).boxes
    for box in boxes:
        assert any(p.box.x0 <= box.x0 < box.x1 <= p.box.x1 and p.box.y0 == box.y0 for p in parts)
    held = sum(max(0, min(start + length, p.end) - max(start, p.start)) for p in parts)
    assert sum(box.x1 - box.x0 for box in boxes) == pytest.approx(10 * held)
