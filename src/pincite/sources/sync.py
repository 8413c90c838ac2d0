"""One job of a run over a source: what the place shows becomes documents, what it no longer shows goes.

A run may take many jobs, so that a slow place holds up nobody's documents. Killed anywhere, the next job goes on:
what was read is known by its mark, and what was come by by the run's number.
"""

import asyncio
import shutil
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, replace
from typing import Any

from pincite.core import NotFound, PinciteError, Scope, get_logger, utc_now
from pincite.core.errors import OnHold
from pincite.jobs import Steps
from pincite.sources import store
from pincite.sources.adapters import copies, opened
from pincite.sources.deletions import kept_by_holds, withheld
from pincite.sources.domain import (
    Counts,
    RunState,
    Source,
    SourceState,
    SyncOvertaken,
    Trouble,
)
from pincite.sources.settings import SourcesSettings
from pincite.sources.store import Turn
from pincite.sources.walk import Checkpoint, Errand, SourceParts, Walk

log = get_logger(__name__)
SYNC_JOB = "sync"
# Runs go beside documents that are read; of those that are queued that goes first whose tenant has the fewest waiting.
_BULK = 1_000_000
_ROOM_S = 1.0  # how often it is looked whether documents were read
_REMOVED_AT_ONCE = 50
_HOMELESS = Trouble(
    "collection-gone",
    "The collection that its documents belong to is gone.",
    "Remove the source; to keep the place in step further, add it again for another collection.",
)


