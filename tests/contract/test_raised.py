"""Raised figures stay apart from the figures before them, in every format that says what is raised."""

import zipfile
from pathlib import Path
from typing import Any

import docx
import pptx
import pytest
from tests.contract.format_samples import pages_of

from pincite.core.words import content_words
from pincite.guard import DocumentReader, FileType

_SAID = "10⁶ people paid 1,234¹,² euros on the 1st"


def _word(path: Path) -> None:
    document: Any = docx.Document()
    paragraph = document.add_paragraph()
    for text, lifted in (("10", 0), ("6", 1), (" people paid 1,234", 0), ("1,2", 1), (" euros on the 1", 0), ("st", 1)):
        paragraph.add_run(text).font.superscript = True if lifted else None
    document.save(str(path))


def _slides(path: Path) -> None:
    show: Any = pptx.Presentation()
    paragraph = show.slides.add_slide(show.slide_layouts[5]).shapes.title.text_frame.paragraphs[0]
    for text, lifted in (("10", 0), ("6", 1), (" people paid 1,234", 0), ("1,2", 1), (" euros on the 1", 0), ("st", 1)):
        run = paragraph.add_run()
        run.text = text
        if lifted:
            run.font._element.set("baseline", "30000")
    show.save(str(path))


def _open_document(path: Path) -> None:
    spaces = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "text", "style")
    )
    style = '<style:style style:name="T"><style:text-properties style:text-position="super 58%"/></style:style>'
    lifted = '<text:span text:style-name="T">{}</text:span>'.format
    said = f"10{lifted('6')} people paid 1,234{lifted('1,2')} euros on the 1{lifted('st')}"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.text")
        archive.writestr(
            "content.xml",
            f"<office:document-content {spaces}><office:automatic-styles>{style}</office:automatic-styles><office:body>"
            f"<office:text><text:p>{said}</text:p></office:text></office:body></office:document-content>",
        )


def _marked_up(path: Path) -> None:
    path.write_text("10<sup>6</sup> people paid 1,234<sup>1,2</sup> euros on the 1<sup>st</sup>")


def _rich(path: Path) -> None:
    path.write_text(r"{\rtf1 10{\super 6} people paid 1,234\super 1,2\nosupersub  euros on the 1{\super st}\par}")


@pytest.mark.parametrize(
    ("file_type", "make"),
    [
        (FileType.DOCX, _word),
        (FileType.PPTX, _slides),
        (FileType.OPENDOCUMENT, _open_document),
        (FileType.HTML, _marked_up),
        (FileType.MARKDOWN, _marked_up),
        (FileType.RTF, _rich),
    ],
)
async def test_raised_figures_run_into_no_other(
    reader: DocumentReader, tmp_path: Path, file_type: FileType, make: Any
) -> None:
    make(tmp_path / "a")
    (page,) = await pages_of(reader, tmp_path / "a", file_type)
    assert page.text == _SAID
    assert "1234" in content_words(page.text)
