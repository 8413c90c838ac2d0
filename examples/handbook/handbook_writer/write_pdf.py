"""Writes a document as an A4 PDF with reportlab: title block, running head, page numbers, ruled tables.

Only the base fonts and no compression, so the bytes depend on nothing but the source text.
"""

import io
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    BaseDocTemplate,
    CondPageBreak,
    Flowable,
    Frame,
    ListFlowable,
    ListItem,
    NextPageTemplate,
    PageTemplate,
    Spacer,
    Table,
)
from reportlab.platypus import PageBreak as NewPage
from reportlab.platypus import Paragraph as Text

from handbook_writer.markup import Block, Bullets, Callout, Document, Grid, Heading, PageBreak, Paragraph, Scan, runs
from handbook_writer.palette import COMPANY
from handbook_writer.pdf_style import CALLOUT, FACTS, GREY, LINE, SAND, STYLES, TEAL, table_style

_WIDTH, _HEIGHT = A4
_MARGIN = 23 * mm
_BODY = _WIDTH - 2 * _MARGIN


class _NumberedCanvas(Canvas):
    """Holds every page back until the last one is known, so that a page can say "2 of 5"."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._held: list[dict[str, Any]] = []

    def showPage(self) -> None:  # noqa: N802 (reportlab's name)
        self._held.append(dict(self.__dict__))
        self._startPage()

    def save(self) -> None:
        for number, state in enumerate(self._held, 1):
            self.__dict__.update(state)
            if not getattr(self, "bare_page", False):
                self.setFont("Helvetica", 8)
                self.setFillColor(GREY)
                self.drawRightString(_WIDTH - _MARGIN, 12 * mm, f"Page {number} of {len(self._held)}")
            super().showPage()
        super().save()


class _FullPagePicture(Flowable):
    """A picture over the whole sheet; draws no text at all, as a scanner would leave it."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path

    def wrap(self, *_space: float) -> tuple[float, float]:
        return 1, 1

    def draw(self) -> None:
        x, y = self.canv.absolutePosition(0, 0)
        # From memory: reportlab would name the picture by its path, and the bytes would differ from folder to folder.
        picture = ImageReader(io.BytesIO(self._path.read_bytes()))
        self.canv.drawImage(picture, -x, -y, _WIDTH, _HEIGHT)


def write_pdf(document: Document, source: Path, target: Path) -> None:
    template = BaseDocTemplate(
        str(target),
        pagesize=A4,
        title=document.title,
        author=COMPANY,
        subject=document.fact("Document"),
        creator="examples/handbook/generate.py",
        invariant=1,
        pageCompression=0,
        lang="en-GB",
    )
    frame = Frame(_MARGIN, 22 * mm, _BODY, _HEIGHT - 50 * mm, leftPadding=0, rightPadding=0, topPadding=0)

    def furnish(canvas: Canvas, _template: BaseDocTemplate) -> None:
        canvas.bare_page = False  # pyright: ignore[reportAttributeAccessIssue]
        _running_head(canvas, document)

    def strip(canvas: Canvas, _template: BaseDocTemplate) -> None:
        canvas.bare_page = True  # pyright: ignore[reportAttributeAccessIssue]

    template.addPageTemplates(
        [PageTemplate("text", [frame], onPage=furnish), PageTemplate("scan", [frame], onPage=strip)]
    )
    story = _title_block(document)
    for block in document.blocks:
        story.extend(_flow(block, source))
    template.build(story, canvasmaker=_NumberedCanvas)


def _running_head(canvas: Canvas, document: Document) -> None:
    canvas.saveState()
    top = _HEIGHT - 17 * mm
    canvas.setStrokeColor(TEAL)
    canvas.setLineWidth(1.6)
    for row in range(3):
        wave = canvas.beginPath()
        wave.moveTo(_MARGIN, top + 5 - row * 4)
        for crest in range(3):
            left = _MARGIN + crest * 8
            wave.curveTo(left + 2.5, top + 9 - row * 4, left + 5.5, top + 1 - row * 4, left + 8, top + 5 - row * 4)
        canvas.drawPath(wave)
    canvas.setFillColor(TEAL)
    canvas.setFont("Helvetica-Bold", 9)
    canvas.drawString(_MARGIN + 30, top - 1, "HARROWTIDE")
    canvas.setFillColor(GREY)
    canvas.setFont("Helvetica", 8)
    label = " · ".join(part for part in (document.fact("Document"), document.title) if part)
    canvas.drawRightString(_WIDTH - _MARGIN, top - 1, label)
    canvas.setStrokeColor(LINE)
    canvas.setLineWidth(0.5)
    canvas.line(_MARGIN, top - 9, _WIDTH - _MARGIN, top - 9)
    canvas.line(_MARGIN, 17 * mm, _WIDTH - _MARGIN, 17 * mm)
    canvas.drawString(_MARGIN, 12 * mm, document.fact("Class") or "Internal")
    canvas.restoreState()


def _title_block(document: Document) -> list[Flowable]:
    story: list[Flowable] = [Text(_inline(document.title), STYLES["title"])]
    rows = [[Text(escape(k), STYLES["key"]), Text(_inline(v), STYLES["fact"])] for k, v in document.facts]
    if rows:
        story += [Table(rows, colWidths=[32 * mm, _BODY - 32 * mm], style=FACTS), Spacer(1, 7 * mm)]
    return story


def _inline(text: str) -> str:
    return "".join(f"<b>{escape(piece)}</b>" if bold else escape(piece) for piece, bold in runs(text))


def _flow(block: Block, source: Path) -> list[Flowable]:
    match block:
        case Heading(level, text):
            return [CondPageBreak(32 * mm), Text(_inline(text), STYLES[f"h{level}"])]
        case Paragraph(text):
            return [Text(_inline(text), STYLES["body"])]
        case Callout(text):
            return [Table([[Text(_inline(text), STYLES["callout"])]], colWidths=[_BODY], style=CALLOUT), Spacer(1, 9)]
        case Bullets():
            return [_bullets(block), Spacer(1, 5)]
        case Grid():
            return [_table(block), Spacer(1, 11)]
        case PageBreak():
            return [NewPage()]
        case Scan(name):
            return [
                NextPageTemplate("scan"),
                NewPage(),
                _FullPagePicture(source / name),
                NextPageTemplate("text"),
                NewPage(),
            ]


def _bullets(block: Bullets) -> Flowable:
    items = [ListItem(Text(_inline(item), STYLES["item"])) for item in block.items]
    kind, start = ("1", 1) if block.ordered else ("bullet", "\u2022")
    return ListFlowable(
        items, bulletType=kind, start=start, leftIndent=16, bulletColor=SAND, bulletFontSize=9.5, bulletOffsetY=0
    )


def _table(block: Grid) -> Flowable:
    shares = block.shares or tuple(100 // len(block.rows[0]) for _ in block.rows[0])
    widths = [_BODY * share / sum(shares) for share in shares]
    head, *rest = block.rows
    rows = [[Text(_inline(cell), STYLES["head"]) for cell in head]]
    rows += [[Text(_inline(cell), STYLES["cell"]) for cell in row] for row in rest]
    return Table(rows, colWidths=widths, repeatRows=1, style=table_style(len(rows)))
