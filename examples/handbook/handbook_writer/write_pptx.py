"""Writes a document as a slide deck with python-pptx: a cover, then one slide for each level 2 heading.

Tables are native tables; titles sit in the title placeholder, where readers look for them.
"""

from pathlib import Path
from typing import Any

from pptx import Presentation
from pptx.dml.color import RGBColor
from pptx.enum.shapes import MSO_SHAPE
from pptx.enum.text import MSO_ANCHOR, PP_ALIGN
from pptx.util import Emu, Inches, Pt

from handbook_writer import palette
from handbook_writer.markup import Block, Bullets, Callout, Document, Grid, Heading, Paragraph, runs
from handbook_writer.ooxml import settle

_TITLE_ONLY = 5
_LEFT, _BODY_WIDTH = Inches(0.8), Inches(11.7)
_FONT = "Calibri"


def write_pptx(document: Document, _source: Path, target: Path) -> None:
    deck: Any = Presentation()
    deck.slide_width, deck.slide_height = Inches(13.333), Inches(7.5)
    deck.core_properties.title, deck.core_properties.author = document.title, palette.COMPANY
    _cover(deck, document)
    for number, (title, blocks) in enumerate(_slides(document), 2):
        slide = _blank(deck, title)
        _body(slide, blocks)
        _footer(slide, f"{palette.COMPANY}  ·  {document.title}  ·  {number}")
    deck.save(str(target))
    settle(target)


def _slides(document: Document) -> list[tuple[str, list[Block]]]:
    slides: list[tuple[str, list[Block]]] = []
    for block in document.blocks:
        if isinstance(block, Heading):
            slides.append((block.text, []))
        else:
            slides[-1][1].append(block)
    return slides


def _blank(deck: Any, title: str) -> Any:
    slide = deck.slides.add_slide(deck.slide_layouts[_TITLE_ONLY])
    _bar(slide, 0, 0, Inches(0.28), Inches(7.5), palette.TEAL)
    shape = slide.shapes.title
    shape.left, shape.top, shape.width, shape.height = _LEFT, Inches(0.45), _BODY_WIDTH, Inches(0.9)
    shape.text_frame.vertical_anchor = MSO_ANCHOR.MIDDLE
    _write(shape.text_frame.paragraphs[0], title, 32, palette.TEAL)
    shape.text_frame.paragraphs[0].runs[0].font.bold = True
    return slide


def _cover(deck: Any, document: Document) -> None:
    slide = _blank(deck, document.title)
    _bar(slide, Inches(0.28), Inches(5.6), Inches(13.06), Inches(1.9), palette.TEAL)
    _bar(slide, Inches(0.28), Inches(5.5), Inches(13.06), Inches(0.1), palette.SAND)
    shape = slide.shapes.title
    shape.top, shape.height = Inches(1.7), Inches(1.4)
    shape.text_frame.paragraphs[0].runs[0].font.size = Pt(48)
    frame = slide.shapes.add_textbox(_LEFT, Inches(3.2), _BODY_WIDTH, Inches(2)).text_frame
    for index, (key, value) in enumerate(document.facts):
        paragraph = frame.paragraphs[0] if index == 0 else frame.add_paragraph()
        _write(paragraph, f"{key}: {value}", 18, palette.GREY)


def _bar(slide: Any, left: int, top: int, width: int, height: int, colour: str) -> None:
    bar = slide.shapes.add_shape(MSO_SHAPE.RECTANGLE, left, top, width, height)
    bar.fill.solid()
    bar.fill.fore_color.rgb = RGBColor.from_string(colour)
    bar.line.fill.background()


def _write(paragraph: Any, text: str, size: float, colour: str) -> None:
    paragraph.alignment = PP_ALIGN.LEFT
    for piece, bold in runs(text):
        run = paragraph.add_run()
        run.text = piece
        run.font.name, run.font.size, run.font.bold = _FONT, Pt(size), bold or None
        run.font.color.rgb = RGBColor.from_string(colour)


def _body(slide: Any, blocks: list[Block]) -> None:
    """Stack the blocks from the top; heights are estimates that leave room."""
    top = Inches(1.5)
    for block in blocks:
        if isinstance(block, Grid):
            top += _table(slide, block, top) + Inches(0.25)
        else:
            top += _text(slide, block, top) + Inches(0.1)


def _text(slide: Any, block: Block, top: int) -> int:
    match block:
        case Bullets(items, ordered):
            lines = [f"{f'{n}.' if ordered else chr(0x2022)}  {item}" for n, item in enumerate(items, 1)]
        case Paragraph(text) | Callout(text):
            lines = [text]
        case _:
            return 0
    height = Emu(sum(Inches(0.36) * (1 + len(line) // 104) + Inches(0.1) for line in lines))
    if isinstance(block, Callout):
        _bar(slide, _LEFT, top + Inches(0.05), Inches(0.07), height, palette.SAND)
    left = _LEFT + (Inches(0.15) if isinstance(block, Callout) else 0)
    frame = slide.shapes.add_textbox(left, top, _BODY_WIDTH, height).text_frame
    frame.word_wrap = True
    for index, line in enumerate(lines):
        paragraph = frame.paragraphs[0] if index == 0 else frame.add_paragraph()
        paragraph.space_after = Pt(5)
        _write(paragraph, line, 19, palette.INK)
    return height


def _table(slide: Any, block: Grid, top: int) -> int:
    height = Inches(0.42) * len(block.rows)
    shape = slide.shapes.add_table(len(block.rows), len(block.rows[0]), _LEFT, top, _BODY_WIDTH, height)
    shares = block.shares or tuple(1 for _ in block.rows[0])
    for column, share in zip(shape.table.columns, shares, strict=True):
        column.width = Emu(_BODY_WIDTH * share // sum(shares))
    for number, row in enumerate(block.rows):
        for cell, text in zip(shape.table.rows[number].cells, row, strict=True):
            _write(cell.text_frame.paragraphs[0], text, 15, "FFFFFF" if number == 0 else palette.INK)
            cell.fill.solid()
            shade = palette.TEAL if number == 0 else palette.MIST if number % 2 == 0 else "FFFFFF"
            cell.fill.fore_color.rgb = RGBColor.from_string(shade)
    return height


def _footer(slide: Any, text: str) -> None:
    frame = slide.shapes.add_textbox(_LEFT, Inches(6.95), _BODY_WIDTH, Inches(0.35)).text_frame
    _write(frame.paragraphs[0], text, 11, palette.GREY)
