"""Queries on pages and chunks: bulk writes, and the one query that turns search hits into passages.

Chunks of revisions that do not serve are never given to readers.
"""

from collections.abc import Collection, Sequence

from sqlalchemy import and_, delete, exists, func, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from pincite.core import Scope
from pincite.core.scope import system_scope
from pincite.guard import BlockKind, FileType, PageText, body_text
from pincite.library.domain import Chunk, Page, PageSummary, Passage, RevisionState
from pincite.library.pages import NamedPage
from pincite.library.store.access import visible_to
from pincite.library.store.rows import CHUNK_COLUMNS, blocks_of, chunk_of, chunk_values, page_of, page_values, upsert
from pincite.library.tables import ChunkRow, CollectionRow, DocumentRow, PageRow, RevisionRow
from pincite.privacy import Policy

_MARKS = frozenset({BlockKind.HEADING, BlockKind.MARGIN, BlockKind.LIST, BlockKind.TABLE})


async def put_pages(session: AsyncSession, scope: Scope, revision_id: str, pages: Sequence[PageText]) -> None:
    """Write pages, over those of the same number."""
    if pages:
        values = [page_values(scope, revision_id, page) for page in pages]
        await session.execute(upsert(session, PageRow, ("revision_id", "number")), values)


async def put_chunks(session: AsyncSession, scope: Scope, chunks: Sequence[Chunk]) -> None:
    """Write chunks, over those of the same id."""
    if chunks:
        await session.execute(upsert(session, ChunkRow, ("id",)), [chunk_values(scope, chunk) for chunk in chunks])


async def drop_pages(session: AsyncSession, scope: Scope, revision_ids: Sequence[str]) -> None:
    """Delete the pages of revisions."""
    await session.execute(delete(PageRow).where(visible_to(scope, PageRow), PageRow.revision_id.in_(revision_ids)))


async def drop_chunks(session: AsyncSession, scope: Scope, revision_ids: Sequence[str]) -> int:
    """Delete the chunks of revisions; returns how many there were."""
    dropped = await session.execute(
        delete(ChunkRow)
        .where(visible_to(scope, ChunkRow), ChunkRow.revision_id.in_(revision_ids))
        .execution_options(synchronize_session=False)
    )
    return int(getattr(dropped, "rowcount", 0))


async def find_page(session: AsyncSession, scope: Scope, revision_id: str, number: int) -> Page | None:
    """Return one page."""
    query = select(PageRow).where(
        visible_to(scope, PageRow), PageRow.revision_id == revision_id, PageRow.number == number
    )
    row = (await session.scalars(query)).first()
    return None if row is None else page_of(row)


async def find_named_pages(
    session: AsyncSession, scope: Scope, wanted: Collection[tuple[str, int]]
) -> dict[tuple[str, int], NamedPage]:
    """Return the pages of those (revision id, number) whose documents are not removed, superseded revisions too.

    Their text is what passages are cut from: without what nobody sees, character for character in its place.
    """
    numbers: dict[str, set[int]] = {}
    for revision_id, number in wanted:
        numbers.setdefault(revision_id, set()).add(number)
    query = (
        select(
            *(PageRow.revision_id, PageRow.number, PageRow.label, PageRow.text, PageRow.blocks),
            *(RevisionRow.file_type, CollectionRow.personal_data),
        )
        .join(RevisionRow, RevisionRow.id == PageRow.revision_id)
        .join(DocumentRow, DocumentRow.id == RevisionRow.document_id)
        .join(CollectionRow, CollectionRow.id == DocumentRow.collection_id)
        .where(visible_to(scope, PageRow), visible_to(scope, RevisionRow), visible_to(scope, DocumentRow))
        .where(visible_to(system_scope(scope.tenant), CollectionRow), DocumentRow.removed_at.is_(None))
        .where(or_(*(and_(PageRow.revision_id == each, PageRow.number.in_(some)) for each, some in numbers.items())))
    )
    rows = (await session.execute(query)).all()
    found: dict[tuple[str, int], NamedPage] = {}
    for revision, number, label, text, stored, kind, policy in rows:
        blocks = blocks_of(stored)
        marks = tuple(each for each in blocks if each.kind in _MARKS)
        shown = body_text(text, blocks)
        found[revision, number] = NamedPage(number, label, shown, FileType(kind), Policy(policy), marks)
    return found


async def list_pages(session: AsyncSession, scope: Scope, revision_id: str, start: int, limit: int) -> tuple[Page, ...]:
    """Return pages in order, from number `start`."""
    query = (
        select(PageRow)
        .where(visible_to(scope, PageRow), PageRow.revision_id == revision_id, PageRow.number >= start)
        .order_by(PageRow.number)
        .limit(limit)
    )
    return tuple(page_of(row) for row in (await session.scalars(query)).all())


