"""Use cases of batches: listing them with how far they are, and what becomes of files that come later.

What is done to their documents is in `stops.py`.
"""

from pincite.core import Conflict, Database, Scope, utc_now
from pincite.core.audit import note
from pincite.library.batches import Batch, BatchState
from pincite.library.cursors import decode_text, encode_cursor
from pincite.library.domain import Listing
from pincite.library.names import clean_batch
from pincite.library.store import batches as store
from pincite.library.store.collections import next_version


class Batches:
    """Files that were sent as one."""

    _db: Database

    async def batches(self, scope: Scope, *, limit: int = 50, cursor: str | None = None) -> Listing[Batch]:
        """List batches, newest first. Raises: InvalidInput for a cursor that is not ours."""
        before = decode_text(cursor)
        async with self._db.read(scope) as session:
            found = await store.list_batches(session, scope, limit + 1, before)
            counted = await store.counted(session, scope, found[:limit], utc_now())
        return Listing(tuple(counted), encode_cursor(found[limit - 1].id) if len(found) > limit else None)

    async def batch(self, scope: Scope, id_or_name: str) -> Batch:
        """Return a batch by id or name. Raises: NotFound."""
        async with self._db.read(scope) as session:
            found = await store.required_batch(session, scope, id_or_name)
            return (await store.counted(session, scope, [found], utc_now()))[0]

    async def begin_batch(self, scope: Scope, name: str) -> Batch:
        """Return a batch to send files to, by id or name: made where there is none, opened again where it was stopped.

        Raises: InvalidInput for a bad name.
        """
        cleaned = clean_batch(name)
        async with self._db.transaction(scope) as tx:
            await next_version(tx, scope)
            found = await store.open_batch(tx, scope, cleaned)
            if found.state is BatchState.CANCELLED:
                await store.set_batch(tx, scope, found.id, BatchState.OPEN)
            await note(tx, scope, "batch.begun", ("batch", found.id), name=found.name)
        return await self.batch(scope, found.id)

    async def set_batch(self, scope: Scope, id_or_name: str, state: str) -> str:
        """Say what becomes of files that come later (see `BatchState`); returns the batch's id. Raises: NotFound."""
        async with self._db.transaction(scope) as tx:
            await next_version(tx, scope)  # no file of the batch is being registered meanwhile
            found = await store.required_batch(tx, scope, id_or_name)
            await store.set_batch(tx, scope, found.id, BatchState(state))
            await note(tx, scope, "batch.set", ("batch", found.id), name=found.name, state=state)
        return found.id

    async def forget_batch(self, scope: Scope, id_or_name: str) -> None:
        """Forget a batch that is over; its documents stay. Raises: NotFound; Conflict while some are on their way."""
        found = await self.batch(scope, id_or_name)
        if found.phase in {"reading", "paused"} and found.documents:
            raise Conflict(
                f"Documents of the batch {found.name!r} are on their way in.", remedy="Wait for them, or cancel it."
            )
        async with self._db.transaction(scope) as tx:
            await next_version(tx, scope)
            await store.drop_batch(tx, scope, found.id)
            await note(tx, scope, "batch.forgotten", ("batch", found.id), name=found.name)
