"""PDFs made for tests, and their pages read in this process: what is tested is ours, not the confinement."""

import io
from collections.abc import Callable

from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

from pincite.guard import Block, BlockKind, PageText
from pincite.guard.adapters.pdf import open_source
from pincite.guard.source import Allowance, ReadLimits, Source

Draw = Callable[[Canvas, int], None]
"""Draws page `number` (from 1)."""

LIMITS = ReadLimits(max_pages=1000, max_text_chars=1_000_000, max_unpacked_bytes=1 << 26)


def paper(draw: Draw, pages: int = 1) -> bytes:
    """Return a PDF of A4 pages in Helvetica 11."""
    file = io.BytesIO()
    sheet = Canvas(file, pagesize=A4)
    for number in range(1, pages + 1):
        sheet.setFont("Helvetica", 11)
        draw(sheet, number)
        sheet.showPage()
    sheet.save()
    return file.getvalue()


def pages_of(data: bytes, *, first_page: int = 1, one_by_one: bool = False) -> list[PageText]:
    """Read a PDF."""
    source = Source(io.BytesIO(data), len(data), LIMITS, Allowance(1 << 30), first_page, one_by_one=one_by_one)
    return list(open_source(source).pages)


def said(page: PageText, kind: BlockKind) -> list[str]:
    """Return the texts of a page's blocks of one kind."""
    return [page.text[block.start : block.end] for block in page.blocks if block.kind is kind]


def assert_in_order(text: str, blocks: tuple[Block, ...]) -> None:
    """What holds for the blocks of every page."""
    at = 0
    for block in blocks:
        assert at <= block.start < block.end <= len(text)
        assert text[block.start : block.end].strip()
        at = block.end
