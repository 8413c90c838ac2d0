"""PDFs made for tests, and their pages read in this process: what is tested is ours, not the confinement."""

import io
from collections.abc import Callable, Sequence

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


def objects(*bodies: str) -> bytes:
    """Return a PDF of these objects, written as they are and numbered from 1; the first is the catalogue."""
    file, offsets = io.BytesIO(b"%PDF-1.7\n"), list[int]()
    file.seek(0, io.SEEK_END)
    for number, body in enumerate(bodies, start=1):
        offsets.append(file.tell())
        file.write(f"{number} 0 obj\n{body}\nendobj\n".encode("latin-1"))
    begins = file.tell()
    file.write(f"xref\n0 {len(bodies) + 1}\n0000000000 65535 f \n".encode())
    file.write("".join(f"{offset:010} 00000 n \n" for offset in offsets).encode())
    file.write(f"trailer<</Size {len(bodies) + 1}/Root 1 0 R>>\nstartxref\n{begins}\n%%EOF".encode())
    return file.getvalue()


def annotated(
    annotations: Sequence[str], *, shown: str = "", form: str = "", more: Sequence[str] = (), page: str = ""
) -> bytes:
    """Return a PDF of one page, 300 points square, with annotations on it.

    Args:
        annotations: the entries of each one's dictionary; the objects are numbered from 6.
        shown: what the page's content stream draws, after a font is chosen.
        form: the entries of the form's dictionary.
        more: objects behind the annotations.
        page: more entries of the page.
    """
    content = f"BT /F1 12 Tf {shown} ET"
    refs = " ".join(f"{number} 0 R" for number in range(6, 6 + len(annotations)))
    return objects(
        f"<</Type/Catalog/Pages 2 0 R/AcroForm<<{form}>>>>" if form else "<</Type/Catalog/Pages 2 0 R>>",
        "<</Type/Pages/Kids[3 0 R]/Count 1>>",
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 300]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>"
        f"/Annots[{refs}]{page}>>",
        f"<</Length {len(content)}>>stream\n{content}\nendstream",
        "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
        *(f"<</Type/Annot{entries}>>" for entries in annotations),
        *more,
    )


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
