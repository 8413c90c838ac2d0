"""Between rows and values: how rows become the values of `domain.py`, and back.

No query is sent from here; what a scope may see of a table is in `access.py`.
"""

import json
from collections.abc import Sequence
from typing import Any, cast

from sqlalchemy import Executable, Insert
from sqlalchemy import Table as SqlTable
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from pincite.core import Scope, Table
from pincite.guard import Block, FileType, Overlay, PageText
from pincite.library.domain import Chunk, Collection, Document, Page, PageWarning, Problem, Revision, RevisionState
from pincite.library.tables import (
    ChunkRow,
    CollectionRow,
    DocumentRow,
    PageRow,
    RevisionRow,
)
from pincite.privacy import Policy


def table_of(row: type[Table]) -> SqlTable:
    """Return the bare table of a mapped class, for bulk writes that need no objects."""
    return cast("SqlTable", row.__table__)


def upsert(session: AsyncSession, row: type[Table], key: Sequence[str]) -> Executable:
    """Return an insert that overwrites the row with the same key; run it with a list of dicts."""
    table = table_of(row)
    kind = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    statement = kind(table)
    others = {c.name: statement.excluded[c.name] for c in table.columns if c.name not in key}
    return statement.on_conflict_do_update(index_elements=list(key), set_=others)


def insert_new(session: AsyncSession, row: type[Table], key: Sequence[str]) -> Insert:
    """Return an insert that does nothing where the key is taken."""
    kind = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    return kind(table_of(row)).on_conflict_do_nothing(index_elements=list(key))


def collection_of(row: CollectionRow, documents: int) -> Collection:
    """Make the value of a collection's row."""
    return Collection(row.id, row.name, row.created_at, documents, Policy(row.personal_data), row.keep_days)


def revision_of(row: RevisionRow) -> Revision:
    """Make the value of a revision's row."""
    seconds = None if row.finished_at is None else round((row.finished_at - row.started_at).total_seconds(), 3)
    return Revision(
        id=row.id,
        document_id=row.document_id,
        number=row.number,
        sha256=row.sha256,
        size_bytes=row.size_bytes,
        file_type=FileType(row.file_type),
        state=RevisionState(row.state),
        pages_done=row.pages_done,
        pages_total=row.pages_total,
        chunks=row.chunks,
        problem=None if row.problem is None else Problem(**json.loads(row.problem)),
        created_at=row.created_at,
        seconds=seconds,
        attempt=row.attempt,
        lease=row.lease,
        read_by=row.read_by,
        batch=row.batch,
        warnings=() if row.warnings is None else tuple(PageWarning(*each) for each in json.loads(row.warnings)),
        language=row.language,
        personal_data=None if row.personal_data is None else json.loads(row.personal_data),
    )


def document_of(row: DocumentRow, latest: RevisionRow) -> Document:
    """Make the value of a document's row and of its latest revision's."""
    return Document(
        id=row.id,
        collection_id=row.collection_id,
        source=row.source,
        serving=row.serving,
        latest=revision_of(latest),
        created_at=row.created_at,
        updated_at=row.updated_at,
        version=row.version,
    )


def problem_json(problem: Problem) -> str:
    """Write a problem as it is stored."""
    fields = {"code": problem.code, "message": problem.message, "remedy": problem.remedy, "page": problem.page}
    return json.dumps(fields)


def page_values(scope: Scope, revision_id: str, page: PageText) -> dict[str, object]:
    """Return the columns of a page."""
    return {
        "revision_id": revision_id,
        "number": page.number,
        "tenant": scope.tenant,
        "label": page.label,
        "chars": len(page.text),
        "text": page.text,
        "blocks": json.dumps(_structure(page), separators=(",", ":")),
    }


def page_of(row: PageRow) -> Page:
    """Make the value of a page's row."""
    kept: Any = json.loads(row.blocks)
    # Before there were notes and links it was called "scan", for nothing else had places of its own.
    overlay = None if isinstance(kept, list) else Overlay.of_list(kept.get("overlay") or kept["scan"])
    return Page(row.revision_id, row.number, row.label, row.text, blocks_of(row.blocks), overlay)


def _structure(page: PageText) -> object:
    """Return what is kept of a page beside its text: its blocks, and of some pages of PDFs the overlay."""
    blocks = [block.as_list() for block in page.blocks]
    return blocks if page.overlay is None else {"blocks": blocks, "overlay": page.overlay.as_list()}


def blocks_of(stored: str) -> tuple[Block, ...]:
    """Make the blocks of a page from their column."""
    kept: Any = json.loads(stored)
    flat = cast("list[list[Any]]", kept if isinstance(kept, list) else kept["blocks"])
    return tuple(map(Block.of_list, flat))


def chunk_values(scope: Scope, chunk: Chunk) -> dict[str, object]:
    """Return the columns of a chunk."""
    return {
        "id": chunk.id,
        "tenant": scope.tenant,
        "revision_id": chunk.revision_id,
        "document_id": chunk.document_id,
        "collection_id": chunk.collection_id,
        "ordinal": chunk.ordinal,
        "text": chunk.text,
        "heading_path": json.dumps(chunk.heading_path),
        "page": chunk.page,
        "start_offset": chunk.start,
        "end_page": chunk.end_page,
        "end_offset": chunk.end,
    }


# The columns of a chunk in the order that `chunk_of` takes them: columns and not objects, for speed.
CHUNK_COLUMNS = (
    ChunkRow.id,
    ChunkRow.revision_id,
    ChunkRow.document_id,
    ChunkRow.collection_id,
    ChunkRow.ordinal,
    ChunkRow.text,
    ChunkRow.heading_path,
    ChunkRow.page,
    ChunkRow.start_offset,
    ChunkRow.end_page,
    ChunkRow.end_offset,
)


def chunk_of(columns: Sequence[object]) -> Chunk:
    """Make a chunk of its columns."""
    chunk_id, revision_id, document_id, collection_id, ordinal, text, headings, page, start, end_page, end = columns
    return Chunk(
        id=cast("str", chunk_id),
        revision_id=cast("str", revision_id),
        document_id=cast("str", document_id),
        collection_id=cast("str", collection_id),
        ordinal=cast("int", ordinal),
        text=cast("str", text),
        heading_path=tuple(json.loads(cast("str", headings))),
        page=cast("int", page),
        start=cast("int", start),
        end_page=cast("int", end_page),
        end=cast("int", end),
    )
