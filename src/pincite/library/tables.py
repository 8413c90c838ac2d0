"""The library's tables. Private to `store/`; what the columns mean is said in `domain.py`.

Ids are text made by `new_id`. `tenant` is on every row, so that `visible_to` needs no join.
"""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, LargeBinary, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from pincite.core import Table

_ID = String(64)
_TENANT = String(100)


class FeedRow(Table):
    """The version of a tenant's last change. Whoever changes documents takes this row's lock first."""

    __tablename__ = "library_feeds"

    tenant: Mapped[str] = mapped_column(_TENANT, primary_key=True)
    version: Mapped[int] = mapped_column(BigInteger)


class UsageRow(Table):
    """What a tenant holds, and the most that it may hold: NULL is no bound. Changed with what it counts."""

    __tablename__ = "library_usage"

    tenant: Mapped[str] = mapped_column(_TENANT, primary_key=True)
    documents: Mapped[int] = mapped_column(BigInteger)
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    pages: Mapped[int] = mapped_column(BigInteger)
    most_documents: Mapped[int | None] = mapped_column(BigInteger)
    most_bytes: Mapped[int | None] = mapped_column(BigInteger)
    most_pages: Mapped[int | None] = mapped_column(BigInteger)


class CollectionRow(Table):
    """A named set of documents. `personal_data` is the policy, see `privacy.Policy`.

    Documents are erased `keep_days` after their last revision came in; NULL keeps them for ever.
    """

    __tablename__ = "library_collections"
    __table_args__ = (UniqueConstraint("tenant", "name"),)

    id: Mapped[str] = mapped_column(_ID, primary_key=True)
    tenant: Mapped[str] = mapped_column(_TENANT)
    name: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime]
    personal_data: Mapped[str] = mapped_column(String(20), server_default="off")
    keep_days: Mapped[int | None] = mapped_column(Integer)


class GrantRow(Table):
    """What a user, a group or everyone in the tenant (`grantee_id` is "") may do with a collection or a document."""

    __tablename__ = "library_grants"
    __table_args__ = (Index(None, "tenant", "grantee_kind", "grantee_id"),)

    tenant: Mapped[str] = mapped_column(_TENANT, primary_key=True)
    object_kind: Mapped[str] = mapped_column(String(10), primary_key=True)
    object_id: Mapped[str] = mapped_column(_ID, primary_key=True)
    grantee_kind: Mapped[str] = mapped_column(String(10), primary_key=True)
    grantee_id: Mapped[str] = mapped_column(_ID, primary_key=True)
    level: Mapped[int] = mapped_column(Integer)
    created_at: Mapped[datetime]


class HoldRow(Table):
    """That a document, a collection or the tenant (`object_id` is its id) is on legal hold, and why."""

    __tablename__ = "library_holds"

    tenant: Mapped[str] = mapped_column(_TENANT, primary_key=True)
    object_kind: Mapped[str] = mapped_column(String(10), primary_key=True)
    object_id: Mapped[str] = mapped_column(_TENANT, primary_key=True)
    reason: Mapped[str] = mapped_column(String(500))
    placed_by: Mapped[str] = mapped_column(_ID)
    placed_at: Mapped[datetime]


class DocumentRow(Table):
    """A thing that was uploaded; `removed_at` hides it until it is purged and frees its name at once."""

    __tablename__ = "library_documents"
    __table_args__ = (
        Index(
            "uq_library_documents_live_source",
            "collection_id",
            "source",
            unique=True,
            sqlite_where=text("removed_at IS NULL"),
            postgresql_where=text("removed_at IS NULL"),
        ),
        Index(None, "tenant", "version"),
        Index(None, "tenant", "id"),
    )

    id: Mapped[str] = mapped_column(_ID, primary_key=True)
    tenant: Mapped[str] = mapped_column(_TENANT)
    collection_id: Mapped[str] = mapped_column(ForeignKey("library_collections.id"))
    source: Mapped[str] = mapped_column(String(500))
    # No foreign keys on these two: documents and revisions would refer to each other in a circle.
    serving: Mapped[str | None] = mapped_column(_ID)
    latest: Mapped[str] = mapped_column(_ID)
    version: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    removed_at: Mapped[datetime | None]


