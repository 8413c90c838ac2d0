"""Every format through the same door: found by content, read in a confined child, cut into pages by the same rules."""

import asyncio
import io
import os
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import pypdfium2
import pytest
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen import canvas
from tests.contract.compound_files import compound
from tests.contract.format_samples import (
    FACT,
    MAKERS,
    RTF,
    book,
    mail,
    pages_of,
    pdf,
    sheets,
    slides,
    word,
)

from pincite.core import PinciteError
from pincite.guard import (
    BlockKind,
    DocumentReader,
    FileType,
    UnreadableDocument,
    UnsupportedType,
)
from pincite.guard.adapters import ADAPTERS


def test_every_format_has_an_adapter_and_a_sample() -> None:
    assert set(ADAPTERS) == set(FileType) == set(MAKERS)


@pytest.mark.parametrize("file_type", list(FileType))
async def test_what_holds_for_every_format(reader: DocumentReader, tmp_path: Path, file_type: FileType) -> None:
    path = tmp_path / "upload"
    MAKERS[file_type](path)
    # Kinds of text are told apart by name where their content does not say it.
    names = {FileType.CSV: "paper", FileType.MARKDOWN: "paper", FileType.TEXT: "paper", FileType.JSON: "paper"}
    names |= {FileType.RST: "paper.rst", FileType.CODE: "paper.py"}
    assert await reader.sniff(path, names.get(file_type, "paper.pdf")) is file_type
    pages = await pages_of(reader, path, file_type)
    assert [page.number for page in pages] == list(range(1, len(pages) + 1))
    assert FACT in "\n".join(page.text for page in pages)
    for page in pages:
        assert page.label
        at = 0
        for block in page.blocks:
            assert at <= block.start < block.end <= len(page.text)
            assert page.text[block.start : block.end].strip()
            assert (block.level > 0) == (block.kind is BlockKind.HEADING)
            at = block.end
        assert not set("\0") & set(page.text)


@pytest.mark.parametrize("file_type", [FileType.DOCX, FileType.HTML, FileType.MARKDOWN, FileType.RTF])
async def test_sections_tables_and_lists(reader: DocumentReader, tmp_path: Path, file_type: FileType) -> None:
    path = tmp_path / "upload"
    MAKERS[file_type](path)
    travel, rates, *_ = await pages_of(reader, path, file_type)
    assert [travel.label, rates.label] == ["Travel", "Rates"]
    tables = [rates.text[b.start : b.end] for b in rates.blocks if b.kind is BlockKind.TABLE]
    assert tables == ["City | Rate\nOslo | 90"]
    if file_type is not FileType.RTF:
        lists = [travel.text[b.start : b.end] for b in travel.blocks if b.kind is BlockKind.LIST]
        assert lists == ["Keep the bill\nHand it in"]
    for unwanted in ("<", "**", "Imprint", "alert", "owner", "Home", "fonttbl"):
        assert unwanted not in travel.text + rates.text


async def test_a_workbook_is_shown_as_people_see_it(reader: DocumentReader, tmp_path: Path) -> None:
    sheets(tmp_path / "a.xlsx")
    rates, notes = await pages_of(reader, tmp_path / "a.xlsx", FileType.XLSX)
    assert rates.text == "Rates\n\nCity | Rate | From | Share\nOslo | 1,234.50 | 01.03.2026 | 12.5%"
    assert (rates.label, notes.label) == ("Sheet 'Rates', A1:D2", "Sheet 'Notes', A1")


async def test_a_long_table_repeats_its_header_in_each_part(reader: DocumentReader, tmp_path: Path) -> None:
    rows = "".join(f"{number},{'name ' * 8}{number},{number * 2}\n" for number in range(600))
    (tmp_path / "a.csv").write_text("id,name,double\n" + rows)
    pages = await pages_of(reader, tmp_path / "a.csv", FileType.CSV)
    assert len(pages) > 2
    assert all(page.text.startswith("id | name | double\n") and len(page.text) <= 8_100 for page in pages)
    body = [line for page in pages for line in page.text.split("\n")[1:]]
    assert [line.split(" | ")[0] for line in body] == [str(number) for number in range(600)]
    assert pages[0].label.startswith("rows 1-")


async def test_slides_have_their_notes(reader: DocumentReader, tmp_path: Path) -> None:
    slides(tmp_path / "a.pptx")
    one, two = await pages_of(reader, tmp_path / "a.pptx", FileType.PPTX)
    assert one.text.startswith("Travel\n")
    assert "Say this slowly." in one.text
    assert (one.label, two.label) == ("Slide 1", "Slide 2")


