"""PDF as pages: each page's exact text, its label and its blocks. Runs in the child only.

Text and boxes come from `pdf_pages.py`, lines from `pdf_lines.py`, margins from `pdf_margins.py`, blocks from
`pdf_layout.py`, notes, fields and links from `pdf_annotations.py`; what is only a picture goes through `pdf_ocr.py`.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import closing
from typing import cast

import pypdfium2
import pypdfium2.raw as pdfium

from pincite.guard.adapters.pdf_annotations import read_annotations, with_annotations
from pincite.guard.adapters.pdf_arabic import in_written_order
from pincite.guard.adapters.pdf_forms import Forms
from pincite.guard.adapters.pdf_hidden import hidden_text, without_hidden
from pincite.guard.adapters.pdf_layout import find_blocks, plain
from pincite.guard.adapters.pdf_lines import Glyphs, page_lines
from pincite.guard.adapters.pdf_margins import Sheet, with_margins
from pincite.guard.adapters.pdf_ocr import read_picture
from pincite.guard.adapters.pdf_pages import open_pdf, raw_text
from pincite.guard.adapters.pdf_turns import Rectangle
from pincite.guard.domain import PageText, UnreadableDocument
from pincite.guard.hidden import left_out
from pincite.guard.source import Opened, Source

_MAX_BOOKMARKS = 5_000
_MAX_LABEL = 40
_MANY = 200  # objects: more than a page needs to be blank
_MAY_SHOW = frozenset({pdfium.FPDF_PAGEOBJ_IMAGE, pdfium.FPDF_PAGEOBJ_FORM, pdfium.FPDF_PAGEOBJ_SHADING})
_DAMAGED = "The page is damaged and cannot be read."
_PICTURE = "The page holds no text, only pictures or nothing: it cannot be searched."
_NOTHING = "The page holds no text, and OCR found none in its picture."
_BY_OCR = "The page is a picture and was read by OCR: letters may be wrong."
_NO_LETTERS = "The fonts of the page do not say which letters its signs are: its words cannot be found."
_READ_ANEW = (
    "The fonts of the page do not say which letters its signs are, so it was read by OCR: letters may be wrong."
)
_DYNAMIC = (
    "The form is made as it is shown, by Adobe's programs alone (XFA): its questions and answers cannot be read. "
    "Print it to a PDF there and upload that."
)
# What pdfium gives for a sign of which the file says no letter.
_UNKNOWN = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\ufffd\ue000-\uf8ff]")
_FEW_UNKNOWN, _SHARE_UNKNOWN = 20, 0.2

Outline = Mapping[int, Mapping[str, int]]
"""Page index (from 0) -> plain title -> heading level (from 1)."""


def open_source(source: Source) -> Opened:
    """Open a PDF; the total is known at once."""
    pdf = open_pdf(source)
    return Opened(_pages(pdf, source), len(pdf))


def _pages(pdf: pypdfium2.PdfDocument, source: Source) -> Iterator[PageText]:
    with closing(Forms(pdf, whole=not source.one_by_one)) as forms:
        yield from _pages_with(pdf, source, forms)


def _pages_with(pdf: pypdfium2.PdfDocument, source: Source, forms: Forms) -> Iterator[PageText]:
    first = source.first_page - 1
    with_text = damaged = 0
    for sheet in with_margins(_sheets(pdf, first, forms), ahead=not source.one_by_one):
        page = _page_text(pdf, sheet, ocr=source.limits.ocr)
        damaged += sheet.warning == _DAMAGED
        with_text += bool(page.text.strip())
        yield page
    if first:
        return  # whether there is any text was seen by those who read the pages before
    if damaged == len(pdf):
        raise UnreadableDocument("No page of the PDF can be read.", remedy="Export it again and upload that copy.")
    if not with_text:
        remedy = "Upload a sharper scan." if source.limits.ocr else "Install `pincite[ocr]`, or run OCR on it first."
        raise UnreadableDocument("The PDF has no text layer on any page: it is made of pictures.", remedy=remedy)


def _page_text(pdf: pypdfium2.PdfDocument, sheet: Sheet, *, ocr: bool) -> PageText:
    page = _read_picture(pdf, sheet) if ocr and sheet.warning in {_PICTURE, _NO_LETTERS} else None
    if page is None:
        blocks = find_blocks(sheet.lines, sheet.titles)
        page = PageText(sheet.number, sheet.label, sheet.text.replace("\0", "\ufffd"), blocks, sheet.warning)
        page = left_out(page, sheet.hidden)
    return page if sheet.over is None else with_annotations(page, sheet.over)


def _read_picture(pdf: pypdfium2.PdfDocument, sheet: Sheet) -> PageText | None:
    """Read a page by OCR; only now, when it is its turn, so that the look ahead at others costs none of it.

    Returns None where it finds nothing on a page that has a text of its own.
    """
    page = pdf[sheet.number - 1]
    try:
        read = read_picture(page)
    finally:
        page.close()
    if read is None:
        return PageText(sheet.number, sheet.label, "", warning=_NOTHING) if sheet.warning == _PICTURE else None
    warning = _BY_OCR if sheet.warning == _PICTURE else _READ_ANEW
    return PageText(sheet.number, sheet.label, read.text, find_blocks(read.lines, sheet.titles), warning, read.overlay)


def _sheets(pdf: pypdfium2.PdfDocument, first: int, forms: Forms) -> Iterator[Sheet]:
    outline = _outline(pdf)
    for index in range(first, len(pdf)):
        try:
            yield _sheet(pdf, index, outline, forms)
        except pypdfium2.PdfiumError:
            yield Sheet(index + 1, f"{index + 1} (damaged)", "", [], {}, warning=_DAMAGED)


def _sheet(pdf: pypdfium2.PdfDocument, index: int, outline: Outline, forms: Forms) -> Sheet:
    page = pdf[index]
    try:
        text_page = page.get_textpage()
        try:
            text, indices = raw_text(text_page)
            edges = cast("Rectangle", page.get_bbox())  # its boxes may be those of the tree above it
            glyphs = Glyphs(text_page, indices, edges if page.get_rotation() else None)
            text = in_written_order(text, glyphs)
            lines = page_lines(text, glyphs)
            over = read_annotations(pdf, page, lines, glyphs, forms)
            hidden = hidden_text(page, lines, glyphs)
            picture = not text.strip() and _shows_something(page)
        finally:
            text_page.close()
    finally:
        page.close()
    label = (pdf.get_page_label(index) or str(index + 1))[:_MAX_LABEL]
    warning = _PICTURE if picture else _NO_LETTERS if _is_unknown(text) else ""
    if not index and pdfium.FPDF_GetFormType(pdf.raw) == pdfium.FORMTYPE_XFA_FULL:
        warning = f"{_DYNAMIC} {warning}".strip()
    lines = without_hidden(lines, hidden)
    return Sheet(index + 1, label, text, lines, outline.get(index, {}), edges, warning, over=over, hidden=hidden)


def _is_unknown(text: str) -> bool:
    """Whether so many of a page's signs are no letters that nobody could read it."""
    unknown = len(_UNKNOWN.findall(text))
    return unknown >= _FEW_UNKNOWN and unknown >= _SHARE_UNKNOWN * (len(text) - text.count(" "))


def _shows_something(page: pypdfium2.PdfPage) -> bool:
    """Whether a page without text has a picture on it, or so many lines that they may be letters."""
    count = cast("int", pdfium.FPDFPage_CountObjects(page.raw))
    kinds = [pdfium.FPDFPageObj_GetType(pdfium.FPDFPage_GetObject(page.raw, at)) for at in range(min(count, _MANY))]
    return count >= _MANY or any(kind in _MAY_SHOW for kind in kinds)


def _outline(pdf: pypdfium2.PdfDocument) -> Outline:
    found: dict[int, dict[str, int]] = {}
    try:
        bookmarks = cast("Iterator[pypdfium2.PdfBookmark]", pdf.get_toc(max_depth=6))
        for number, bookmark in enumerate(bookmarks):
            if number >= _MAX_BOOKMARKS:
                break
            target = bookmark.get_dest()
            index = cast("int | None", None if target is None else target.get_index())
            title = plain(str(bookmark.get_title()))
            if index is not None and title:
                found.setdefault(index, {}).setdefault(title, min(cast("int", bookmark.level) + 1, 6))
    except (pypdfium2.PdfiumError, UnicodeDecodeError, ValueError):
        return {}
    return found
