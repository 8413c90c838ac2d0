"""Use cases of workers and `fsck`: unfinished work of all tenants, and SQL and blobs checked against each other.

The search index is checked against the library by `ingest`.
"""

from collections.abc import AsyncIterator, Sequence
from datetime import timedelta

from pincite.core import Database, Scope, utc_now
from pincite.core.blobs import BlobStore
from pincite.core.scope import EVERY_TENANT
from pincite.library.domain import (
    UNFINISHED_STATES,
    Chunk,
    Finding,
    Page,
    Problem,
    RevisionState,
    WorkItem,
)
from pincite.library.service import deletions
from pincite.library.store import collections, documents, passages, purging, revisions, usage
from pincite.library.store.revisions import Step

# An upload's bytes are there a moment before its row is.
ORPHAN_AGE = timedelta(hours=1)
_BATCH = 500
_LOST = Problem("bytes-lost", "The uploaded bytes are no longer there.", "Upload the file again.")


class Upkeep:
    """What concerns the whole installation; only commands and workers on the machine itself call this."""

    _db: Database
    _blobs: BlobStore

    async def tenants(self) -> list[Scope]:
        """Return a scope for each tenant that has anything here, to do the system's own work under."""
        async with self._db.read(EVERY_TENANT) as session:
            return await revisions.tenants_with_rows(session)

    async def unfinished(self, limit: int = 1000, after: str = "") -> list[WorkItem]:
        """Return revisions that wait or are being read, of all tenants, by id from the one after `after`."""
        async with self._db.read(EVERY_TENANT) as session:
            return await revisions.unfinished_revisions(session, limit, after)

    async def chunk_ids(
        self, scope: Scope, revision_ids: Sequence[str], *, batch: int = 5000
    ) -> AsyncIterator[tuple[str, str]]:
        """Yield (chunk id, revision id) of all chunks of revisions; no transaction is open between two batches."""
        after = ("", -1)
        while True:
            async with self._db.read(scope) as session:
                found = await passages.list_chunk_ids(session, scope, revision_ids, after, batch)
            for revision_id, _, chunk_id in found:
                yield chunk_id, revision_id
            if len(found) < batch:
                return
            after = found[-1][:2]

    async def contents(
        self, scope: Scope, revision_ids: Sequence[str]
    ) -> dict[str, tuple[tuple[Page, ...], tuple[Chunk, ...]]]:
        """Return all that is stored of revisions, pages and chunks in order, as of one moment.

        It is held in memory: how much is asked for at once is the asker's business.
        """
        async with self._db.read(scope) as session:
            pages, chunks = await passages.list_pages_and_chunks(session, scope, revision_ids)
        return {
            revision_id: (
                tuple(page for page in pages if page.revision_id == revision_id),
                tuple(chunk for chunk in chunks if chunk.revision_id == revision_id),
            )
            for revision_id in revision_ids
        }

    async def check(self, scope: Scope, *, repair: bool, deep: bool = False) -> tuple[Finding, ...]:
        """Compare rows and bytes of a tenant; with `repair` put right what can be.

        Bytes without a row (older than an hour) are deleted, revisions without bytes fail with a reason, half-done
        deletions of bytes are finished, chunks of superseded revisions deleted, and what is held is counted anew.
        `deep` reads all bytes again and compares their sha256, which takes as long as reading them does.
        """
        findings = [finding async for finding in self._half_deleted(scope, repair)]
        findings += [finding async for finding in self._stale_chunks(scope, repair)]
        findings += [finding async for finding in self._bytes(scope, repair, deep)]
        findings += await self._usage(scope, repair)
        if repair:
            await self._blobs.clean_staging()
        return tuple(findings)

    async def _half_deleted(self, scope: Scope, repair: bool) -> AsyncIterator[Finding]:
        async with self._db.read(scope) as session:
            doomed = await purging.doomed_blobs(session, scope)
        if doomed and repair:
            await deletions.see_through(self._db, self._blobs, scope)
        for sha256 in doomed:
            yield Finding("blob-half-deleted", f"The deletion of bytes {sha256[:12]} was not finished.", repair)

    async def _usage(self, scope: Scope, repair: bool) -> list[Finding]:
        async with self._db.read(scope, one_moment=True) as session:
            said, held = (await usage.find_usage(session, scope)).held, await usage.count_held(session, scope)
        if said == held:
            return []
        if repair:
            async with self._db.transaction(scope) as tx:
                await collections.next_version(tx, scope)
                await usage.find_usage(tx, scope, lock=True)  # no page is being stored meanwhile
                await usage.set_held(tx, scope, await usage.count_held(tx, scope))
        return [Finding("usage-wrong", f"What is held was counted as {said}, and is {held}.", repair)]

    async def _stale_chunks(self, scope: Scope, repair: bool) -> AsyncIterator[Finding]:
        async with self._db.read(scope) as session:
            stale = await passages.revisions_with_stale_chunks(session, scope)
        for revision_id in stale:
            if repair:
                async with self._db.transaction(scope) as tx:
                    await passages.drop_chunks(tx, scope, [revision_id])
            yield Finding("stale-chunks", f"The superseded revision {revision_id} still had chunks.", repair)

    async def _bytes(self, scope: Scope, repair: bool, deep: bool) -> AsyncIterator[Finding]:
        stored = {entry.sha256: entry async for entry in self._blobs.list(scope)}
        referenced: set[str] = set()
        async for revision_id, sha256, state, size, source in self._revisions(scope):
            first = sha256 not in referenced
            referenced.add(sha256)
            entry = stored.get(sha256)
            if entry is None:
                # Bytes that came after the listing began are there all the same.
                if not await self._blobs.exists(scope, sha256):
                    yield await self._lost(scope, revision_id, state, repair)
            elif entry.size_bytes != size or (deep and first and not await self._blobs.verify(scope, sha256)):
                what = f"The bytes of {source} (revision {revision_id}) are not what was uploaded. Upload it again."
                yield Finding("blob-damaged", what, False)
        for sha256 in stored.keys() - referenced:
            if stored[sha256].modified_at < utc_now() - ORPHAN_AGE:
                yield await self._orphan(scope, sha256, repair)

    async def _revisions(self, scope: Scope) -> AsyncIterator[tuple[str, str, RevisionState, int, str]]:
        after = ""
        while True:
            async with self._db.read(scope) as session:
                batch = await revisions.stored_revisions(session, scope, after, _BATCH)
            if not batch:
                return
            for row in batch:
                yield row
            after = batch[-1][0]

    async def _lost(self, scope: Scope, revision_id: str, state: RevisionState, repair: bool) -> Finding:
        repaired = repair and not state.final and await self._fail(scope, revision_id)
        return Finding("blob-missing", f"The bytes of revision {revision_id} ({state.value}) are gone.", repaired)

    async def _fail(self, scope: Scope, revision_id: str) -> bool:
        now = utc_now()
        step = Step(RevisionState.FAILED, now, problem=_LOST, finished=True)
        async with self._db.transaction(scope) as tx:
            version = await collections.next_version(tx, scope)
            document_id = await revisions.move(tx, scope, revision_id, step, UNFINISHED_STATES)
            if document_id is None:
                return False
            await documents.point_serving(tx, scope, document_id, None, instead_of=revision_id)
            await documents.touch(tx, scope, document_id, version, now)
        return True

    async def _orphan(self, scope: Scope, sha256: str, repair: bool) -> Finding:
        doomed: tuple[str, ...] = ()
        if repair:
            async with self._db.transaction(scope) as tx:
                await collections.next_version(tx, scope)
                doomed = await purging.doom_unreferenced(tx, scope, [sha256], utc_now())
                claimed = await deletions.claim(tx, scope, doomed)
            await deletions.finish(self._db, self._blobs, scope, claimed)
        return Finding("blob-orphaned", f"Nothing refers to the bytes {sha256[:12]}.", bool(doomed))
