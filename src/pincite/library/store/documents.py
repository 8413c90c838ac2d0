"""Queries on documents: finding, listing, the change feed, adding, and hiding.

Their revisions' progress is in `revisions.py`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, case, exists, func, insert, or_, select, true, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from pincite.core import Scope
from pincite.core.batched import batched
from pincite.index import Filter
from pincite.library.domain import UNFINISHED_STATES, Change, Document, Removal, RevisionState
from pincite.library.grants import Level
from pincite.library.store.access import granted_objects, visible_to
from pincite.library.store.collections import last_version
from pincite.library.store.rows import document_of, insert_new
from pincite.library.tables import DocumentRow, RevisionRow, TombstoneRow

_LIVE = DocumentRow.removed_at.is_(None)
MOST_IDS = 500  # in one query


def _in(scope: Scope, within: Filter) -> ColumnElement[bool]:
    seen = DocumentRow.collection_id.in_(within.collections)
    # A query cannot name as many as may be granted one by one; a filter has all of the asker's, or none.
    return or_(seen, DocumentRow.id.in_(granted_objects(scope, "document"))) if within.granted else seen


async def find_document(session: AsyncSession, scope: Scope, document_id: str) -> Document | None:
    """Return a document that was not removed."""
    query = (
        select(DocumentRow, RevisionRow)
        .join(RevisionRow, RevisionRow.id == DocumentRow.latest)
        .where(visible_to(scope, DocumentRow), _LIVE, DocumentRow.id == document_id)
    )
    row = (await session.execute(query)).first()
    return None if row is None else document_of(row[0], row[1])


async def live_documents(session: AsyncSession, scope: Scope, document_ids: Sequence[str]) -> frozenset[str]:
    """Return the ids of those that were not removed, and keep them from being purged meanwhile."""
    found: set[str] = set()
    for some in batched(document_ids, MOST_IDS):
        query = (
            select(DocumentRow.id)
            .where(visible_to(scope, DocumentRow), _LIVE, DocumentRow.id.in_(some))
            .order_by(DocumentRow.id)
            .with_for_update(read=True)
        )
        found.update((await session.scalars(query)).all())
    return frozenset(found)


async def find_by_source(session: AsyncSession, scope: Scope, collection_id: str, source: str) -> Document | None:
    """Return the live document of that name."""
    query = (
        select(DocumentRow, RevisionRow)
        .join(RevisionRow, RevisionRow.id == DocumentRow.latest)
        .where(visible_to(scope, DocumentRow), _LIVE)
        .where(DocumentRow.collection_id == collection_id, DocumentRow.source == source)
    )
    row = (await session.execute(query)).first()
    return None if row is None else document_of(row[0], row[1])


async def list_documents(
    session: AsyncSession, scope: Scope, collection_id: str | None, limit: int, before: str | None
) -> list[Document]:
    """Return documents, newest first, from the one before `before`."""
    query = (
        select(DocumentRow, RevisionRow)
        .join(RevisionRow, RevisionRow.id == DocumentRow.latest)
        .where(visible_to(scope, DocumentRow), _LIVE)
        .order_by(DocumentRow.id.desc())
        .limit(limit)
    )
    if collection_id is not None:
        query = query.where(DocumentRow.collection_id == collection_id)
    if before is not None:
        query = query.where(DocumentRow.id < before)
    return [document_of(document, latest) for document, latest in (await session.execute(query)).all()]


async def list_changes(session: AsyncSession, scope: Scope, after: int, limit: int) -> list[Change]:
    """Return what changed in (after, last version], oldest change first."""
    # The upper bound is read first: on PostgreSQL each statement sees a later state than the one before it.
    until = await last_version(session, scope)
    changed = (
        select(DocumentRow, RevisionRow)
        .join(RevisionRow, RevisionRow.id == DocumentRow.latest)
        .where(visible_to(scope, DocumentRow), _LIVE)
        .where(DocumentRow.version > after, DocumentRow.version <= until)
        .order_by(DocumentRow.version)
        .limit(limit)
    )
    removed = (
        select(TombstoneRow.version, TombstoneRow.document_id)
        .where(visible_to(scope, TombstoneRow))
        .where(TombstoneRow.version > after, TombstoneRow.version <= until)
        .order_by(TombstoneRow.version)
        .limit(limit)
    )
    changes = [
        Change(document.version, document_of(document, latest), None)
        for document, latest in (await session.execute(changed)).all()
    ]
    changes += [Change(version, None, gone) for version, gone in (await session.execute(removed)).all()]
    return sorted(changes, key=lambda change: change.version)[:limit]


async def sources_being_read(session: AsyncSession, scope: Scope, within: Filter, limit: int) -> tuple[str, ...]:
    """Return the names of documents whose latest revision is not finished, but for bytes that answer already."""
    served = aliased(RevisionRow)
    reread = exists().where(
        served.id == DocumentRow.serving, served.id != DocumentRow.latest, served.sha256 == RevisionRow.sha256
    )
    query = (
        select(DocumentRow.source)
        .join(RevisionRow, RevisionRow.id == DocumentRow.latest)
        .where(visible_to(scope, DocumentRow), _LIVE, RevisionRow.state.in_(sorted(UNFINISHED_STATES)), ~reread)
        .where(_in(scope, within))
        .order_by(DocumentRow.source)
        .limit(limit)
    )
    return tuple((await session.scalars(query)).all())


async def document_names(
    session: AsyncSession, scope: Scope, within: Filter, limit: int
) -> tuple[tuple[str, str], ...]:
    """Return (id, source) of the documents there that have a revision which answers."""
    rows = await session.execute(
        select(DocumentRow.id, DocumentRow.source)
        .where(
            visible_to(scope, DocumentRow),
            _LIVE,
            DocumentRow.serving.is_not(None),
            _in(scope, within),
        )
        .order_by(DocumentRow.id)
        .limit(limit)
    )
    return tuple((document_id, source) for document_id, source in rows.all())


async def document_languages(session: AsyncSession, scope: Scope, within: Filter, limit: int) -> tuple[str | None, ...]:
    """Return the languages of what answers there, that of most documents first; None for those not looked at."""
    rows = await session.execute(
        select(RevisionRow.language)
        .join(DocumentRow, DocumentRow.serving == RevisionRow.id)
        .where(visible_to(scope, DocumentRow), _LIVE, _in(scope, within))
        .group_by(RevisionRow.language)
        .order_by(func.count().desc(), RevisionRow.language)
        .limit(limit)
    )
    return tuple(rows.scalars())


async def add_document(session: AsyncSession, scope: Scope, document: Document) -> None:
    """Insert a document's row; its latest revision is added by `revisions.add_revision`."""
    values = {
        "id": document.id,
        "tenant": scope.tenant,
        "collection_id": document.collection_id,
        "source": document.source,
        "serving": document.serving,
        "latest": document.latest.id,
        "version": document.version,
        "created_at": document.created_at,
        "updated_at": document.updated_at,
        "removed_at": None,
    }
    await session.execute(insert(DocumentRow), [values])