async def test_mail_names_people_and_attachments(reader: DocumentReader, tmp_path: Path) -> None:
    mail(tmp_path / "a.eml")
    page, *_ = await pages_of(reader, tmp_path / "a.eml", FileType.EML)
    assert page.text.startswith("Reise nach München\n")
    for expected in ("From: Ada <ada@example.org>", "To: bob@example.org", "2026", "Attachments: bill.pdf"):
        assert expected in page.text


async def test_chapters_come_in_the_order_of_the_spine(reader: DocumentReader, tmp_path: Path) -> None:
    book(tmp_path / "a.epub")
    assert [page.label for page in await pages_of(reader, tmp_path / "a.epub", FileType.EPUB)] == ["One", "Two"]


async def test_rtf_characters(reader: DocumentReader, tmp_path: Path) -> None:
    (tmp_path / "a.rtf").write_text(RTF)
    assert "Café €" in (await pages_of(reader, tmp_path / "a.rtf", FileType.RTF))[0].text


async def test_pdf_text_is_pdfiums_and_blocks_know_headings_and_tables(reader: DocumentReader, tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    pdf(path, pages=40)
    batches = [batch async for batch in reader.read(path, FileType.PDF)]
    assert {batch.total for batch in batches} == {40}
    assert len(batches[0].pages) == 1, "work downstream starts at once"
    pages = [page for batch in batches for page in batch.pages]
    with pypdfium2.PdfDocument(path) as document:
        assert [page.text for page in pages] == [page.get_textpage().get_text_range() for page in document]
    kinds = {block.kind: pages[0].text[block.start : block.end] for block in pages[0].blocks}
    assert kinds[BlockKind.HEADING] == "Chapter 1"
    assert kinds[BlockKind.TABLE].splitlines()[0] == "Oslo 90 95"
    assert kinds[BlockKind.PARAGRAPH].startswith(FACT)


@pytest.mark.parametrize("rotate", [0, 90, 180, 270])
@pytest.mark.parametrize("cropped", [False, True])
async def test_boxes_are_on_the_page_as_shown(
    reader: DocumentReader, tmp_path: Path, rotate: int, cropped: bool
) -> None:
    """The word's box, and nothing beside it, holds dark pixels of the drawn page."""
    from PIL import Image

    plain, path = tmp_path / "plain.pdf", tmp_path / "a.pdf"
    pdf(plain, pages=1)
    with pypdfium2.PdfDocument(plain) as document:
        document[0].set_rotation(rotate)
        if cropped:
            document[0].set_cropbox(40, 500, 500, 800)
        document.save(path)
    (page,) = await pages_of(reader, path, FileType.PDF)
    start = page.text.index("Hotels")
    found = await reader.boxes(path, 1, start, start + len("Hotels"))
    size = (460, 300) if cropped else A4
    assert (found.width, found.height) == pytest.approx(size[::-1] if rotate % 180 else size, abs=1)
    (box,) = found.boxes
    if rotate == 0:
        left, top = (32, 80) if cropped else (72, A4[1] - 720)
        assert (box.x0, box.y1) == (pytest.approx(left, abs=2), pytest.approx(top, abs=4))
    image = Image.open(io.BytesIO(await reader.render(path, 1, round(found.width * 2)))).convert("L")
    inside = image.crop((round(box.x0 * 2), round(box.y0 * 2), round(box.x1 * 2), round(box.y1 * 2)))
    assert sum(inside.histogram()[:128]) > 0.1 * inside.width * inside.height
    long_side = max(inside.size)
    assert long_side == inside.size[1 if rotate % 180 else 0], "the box lies as the word does"


async def test_a_range_over_two_lines_has_two_boxes(reader: DocumentReader, tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    pdf(path, pages=1)
    (page,) = await pages_of(reader, path, FileType.PDF)
    start, end = page.text.index("Hotels"), page.text.index("Trains") + len("Trains are")
    boxes = (await reader.boxes(path, 1, start, end)).boxes
    assert len(boxes) == 2
    assert boxes[0].y1 <= boxes[1].y0 + 2
    assert (await reader.boxes(path, 1, 5, 5)).boxes == ()
    with pytest.raises(UnreadableDocument):
        await reader.boxes(path, 9, 0, 5)


def png(path: Path) -> None:
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + b"IHDR" + bytes(40))


def picture_pdf(path: Path) -> None:
    sheet = canvas.Canvas(str(path))
    sheet.rect(10, 10, 100, 100)
    sheet.save()


def encrypted_pdf(path: Path) -> None:
    sheet = canvas.Canvas(str(path), encrypt="secret")
    sheet.drawString(72, 720, FACT)
    sheet.save()


def truncated_pdf(path: Path) -> None:
    pdf(path)
    path.write_bytes(path.read_bytes()[:300])


def truncated_docx(path: Path) -> None:
    word(path)
    path.write_bytes(path.read_bytes()[:-400])


def zipped(path: Path, members: dict[str, bytes]) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)


