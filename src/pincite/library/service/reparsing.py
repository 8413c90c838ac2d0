"""Use case of reading documents anew: the same bytes become another revision, while the one before goes on answering.

Pins refer to a revision's characters, so what was read of one is never replaced. The work belongs to `ingest`.
"""

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy.ext.asyncio import AsyncSession

from pincite.core import Database, Scope, new_id, utc_now
from pincite.core.audit import note
from pincite.core.batched import batched
from pincite.library.domain import Revision, RevisionState
from pincite.library.quotas import Amount
from pincite.library.store import batches, collections, documents, revisions, usage
from pincite.library.store.documents import MOST_IDS, Wanted


class Reparsing:
    """Queueing what is ready to be read once more."""

    _db: Database

    async def count_to_reparse(
        self,
        scope: Scope,
        *,
        chosen: Sequence[str] | None = None,
        collection: str | None = None,
        not_read_by: str | None = None,
    ) -> int:
        """Return how many documents `reparse` would queue. Raises: NotFound: no such collection."""
        async with self._db.read(scope) as session:
            wanted = await _wanted(session, scope, chosen, collection, not_read_by)
            return sum([await documents.count_in_states(session, scope, each) for each in wanted])

    async def reparse(
        self,
        scope: Scope,
        batch: str,
        *,
        chosen: Sequence[str] | None = None,
        collection: str | None = None,
        not_read_by: str | None = None,
    ) -> tuple[Revision, ...]:
        """Give documents that are ready another revision of the same bytes, which waits in the queue.

        It came when its bytes did: to be read anew keeps no document longer.

        Args:
            scope: the asker; documents that they may not change are left alone.
            batch: the name of the batch that the revisions are in.
            chosen: ids of documents; None for all.
            collection: id or name; None for all.
            not_read_by: a version of the parsers: what it read is left alone.

        Returns: the revisions that wait now.

        Raises:
            NotFound: no such collection.
            QuotaExceeded: there is no room for all of them; some may wait by now.
        """
        async with self._db.read(scope) as session:
            wanted = await _wanted(session, scope, chosen, collection, not_read_by)
        queued: list[Revision] = []
        for each in wanted:
            after: str | None = ""
            while after is not None:
                async with self._db.read(scope) as session:
                    found = await documents.documents_in_states(session, scope, replace(each, after=after), MOST_IDS)
                queued += await self._queue(scope, replace(each, ids=[one.id for one in found]), batch)
                after = found[-1].id if len(found) == MOST_IDS else None
        return tuple(queued)

    async def _queue(self, scope: Scope, wanted: Wanted, batch: str) -> list[Revision]:
        """Add the revisions of those documents, at most `MOST_IDS`, that are still wanted."""
        if not wanted.ids:
            return []
        async with self._db.transaction(scope) as tx:
            last = await collections.next_version(tx, scope, len(wanted.ids))
            some = await documents.documents_in_states(tx, scope, wanted, MOST_IDS)
            if not some:  # all of them were changed meanwhile
                return []
            within, now = await batches.open_batch(tx, scope, batch), utc_now()
            queued = [_again(each.latest, within.id) for each in some]
            for revision in queued:
                await revisions.add_revision(tx, scope, revision, queued=now)
                await documents.point_latest(tx, scope, revision.document_id, revision.id)
            ids = [each.id for each in some]
            await documents.touch_all(tx, scope, ids, last, now)
            await usage.change_usage(tx, scope, Amount(size_bytes=sum(each.size_bytes for each in queued)))
            await note(tx, scope, "documents.reparsed", ("batch", within.id), count=len(ids), ids=ids)
        return queued


async def _wanted(
    session: AsyncSession, scope: Scope, chosen: Sequence[str] | None, collection: str | None, not_read_by: str | None
) -> list[Wanted]:
    home = None
    if collection is not None:
        home = (await collections.required_collection(session, scope, collection)).id
    groups = [None] if chosen is None else list(batched(sorted(set(chosen)), MOST_IDS))
    return [Wanted(frozenset({RevisionState.READY}), home, ids=ids, not_read_by=not_read_by) for ids in groups]


def _again(read: Revision, batch: str) -> Revision:
    return Revision(
        id=new_id(),
        document_id=read.document_id,
        number=read.number + 1,
        sha256=read.sha256,
        size_bytes=read.size_bytes,
        file_type=read.file_type,
        state=RevisionState.QUEUED,
        pages_done=0,
        pages_total=None,
        chunks=0,
        problem=None,
        created_at=read.created_at,
        seconds=None,
        batch=batch,
    )
