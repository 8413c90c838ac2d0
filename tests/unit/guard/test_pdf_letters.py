"""PDF pages that say less than they show: fonts without letters, signs of two, no size, forms of Adobe alone."""

from pathlib import Path

import pytest

from pincite.guard import DocumentReader, FileType, UnreadableDocument
from pincite.guard.settings import OCR_MEMORY_MB, GuardSettings, ocr_is_installed

SAID = "The valve of the boiler is red and its pressure is high."


PRIVATE = "1 beginbfrange <20> <7e> <e020> endbfrange"


def paper(path: Path, *, box: str = "", said: str = SAID, letters: str = PRIVATE, catalog: str = "") -> None:
    """Write a page whose font maps its codes to letters as it is said, by default to places of private use."""
    cmap = f"1 begincodespacerange <00> <ff> endcodespacerange {letters}".encode()
    drawn = f"BT /F 12 Tf 20 60 Td ({said}) Tj ET".encode()
    objects = (
        b"<< /Type /Catalog /Pages 2 0 R %s >>" % catalog.encode(),
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 400 120] %s /Resources << /Font << /F 4 0 R >> >> "
        b"/Contents 5 0 R >>" % box.encode(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /ToUnicode 6 0 R >>",
        b"<< /Length %d >> stream\n%s\nendstream" % (len(drawn), drawn),
        b"<< /Length %d >> stream\n%s\nendstream" % (len(cmap), cmap),
    )
    body = b"".join(b"%d 0 obj\n%s\nendobj\n" % (number, held) for number, held in enumerate(objects, start=1))
    path.write_bytes(b"%PDF-1.4\n" + body + b"trailer << /Root 1 0 R >>\n%%EOF\n")


async def test_signs_without_letters_are_told_of(reader: DocumentReader, tmp_path: Path) -> None:
    paper(tmp_path / "a.pdf")
    (page,) = [page async for batch in reader.read(tmp_path / "a.pdf", FileType.PDF) for page in batch.pages]
    assert page.warning.startswith("The fonts of the page do not say")


@pytest.mark.skipif(not ocr_is_installed(), reason="the extra `ocr` is not installed")
async def test_signs_without_letters_are_read_by_ocr(tmp_path: Path) -> None:
    paper(tmp_path / "a.pdf")
    reader = DocumentReader(GuardSettings(children=1, viewers=1, memory_limit_mb=OCR_MEMORY_MB, ocr=True))
    try:
        (page,) = [page async for batch in reader.read(tmp_path / "a.pdf", FileType.PDF) for page in batch.pages]
    finally:
        await reader.close()
    assert page.text == SAID
    assert "read by OCR" in page.warning
    assert page.overlay is not None
    assert page.overlay.begins == 0


async def test_a_page_without_a_size_cannot_be_shown_and_says_so(reader: DocumentReader, tmp_path: Path) -> None:
    paper(tmp_path / "a.pdf", box="/CropBox [900 900 990 990]")
    with pytest.raises(UnreadableDocument, match="Page 1 has no size"):
        await reader.render(tmp_path / "a.pdf", 1, 400)


@pytest.mark.parametrize(
    ("letters", "said"),
    [
        # Drawn from left to right, read from right to left: A, B, C; B is one sign for two letters.
        ("3 beginbfchar <41> <0645> <42> <06440627> <43> <0633> endbfchar", "ملاس"),
        ("3 beginbfchar <41> <0645> <42> <06440625> <43> <0633> endbfchar", "ملإس"),
        ("3 beginbfchar <41> <0627> <42> <0644> <43> <0633> endbfchar", "السا"),
    ],
)
async def test_letters_of_one_arabic_sign_stand_as_they_are_written(
    reader: DocumentReader, tmp_path: Path, letters: str, said: str
) -> None:
    drawn = "ACBA" if said == "السا" else "CBA"
    paper(tmp_path / "a.pdf", said=drawn, letters=letters)
    (page,) = [page async for batch in reader.read(tmp_path / "a.pdf", FileType.PDF) for page in batch.pages]
    assert page.text == said
    place = page.text.index("ل")
    found = await reader.boxes(tmp_path / "a.pdf", 1, place, place + 1)
    (box,) = found.boxes
    assert 20 <= box.x0 < box.x1 <= 60


async def test_a_form_that_only_adobe_shows_is_told_of(reader: DocumentReader, tmp_path: Path) -> None:
    form = "/NeedsRendering true /AcroForm << /Fields [] /XFA (x) >>"
    letters = "1 beginbfrange <20> <7e> <0020> endbfrange"
    paper(tmp_path / "a.pdf", said="Please wait.", letters=letters, catalog=form)
    (page,) = [page async for batch in reader.read(tmp_path / "a.pdf", FileType.PDF) for page in batch.pages]
    assert page.text == "Please wait."
    assert "XFA" in page.warning
    paper(tmp_path / "a.pdf", said="Please wait.", letters=letters, catalog=form.replace("true", "false"))
    (page,) = [page async for batch in reader.read(tmp_path / "a.pdf", FileType.PDF) for page in batch.pages]
    assert page.warning == ""
