"""Use cases of the two tiers: which revisions wait for the better embedder's vectors, and who is making them.

The vectors are made in `ingest`; how both tiers answer one question is decided in `retrieval`.
"""

from datetime import timedelta

from pincite.core import Database, Scope, utc_now
from pincite.core.database import database_now
from pincite.core.scope import EVERY_TENANT
from pincite.index import FastTier, Generation
from pincite.library.domain import GenerationState, VectorWork
from pincite.library.store import generations, waiting


class Waiting:
    """The list of revisions that a quick embedder has seen and the better one has not."""

    _db: Database

    async def fast_tier(self, scope: Scope) -> FastTier | None:
        """Return the build with quick vectors of everything, and what still needs it; None where there is none."""
        async with self._db.read(scope) as session:
            found = await generations.list_generations(session, scope, GenerationState.FAST)
            if not found:
                return None
            return FastTier(found[0].generation, await waiting.waiting_revisions(session, scope))

    async def await_vectors(self, scope: Scope, revision_id: str) -> None:
        """Put a revision on the list; on it already is not an error."""
        async with self._db.transaction(scope) as tx:
            await waiting.add_waiting(tx, scope, revision_id, utc_now())

    async def tenants_waiting(self) -> list[Scope]:
        """Return a scope for each tenant that has revisions on the list."""
        async with self._db.read(EVERY_TENANT) as session:
            return await waiting.tenants_waiting(session)

    async def count_waiting(self, scope: Scope) -> tuple[int, int]:
        """Return how many revisions are on the list, and how many of their chunks are done."""
        async with self._db.read(scope) as session:
            return await waiting.count_waiting(session, scope)

    async def claim_vectors(self, scope: Scope, lease_s: float) -> VectorWork | None:
        """Take the revision that has waited longest, for so long; None where there is none to take.

        Revisions that failed, were superseded or are gone leave the list here.
        """
        async with self._db.transaction(scope) as tx:
            now = await database_now(tx)
            await waiting.drop_stale(tx, scope)
            return await waiting.claim(tx, scope, now, now + timedelta(seconds=lease_s))

    async def note_vectors(self, scope: Scope, revision_id: str, done: int, lease_s: float) -> None:
        """Note how many chunks are done, and keep the claim."""
        async with self._db.transaction(scope) as tx:
            until = await database_now(tx) + timedelta(seconds=lease_s)
            await waiting.note(tx, scope, revision_id, done, until)

    async def release_vectors(self, scope: Scope, revision_id: str) -> None:
        """Give a claim back; what is done stays done."""
        async with self._db.transaction(scope) as tx:
            await waiting.note(tx, scope, revision_id, None, None)

    async def finish_vectors(self, scope: Scope, revision_id: str, generation: Generation) -> bool:
        """Take a revision off the list if its vectors went into the index that answers now.

        Otherwise, where another took that one's place meanwhile, it waits on from its first chunk; returns False.
        """
        async with self._db.transaction(scope) as tx:
            active = await generations.list_generations(tx, scope, GenerationState.ACTIVE)
            if active and active[0].generation == generation:
                await waiting.drop_waiting(tx, scope, frozenset({revision_id}))
                return True
            await waiting.begin_again(tx, scope, revision_id)
            return False

    async def waiting_revisions(self, scope: Scope) -> frozenset[str]:
        """Return the ids of the revisions on the list."""
        async with self._db.read(scope) as session:
            return await waiting.waiting_revisions(session, scope)

    async def have_vectors(self, scope: Scope, revision_ids: frozenset[str]) -> None:
        """Take revisions off the list."""
        async with self._db.transaction(scope) as tx:
            await waiting.drop_waiting(tx, scope, revision_ids)