async def touch(session: AsyncSession, scope: Scope, document_id: str, version: int, now: datetime) -> None:
    """Stamp a document with the version of the change that is being made."""
    await session.execute(
        update(DocumentRow)
        .where(visible_to(scope, DocumentRow), DocumentRow.id == document_id)
        .values(version=version, updated_at=now)
    )


async def touch_all(
    session: AsyncSession, scope: Scope, document_ids: Sequence[str], last_version: int, now: datetime
) -> None:
    """Stamp documents, each with a version of its own; the last one gets `last_version`."""
    stamps = list(enumerate(document_ids, last_version - len(document_ids) + 1))
    for some in batched(stamps, MOST_IDS):
        version = case({document: stamp for stamp, document in some}, value=DocumentRow.id)
        await session.execute(
            update(DocumentRow)
            .where(visible_to(scope, DocumentRow), DocumentRow.id.in_([document for _, document in some]))
            .values(version=version, updated_at=now)
            .execution_options(synchronize_session=False)
        )


async def stop_serving(session: AsyncSession, scope: Scope, served: Sequence[tuple[str, str]]) -> None:
    """Let documents no longer answer from those revisions, given as (document, revision), where they do."""
    for some in batched(served, MOST_IDS):
        await session.execute(
            update(DocumentRow)
            .where(visible_to(scope, DocumentRow), DocumentRow.serving.in_([revision for _, revision in some]))
            .values(serving=None)
            .execution_options(synchronize_session=False)
        )


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which documents: those that the asker may change, by the state of their latest revision.

    None leaves a condition out. At most `MOST_IDS` ids. `not_read_by` leaves out what that version of the parsers read.
    """

    states: frozenset[RevisionState]
    collection_id: str | None = None
    batch_id: str | None = None
    ids: Sequence[str] | None = None
    after: str = ""
    not_read_by: str | None = None

    def holds(self) -> ColumnElement[bool]:
        """Return the predicate of a document and its latest revision."""
        return and_(
            RevisionRow.state.in_(sorted(self.states)),
            DocumentRow.id > self.after,
            true() if self.collection_id is None else DocumentRow.collection_id == self.collection_id,
            true() if self.batch_id is None else RevisionRow.batch == self.batch_id,
            true() if self.ids is None else DocumentRow.id.in_(self.ids),
            true() if self.not_read_by is None else RevisionRow.read_by.is_distinct_from(self.not_read_by),
        )


async def documents_in_states(session: AsyncSession, scope: Scope, wanted: Wanted, limit: int) -> list[Document]:
    """Return documents by id, from the one after `wanted.after`."""
    query = (
        select(DocumentRow, RevisionRow)
        .join(RevisionRow, RevisionRow.id == DocumentRow.latest)
        .where(visible_to(scope, DocumentRow, Level.EDITOR), _LIVE, wanted.holds())
        .order_by(DocumentRow.id)
        .limit(limit)
    )
    return [document_of(document, latest) for document, latest in (await session.execute(query)).all()]


async def count_in_states(session: AsyncSession, scope: Scope, wanted: Wanted) -> int:
    """Count what `documents_in_states` returns."""
    query = (
        select(func.count())
        .select_from(DocumentRow)
        .join(RevisionRow, RevisionRow.id == DocumentRow.latest)
        .where(visible_to(scope, DocumentRow, Level.EDITOR), _LIVE, wanted.holds())
    )
    return await session.scalar(query) or 0


async def named_documents(session: AsyncSession, scope: Scope, name: str, limit: int) -> list[Document]:
    """Return the documents of that id or source, the one with the id first, then by id."""
    query = (
        select(DocumentRow, RevisionRow)
        .join(RevisionRow, RevisionRow.id == DocumentRow.latest)
        .where(visible_to(scope, DocumentRow), _LIVE, or_(DocumentRow.id == name, DocumentRow.source == name))
        .order_by(DocumentRow.id != name, DocumentRow.id)
        .limit(limit)
    )
    return [document_of(document, latest) for document, latest in (await session.execute(query)).all()]


async def point_latest(session: AsyncSession, scope: Scope, document_id: str, revision_id: str) -> None:
    """Say which revision is the newest."""
    await session.execute(
        update(DocumentRow)
        .where(visible_to(scope, DocumentRow), DocumentRow.id == document_id)
        .values(latest=revision_id)
    )


async def point_serving(
    session: AsyncSession, scope: Scope, document_id: str, revision_id: str | None, *, instead_of: str | None = None
) -> None:
    """Say which revision answers; with `instead_of`, only if that one does so far."""
    statement = update(DocumentRow).where(visible_to(scope, DocumentRow), DocumentRow.id == document_id)
    if instead_of is not None:
        statement = statement.where(DocumentRow.serving == instead_of)
    await session.execute(statement.values(serving=revision_id))


async def serve_if_none(session: AsyncSession, scope: Scope, document_id: str, revision_id: str) -> bool:
    """Let a revision answer if none does; True if it was changed."""
    changed = await session.execute(
        update(DocumentRow)
        .where(visible_to(scope, DocumentRow), _LIVE, DocumentRow.id == document_id, DocumentRow.serving.is_(None))
        .values(serving=revision_id)
        .returning(DocumentRow.id)
    )
    return changed.first() is not None


async def hide(session: AsyncSession, scope: Scope, document_id: str, version: int, now: datetime) -> bool:
    """Hide a document and leave a tombstone; False if it is hidden already or not there."""
    hidden = await session.execute(
        update(DocumentRow)
        .where(visible_to(scope, DocumentRow), _LIVE, DocumentRow.id == document_id)
        .values(removed_at=now, serving=None, version=version, updated_at=now)
        .returning(DocumentRow.collection_id)
    )
    collection_id = hidden.scalar()
    if collection_id is None:
        return False
    values = {
        "document_id": document_id,
        "tenant": scope.tenant,
        "collection_id": collection_id,
        "version": version,
        "removed_at": now,
    }
    await session.execute(insert_new(session, TombstoneRow, ("document_id",)), [values])
    return True


async def removed_named(session: AsyncSession, scope: Scope, name: str, limit: int) -> list[str]:
    """Return the ids of removed documents of that id or source; of those that are purged as well, by their id."""
    hidden = select(DocumentRow.id).where(
        visible_to(scope, DocumentRow),
        DocumentRow.removed_at.is_not(None),
        or_(DocumentRow.id == name, DocumentRow.source == name),
    )
    purged = select(TombstoneRow.document_id).where(visible_to(scope, TombstoneRow), TombstoneRow.document_id == name)
    for query in (hidden.order_by(DocumentRow.id).limit(limit), purged):
        if found := (await session.scalars(query)).all():
            return list(found)
    return []


async def list_removals(session: AsyncSession, scope: Scope, document_id: str | None = None) -> list[Removal]:
    """Return removed documents that are not purged, or that one if it is."""
    query = (
        select(DocumentRow.id, DocumentRow.collection_id, RevisionRow.id, RevisionRow.sha256)
        .join(RevisionRow, RevisionRow.document_id == DocumentRow.id)
        .where(visible_to(scope, DocumentRow), DocumentRow.removed_at.is_not(None))
        .order_by(DocumentRow.id, RevisionRow.number)
    )
    if document_id is not None:
        query = query.where(DocumentRow.id == document_id)
    found: dict[str, Removal] = {}
    for document, collection, revision, sha256 in (await session.execute(query)).all():
        known = found.get(document, Removal(document, collection, (), ()))
        blobs = known.blobs if sha256 in known.blobs else (*known.blobs, sha256)
        found[document] = Removal(document, collection, (*known.revision_ids, revision), blobs)
    return list(found.values())