CONTENT_TYPES = b"<Types>wordprocessingml.document.main+xml</Types>"


def bomb_docx(path: Path) -> None:
    zipped(path, {"[Content_Types].xml": CONTENT_TYPES, "word/document.xml": b" " * (70 << 20)})


def lying_docx(path: Path) -> None:
    """Says in its directory that the member is small."""
    bomb_docx(path)
    data = path.read_bytes()
    path.write_bytes(data.replace(struct.pack("<I", 70 << 20), struct.pack("<I", 1000)))


def entity_docx(path: Path) -> None:
    document = (
        b'<!DOCTYPE w [<!ENTITY a "x"><!ENTITY b "&a;&a;">]><w:document xmlns:w="w"><w:body>&b;</w:body></w:document>'
    )
    zipped(path, {"[Content_Types].xml": CONTENT_TYPES, "word/document.xml": document})


def deep_docx(path: Path) -> None:
    document = (
        b'<w:document xmlns:w="w"><w:body>' + b"<w:p>" * 100_000 + b"</w:p>" * 100_000 + b"</w:body></w:document>"
    )
    zipped(path, {"[Content_Types].xml": CONTENT_TYPES, "word/document.xml": document})


@pytest.mark.parametrize(
    ("make", "error", "says"),
    [
        (png, UnsupportedType, "PNG"),
        (lambda path: path.write_bytes(b""), UnreadableDocument, "empty"),
        (lambda path: path.write_bytes(os.urandom(5000)), UnsupportedType, "binary"),
        (lambda path: zipped(path, {"a.png": b"\x89PNG\r\n\x1a\n"}), UnreadableDocument, "only a.png"),
        (lambda path: zipped(path, {}), UnreadableDocument, "empty"),
        (lambda path: zipped(path, {"AndroidManifest.xml": b"\0"}), UnsupportedType, "Android"),
        (lambda path: zipped(path, {"META-INF/manifest.xml": b"<x/>"}), UnsupportedType, "StarOffice"),
        (lambda path: zipped(path, {"Index/Document.iwa": b"x"}), UnsupportedType, "Apple"),
        (lambda path: path.write_bytes(compound({"WordDocument": b"x"})), UnsupportedType, "old Word"),
        (lambda path: path.write_bytes(compound({"PowerPoint Document": b"x"})), UnsupportedType, "old PowerPoint"),
        (lambda path: path.write_bytes(compound({"EncryptedPackage": b"x"})), UnreadableDocument, "password"),
        (lambda path: path.write_bytes(compound({"Contents": b"x"})), UnsupportedType, "old office"),
        (lambda path: path.write_bytes(compound({})[:600]), UnreadableDocument, "damaged or truncated"),
        (picture_pdf, UnreadableDocument, "no text layer"),
        (encrypted_pdf, UnreadableDocument, "password"),
        (truncated_pdf, UnreadableDocument, "damaged or truncated"),
        (truncated_docx, UnreadableDocument, "damaged or truncated"),
        (bomb_docx, UnreadableDocument, "unpacks to far more"),
        (lying_docx, UnreadableDocument, "damaged|unpacks"),
        (entity_docx, UnreadableDocument, "entities"),
        (deep_docx, UnreadableDocument, "nested"),
        (lambda path: path.write_bytes(b"word " * 2_000_000), UnreadableDocument, "characters of text"),
        (lambda path: path.write_bytes(b" \n" * 20), UnreadableDocument, "no text"),
    ],
)
async def test_bad_input_is_refused_with_what_to_do(
    reader: DocumentReader,
    tmp_path: Path,
    make: Callable[[Path], object],
    error: type[PinciteError],
    says: str,
) -> None:
    path = tmp_path / "upload"
    make(path)
    with pytest.raises(error, match=says) as caught:
        await pages_of(reader, path, await reader.sniff(path, "paper.pdf"))
    assert caught.value.remedy
    assert "Traceback" not in caught.value.message


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"\xef\xbb\xbfna\xc3\xafve", "naïve"),
        ("naïve".encode("utf-16"), "naïve"),
        ("naïve".encode("utf-16-le"), "naïve"),
        (b"na\xefve caf\xe9 \x93quoted\x94", "naïve café “quoted”"),
        (b"one\r\ntwo\rthree", "one\ntwo\nthree"),
        (b"a" * 200 + b"\0b", "a" * 200 + "\ufffdb"),
    ],
)
async def test_any_bytes_that_are_text_are_read(
    reader: DocumentReader, tmp_path: Path, data: bytes, expected: str
) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(data)
    assert await reader.sniff(path, "a.txt") is FileType.TEXT
    (page,) = await pages_of(reader, path, FileType.TEXT)
    assert page.text == expected


