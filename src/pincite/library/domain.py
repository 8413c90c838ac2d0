"""Values of the truth: collections, documents, revisions, pages, chunks, and the states a revision goes through.

No database and no parser here; the queries are in `store.py`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Generic, Protocol, TypeVar

from pincite.core import ErrorKind, PinciteError, Scope
from pincite.guard import Block, FileType, Overlay, PageBoxes, PageText
from pincite.index import Generation
from pincite.privacy import Policy

T = TypeVar("T")
DEFAULT_COLLECTION = "default"


class RevisionState(StrEnum):
    """Where a revision is on its way in.

    `READY`, `FAILED`, `CANCELLED` and `SUPERSEDED` are final; a `PAUSED` one waits for people.
    """

    QUEUED = "queued"
    EXTRACTING = "extracting"
    EMBEDDING = "embedding"
    READY = "ready"
    FAILED = "failed"
    PAUSED = "paused"
    CANCELLED = "cancelled"
    SUPERSEDED = "superseded"

    @property
    def final(self) -> bool:
        """Whether nothing more becomes of it by itself."""
        return self in _FINAL

    @property
    def at_rest(self) -> bool:
        """Whether nobody works on it: it is final, or waits for people."""
        return self in _FINAL or self is RevisionState.PAUSED


_FINAL = frozenset({RevisionState.READY, RevisionState.FAILED, RevisionState.CANCELLED, RevisionState.SUPERSEDED})
UNFINISHED_STATES = frozenset({RevisionState.QUEUED, RevisionState.EXTRACTING, RevisionState.EMBEDDING})
# Out of which people bring a revision back into the queue.
RESTING_STATES = frozenset({RevisionState.FAILED, RevisionState.PAUSED, RevisionState.CANCELLED})
# From which states `set_state` may lead to each. A workflow that starts again after a crash may go back to reading.
LEADS_FROM: Mapping[RevisionState, frozenset[RevisionState]] = {
    RevisionState.QUEUED: frozenset({RevisionState.QUEUED}),
    RevisionState.EXTRACTING: UNFINISHED_STATES,
    RevisionState.EMBEDDING: UNFINISHED_STATES,
    RevisionState.FAILED: UNFINISHED_STATES | {RevisionState.FAILED},
    RevisionState.PAUSED: UNFINISHED_STATES | {RevisionState.PAUSED},
    RevisionState.CANCELLED: UNFINISHED_STATES | {RevisionState.PAUSED, RevisionState.CANCELLED},
    RevisionState.READY: frozenset({RevisionState.READY}),
    RevisionState.SUPERSEDED: frozenset({RevisionState.SUPERSEDED}),
}


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a revision failed: a stable code, a sentence, what to do, and the page where one is to blame."""

    code: str
    message: str
    remedy: str = ""
    page: int | None = None


@dataclass(frozen=True, slots=True)
class PageWarning:
    """What people should know of one page of a document that was read all the same."""

    page: int
    message: str


@dataclass(frozen=True, slots=True)
class Collection:
    """A named set of documents in a tenant. Names are unique in the tenant; None keeps for ever."""

    id: str
    name: str
    created_at: datetime
    documents: int = 0
    personal_data: Policy = Policy.OFF
    keep_days: int | None = None


@dataclass(frozen=True, slots=True)
class Revision:
    """One version of a document's bytes. `seconds` is the time from upload (or retry) to a final state.

    `attempt` counts from 1 and grows with each retry, so that (id, attempt) names one run through the queue. `lease`
    grows each time that a worker begins or goes on: a write with an older one is refused. `read_by` is the version of
    the parsers that made the pages so far. `language` is that of its text as BCP-47, `und` where that cannot be told
    and None where no text was looked at yet. `batch` is the id of the batch that
    it came in. `personal_data` is how many findings of each kind it has, None where they were not looked for.
    """

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
    attempt: int = 1
    lease: int = 0
    read_by: str | None = None
    warnings: tuple[PageWarning, ...] = ()
    language: str | None = None
    batch: str | None = None
    personal_data: Mapping[str, int] | None = None


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
    overlay: Overlay | None = None


