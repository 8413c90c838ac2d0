"""What pages and passages look like over HTTP: pydantic models, each made of a domain value.

What the rest of the library looks like is in `schemas.py`, the routes are in `routes.py`.
"""

from pydantic import BaseModel, ConfigDict, Field

from pincite.guard import Block, FileType
from pincite.library.domain import PageSummary
from pincite.library.pages import PassageView
from pincite.library.sections import Section


class PageBody(BaseModel):
    """A page without its text; `chars` is the text's length."""

    number: int
    label: str
    chars: int

    @classmethod
    def of(cls, page: PageSummary) -> "PageBody":
        """Make the body of a page."""
        return cls(number=page.number, label=page.label, chars=page.chars)


class PageList(BaseModel):
    """The pages of a document's latest revision, in order."""

    items: list[PageBody]
    next_cursor: str | None


class CellBody(BaseModel):
    """A table's cell: a stretch [start, end) of the page's text; `column` counts from 0."""

    start: int
    end: int
    column: int


class BlockBody(BaseModel):
    """A stretch [start, end) of a page's text, and what it is; `level` is 1 to 6 for headings, else 0.

    A table of a PDF has `rows`, of which the first `head_rows` are its head.
    """

    kind: str
    start: int
    end: int
    level: int
    head_rows: int = 0
    rows: list[list[CellBody]] = []

    @classmethod
    def of(cls, block: Block) -> "BlockBody":
        """Make the body of a block."""
        table = block.table
        rows = () if table is None else table.rows
        return cls(
            kind=block.kind,
            start=block.start,
            end=block.end,
            level=block.level,
            head_rows=0 if table is None else table.head_rows,
            rows=[[CellBody(start=c.start, end=c.end, column=c.column) for c in row] for row in rows],
        )


class BoxBody(BaseModel):
    """A rectangle on the page in points, origin at the top left."""

    x0: float
    y0: float
    x1: float
    y1: float


class LinkBody(BaseModel):
    """Characters of the page that lead to an address of the web or of mail (`url`) or to a `page` of the document.

    The address is the document's word, unchecked: show it as text.
    """

    start: int
    end: int
    url: str | None = None
    page: int | None = None


class LaterRevision(BaseModel):
    """The revision that questions are answered from today, where the one that is shown is an older one."""

    revision: str
    pages: int = Field(description="How many it has.")
    same_bytes: bool = Field(description="It is the same file, which was read anew.")


class PassageBody(BaseModel):
    """A page with the range that was asked for: its words and, for PDF, where they stand on the page.

    label: what people call the page. place: the range, as "page 4", "Slide 3", "Sheet 'Rates', B41:C41", "Carry-over".
    """

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "document": "01a1fb2f301770d69ee60a129017c3ef",
                "revision": "01a1fb2f3017767590d9fe702eb04542",
                "source": "policies/leave-policy.pdf",
                "file_type": "pdf",
                "page": 3,
                "pages": 9,
                "label": "iii",
                "place": "page 3 (printed iii)",
                "text": "Annual leave is 28 days. ...",
                "blocks": [{"kind": "paragraph", "start": 0, "end": 24, "level": 0}],
                "start": 0,
                "end": 24,
                "quote": "Annual leave is 28 days.",
                "width": 595.3,
                "height": 841.9,
                "boxes": [{"x0": 72.0, "y0": 96.5, "x1": 210.2, "y1": 110.0}],
                "links": [{"start": 0, "end": 12, "url": None, "page": 5}],
                "superseded_by": None,
            }
        }
    )

    document: str
    revision: str
    source: str
    file_type: FileType
    page: int
    pages: int
    label: str
    place: str
    text: str
    blocks: list[BlockBody]
    start: int
    end: int
    quote: str
    width: float | None
    height: float | None
    boxes: list[BoxBody]
    links: list[LinkBody]
    superseded_by: LaterRevision | None

    @classmethod
    def of(cls, view: PassageView) -> "PassageBody":
        """Make the body of a passage."""
        layout, overlay, later = view.layout, view.page.overlay, view.superseded_by
        return cls(
            document=view.document.id,
            revision=view.revision.id,
            source=view.document.source,
            file_type=view.revision.file_type,
            page=view.page.number,
            pages=view.pages,
            label=view.page.label,
            place=view.place,
            text=view.page.text,
            blocks=[BlockBody.of(block) for block in view.page.blocks],
            start=view.start,
            end=view.end,
            quote=view.quote,
            width=None if layout is None else layout.width,
            height=None if layout is None else layout.height,
            boxes=[] if layout is None else [BoxBody(x0=b.x0, y0=b.y0, x1=b.x1, y1=b.y1) for b in layout.boxes],
            links=[
                LinkBody(start=link.start, end=link.end, url=link.url or None, page=link.page or None)
                for link in (() if overlay is None else overlay.links)
            ],
            superseded_by=None
            if later is None
            else LaterRevision(revision=later.revision.id, pages=later.pages, same_bytes=view.same_bytes),
        )


class SectionPartBody(BaseModel):
    """What of a section lies on one page; the text is the page's from start to end, verbatim."""

    page: int
    start: int
    end: int
    text: str


class SectionBody(BaseModel):
    """The section that a passage lies in; `whole` is false where it goes on beyond what is given."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "source": "policies/leave-policy.pdf",
                "heading_path": ["Leave policy", "Carry-over"],
                "parts": [
                    {"page": 2, "start": 310, "end": 371, "text": "Carry-over\nUp to five days may be carried ..."}
                ],
                "whole": True,
            }
        }
    )

    source: str
    heading_path: list[str]
    parts: list[SectionPartBody]
    whole: bool

    @classmethod
    def of(cls, section: Section) -> "SectionBody":
        """Make the body of a section."""
        parts = [SectionPartBody(page=p.page, start=p.start, end=p.end, text=p.text) for p in section.parts]
        return cls(source=section.source, heading_path=list(section.heading_path), parts=parts, whole=section.whole)
