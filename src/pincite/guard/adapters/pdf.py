"""PDF as pages: each page's exact text, its label and its blocks. Runs in the child only.

Text and boxes come from `pdf_pages.py`, blocks from `pdf_layout.py`.
"""

from collections.abc import Iterator, Mapping
from typing import cast

import pypdfium2

from pincite.guard.adapters.pdf_layout import find_blocks, plain
from pincite.guard.adapters.pdf_pages import open_pdf, raw_text
from pincite.guard.domain import PageText, UnreadableDocument
from pincite.guard.source import Opened, Source

_MAX_BOOKMARKS = 5_000
_MAX_LABEL = 40

Outline = Mapping[int, Mapping[str, int]]
"""Page index (from 0) -> plain title -> heading level (from 1)."""


def open_source(source: Source) -> Opened:
    """Open a PDF; the total is known at once."""
    pdf = open_pdf(source)
    return Opened(_pages(pdf, source.first_page - 1), len(pdf))


def _pages(pdf: pypdfium2.PdfDocument, first: int) -> Iterator[PageText]:
    outline = _outline(pdf)
    with_text = broken = 0
    for index in range(first, len(pdf)):
        try:
            page = _page(pdf, index, outline)
        except pypdfium2.PdfiumError:
            broken += 1
            page = PageText(index + 1, f"{index + 1} (damaged)", "", warning="The page is damaged and cannot be read.")
        with_text += bool(page.text.strip())
        yield page
    if first:
        return  # whether there is any text was seen by those who read the pages before
    if broken == len(pdf):
        raise UnreadableDocument("No page of the PDF can be read.", remedy="Export it again and upload that copy.")
    if not with_text:
        raise UnreadableDocument(
            "The PDF has no text layer on any page: it is made of pictures.", remedy="Run OCR on it first."
        )


def _page(pdf: pypdfium2.PdfDocument, index: int, outline: Outline) -> PageText:
    page = pdf[index]
    try:
        text_page = page.get_textpage()
        try:
            text, indices = raw_text(text_page)
            blocks = find_blocks(text, text_page, indices, outline.get(index, {}))
        finally:
            text_page.close()
    finally:
        page.close()
    label = (pdf.get_page_label(index) or str(index + 1))[:_MAX_LABEL]
    return PageText(index + 1, label, text.replace("\0", "\ufffd"), blocks)


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
