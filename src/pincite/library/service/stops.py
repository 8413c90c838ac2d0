"""Use cases of stopping and going on: pause, cancel and retry, of documents by id or of a whole collection.

Which jobs then end or begin is decided in `ingest`.
"""

from collections.abc import AsyncIterator, Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from pincite.core import Database, Scope, utc_now
from pincite.core.audit import note
from pincite.core.batched import batched
from pincite.library.domain import LEADS_FROM, RESTING_STATES, UNFINISHED_STATES, Document, Revision, RevisionState
from pincite.library.store import collections, documents, revisions
from pincite.library.store.revisions import Step

# One transaction for this many: others may write between two. More than ids are asked for at once.
_AT_ONCE = 2000


class Stops:
    """Changing the state of many documents at once; each group in one transaction, never half of a document."""

    _db: Database

    async def stop(
        self,
        scope: Scope,
        state: RevisionState,
        *,
        chosen: Sequence[str] | None = None,
        collection: str | None = None,
        batch: str | None = None,
    ) -> tuple[Revision, ...]:
        """Pause (`PAUSED`) or cancel (`CANCELLED`) the latest revisions of documents that are on their way in.

        Args:
            scope: the asker.
            state: what they become.
            chosen: ids of documents; None for all.
            collection: id or name; None for all.
            batch: an id; None for all.

        Returns:
            The revisions that were stopped, as they were before. Others are left as they are.

        Raises: NotFound: no such collection.
        """
        stopped: list[Revision] = []
        async for some in self._latest(scope, LEADS_FROM[state] - {state}, chosen, (collection, batch)):
            now = utc_now()
            step = Step(state, now, finished=state is RevisionState.CANCELLED)
            async with self._db.transaction(scope) as tx:
                version = await collections.next_version(tx, scope, len(some))
                moved = await revisions.move_all(tx, scope, [each.latest.id for each in some], step, LEADS_FROM[state])
                mine = [each for each in some if each.latest.id in moved]
                if step.finished:
                    await documents.stop_serving(tx, scope, [(each.id, each.latest.id) for each in mine])
                await documents.touch_all(tx, scope, [each.id for each in mine], version, now)
                await _note(tx, scope, f"documents.{state.value}", [each.id for each in mine], batch)
            stopped += [each.latest for each in mine]
        return tuple(stopped)

    async def go_on(
        self,
        scope: Scope,
        *,
        chosen: Sequence[str] | None = None,
        collection: str | None = None,
        batch: str | None = None,
        out_of: frozenset[RevisionState] = RESTING_STATES,
    ) -> tuple[Revision, ...]:
        """Queue failed, paused and cancelled latest revisions again; paused ones go on where they were.

        Args:
            scope: the asker.
            chosen: ids of documents; None for all.
            collection: id or name; None for all.
            batch: an id; None for all.
            out_of: the states that they may be in.

        Returns: the revisions that wait now. Raises: NotFound: no such collection.
        """
        out_of &= RESTING_STATES
        queued: list[Revision] = []
        async for some in self._latest(scope, out_of, chosen, (collection, batch)):
            now = utc_now()
            async with self._db.transaction(scope) as tx:
                version = await collections.next_version(tx, scope, len(some))
                again = await revisions.requeue(tx, scope, [each.latest.id for each in some], now, out_of)
                await documents.touch_all(tx, scope, sorted(each.document_id for each in again), version, now)
                await _note(tx, scope, "documents.retried", [each.document_id for each in again], batch)
            queued += sorted(again, key=lambda each: each.id)
        return tuple(queued)

    async def begin_again(self, scope: Scope, revision_id: str, attempt: int) -> Revision | None:
        """Queue a revision whose job was lost on the way, as another attempt.

        Returns None if it is not on its way any more, or somebody else began another attempt.
        """
        now = utc_now()
        async with self._db.transaction(scope) as tx:
            version = await collections.next_version(tx, scope)
            queued = await revisions.requeue(tx, scope, [revision_id], now, UNFINISHED_STATES, attempt)
            for revision in queued:
                await documents.touch(tx, scope, revision.document_id, version, now)
        return queued[0] if queued else None

    async def count_unfinished(self, scope: Scope, most: int = 1_000_000) -> int:
        """Count the tenant's revisions that wait or are being read, up to `most`."""
        async with self._db.read(scope) as session:
            return await revisions.count_unfinished(session, scope, most)

    async def _latest(
        self,
        scope: Scope,
        states: frozenset[RevisionState],
        chosen: Sequence[str] | None,
        within: tuple[str | None, str | None],
    ) -> AsyncIterator[Sequence[Document]]:
        """Yield documents whose latest revision is in such a state, so many at once; between two nothing is open."""
        home, (collection, batch) = None, within
        if collection is not None:
            async with self._db.read(scope) as session:
                home = (await collections.required_collection(session, scope, collection)).id
        after = ""
        for ids in [None] if chosen is None else list(batched(chosen, documents.MOST_IDS)):
            more = True
            while more:
                wanted = documents.Wanted(states, home, batch, ids, after)
                async with self._db.read(scope) as session:
                    found = await documents.documents_in_states(session, scope, wanted, _AT_ONCE)
                more = len(found) == _AT_ONCE
                if found:
                    after = found[-1].id if more else ""
                    yield found


async def _note(tx: AsyncSession, scope: Scope, action: str, ids: Sequence[str], batch: str | None) -> None:
    """One entry for all of a transaction; none where none of them was in a state for it."""
    if ids:
        await note(tx, scope, action, ("batch" if batch else "documents", batch or ""), count=len(ids), ids=ids)
