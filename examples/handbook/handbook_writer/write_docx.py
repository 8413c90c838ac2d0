"""Writes a document as a Word file with python-docx: real heading styles, lists and ruled tables.

The title is a level 1 heading, so that every reader sees the same outline.
"""

from pathlib import Path
from typing import Any

import docx
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor

from handbook_writer import palette
from handbook_writer.markup import Block, Bullets, Callout, Document, Grid, Heading, Paragraph, runs
from handbook_writer.ooxml import settle

_FONT = "Calibri"


def write_docx(document: Document, _source: Path, target: Path) -> None:
    word: Any = docx.Document()
    _prepare(word, document)
    word.add_heading(document.title, 1)
    facts = word.add_paragraph()
    for index, (key, value) in enumerate(document.facts):
        run = facts.add_run(f"{key}: {value}")
        run.font.size, run.font.color.rgb = Pt(9.5), RGBColor.from_string(palette.GREY)
        if index < len(document.facts) - 1:
            run.add_break()
    for block in document.blocks:
        _render(word, block)
    word.save(str(target))
    settle(target)


def _prepare(word: Any, document: Document) -> None:
    word.core_properties.title = document.title
    word.core_properties.author = palette.COMPANY
    word.core_properties.comments = ""
    section = word.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.left_margin = section.right_margin = Mm(24)
    section.top_margin = section.bottom_margin = Mm(22)
    looks = (("Normal", 11, palette.INK), ("Heading 1", 24, palette.TEAL), ("Heading 2", 15, palette.TEAL))
    for name, size, colour in (*looks, ("Heading 3", 12, palette.INK)):
        style = word.styles[name]
        style.font.name, style.font.size, style.font.color.rgb = _FONT, Pt(size), RGBColor.from_string(colour)
        fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
        for theme in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
            fonts.attrib.pop(qn(f"w:{theme}"), None)
    word.styles["Normal"].paragraph_format.space_after = Pt(7)
    _page_number(section.footer.paragraphs[0])


def _page_number(paragraph: Any) -> None:
    """A PAGE field alone: a footer in words would be read as part of the text by some extractors."""
    paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    field = OxmlElement("w:fldSimple")
    field.set(qn("w:instr"), "PAGE")
    paragraph._p.append(field)


def _render(word: Any, block: Block) -> None:
    match block:
        case Heading(level, text):
            word.add_heading(text, level)
        case Paragraph(text):
            _fill(word.add_paragraph(), text)
        case Callout(text):
            paragraph = _fill(word.add_paragraph(), text)
            paragraph.paragraph_format.left_indent = Mm(4)
            properties = paragraph._p.get_or_add_pPr()
            properties.append(_borders("w:pBdr", ("left",), palette.SAND, 24))
            properties.append(_shade(palette.MIST))
        case Bullets(items, ordered):
            for item in items:
                _fill(word.add_paragraph(style="List Number" if ordered else "List Bullet"), item)
        case Grid():
            _table(word, block)
        case _:
            pass


def _fill(paragraph: Any, text: str) -> Any:
    for piece, bold in runs(text):
        paragraph.add_run(piece).bold = bold or None
    return paragraph


def _table(word: Any, block: Grid) -> None:
    table = word.add_table(rows=0, cols=len(block.rows[0]))
    shares = block.shares or tuple(1 for _ in block.rows[0])
    for number, row in enumerate(block.rows):
        cells = table.add_row().cells
        for cell, text, share in zip(cells, row, shares, strict=True):
            cell.width = Mm(162 * share / sum(shares))
            _write_cell(cell, text, is_header=number == 0)
            if number == 0 or number % 2 == 0:
                cell._tc.get_or_add_tcPr().append(_shade(palette.MIST if number else palette.TEAL))
    table._tbl.tblPr.append(_borders("w:tblBorders", ("bottom", "insideH"), palette.LINE, 4))
    word.add_paragraph().paragraph_format.space_after = Pt(4)


def _write_cell(cell: Any, text: str, *, is_header: bool) -> None:
    paragraph = _fill(cell.paragraphs[0], text)
    paragraph.paragraph_format.space_after = Pt(3)
    for run in paragraph.runs:
        run.font.size = Pt(10)
        if is_header:
            run.bold, run.font.color.rgb = True, RGBColor(255, 255, 255)


def _shade(colour: str) -> Any:
    shade = OxmlElement("w:shd")
    for name, value in (("val", "clear"), ("color", "auto"), ("fill", colour)):
        shade.set(qn(f"w:{name}"), value)
    return shade


def _borders(tag: str, sides: tuple[str, ...], colour: str, eighths_pt: int) -> Any:
    borders = OxmlElement(tag)
    for side in sides:
        edge = OxmlElement(f"w:{side}")
        for name, value in (("val", "single"), ("sz", str(eighths_pt)), ("space", "4"), ("color", colour)):
            edge.set(qn(f"w:{name}"), value)
        borders.append(edge)
    return borders