class RevisionRow(Table):
    """One version of a document's bytes. `problem` is JSON; `started_at` is the upload or the last retry.

    `language` is BCP-47, NULL until some text was looked at.

    `lease` grows each time that a worker begins or goes on; `read_by` is the version of the parsers that made its
    pages; `warnings` is JSON: [[page, message], ...]; `personal_data` is JSON: {kind: count}, NULL where it was not
    looked for; `job` reads it among others, NULL where it has one of its own.
    """

    __tablename__ = "library_revisions"
    __table_args__ = (
        UniqueConstraint("document_id", "number"),
        Index(None, "tenant", "sha256"),
        Index(None, "state", "updated_at"),
        Index(None, "tenant", "state"),
        Index(None, "tenant", "batch"),
    )

    id: Mapped[str] = mapped_column(_ID, primary_key=True)
    tenant: Mapped[str] = mapped_column(_TENANT)
    document_id: Mapped[str] = mapped_column(ForeignKey("library_documents.id"))
    number: Mapped[int] = mapped_column(Integer)
    sha256: Mapped[str] = mapped_column(String(64))
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    file_type: Mapped[str] = mapped_column(String(20))
    state: Mapped[str] = mapped_column(String(20))
    attempt: Mapped[int] = mapped_column(Integer)
    lease: Mapped[int] = mapped_column(Integer, server_default="0")
    read_by: Mapped[str | None] = mapped_column(String(60))
    batch: Mapped[str | None] = mapped_column(_ID)
    warnings: Mapped[str | None] = mapped_column(Text)
    language: Mapped[str | None] = mapped_column(String(35))
    personal_data: Mapped[str | None] = mapped_column(Text)
    pages_done: Mapped[int] = mapped_column(Integer)
    pages_total: Mapped[int | None] = mapped_column(Integer)
    chunks: Mapped[int] = mapped_column(Integer)
    problem: Mapped[str | None] = mapped_column(Text)
    job: Mapped[str | None] = mapped_column(String(100))
    created_at: Mapped[datetime]
    started_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]


class BatchRow(Table):
    """Files that were sent as one; its revisions name it. `state` says what becomes of those that come later.

    `begun_by` is the user who sent the first.
    """

    __tablename__ = "library_batches"
    __table_args__ = (UniqueConstraint("tenant", "name"),)

    id: Mapped[str] = mapped_column(_ID, primary_key=True)
    tenant: Mapped[str] = mapped_column(_TENANT)
    name: Mapped[str] = mapped_column(String(200))
    state: Mapped[str] = mapped_column(String(20))
    begun_by: Mapped[str | None] = mapped_column(_ID)
    created_at: Mapped[datetime]


