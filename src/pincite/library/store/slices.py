"""Queries on many small documents at once: each is a statement or two, however many documents there are.

What one document of any size needs is in `revisions.py`, `documents.py` and `passages.py`.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from pincite.core import Scope
from pincite.library.domain import Document, RevisionState, WholeDocument
from pincite.library.store.access import visible_to
from pincite.library.store.passages import drop_chunks, drop_pages, put_chunks
from pincite.library.store.revisions import lock_in_order, personal_json, supersede, warnings_json
from pincite.library.store.rows import document_of, page_values, table_of, upsert
from pincite.library.tables import DocumentRow, PageRow, RevisionRow


async def find_latest(
    session: AsyncSession, scope: Scope, revision_ids: Iterable[str], *, lock: bool = False
) -> list[Document]:
    """Return the live documents whose latest revision is one of these; with `lock` these are changed by nobody else."""
    query = (
        select(DocumentRow, RevisionRow)
        .join(RevisionRow, RevisionRow.id == DocumentRow.latest)
        .where(visible_to(scope, DocumentRow), DocumentRow.removed_at.is_(None))
        .where(RevisionRow.id.in_(list(revision_ids)))
        .order_by(RevisionRow.id)
    )
    if lock:
        query = query.with_for_update(key_share=True, of=RevisionRow)
    return [document_of(document, latest) for document, latest in (await session.execute(query)).all()]


async def serving_sources(session: AsyncSession, scope: Scope, revision_ids: Sequence[str]) -> dict[str, str]:
    """Return the sources of live documents by the revisions that serve them and are done, of those given."""
    query = (
        select(RevisionRow.id, DocumentRow.source)
        .join(DocumentRow, DocumentRow.serving == RevisionRow.id)
        .where(visible_to(scope, RevisionRow), visible_to(scope, DocumentRow), DocumentRow.removed_at.is_(None))
        .where(RevisionRow.id.in_(revision_ids), RevisionRow.state == RevisionState.READY.value)
    )
    return {row[0]: row[1] for row in (await session.execute(query)).all()}


async def unchanged_sources(
    session: AsyncSession, scope: Scope, collection_id: str, hashes: Mapping[str, str]
) -> dict[str, tuple[str, RevisionState]]:
    """Return id and state of the documents whose latest revision has the sha256 given with their name, by name."""
    query = (
        select(DocumentRow.source, DocumentRow.id, RevisionRow.sha256, RevisionRow.state)
        .join(RevisionRow, RevisionRow.id == DocumentRow.latest)
        .where(visible_to(scope, DocumentRow), DocumentRow.removed_at.is_(None))
        .where(DocumentRow.collection_id == collection_id, DocumentRow.source.in_(sorted(hashes)))
    )
    rows = (await session.execute(query)).all()
    return {
        source: (document_id, RevisionState(state))
        for source, document_id, sha256, state in rows
        if hashes[source] == sha256
    }


async def take_all(
    session: AsyncSession, scope: Scope, revision_ids: Sequence[str], read_by: str, now: datetime
) -> None:
    """Take revisions for a worker, each from the start: the leases before are over, pages and chunks are dropped."""
    await session.execute(
        update(RevisionRow)
        .where(visible_to(scope, RevisionRow), RevisionRow.id.in_(revision_ids))
        .values(
            state=RevisionState.EXTRACTING.value,
            lease=RevisionRow.lease + 1,
            read_by=read_by,
            pages_done=0,
            chunks=0,
            warnings=None,
            personal_data=None,
            updated_at=now,
        )
        .execution_options(synchronize_session=False)
    )
    await drop_chunks(session, scope, revision_ids)
    await drop_pages(session, scope, revision_ids)


async def assign(session: AsyncSession, scope: Scope, revision_ids: Sequence[str], job: str | None) -> None:
    """Say which job reads revisions among others; None where each has its own."""
    await lock_in_order(session, scope, revision_ids)
    await session.execute(
        update(RevisionRow)
        .where(visible_to(scope, RevisionRow), RevisionRow.id.in_(revision_ids))
        .values(job=job)
        .execution_options(synchronize_session=False)
    )


async def store_all(session: AsyncSession, scope: Scope, whole: Sequence[WholeDocument], now: datetime) -> None:
    """Write the pages and chunks of documents, and that only their points are missing."""
    pages = [page_values(scope, each.revision.id, page) for each in whole for page in each.pages]
    if pages:
        await session.execute(upsert(session, PageRow, ("revision_id", "number")), pages)
    await put_chunks(session, scope, [chunk for each in whole for chunk in each.chunks])
    values = [
        {
            "id_": each.revision.id,
            "count": len(each.pages),
            "told": each.language,
            "held": personal_json(each.personal_data),
            "said": warnings_json([(page.number, page.warning) for page in each.pages if page.warning]),
        }
        for each in whole
    ]
    table = table_of(RevisionRow)
    statement = (
        table.update()
        .where(visible_to(scope, RevisionRow), table.c.id == bindparam("id_"))
        .values(
            state=RevisionState.EMBEDDING.value,
            pages_done=bindparam("count"),
            pages_total=bindparam("count"),
            warnings=bindparam("said"),
            language=bindparam("told"),
            personal_data=bindparam("held"),
            updated_at=now,
        )
    )
    if values:
        await (await session.connection()).execute(statement, values)


async def ready_among(session: AsyncSession, scope: Scope, revision_ids: Sequence[str]) -> list[str]:
    """Return the ids of those that are READY, whether newer ones wait or not, of documents that were not removed."""
    query = (
        select(RevisionRow.id)
        .join(DocumentRow, DocumentRow.id == RevisionRow.document_id)
        .where(visible_to(scope, RevisionRow), RevisionRow.id.in_(revision_ids))
        .where(RevisionRow.state == RevisionState.READY.value, DocumentRow.removed_at.is_(None))
        .order_by(RevisionRow.id)
    )
    return list((await session.scalars(query)).all())


async def superseded_by(session: AsyncSession, scope: Scope, revision_ids: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Return the older revisions that were superseded when each of these was published, oldest first."""
    newer = aliased(RevisionRow)
    query = (
        select(newer.id, RevisionRow.id)
        .join(newer, newer.document_id == RevisionRow.document_id)
        .where(visible_to(scope, RevisionRow), newer.id.in_(revision_ids), RevisionRow.number < newer.number)
        .where(RevisionRow.state == RevisionState.SUPERSEDED.value, RevisionRow.updated_at == newer.finished_at)
        .order_by(RevisionRow.number)
    )
    found: dict[str, tuple[str, ...]] = dict.fromkeys(revision_ids, ())
    for revision_id, older in (await session.execute(query)).all():
        found[revision_id] += (older,)
    return found