@dataclass(frozen=True, slots=True)
class Chunk:
    """A structure-aware slice of a revision: from `start` on `page` to `end` (exclusive) on `end_page`.

    `text` is the slice's text as indexed: pages joined by a newline, running headers and footers at their ends blanked
    (see `guard.body_text`), so that lengths are the pages'. `ordinal` counts from 0 in the revision and
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
    """A chunk as a reader may see it: with its document's name, only from a revision that is being served.

    `personal_data` is the policy of its collection.
    """

    chunk: Chunk
    source: str
    personal_data: Policy = Policy.OFF


class RegisterOutcome(StrEnum):
    """What an upload did: a new document, a new revision of one, or nothing because the bytes are the same."""

    CREATED = "created"
    REVISED = "revised"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class Registered:
    """What an upload came to. `needs_work` says that the revision has to be put in the queue (also for a retry)."""

    document: Document
    revision: Revision
    outcome: RegisterOutcome

    @property
    def needs_work(self) -> bool:
        """True while the revision waits to be read."""
        return self.revision.state is RevisionState.QUEUED


@dataclass(frozen=True, slots=True)
class Listing(Generic[T]):
    """A stretch of a list. `next_cursor` asks for the stretch after it; None at the end."""

    items: tuple[T, ...]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class Removal:
    """A document that is hidden and waits to be purged: its revisions and the sha256 of their bytes."""

    document_id: str
    collection_id: str
    revision_ids: tuple[str, ...]
    blobs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """One entry of a tenant's change feed: a document as it is now, or the id of one that was removed."""

    version: int
    document: Document | None
    removed_id: str | None


@dataclass(frozen=True, slots=True)
class PageSummary:
    """A page without its text; `chars` is the text's length."""

    number: int
    label: str
    chars: int


class GenerationState(StrEnum):
    """One generation of a tenant is active at most; others are being built or were replaced.

    A fast one holds a quick embedder's vectors of everything, for documents that a better one has not seen yet.
    """

    BUILDING = "building"
    ACTIVE = "active"
    FAST = "fast"
    RETIRED = "retired"


@dataclass(frozen=True, slots=True)
class IndexGeneration:
    """A build of the tenant's search index, and whether questions are answered from it."""

    generation: Generation
    state: GenerationState
    created_at: datetime


@dataclass(frozen=True, slots=True)
class VectorWork:
    """A revision whose better vectors are to be made, and how many of its chunks have them."""

    revision_id: str
    chunks_done: int


class WrittenContext(Protocol):
    """What a model wrote about a chunk: where it stands, what it speaks of; and what writing it took."""

    @property
    def digest(self) -> str:
        """The sha256 of the chunk's text."""
        ...

    @property
    def text(self) -> str:
        """What was written."""
        ...

    @property
    def model(self) -> str:
        """Who wrote it."""
        ...

    @property
    def tokens(self) -> int:
        """How many were read and written."""
        ...

    @property
    def cost_usd(self) -> float | None:
        """None where the model's price is not known."""
        ...


@dataclass(frozen=True, slots=True)
class ContextCosts:
    """How many contexts a tenant has, and what writing them took, as far as prices are known."""

    contexts: int
    tokens: int
    cost_usd: float


@dataclass(frozen=True, slots=True)
class WorkItem:
    """A revision that is not in a final state, with the scope a worker may treat it under."""

    scope: Scope
    revision_id: str
    state: RevisionState
    attempt: int
    updated_at: datetime
    job: str | None = None


class WholeDocument(Protocol):
    """All of a small document as it was read: the revision with the lease it was read under, and what is in it."""

    @property
    def revision(self) -> Revision:
        """Whose they are."""
        ...

    @property
    def pages(self) -> Sequence[PageText]:
        """All pages, in order."""
        ...

    @property
    def chunks(self) -> Sequence[Chunk]:
        """All chunks, in order."""
        ...

    @property
    def language(self) -> str:
        """That of the text, as BCP-47; see `Revision`."""
        ...

    @property
    def personal_data(self) -> Mapping[str, int] | None:
        """See `Revision`."""
        ...


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that SQL and blobs disagree on. `code` is stable; `repaired` says that it was put right."""

    code: str
    message: str
    repaired: bool


class PageReader(Protocol):
    """What the library needs from `guard.DocumentReader`: the layout and the picture of one PDF page of a tenant's."""

    async def boxes(self, path: Path, page: int, start: int, end: int, *, whose: str = "") -> PageBoxes:
        """Return where [start, end) of the page's text lies, in points from the top left."""
        ...

    async def render(self, path: Path, page: int, width_px: int, *, whose: str = "") -> bytes:
        """Return the page as PNG, `width_px` wide."""
        ...


class DocumentBusy(PinciteError):
    """The document is being read or removed and this cannot be done meanwhile."""

    code = "document-busy"
    kind = ErrorKind.CONFLICT


class RevisionOvertaken(PinciteError):
    """The revision is in a state that does not lead where it should go: finished, or replaced by a newer one."""

    code = "revision-overtaken"
    kind = ErrorKind.CONFLICT