async def list_page_summaries(
    session: AsyncSession, scope: Scope, revision_id: str, limit: int, after: int
) -> list[PageSummary]:
    """Return pages without text, from the one after number `after`."""
    query = (
        select(PageRow.number, PageRow.label, PageRow.chars)
        .where(visible_to(scope, PageRow), PageRow.revision_id == revision_id, PageRow.number > after)
        .order_by(PageRow.number)
        .limit(limit)
    )
    return [PageSummary(number, label, chars) for number, label, chars in (await session.execute(query)).all()]


async def count_pages(session: AsyncSession, scope: Scope, revision_id: str) -> int:
    """Count the pages that are stored of a revision."""
    query = (
        select(func.count()).select_from(PageRow).where(visible_to(scope, PageRow), PageRow.revision_id == revision_id)
    )
    return await session.scalar(query) or 0


async def list_chunks(
    session: AsyncSession, scope: Scope, revision_id: str, after: int, limit: int
) -> tuple[Chunk, ...]:
    """Return chunks in order, from the one after ordinal `after`."""
    query = (
        select(*CHUNK_COLUMNS)
        .where(visible_to(scope, ChunkRow), ChunkRow.revision_id == revision_id, ChunkRow.ordinal > after)
        .order_by(ChunkRow.ordinal)
        .limit(limit)
    )
    return tuple(chunk_of(row) for row in (await session.execute(query)).all())


async def list_chunk_ids(
    session: AsyncSession, scope: Scope, revision_ids: Sequence[str], after: tuple[str, int], limit: int
) -> list[tuple[str, int, str]]:
    """Return (revision, ordinal, chunk id) of chunks by revision and ordinal, from the one after `after`."""
    place = tuple_(ChunkRow.revision_id, ChunkRow.ordinal)
    query = (
        select(ChunkRow.revision_id, ChunkRow.ordinal, ChunkRow.id)
        .where(visible_to(scope, ChunkRow), ChunkRow.revision_id.in_(revision_ids), place > after)
        .order_by(ChunkRow.revision_id, ChunkRow.ordinal)
        .limit(limit)
    )
    return [(revision_id, ordinal, chunk_id) for revision_id, ordinal, chunk_id in (await session.execute(query)).all()]


async def list_pages_and_chunks(
    session: AsyncSession, scope: Scope, revision_ids: Sequence[str]
) -> tuple[list[Page], list[Chunk]]:
    """Return all pages and chunks of revisions, each by revision and in order."""
    pages = (
        select(PageRow)
        .where(visible_to(scope, PageRow), PageRow.revision_id.in_(revision_ids))
        .order_by(PageRow.revision_id, PageRow.number)
    )
    chunks = (
        select(*CHUNK_COLUMNS)
        .where(visible_to(scope, ChunkRow), ChunkRow.revision_id.in_(revision_ids))
        .order_by(ChunkRow.revision_id, ChunkRow.ordinal)
    )
    found = [page_of(row) for row in (await session.scalars(pages)).all()]
    return found, [chunk_of(row) for row in (await session.execute(chunks)).all()]


async def find_passages(session: AsyncSession, scope: Scope, chunk_ids: Sequence[str]) -> dict[str, Passage]:
    """Return the passages of chunks whose revision is the one that serves, of documents that are not removed."""
    query = (
        select(DocumentRow.source, CollectionRow.personal_data, *CHUNK_COLUMNS)
        .join(DocumentRow, (DocumentRow.id == ChunkRow.document_id) & (DocumentRow.serving == ChunkRow.revision_id))
        .join(CollectionRow, CollectionRow.id == DocumentRow.collection_id)
        .where(visible_to(scope, ChunkRow), visible_to(scope, DocumentRow), DocumentRow.removed_at.is_(None))
        .where(visible_to(system_scope(scope.tenant), CollectionRow))  # whoever may see a document alone, too
        .where(ChunkRow.id.in_(chunk_ids))
    )
    rows = (await session.execute(query)).all()
    return {row[2]: Passage(chunk_of(row[2:]), row[0], Policy(row[1])) for row in rows}


async def revisions_with_stale_chunks(session: AsyncSession, scope: Scope) -> list[str]:
    """Return the ids of superseded revisions that have chunks all the same."""
    query = (
        select(RevisionRow.id)
        .where(visible_to(scope, RevisionRow), RevisionRow.state == RevisionState.SUPERSEDED.value)
        .where(exists().where(ChunkRow.revision_id == RevisionRow.id))
    )
    return list((await session.scalars(query)).all())
