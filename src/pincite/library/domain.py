"""Values of the truth: collections, documents, revisions, pages, chunks, and the states a revision goes through.

No database and no parser here; the queries are in `store.py`.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from pincite.core import ErrorKind, PinciteError
from pincite.guard import Block, FileType


class RevisionState(StrEnum):
    """Where a revision is on its way in. `READY`, `FAILED` and `SUPERSEDED` are final."""

    QUEUED = "queued"
    EXTRACTING = "extracting"
    EMBEDDING = "embedding"
    READY = "ready"
    FAILED = "failed"
    SUPERSEDED = "superseded"


FINAL_STATES = frozenset({RevisionState.READY, RevisionState.FAILED, RevisionState.SUPERSEDED})


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a revision failed: a stable code, a sentence, what to do, and the page where one is to blame."""

    code: str
    message: str
    remedy: str = ""
    page: int | None = None


@dataclass(frozen=True, slots=True)
class Collection:
    """A named set of documents in a tenant. Names are unique in the tenant."""

    id: str
    name: str
    created_at: datetime
    documents: int = 0


@dataclass(frozen=True, slots=True)
class Revision:
    """One version of a document's bytes. `seconds` is the time from upload to a final state."""

    id: str
    document_id: str
    number: int
    sha256: str
    size_bytes: int
    file_type: FileType
    state: RevisionState
    pages_done: int
    pages_total: int | None
    chunks: int
    problem: Problem | None
    created_at: datetime
    seconds: float | None


@dataclass(frozen=True, slots=True)
class Document:
    """A thing that was uploaded. `source` is the name the user gave and the identity that revisions share.

    `serving` is the revision that questions are answered from (None until the first has anything to show); `latest`
    is the newest one, whose state is the document's state as people see it. `version` grows with every change.
    """

    id: str
    collection_id: str
    source: str
    serving: str | None
    latest: Revision
    created_at: datetime
    updated_at: datetime
    version: int


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a revision as stored: see `guard.PageText` for what the text and the blocks are."""

    revision_id: str
    number: int
    label: str
    text: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Chunk:
    """A structure-aware slice of a revision: from `start` on `page` to `end` (exclusive) on `end_page`.

    `text` is the slice's text as indexed (pages joined by a newline). `ordinal` counts from 0 in the revision and
    `id` is made from (revision, ordinal), so writing the same chunk twice is one chunk.
    """

    id: str
    revision_id: str
    document_id: str
    collection_id: str
    ordinal: int
    text: str
    heading_path: tuple[str, ...]
    page: int
    start: int
    end_page: int
    end: int


@dataclass(frozen=True, slots=True)
class Passage:
    """A chunk as a reader may see it: with its document's name, only from a revision that is being served."""

    chunk: Chunk
    source: str


class RegisterOutcome(StrEnum):
    """What an upload did: a new document, a new revision of one, or nothing because the bytes are the same."""

    CREATED = "created"
    REVISED = "revised"
    UNCHANGED = "unchanged"


class DocumentBusy(PinciteError):
    """The document is being read or removed and this cannot be done meanwhile."""

    code = "document-busy"
    kind = ErrorKind.CONFLICT