class PageRow(Table):
    """A page's text. `blocks` is JSON: [[kind, start, end, level], ...]."""

    __tablename__ = "library_pages"

    revision_id: Mapped[str] = mapped_column(ForeignKey("library_revisions.id"), primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    tenant: Mapped[str] = mapped_column(_TENANT)
    label: Mapped[str] = mapped_column(Text)
    chars: Mapped[int] = mapped_column(Integer)
    text: Mapped[str] = mapped_column(Text)
    blocks: Mapped[str] = mapped_column(Text)


class ChunkRow(Table):
    """A slice of a revision as indexed. `heading_path` is a JSON list of strings."""

    __tablename__ = "library_chunks"
    __table_args__ = (UniqueConstraint("revision_id", "ordinal"),)

    id: Mapped[str] = mapped_column(String(80), primary_key=True)
    tenant: Mapped[str] = mapped_column(_TENANT)
    revision_id: Mapped[str] = mapped_column(ForeignKey("library_revisions.id"))
    document_id: Mapped[str] = mapped_column(_ID)
    collection_id: Mapped[str] = mapped_column(_ID)
    ordinal: Mapped[int] = mapped_column(Integer)
    text: Mapped[str] = mapped_column(Text)
    heading_path: Mapped[str] = mapped_column(Text)
    page: Mapped[int] = mapped_column(Integer)
    start_offset: Mapped[int] = mapped_column(Integer)
    end_page: Mapped[int] = mapped_column(Integer)
    end_offset: Mapped[int] = mapped_column(Integer)


class TombstoneRow(Table):
    """That a document was removed, for the change feed; stays when the document is purged."""

    __tablename__ = "library_tombstones"
    __table_args__ = (Index(None, "tenant", "version"),)

    document_id: Mapped[str] = mapped_column(_ID, primary_key=True)
    tenant: Mapped[str] = mapped_column(_TENANT)
    collection_id: Mapped[str] = mapped_column(_ID)
    version: Mapped[int] = mapped_column(BigInteger)
    removed_at: Mapped[datetime]


class BlobDeletionRow(Table):
    """Bytes that nothing refers to and that are being deleted; an upload of the same bytes waits for it.

    Whoever deletes them has a claim until `claimed_until`, by the clock of the database; NULL where nobody has.
    """

    __tablename__ = "library_blob_deletions"

    tenant: Mapped[str] = mapped_column(_TENANT, primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    started_at: Mapped[datetime]
    claimed_until: Mapped[datetime | None]


class GenerationRow(Table):
    """A build of the tenant's search index; one is active at most. `terms` is the version of how its words were cut."""

    __tablename__ = "library_generations"
    __table_args__ = (
        Index(
            "uq_library_generations_active",
            "tenant",
            unique=True,
            sqlite_where=text("state = 'active'"),
            postgresql_where=text("state = 'active'"),
        ),
    )

    tenant: Mapped[str] = mapped_column(_TENANT, primary_key=True)
    name: Mapped[str] = mapped_column(String(100), primary_key=True)
    model_id: Mapped[str] = mapped_column(String(200))
    dimensions: Mapped[int] = mapped_column(Integer)
    terms: Mapped[int] = mapped_column(Integer, server_default="1")
    state: Mapped[str] = mapped_column(String(20))
    created_at: Mapped[datetime]


class WaitingRow(Table):
    """A revision whose chunks the better embedder has still to see; until then quick vectors answer for it."""

    __tablename__ = "library_waiting"

    tenant: Mapped[str] = mapped_column(_TENANT, primary_key=True)
    revision_id: Mapped[str] = mapped_column(_ID, primary_key=True)
    chunks_done: Mapped[int] = mapped_column(Integer)
    claimed_until: Mapped[datetime | None]
    created_at: Mapped[datetime]


class ContextRow(Table):
    """What a model wrote about a text of a document, to be searched with it. `digest` is the text's sha256."""

    __tablename__ = "library_contexts"

    tenant: Mapped[str] = mapped_column(_TENANT, primary_key=True)
    document_id: Mapped[str] = mapped_column(_ID, primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    text: Mapped[str] = mapped_column(Text)
    model: Mapped[str] = mapped_column(String(200))
    tokens: Mapped[int] = mapped_column(Integer)
    cost_usd: Mapped[float | None]


class VectorRow(Table):
    """The vector of a text, so that no text is embedded twice. `digest` is the text's sha256, `vector` float32 (LE).

    It goes with the document that it was first made for; another one with the same text has it made once more then.
    """

    __tablename__ = "library_vectors"
    __table_args__ = (Index(None, "tenant", "document_id"),)

    tenant: Mapped[str] = mapped_column(_TENANT, primary_key=True)
    model_id: Mapped[str] = mapped_column(String(200), primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    document_id: Mapped[str] = mapped_column(_ID)
    vector: Mapped[bytes] = mapped_column(LargeBinary)
