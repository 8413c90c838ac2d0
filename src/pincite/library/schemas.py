"""What the library's things look like over HTTP: pydantic models, each made of a domain value.

The routes that return them are in `routes.py` here and in `ingest`; pages and passages are in `passage_schemas.py`.
"""

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from pincite.guard import FileType
from pincite.library.batches import Batch
from pincite.library.domain import Collection, Document, RevisionState
from pincite.library.holds import MOST_KEEP_DAYS
from pincite.privacy import Policy

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
    "personal_data": {"mail": 2},
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
    `und` where it cannot be told, null until some text was read. `personal_data` is how many findings of each kind it
    has, null where its collection's policy was `off` when it was read.
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
    personal_data: dict[str, int] | None
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
            "personal_data": None if latest.personal_data is None else dict(latest.personal_data),
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
    """A named set of documents, how many, what happens with personal data in it, and how long it keeps them."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "id": "01a1fb2f",
                "name": "default",
                "documents": 14,
                "created_at": "2026-11-20T09:00:00Z",
                "personal_data": "off",
                "keep_days": None,
            }
        }
    )

    id: str
    name: str
    documents: int
    created_at: datetime
    personal_data: Policy
    keep_days: int | None = None

    @classmethod
    def of(cls, collection: Collection) -> "CollectionBody":
        """Make the body of a collection."""
        return cls(
            id=collection.id,
            name=collection.name,
            documents=collection.documents,
            created_at=collection.created_at,
            personal_data=collection.personal_data,
            keep_days=collection.keep_days,
        )


class CollectionList(BaseModel):
    """Collections by name."""

    items: list[CollectionBody]
    next_cursor: str | None


class NewCollection(BaseModel):
    """The name of a collection to be made."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"name": "contracts"}})

    name: Annotated[str, Field(min_length=1, max_length=200)]


class CollectionChange(BaseModel):
    """What is to be different about a collection.

    personal_data: `off`; `flag` counts what is found while documents are read; `mask-answers` covers it in search
        results and answers as well; `mask-model` in what models get while documents are read too; with `refuse`,
        documents that hold any fail.
    keep_days: for how many days after its last revision a document is kept before it is erased; null is for ever.
    """

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"personal_data": "mask-answers"}})

    personal_data: Policy | None = None
    keep_days: Annotated[int, Field(ge=1, le=MOST_KEEP_DAYS)] | None = None
