"""Use cases of many small documents on their way in together: each step is one transaction for all of them.

The same rules hold as for one (`progress.py`): what is gone, stopped or another worker's is left alone.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress

from sqlalchemy.ext.asyncio import AsyncSession

from pincite.core import Database, InvalidInput, Scope, utc_now
from pincite.core.batched import batched
from pincite.core.errors import QuotaExceeded
from pincite.library.domain import (
    RESTING_STATES,
    UNFINISHED_STATES,
    Document,
    Revision,
    RevisionState,
    WholeDocument,
)
from pincite.library.names import clean_source
from pincite.library.quotas import Amount, Usage
from pincite.library.store import collections, documents, slices, usage, waiting

_BEING_READ = frozenset({RevisionState.EXTRACTING, RevisionState.EMBEDDING})
_AT_ONCE = 400


class Slices:
    """Reading many small documents as one piece of work."""

    _db: Database

    async def unchanged(
        self, scope: Scope, collection_id: str, hashes: Mapping[str, str]
    ) -> Mapping[str, tuple[str, RevisionState]]:
        """Return which names are in a collection with these very bytes, and neither failed nor were stopped.

        Args:
            scope: the asker.
            collection_id: the collection.
            hashes: sha256 by name.

        Returns: the document's id and its state, by name.
        """
        given: dict[str, str] = {}
        for name in hashes:
            with suppress(InvalidInput):
                given[clean_source(name)] = name
        known: dict[str, tuple[str, RevisionState]] = {}
        async with self._db.read(scope) as session:
            for some in batched(sorted(given), _AT_ONCE):
                wanted = {name: hashes[given[name]] for name in some}
                found = await slices.unchanged_sources(session, scope, collection_id, wanted)
                known.update((given[name], what) for name, what in found.items() if what[1] not in RESTING_STATES)
        return known

    async def take_all(self, scope: Scope, wanted: Mapping[str, int], read_by: str) -> tuple[Document, ...]:
        """Take revisions to read them from the start; what other workers still write to them is refused.

        Args:
            scope: the tenant.
            wanted: the attempt that is meant, by revision.
            read_by: the version of the parsers at hand.

        Returns:
            The documents, with the revision and its new lease as the latest. Those that ended, rest, were removed, have
            another attempt or a newer revision are not among them.
        """
        now = utc_now()
        async with self._db.transaction(scope) as tx:
            version = await collections.next_version(tx, scope, len(wanted))
            found = await slices.find_latest(tx, scope, wanted, lock=True)
            mine = [
                each
                for each in found
                if each.latest.state in UNFINISHED_STATES and each.latest.attempt == wanted[each.latest.id]
            ]
            ids = [each.latest.id for each in mine]
            held = sum((await usage.pages_of(tx, scope, ids)).values())
            await slices.take_all(tx, scope, ids, read_by, now)
            await documents.touch_all(tx, scope, [each.id for each in mine], version, now)
            await usage.change_usage(tx, scope, Amount(pages=-held))
            return tuple(await slices.find_latest(tx, scope, ids))

    async def latest(self, scope: Scope, revision_ids: Sequence[str]) -> tuple[Revision, ...]:
        """Return those of the revisions that are the newest of a document that was not removed."""
        async with self._db.read(scope) as session:
            found = await slices.find_latest(session, scope, revision_ids)
        return tuple(each.latest for each in found)

    async def serving(self, scope: Scope, revision_ids: Sequence[str]) -> dict[str, str]:
        """Return those of the revisions that are done and serve, with their documents' sources."""
        async with self._db.read(scope) as session:
            return await slices.serving_sources(session, scope, revision_ids)

    async def share(self, scope: Scope, revision_ids: Sequence[str], job: str | None) -> None:
        """Say which job reads revisions together; None where each has its own."""
        if not revision_ids:
            return
        async with self._db.transaction(scope) as tx:
            for some in batched(revision_ids, _AT_ONCE):
                await slices.assign(tx, scope, some, job)

    async def save_all(
        self, scope: Scope, whole: Sequence[WholeDocument]
    ) -> tuple[frozenset[str], Mapping[str, QuotaExceeded]]:
        """Store the pages and chunks of documents.

        Returns: the ids of the revisions that were stored, and those for which there is no room. The others are gone,
            were stopped, or another worker has them.
        """
        now = utc_now()
        async with self._db.transaction(scope) as tx:
            held = await self._held(tx, scope, {each.revision.id: each.revision.lease for each in whole})
            mine = [each for each in whole if each.revision.id in held]
            before = await usage.pages_of(tx, scope, list(held))
            refused, change = _without_room(await usage.find_usage(tx, scope, lock=True), mine, before)
            stored = [each for each in mine if each.revision.id not in refused]
            await slices.store_all(tx, scope, stored, now)
            await usage.change_usage(tx, scope, change)
        return frozenset(each.revision.id for each in stored), refused

    async def await_all(self, scope: Scope, revision_ids: Sequence[str]) -> None:
        """Put revisions on the list of those that wait for the better embedder; see `await_vectors`."""
        now = utc_now()
        async with self._db.transaction(scope) as tx:
            for revision_id in revision_ids:
                await waiting.add_waiting(tx, scope, revision_id, now)

    async def publish_all(
        self, scope: Scope, wanted: Sequence[str], whole: Sequence[WholeDocument]
    ) -> Mapping[str, tuple[str, ...]]:
        """Make revisions READY and the ones that serve, with all their points in the index.

        Args:
            scope: the tenant.
            wanted: revisions that were published by an earlier run are reported as well, replaced since or not.
            whole: what was stored and indexed, by this worker.

        Returns:
            The superseded revisions, whose points the index should drop, by the published revision. One that is not
            among the keys was stopped, is gone, or another worker has it.
        """
        now = utc_now()
        async with self._db.transaction(scope) as tx:
            version = await collections.next_version(tx, scope, max(1, len(whole)))
            held = await self._held(tx, scope, {each.revision.id: each.revision.lease for each in whole}, _BEING_READ)
            chunks = {each.revision.id: len(each.chunks) for each in whole}
            await slices.publish_all(tx, scope, chunks, tuple(held.values()), now)
            await documents.touch_all(tx, scope, [each.id for each in held.values()], version, now)
            return await slices.superseded_by(tx, scope, await slices.ready_among(tx, scope, wanted))

    async def _held(
        self,
        tx: AsyncSession,
        scope: Scope,
        leases: Mapping[str, int],
        states: frozenset[RevisionState] = UNFINISHED_STATES,
    ) -> dict[str, Document]:
        """Return the documents whose revisions are still this worker's, by revision."""
        found = await slices.find_latest(tx, scope, leases, lock=True)
        return {
            each.latest.id: each
            for each in found
            if each.latest.state in states and each.latest.lease == leases[each.latest.id]
        }


def _without_room(
    known: Usage, whole: Sequence[WholeDocument], before: Mapping[str, int]
) -> tuple[dict[str, QuotaExceeded], Amount]:
    """Return which documents' pages go over the quota, in their order, and how many pages the others add."""
    refused: dict[str, QuotaExceeded] = {}
    change = Amount()
    for each in whole:
        more = Amount(pages=max(0, len(each.pages) - before.get(each.revision.id, 0)))
        try:
            known = known.grow(more)
            change = change.plus(more)
        except QuotaExceeded as error:
            refused[each.revision.id] = error
    return refused, change
