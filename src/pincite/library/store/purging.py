"""Queries that delete for good: a removed document's rows, and the record of bytes that are being deleted.

The bytes themselves are deleted by the service, outside of any transaction.
"""

from collections.abc import Collection, Iterable
from datetime import datetime

from sqlalchemy import delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from pincite.core import Scope
from pincite.core.scope import system_scope
from pincite.library.domain import Removal
from pincite.library.store.access import visible_to
from pincite.library.store.contexts import drop_contexts
from pincite.library.store.grants import drop_grants
from pincite.library.store.passages import drop_chunks, drop_pages
from pincite.library.store.rows import insert_new
from pincite.library.store.vectors import drop_vectors
from pincite.library.tables import BlobDeletionRow, DocumentRow, RevisionRow


async def drop_document(session: AsyncSession, scope: Scope, removal: Removal) -> None:
    """Delete a document with all that belongs to it; its tombstone stays."""
    await drop_chunks(session, scope, removal.revision_ids)
    await drop_pages(session, scope, removal.revision_ids)
    await drop_contexts(session, scope, removal.document_id)
    await drop_vectors(session, scope, removal.document_id)
    await drop_revisions(session, scope, removal.revision_ids)
    await drop_grants(session, scope, "document", removal.document_id)
    await session.execute(
        delete(DocumentRow).where(visible_to(scope, DocumentRow), DocumentRow.id == removal.document_id)
    )


async def drop_revisions(session: AsyncSession, scope: Scope, revision_ids: Iterable[str]) -> None:
    """Delete revisions' rows; their pages and chunks must be gone."""
    await session.execute(
        delete(RevisionRow).where(visible_to(scope, RevisionRow), RevisionRow.id.in_(list(revision_ids)))
    )


async def doom_unreferenced(
    session: AsyncSession, scope: Scope, blobs: Iterable[str], now: datetime
) -> tuple[str, ...]:
    """Record those of `blobs` that no revision refers to as being deleted, and return them."""
    wanted = sorted(set(blobs))
    if not wanted:
        return ()
    everything = system_scope(scope.tenant)  # what the asker does not see refers to bytes too
    query = select(RevisionRow.sha256).where(visible_to(everything, RevisionRow), RevisionRow.sha256.in_(wanted))
    referenced = set((await session.scalars(query)).all())
    doomed = tuple(sha256 for sha256 in wanted if sha256 not in referenced)
    if doomed:
        values = [{"tenant": scope.tenant, "sha256": sha256, "started_at": now} for sha256 in doomed]
        await session.execute(insert_new(session, BlobDeletionRow, ("tenant", "sha256")), values)
    return doomed


async def doomed_blobs(session: AsyncSession, scope: Scope, sha256: str | None = None) -> tuple[str, ...]:
    """Return the bytes that are being deleted, or that one if it is."""
    query = select(BlobDeletionRow.sha256).where(visible_to(scope, BlobDeletionRow))
    if sha256 is not None:
        query = query.where(BlobDeletionRow.sha256 == sha256)
    return tuple((await session.scalars(query)).all())


async def claim_doomed(
    session: AsyncSession, scope: Scope, now: datetime, until: datetime, of: Collection[str] | None = None
) -> tuple[str, ...]:
    """Claim bytes that are to be deleted and that nobody else has a claim on, all or `of` these; return them.

    A claim for much longer than ours is of a clock that was set back since.
    """
    held = BlobDeletionRow.claimed_until
    free = or_(held.is_(None), held < now, held > until + (until - now))
    which = [visible_to(scope, BlobDeletionRow), free]
    if of is not None:
        which.append(BlobDeletionRow.sha256.in_(sorted(of)))
    claimed = update(BlobDeletionRow).where(*which).values(claimed_until=until).returning(BlobDeletionRow.sha256)
    return tuple(sorted((await session.scalars(claimed)).all()))


async def set_claim(session: AsyncSession, scope: Scope, sha256: str, held: datetime, until: datetime | None) -> bool:
    """Make a claim last until then, or give it back; False where it is another's by now."""
    mine = update(BlobDeletionRow).where(
        visible_to(scope, BlobDeletionRow), BlobDeletionRow.sha256 == sha256, BlobDeletionRow.claimed_until == held
    )
    changed = await session.execute(mine.values(claimed_until=until).returning(BlobDeletionRow.sha256))
    return changed.first() is not None


async def forget_doomed(session: AsyncSession, scope: Scope, sha256: str, held: datetime) -> None:
    """Say that bytes have been deleted, under the claim that lasts until then."""
    await session.execute(
        delete(BlobDeletionRow).where(
            visible_to(scope, BlobDeletionRow), BlobDeletionRow.sha256 == sha256, BlobDeletionRow.claimed_until == held
        )
    )
