"""What programs write into RTF: numbers as text, notes, text boxes, deleted words, letters of all kinds."""

from pathlib import Path

import pytest
from tests.contract.format_samples import pages_of

from pincite.guard import BlockKind, DocumentReader, FileType, PageText

_FONTS = r"{\fonttbl{\f0 Times;}{\f1\fcharset128 MS Mincho;}{\f2\fcharset2 Symbol;}{\f3\fcharset2 Wingdings;}}"


async def _page(reader: DocumentReader, folder: Path, body: str) -> PageText:
    (folder / "a.rtf").write_bytes((r"{\rtf1\ansi\ansicpg1252\deff0" + _FONTS + body + "}").encode("latin-1"))
    (page,) = await pages_of(reader, folder / "a.rtf", FileType.RTF)
    return page


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (r"\pard{\listtext 3.2\tab}\ls1 Rent.\par\pard{\listtext\f2 \'b7\tab}\ls2 A dot.\par", "3.2 Rent.\nA dot."),
        (r"\pard{\pntext a)\tab}First.\par", "a) First."),
        (r"\pard Paid{\super\chftn}{\footnote\pard\plain \chftn By card.} once.\par Done.\par",
         "Paid once.\n\nBy card.\n\nDone."),
        ((r"\pard Paid {\shp{\*\shpinst{\sp{\sn a}{\sv b}}{\shptxt\pard By card.\par}}{\shprslt{\pard By card.\par}}}"
         r"once.\par"), "Paid once.\n\nBy card."),
        (r"\pard Rent is {\deleted 800}{\revised 900}.\par", "Rent is 900."),
        ("\\pard One.\\\nTwo.\\\r\nThree.", "One.\n\nTwo.\n\nThree."),
        (r"{\pict\bin3 {{{}\pard Seen.\par", "Seen."),
        ("\\pard\\f1 \\'83e\\'83X\\'83\n\\'67\\par", "テスト"),
        ("\\pard 90 \x80\\par", "90 €"),
        (r"\pard {\f2 \'b1 m \'a3 }5 {\f3 \'fe\u-3844 ?}\par", "± μ ≤ 5 ☑✓"),
        (r"{\header\pard Contract 12-7\par}{\footer\pard Page 3\par}\pard Seen.\par", "Seen.\n\nHeader: Contract 12-7"),
        ((r"\trowd\clvmgf\cellx1\clmgf\cellx2\clmrg\cellx3 City\cell Euros\cell\cell\row"
         r"\trowd\clvmrg\cellx1\cellx2\cellx3 \cell 2025\cell 2026\cell\row"),
         "City | Euros 2025 | Euros 2026"),
    ],
)  # fmt: skip
async def test_what_a_reader_sees_is_read(reader: DocumentReader, tmp_path: Path, body: str, said: str) -> None:
    assert (await _page(reader, tmp_path, body)).text == said


async def test_a_style_of_letters_makes_no_heading_of_the_text(reader: DocumentReader, tmp_path: Path) -> None:
    styles = r"{\stylesheet{\ql Normal;}{\s1 heading 1;}{\*\cs15 \additive \slink1 Heading 1 Char;}}"
    page = await _page(reader, tmp_path, styles + r"\pard\s1 Travel\par\pard Hotels are paid.\par")
    assert [block.kind for block in page.blocks] == [BlockKind.HEADING, BlockKind.PARAGRAPH]