@pytest.mark.parametrize("file_type", [t for t in FileType if t is not FileType.TEXT])
async def test_damage_anywhere_ends_in_pages_or_an_error(
    reader: DocumentReader, tmp_path: Path, file_type: FileType
) -> None:
    """Every tenth part of a sample is cut off or overwritten; nothing hangs and no other error comes out."""
    sample = tmp_path / "sample"
    MAKERS[file_type](sample)
    data = sample.read_bytes()
    without_remedy = 0
    for part in range(1, 10):
        at = len(data) * part // 10
        for number, damaged in enumerate((data[:at], data[:at] + b"\xff\0<&\\{" * 3 + data[at + 18 :])):
            path = tmp_path / f"{part}-{number}"
            path.write_bytes(damaged)
            try:
                await pages_of(reader, path, file_type)
            except (UnreadableDocument, UnsupportedType) as error:
                without_remedy += not error.remedy
    assert without_remedy == 0


@pytest.mark.bench_data
@pytest.mark.timeout(300)
async def test_real_files_end_in_pages_or_an_error(reader: DocumentReader) -> None:
    folder = os.environ.get("PINCITE_BENCH_DATA")
    if not folder:
        pytest.skip("PINCITE_BENCH_DATA is not set")
    files = sorted(path for path in Path(folder, "files").rglob("*") if path.is_file())
    assert len(files) > 500
    outcomes = dict.fromkeys(("pages", "error", "empty", "unclear error"), 0)
    turn = asyncio.Semaphore(4)

    async def read(path: Path) -> None:
        async with turn:
            try:
                async with asyncio.timeout(90):
                    pages = await pages_of(reader, path, await reader.sniff(path, path.name))
                outcomes["pages" if any(page.text.strip() for page in pages) else "empty"] += 1
            except PinciteError as error:
                outcomes["error" if error.message and error.remedy else "unclear error"] += 1

    await asyncio.gather(*(read(path) for path in files))
    assert outcomes["empty"] == outcomes["unclear error"] == 0
    assert outcomes["pages"] > len(files) // 2


@pytest.mark.parametrize("file_type", list(FileType))
async def test_reading_can_begin_at_any_page(reader: DocumentReader, tmp_path: Path, file_type: FileType) -> None:
    path = tmp_path / "upload"
    MAKERS[file_type](path)
    whole = await pages_of(reader, path, file_type)
    for first in range(1, len(whole) + 2):
        batches = [batch async for batch in reader.read(path, file_type, first_page=first, one_by_one=True)]
        assert [page for batch in batches for page in batch.pages] == whole[first - 1 :]
        assert {len(batch.pages) for batch in batches} <= {1}


async def test_a_pdf_may_begin_late_but_a_text_that_speaks_of_pdfs_is_none(
    reader: DocumentReader, tmp_path: Path
) -> None:
    late, spoken = tmp_path / "late.pdf", tmp_path / "dump.py"
    pdf(late)
    late.write_bytes(b"HTTP/1.1 200 OK\r\n\r\n" + late.read_bytes())
    assert await reader.sniff(late, "late.pdf") is FileType.PDF
    spoken.write_text('"""A dump: 25 50 44 46 %PDF-1.5 and .1 0 obj..<</Typ, which is how PDFs begin."""\n')
    assert await reader.sniff(spoken, "dump.py") is FileType.CODE