async def publish_all(
    session: AsyncSession, scope: Scope, chunks: Mapping[str, int], documents: Sequence[Document], now: datetime
) -> None:
    """Let the latest revisions of documents serve, with that many chunks each by revision; older ones end."""
    if not documents:
        return
    connection = await session.connection()
    table = table_of(RevisionRow)
    done: list[dict[str, Any]] = [{"id_": each.latest.id, "count": chunks[each.latest.id]} for each in documents]
    ready = table.update().where(visible_to(scope, RevisionRow), table.c.id == bindparam("id_"))
    await connection.execute(
        ready.values(
            state=RevisionState.READY.value,
            chunks=bindparam("count"),
            problem=None,
            updated_at=now,
            finished_at=now,
        ),
        done,
    )
    older = await _not_superseded(session, scope, documents)
    if older:
        await supersede(session, scope, older, now)
        await drop_chunks(session, scope, older)
    home = table_of(DocumentRow)
    serving = home.update().where(visible_to(scope, DocumentRow), home.c.id == bindparam("id_"))
    await connection.execute(
        serving.values(serving=bindparam("revision")),
        [{"id_": each.id, "revision": each.latest.id} for each in documents],
    )


async def _not_superseded(session: AsyncSession, scope: Scope, documents: Sequence[Document]) -> tuple[str, ...]:
    """Return the ids of the revisions before the latest of each that are not superseded."""
    latest = {each.id: each.latest.number for each in documents}
    query = (
        select(RevisionRow.document_id, RevisionRow.id, RevisionRow.number)
        .where(visible_to(scope, RevisionRow), RevisionRow.document_id.in_(sorted(latest)))
        .where(RevisionRow.state != RevisionState.SUPERSEDED.value)
    )
    rows = (await session.execute(query)).all()
    return tuple(revision_id for document_id, revision_id, number in rows if number < latest[document_id])