class Sync:
    """Does the jobs of runs.

    Args:
        parts: the rooms it stands on.
        settings: limits and rhythms.
        checkpoint: called at each boundary.
    """

    def __init__(self, parts: SourceParts, settings: SourcesSettings, checkpoint: Checkpoint) -> None:
        self._parts = parts
        self._settings = settings
        self._checkpoint = checkpoint

    async def enqueue(self, scope: Scope, turn: Turn) -> None:
        """Queue a run's job; again does nothing. Raises: Unavailable, StorageFull; then the sweep queues it."""
        before = await self._parts.library.count_unfinished(scope, _BULK)
        payload = {"tenant": scope.tenant, "source": turn.source_id}
        await self._parts.jobs.enqueue(
            SYNC_JOB,
            job_id(turn),
            payload | {"run": str(turn.run), "portion": str(turn.portion)},
            priority=_BULK + before,
        )

    async def job(self, steps: Steps, scope: Scope, turn: Turn) -> None:
        """Do one job of a run. Raises: SyncOvertaken, where the run was stopped or another job goes on with it."""
        if not await steps.run("take", lambda: self._take(scope, turn)):
            return
        walked = await steps.run("walk", lambda: self._walk(scope, turn))
        if walked["left"]:
            await steps.run("next", lambda: self._next(scope, turn))
            return
        trouble = (
            walked["trouble"] or await steps.run("clear", lambda: self._clear(scope, turn)) or walked.get("partly")
        )
        await steps.run("end", lambda: self.end(scope, turn, walked["trouble"], trouble))

    async def end(
        self, scope: Scope, turn: Turn, failure: dict[str, str] | None, trouble: dict[str, str] | None
    ) -> None:
        """End a run, failed or done, with what is to be said of it; a source that was leaving is gone."""
        if await self._ended(scope, turn, failure, trouble):
            await self.forget_copies(turn.source_id)

    async def forget_copies(self, source_id: str) -> None:
        """Delete what this machine has fetched of a source that is gone."""
        for folder in await asyncio.to_thread(copies, self._parts.tools.cache, source_id):
            await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)

    async def _ended(
        self, scope: Scope, turn: Turn, failure: dict[str, str] | None, trouble: dict[str, str] | None
    ) -> bool:
        """End a run; returns whether the source is gone with it."""
        async with self._parts.database.transaction(scope) as tx:
            try:
                row = await store.hold(tx, scope, turn)
            except SyncOvertaken:
                return False
            if row.state == SourceState.LEAVING and failure is None:
                await store.drop(tx, scope, turn.source_id)
                return True
            found, failed, _ = await store.count(tx, scope, turn)
            state = RunState.FAILED if failure else RunState.DONE
            await store.change(
                tx,
                scope,
                turn.source_id,
                run_state=state.value,
                finished_at=utc_now(),
                trouble=trouble,
                counts={**row.counts, "found": found, "failed": failed},
            )
        log.info("source synced", source=turn.source_id, run=turn.run, state=state.value)
        return False

    async def _take(self, scope: Scope, turn: Turn) -> bool:
        async with self._parts.database.transaction(scope) as tx:
            return await store.take(tx, scope, turn)

    async def _next(self, scope: Scope, turn: Turn) -> None:
        async with self._parts.database.transaction(scope) as tx:
            found, failed, _ = await store.count(tx, scope, turn)
            row = await store.hold(tx, scope, turn)
            counts = {**row.counts, "found": found, "failed": failed}
            await store.change(tx, scope, turn.source_id, counts=counts)
            following = await store.advance(tx, scope, turn, lost=0)
        self._checkpoint("sync.advanced")
        if following is not None:
            await self.enqueue(scope, following)

    async def _walk(self, scope: Scope, turn: Turn) -> dict[str, Any]:
        async with self._parts.database.read(scope) as session:
            source = await store.source(session, scope, turn.source_id)
        if source.state is SourceState.LEAVING:
            return {"left": False, "trouble": None}
        try:
            await self._parts.library.collection(scope, source.collection)
        except NotFound:  # what is as it was would be passed by, and nobody told
            return {"left": False, "trouble": asdict(_HOMELESS)}
        if not await self._has_room(scope):
            return {"left": True, "trouble": None}
        try:
            walk = Walk(self._parts, self._settings, self._checkpoint, Errand(scope, source, turn))
            left = await walk.run()
        except SyncOvertaken:
            raise
        except PinciteError as error:
            log.warning("source not synced", source=source.id, code=error.code, message=error.message)
            return {"left": False, "trouble": asdict(Trouble.of(error))}
        # Who confirms deletions has seen what is there.
        partly = None if walk.partly is None or source.run.forced else asdict(walk.partly)
        return {"left": left, "trouble": None, "partly": partly}

    async def _has_room(self, scope: Scope) -> bool:
        """Wait, for a job's time at most, until few enough documents wait to be read; returns whether they are few."""
        most, until = self._settings.waiting, time.monotonic() + self._settings.portion_s
        while await self._parts.library.count_unfinished(scope, most) >= most:
            if time.monotonic() > until:
                return False
            await asyncio.sleep(_ROOM_S)
        return True

    async def _clear(self, scope: Scope, turn: Turn) -> dict[str, str] | None:
        """Take out what the run did not find; returns why not, where it must not."""
        async with self._parts.database.read(scope) as session:
            source = await store.source(session, scope, turn.source_id)
            found, _, gone = await store.count(session, scope, turn)
        if source.state is not SourceState.LEAVING and not opened(source, self._parts.tools).forgets:
            return None
        refusal = None if source.run.forced else withheld(source.name, found=found, gone=gone)
        if refusal is not None:
            return asdict(refusal)
        held: set[str] = set()
        while True:
            async with self._parts.database.read(scope) as session:
                found_gone = await store.vanished(session, scope, turn, _REMOVED_AT_ONCE + len(held))
            items = [each for each in found_gone if each.key not in held]
            if not items:
                return None if not held or source.state is SourceState.LEAVING else asdict(kept_by_holds(len(held)))
            held |= await self._remove(scope, source, turn, items)

    async def _remove(self, scope: Scope, source: Source, turn: Turn, items: Sequence[store.Vanished]) -> set[str]:
        """Remove items' documents and forget the items; returns the keys of those whose documents are on hold."""
        async with self._parts.database.transaction(scope) as tx:
            await store.hold(tx, scope, turn)  # nothing is removed under a turn that is over
        documents = [(each.key, each.document_id) for each in items if each.document_id is not None]
        for each in items:
            if each.intended is not None:
                with suppress(NotFound):  # the collection is gone, and all that was in it
                    found = await self._parts.library.by_source(scope, source.collection, each.intended)
                    documents += [(each.key, found.id)] if found is not None else []
        held: set[str] = set()
        for key, document in documents:
            try:
                await self._parts.ingest.remove(scope, document)
            except NotFound:
                log.info("document is gone already", document=document)
            except OnHold:
                held.add(key)
            self._checkpoint("sync.removed")
        async with self._parts.database.transaction(scope) as tx:
            row = await store.hold(tx, scope, turn)
            await store.forget(tx, scope, turn, [each.key for each in items if each.key not in held])
            counts = Counts(**row.counts)
            counts = replace(counts, removed=counts.removed + len(documents) - len(held))
            await store.change(tx, scope, turn.source_id, counts=asdict(counts))
        self._checkpoint("sync.forgotten")
        return held


def job_id(turn: Turn) -> str:
    """Return the id of a run's job."""
    return f"{SYNC_JOB}:{turn.source_id}:{turn.run}:{turn.portion}"
