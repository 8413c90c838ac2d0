"""What the library's things look like over HTTP: pydantic models, each made of a domain value.

The routes that return them are in `routes.py` here and in `ingest`.
"""

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from pincite.guard import Block, FileType
from pincite.library.batches import Batch
from pincite.library.domain import Collection, Document, PageSummary, RevisionState
from pincite.library.pages import PassageView
from pincite.library.sections import Section

_DOCUMENT_EXAMPLE: dict[str, Any] = {
    "id": "01a1fb2f301770d69ee60a129017c3ef",
    "collection_id": "01a1fb2f300e791bad304198a68dcc29",
    "source": "policies/leave-policy.pdf",
    "file_type": "pdf",
    "size_bytes": 182044,
    "state": "ready",
    "pages_done": 9,
    "pages_total": 9,
    "chunks": 31,
    "language": "en",
    "revision": "01a1fb2f3017767590d9fe702eb04542",
    "revision_number": 1,
    "serving": True,
    "serving_revision": "01a1fb2f3017767590d9fe702eb04542",
    "batch": None,
    "seconds": 0.41,
    "problem": None,
    "warnings": [],
    "created_at": "2026-11-20T09:00:00Z",
    "updated_at": "2026-11-20T09:00:01Z",
    "version": 7,
}


class ProblemBody(BaseModel):
    """Why a document failed, and what to do about it."""

    code: str
    message: str
    remedy: str
    page: int | None


class WarningBody(BaseModel):
    """What people should know of one page of a document that was read all the same."""

    page: int
    message: str


class DocumentBody(BaseModel):
    """A document as its latest revision stands.

    `serving` says whether any revision of it answers questions, and `serving_revision` which. `language` is BCP-47:
    `und` where it cannot be told, null until some text was read.
    """

    model_config = ConfigDict(json_schema_extra={"example": _DOCUMENT_EXAMPLE})

    id: str
    collection_id: str
    source: str
    file_type: FileType
    size_bytes: int
    state: RevisionState
    pages_done: int
    pages_total: int | None
    chunks: int
    language: str | None
    revision: str
    revision_number: int
    serving: bool
    serving_revision: str | None
    batch: str | None
    seconds: float | None
    problem: ProblemBody | None
    warnings: list[WarningBody]
    created_at: datetime
    updated_at: datetime
    version: int

    @classmethod
    def fields_of(cls, document: Document) -> dict[str, Any]:
        """Return the fields for a document, for this model and those that add to it."""
        latest = document.latest
        problem = latest.problem
        return {
            "id": document.id,
            "collection_id": document.collection_id,
            "source": document.source,
            "file_type": latest.file_type,
            "size_bytes": latest.size_bytes,
            "state": latest.state,
            "pages_done": latest.pages_done,
            "pages_total": latest.pages_total,
            "chunks": latest.chunks,
            "language": latest.language,
            "revision": latest.id,
            "revision_number": latest.number,
            "serving": document.serving is not None,
            "serving_revision": document.serving,
            "batch": latest.batch,
            "seconds": latest.seconds,
            "problem": None
            if problem is None
            else ProblemBody(code=problem.code, message=problem.message, remedy=problem.remedy, page=problem.page),
            "warnings": [WarningBody(page=each.page, message=each.message) for each in latest.warnings],
            "created_at": document.created_at,
            "updated_at": document.updated_at,
            "version": document.version,
        }

    @classmethod
    def of(cls, document: Document) -> "DocumentBody":
        """Make the body of a document."""
        return DocumentBody(**cls.fields_of(document))


class DocumentList(BaseModel):
    """Documents, newest first."""

    items: list[DocumentBody]
    next_cursor: str | None


class BatchBody(BaseModel):
    """Files that were sent as one, as their documents stand now.

    `state` is `reading`, `paused`, `cancelled` or `done`; `counts` are documents by state; `progress` is 0 to 1;
    `seconds_left` is estimated by what was finished lately, and null while that says nothing.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "id": "01a1fb2f",
                "name": "contracts",
                "state": "reading",
                "created_at": "2026-11-20T09:00:00Z",
                "documents": 5000,
                "counts": {"queued": 3990, "extracting": 2, "ready": 1001, "failed": 7},
                "warned": 4,
                "progress": 0.2016,
                "seconds_left": 412.0,
            }
        }
    )

    id: str
    name: str
    state: str
    created_at: datetime
    documents: int
    counts: dict[RevisionState, int]
    warned: int
    progress: float
    seconds_left: float | None

    @classmethod
    def of(cls, batch: Batch) -> "BatchBody":
        """Make the body of a batch."""
        left = batch.seconds_left
        return cls(
            id=batch.id,
            name=batch.name,
            state=batch.phase,
            created_at=batch.created_at,
            documents=batch.documents,
            counts=dict(batch.counts),
            warned=batch.warned,
            progress=round(batch.progress, 4),
            seconds_left=None if left is None else round(left, 1),
        )


class BatchList(BaseModel):
    """Batches, newest first."""

    items: list[BatchBody]
    next_cursor: str | None


class CollectionBody(BaseModel):
    """A named set of documents, and how many it holds."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {"id": "01a1fb2f", "name": "default", "documents": 14, "created_at": "2026-11-20T09:00:00Z"}
        }
    )

    id: str
    name: str
    documents: int
    created_at: datetime

    @classmethod
    def of(cls, collection: Collection) -> "CollectionBody":
        """Make the body of a collection."""
        return cls(
            id=collection.id,
            name=collection.name,
            documents=collection.documents,
            created_at=collection.created_at,
        )


class CollectionList(BaseModel):
    """Collections by name."""

    items: list[CollectionBody]
    next_cursor: str | None


class NewCollection(BaseModel):
    """The name of a collection to be made."""

    model_config = ConfigDict(json_schema_extra={"example": {"name": "contracts"}})

    name: Annotated[str, Field(min_length=1, max_length=200)]


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

    @classmethod
    def of(cls, view: PassageView) -> "PassageBody":
        """Make the body of a passage."""
        layout = view.layout
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
