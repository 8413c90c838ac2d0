"""Queries on runs of chunks that stand side by side in a revision: read as one passage, from the pages.

Which chunks are read together is the asker's business. Only serving revisions are read, as in `passages.py`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from sqlalchemy import and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from pincite.core import Scope
from pincite.core.scope import system_scope
from pincite.guard import body_text
from pincite.library.domain import Chunk, Passage
from pincite.library.store.access import visible_to
from pincite.library.store.rows import CHUNK_COLUMNS, blocks_of, chunk_of
from pincite.library.tables import ChunkRow, CollectionRow, DocumentRow, PageRow
from pincite.privacy import Policy

Run = tuple[str, int, int]
"""(revision id, first ordinal, last ordinal)."""


async def find_stretches(session: AsyncSession, scope: Scope, wanted: Sequence[Run]) -> dict[Run, Passage]:
    """Return the passage of each run, as far as its chunks are there; a run without any is left out."""
    if not wanted:
        return {}
    homes, chunks = await _chunks(session, scope, wanted)
    held = {
        run: [each for each in chunks if each.revision_id == run[0] and run[1] <= each.ordinal <= run[2]]
        for run in wanted
    }
    there = {run: run_chunks for run, run_chunks in held.items() if run_chunks}
    pages = await _pages(session, scope, list(there.values()))
    return {run: Passage(joined(some, pages), *homes[some[0].document_id]) for run, some in there.items()}


def joined(chunks: Sequence[Chunk], pages: Mapping[tuple[str, int], str]) -> Chunk:
    """Return chunks that follow each other as one: the first's identity and headings, the text of the pages between.

    Args:
        chunks: of one revision, in order.
        pages: the text of each (revision, page) that they touch, as chunks have it.
    """
    first, last = chunks[0], max(chunks, key=lambda each: (each.end_page, each.end))
    numbers = range(first.page, last.end_page + 1)
    texts = [pages[first.revision_id, number] for number in numbers]
    texts[-1] = texts[-1][: last.end]
    texts[0] = texts[0][first.start :]
    return replace(first, text="\n".join(texts), end_page=last.end_page, end=last.end)


async def _chunks(
    session: AsyncSession, scope: Scope, wanted: Sequence[Run]
) -> tuple[dict[str, tuple[str, Policy]], list[Chunk]]:
    """Return the name and the policy of each document, and the chunks of the runs."""
    runs = [and_(ChunkRow.revision_id == run[0], ChunkRow.ordinal.between(run[1], run[2])) for run in wanted]
    query = (
        select(DocumentRow.source, CollectionRow.personal_data, *CHUNK_COLUMNS)
        .join(DocumentRow, (DocumentRow.id == ChunkRow.document_id) & (DocumentRow.serving == ChunkRow.revision_id))
        .join(CollectionRow, CollectionRow.id == DocumentRow.collection_id)
        .where(visible_to(scope, ChunkRow), visible_to(scope, DocumentRow), DocumentRow.removed_at.is_(None))
        .where(visible_to(system_scope(scope.tenant), CollectionRow))
        .where(or_(*runs))
        .order_by(ChunkRow.revision_id, ChunkRow.ordinal)
    )
    rows = (await session.execute(query)).all()
    chunks = [chunk_of(row[2:]) for row in rows]
    homes = {chunk.document_id: (row[0], Policy(row[1])) for chunk, row in zip(chunks, rows, strict=True)}
    return homes, chunks


async def _pages(session: AsyncSession, scope: Scope, runs: Sequence[Sequence[Chunk]]) -> dict[tuple[str, int], str]:
    spans = [
        and_(
            PageRow.revision_id == run[0].revision_id,
            PageRow.number.between(run[0].page, max(each.end_page for each in run)),
        )
        for run in runs
    ]
    if not spans:
        return {}
    columns = (PageRow.revision_id, PageRow.number, PageRow.text, PageRow.blocks)
    rows = await session.execute(select(*columns).where(visible_to(scope, PageRow), or_(*spans)))
    return {(revision, number): body_text(text, blocks_of(blocks)) for revision, number, text, blocks in rows.all()}
