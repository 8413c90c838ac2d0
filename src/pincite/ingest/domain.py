"""Values and errors of the write path: what an upload became, what a check found.

No database, parser or web here; the work is in the files named after it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from pincite.core import ErrorKind, PinciteError
from pincite.core.blobs import BlobRef, BlobStore
from pincite.gateway import ChatModel, Embedders, Models
from pincite.guard import DocumentReader, FileType
from pincite.index import SearchIndex
from pincite.jobs import JobQueue
from pincite.library import Document, Library, RegisterOutcome

Checkpoint = Callable[[str], None]
"""Called at each boundary of the work with its name; tests kill the process there. Normally does nothing."""

Progress = Callable[[int], None]
"""Called with how many chunks are done."""


@dataclass(frozen=True, slots=True)
class Received:
    """What an upload became: the document, with its newest revision, and what happened to it."""

    document: Document
    outcome: RegisterOutcome


@dataclass(frozen=True, slots=True)
class Reparsed:
    """The ids of documents that wait to be read anew, and the name of their batch; None where there are none."""

    documents: tuple[str, ...]
    batch: str | None


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that does not fit together; `code` is stable, `what` says it in a sentence."""

    code: str
    what: str
    repaired: bool


@dataclass(frozen=True, slots=True)
class FsckReport:
    """What a check looked at and what it found; no findings is a clean bill."""

    findings: tuple[Finding, ...]
    documents: int
    chunks: int
    blobs: int

    @property
    def clean(self) -> bool:
        """Whether nothing was found."""
        return not self.findings


@dataclass(frozen=True, slots=True)
class RebuildForecast:
    """What building the index anew would take.

    Args:
        embedder: the one that would make the vectors.
        instead_of: the one that made those in use; None where there is no index.
        chunks: how many would be embedded at most; an earlier build that broke off spares some.
        tokens: estimated without the embedder's tokenizer.
        seconds: for embedding, by a timed sample.
        cost_usd: 0 on this machine; None where the price is not known.
    """

    embedder: str
    instead_of: str | None
    chunks: int
    tokens: int
    seconds: float
    cost_usd: Decimal | None


@dataclass(frozen=True, slots=True)
class Context:
    """What a model wrote about a chunk, to be searched with it; `digest` is the sha256 of the chunk's text.

    `tokens` are those read and written; `cost_usd` is None where the model's price is not known.
    """

    digest: str
    text: str
    model: str
    tokens: int
    cost_usd: float | None


@dataclass(frozen=True, slots=True)
class ContextReport:
    """What writing contexts came to. `failed` chunks have none and are tried again by the next run.

    `cost_usd` is None where the model's price is not known.
    """

    chunks: int
    written: int
    failed: int
    tokens: int
    cost_usd: float | None


@dataclass(frozen=True, slots=True)
class ContextForecast:
    """What writing the contexts that are missing would take, by a few that were written and thrown away.

    Args:
        model: who would write them.
        chunks: how many have none.
        known: how many have one.
        tokens: read and written, estimated.
        seconds: with as many requests at once as the real run has.
        cost_usd: None where the model's price is not known.
        spent_usd: what the known ones cost, as far as prices are known.
    """

    model: str
    chunks: int
    known: int
    tokens: int
    seconds: float
    cost_usd: float | None
    spent_usd: float


@dataclass(frozen=True, slots=True)
class Staged:
    """Bytes that were stored and recognised, and belong to no document yet. `name` is what the client called them."""

    blob: BlobRef
    file_type: FileType
    name: str


@dataclass(frozen=True, slots=True)
class IngestParts:
    """The rooms that the write path stands on; `writer` writes contexts of chunks, None where nobody does.

    `models` keep replies, which may be made of documents that are taken out.
    """

    library: Library
    blobs: BlobStore
    reader: DocumentReader
    embedders: Embedders
    index: SearchIndex
    jobs: JobQueue
    writer: ChatModel | None = None
    models: Models | None = None


class Quarantined(PinciteError):
    """A document that ends its parser each time it is tried; it is left alone until somebody asks for it again."""

    code = "quarantined"
    kind = ErrorKind.INVALID


class PersonalDataRefused(PinciteError):
    """The document holds personal data, and its collection's policy is to refuse such. `page` is the first with any."""

    code = "personal-data"
    kind = ErrorKind.INVALID

    def __init__(self, message: str, *, page: int) -> None:
        remedy = "Take it out of the document, or upload it to a collection with another policy for personal data."
        super().__init__(message, remedy=remedy)
        self.page = page


class BytesLost(PinciteError):
    """The bytes of a document are no longer where they were stored."""

    code = "bytes-lost"
    kind = ErrorKind.NOT_FOUND


class IndexOutdated(PinciteError):
    """The index that answers questions was made by another embedder than the one in use."""

    code = "index-outdated"
    kind = ErrorKind.CONFLICT


class EmptyUpload(PinciteError):
    """The file has no bytes."""

    code = "empty-upload"
    kind = ErrorKind.INVALID
