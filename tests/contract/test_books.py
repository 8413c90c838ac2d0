"""E-books are read whole, notes and asides too; what is missing or locked is told."""

import zipfile
from pathlib import Path

import pytest
from tests.contract.format_samples import pages_of

from pincite.guard import DocumentReader, FileType, PageText, UnreadableDocument

_PAGE = '<html xmlns:epub="http://www.idpf.org/2007/ops"><body>{}</body></html>'


async def _pages(
    reader: DocumentReader, folder: Path, members: dict[str, str], spine: tuple[str, ...]
) -> list[PageText]:
    items = "".join(f'<item id="i{at}" href="{name}"/>' for at, name in enumerate(spine))
    order = "".join(f'<itemref idref="i{at}"/>' for at in range(len(spine)))
    with zipfile.ZipFile(folder / "a.epub", "w") as archive:
        archive.writestr("mimetype", "application/epub+zip")
        container = '<container><rootfiles><rootfile full-path="b/book.opf"/></rootfiles></container>'
        archive.writestr("META-INF/container.xml", container)
        archive.writestr("b/book.opf", f"<package><manifest>{items}</manifest><spine>{order}</spine></package>")
        for name, held in members.items():
            archive.writestr(name, held)
    return await pages_of(reader, folder / "a.epub", FileType.EPUB)


async def test_notes_and_asides_of_a_book_are_read(reader: DocumentReader, tmp_path: Path) -> None:
    markup = (
        '<article><p>Paid<a epub:type="noteref">1</a>.</p></article><aside epub:type="footnote"><p>By card.</p></aside>'
        '<aside epub:type="footnote" hidden=""><p>Or in cash.</p></aside><aside><p>In a box.</p></aside>'
    )
    (page,) = await _pages(reader, tmp_path, {"b/one.xhtml": _PAGE.format(markup)}, ("one.xhtml",))
    assert page.text == "Paid1.\n\nBy card.\n\nOr in cash.\n\nIn a box."


async def test_parts_that_are_missing_are_told_of_and_names_may_differ_in_capitals(
    reader: DocumentReader, tmp_path: Path
) -> None:
    members = {"b/One two.xhtml": _PAGE.format("<p>Seen.</p>")}
    page, missing = await _pages(reader, tmp_path, members, ("one%20two.xhtml", "gone.xhtml"))
    assert page.text == "Seen."
    assert missing.warning == "Parts of the e-book are missing from its file: b/gone.xhtml."


async def test_a_book_whose_chapters_are_encrypted_is_refused(reader: DocumentReader, tmp_path: Path) -> None:
    locked = '<encryption><CipherData><CipherReference URI="b/{}"/></CipherData></encryption>'
    members = {"b/one.xhtml": "\x8f\x1e\x00" * 90, "META-INF/encryption.xml": locked.format("one.xhtml")}
    with pytest.raises(UnreadableDocument, match="protected"):
        await _pages(reader, tmp_path, members, ("one.xhtml",))
    members = {"b/one.xhtml": _PAGE.format("Seen."), "META-INF/encryption.xml": locked.format("font.otf")}
    (page,) = await _pages(reader, tmp_path, members, ("one.xhtml",))
    assert page.text == "Seen."


@pytest.mark.parametrize(
    ("formula", "said"),
    [
        ("<mi>x</mi><mo>=</mo><mfrac><mn>1</mn><mn>2</mn></mfrac>", "x=1/2"),
        ("<mfrac><mrow><mi>a</mi><mo>+</mo><mn>1</mn></mrow><mn>2</mn></mfrac>", "(a+1)/2"),
        ("<mi>m</mi><msup><mi>c</mi><mn>2</mn></msup>", "mc^2"),
        ("<msqrt><mn>2</mn></msqrt>", "√(2)"),
        ("<semantics><msubsup><mi>x</mi><mn>1</mn><mn>2</mn></msubsup><annotation>x_1^2</annotation></semantics>",
         "x_1^2"),
        ("<mfrac><mn>1</mn>", "1"),
    ],
)  # fmt: skip
async def test_formulas_are_read_on_a_line(reader: DocumentReader, tmp_path: Path, formula: str, said: str) -> None:
    (tmp_path / "a.html").write_text(f"<html><body><p>So <math>{formula}</math>.</p></body></html>")
    (page,) = await pages_of(reader, tmp_path / "a.html", FileType.HTML)
    assert page.text == f"So {said}."
