"""PDF as pages: each page's exact text, its label and its blocks. Runs in the child only.

Text and boxes come from `pdf_pages.py`, lines from `pdf_lines.py`, margins from `pdf_margins.py`, blocks from
`pdf_layout.py`.
"""

from collections.abc import Iterator, Mapping
from typing import cast

import pypdfium2

from pincite.guard.adapters.pdf_layout import find_blocks, plain
from pincite.guard.adapters.pdf_lines import page_lines
from pincite.guard.adapters.pdf_margins import Sheet, with_margins
from pincite.guard.adapters.pdf_pages import open_pdf, raw_text
from pincite.guard.domain import PageText, UnreadableDocument
from pincite.guard.source import Opened, Source

_MAX_BOOKMARKS = 5_000
_MAX_LABEL = 40
_PICTURE = "The page holds no text, only pictures or nothing: it cannot be searched."

Outline = Mapping[int, Mapping[str, int]]
"""Page index (from 0) -> plain title -> heading level (from 1)."""


def open_source(source: Source) -> Opened:
    """Open a PDF; the total is known at once."""
    pdf = open_pdf(source)
    sheets = with_margins(_sheets(pdf, source.first_page - 1), ahead=not source.one_by_one)
    return Opened((_page_text(sheet) for sheet in sheets), len(pdf))


def _page_text(sheet: Sheet) -> PageText:
    blocks = find_blocks(sheet.lines, sheet.titles)
    return PageText(sheet.number, sheet.label, sheet.text.replace("\0", "\ufffd"), blocks, sheet.warning)


def _sheets(pdf: pypdfium2.PdfDocument, first: int) -> Iterator[Sheet]:
    outline = _outline(pdf)
    with_text = broken = 0
    for index in range(first, len(pdf)):
        try:
            sheet = _sheet(pdf, index, outline)
        except pypdfium2.PdfiumError:
            broken += 1
            warning = "The page is damaged and cannot be read."
            sheet = Sheet(index + 1, f"{index + 1} (damaged)", "", [], {}, warning=warning)
        with_text += bool(sheet.text.strip())
        yield sheet
    if first:
        return  # whether there is any text was seen by those who read the pages before
    if broken == len(pdf):
        raise UnreadableDocument("No page of the PDF can be read.", remedy="Export it again and upload that copy.")
    if not with_text:
        raise UnreadableDocument(
            "The PDF has no text layer on any page: it is made of pictures.", remedy="Run OCR on it first."
        )


def _sheet(pdf: pypdfium2.PdfDocument, index: int, outline: Outline) -> Sheet:
    page = pdf[index]
    try:
        text_page = page.get_textpage()
        try:
            text, indices = raw_text(text_page)
            lines = page_lines(text, text_page, indices)
            edges = _edges(page)
        finally:
            text_page.close()
    finally:
        page.close()
    label = (pdf.get_page_label(index) or str(index + 1))[:_MAX_LABEL]
    warning = "" if text.strip() else _PICTURE
    return Sheet(index + 1, label, text, lines, outline.get(index, {}), edges, warning)


def _edges(page: pypdfium2.PdfPage) -> tuple[float, float] | None:
    if page.get_rotation():
        return None
    _, low, _, high = cast("tuple[float, float, float, float]", page.get_cropbox())
    return low, high


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
