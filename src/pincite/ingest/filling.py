"""Makes the better embedder's vectors of documents that the quick one has seen already: behind, bit by bit.

The list of what waits is in the library, so the work survives its process and several processes share it.
"""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass

from pincite.core import NotFound, PinciteError, Scope, get_logger
from pincite.ingest.domain import IngestParts
from pincite.ingest.generations import Target, better
from pincite.ingest.points import points_for
from pincite.ingest.settings import IngestSettings
from pincite.ingest.upkeep import Upkeep
from pincite.ledger import BudgetExceeded, PriceUnknown
from pincite.library import Chunk, RevisionState

_LOOK_S = 0.25

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Filler:
    """Works the list off, one revision after another, a batch at a time; documents that are being read go first."""

    parts: IngestParts
    settings: IngestSettings
    upkeep: Upkeep

    async def fill(self) -> int:
        """Make vectors until nothing waits; returns of how many revisions. Raises: Unavailable, StorageFull.

        A tenant whose budget does not bear it holds up nobody else's.
        """
        filled = 0
        for scope in await self.parts.library.tenants_waiting():
            try:
                filled += await self._tenant(scope)
            except (BudgetExceeded, PriceUnknown) as error:
                log.warning("vectors not made", tenant=scope.tenant, problem=error.message)
        return filled

    async def _tenant(self, scope: Scope) -> int:
        filled = 0
        # Looked up for each revision: another index may take the place of this one at any time.
        while (target := await better(self.parts, scope)) is not None:
            work = await self.parts.library.claim_vectors(scope, self.settings.fill_lease_s)
            if work is None:
                break
            await self._revision(scope, target, work.revision_id, work.chunks_done)
            filled += 1
        return filled

    async def _revision(self, scope: Scope, target: Target, revision_id: str, made: int) -> None:
        library = self.parts.library
        try:
            await self._chunks(scope, target, revision_id, made)
            # Points of a revision that went meanwhile would stay for ever: who removed it did not know of them.
            serves = (await library.revision(scope, revision_id)).state is RevisionState.READY
        except NotFound:
            serves = False
        except (PinciteError, asyncio.CancelledError):
            await library.release_vectors(scope, revision_id)
            raise
        if not serves:
            await self.parts.index.delete_revisions(scope, target.generation, [revision_id])
        await library.finish_vectors(scope, revision_id, target.generation)

    async def _chunks(self, scope: Scope, target: Target, revision_id: str, made: int) -> None:
        library = self.parts.library
        revision = await library.revision(scope, revision_id)
        source = (await library.document(scope, revision.document_id)).source
        done = 0
        async for chunks in library.chunks(scope, revision_id, batch=self.settings.fill_batch):
            done += len(chunks)
            if done <= made:
                continue
            await self._let_others_first()
            await self._batch(scope, target, source, chunks)
            await library.note_vectors(scope, revision_id, done, self.settings.fill_lease_s)

    async def _batch(self, scope: Scope, target: Target, source: str, chunks: Sequence[Chunk]) -> None:
        points = await points_for(self.parts, target.embedder, scope, source, chunks)
        await self.parts.index.write(scope, target.generation, points)
        self.upkeep.touched(scope, target.generation)

    async def _let_others_first(self) -> None:
        """Wait while documents are being read, but not for ever: a stuck one must not hold up the rest."""
        until = time.monotonic() + self.settings.fill_patience_s
        while time.monotonic() < until and await self.parts.library.unfinished(limit=1):  # noqa: ASYNC110 - in other processes too
            await asyncio.sleep(_LOOK_S)
