"""Tidies the search index some time after it was written to, so that neither a write nor a query waits for it.

Only the timing lives here; what tidying means is the index's business.
"""

import asyncio
import contextlib
from dataclasses import dataclass, field

from pincite.core import PinciteError, Scope, get_logger
from pincite.index import Generation, SearchIndex

LONGEST_WAIT = 5  # in units of the rest time: writes without a pause are tidied in between too
MOST_WRITES = 8  # every search reads what each of them added beside the indexes

log = get_logger(__name__)


@dataclass(slots=True)
class _Pending:
    """A tidy-up that is due: how many writes it is for, and whether it waits no longer."""

    writes: int = 0
    now: asyncio.Event = field(default_factory=asyncio.Event)


class Upkeep:
    """One pending tidy-up a tenant and generation, at most.

    Args:
        index: the engine.
        rest_s: how long it must have been quiet, unless there were many writes.
    """

    def __init__(self, index: SearchIndex, rest_s: float) -> None:
        self._index = index
        self._rest_s = rest_s
        self._pending: dict[tuple[str, str], _Pending] = {}
        self._tasks: dict[tuple[str, str], asyncio.Task[None]] = {}
        self._settling = False

    def touched(self, scope: Scope, generation: Generation) -> None:
        """Note a write; a tidy-up follows when there are no more for a while, or many."""
        key = (scope.tenant, generation.name)
        pending = self._pending.setdefault(key, _Pending())
        pending.writes += 1
        if self._settling or pending.writes >= MOST_WRITES:
            pending.now.set()
        running = self._tasks.get(key)
        if running is None or running.done():
            self._tasks[key] = asyncio.create_task(self._tidy(key, scope, generation), name="index-upkeep")

    async def settle(self) -> None:
        """Do the tidy-ups that are pending, now."""
        self._settling = True
        try:
            for each in self._pending.values():
                each.now.set()
            pending = [task for task in self._tasks.values() if not task.done()]
            if pending:
                await asyncio.wait(pending)
        finally:
            self._settling = False

    async def stop(self) -> None:
        """Give up the tidy-ups that are pending; the next write, or the next start, brings them back."""
        pending = [task for task in self._tasks.values() if not task.done()]
        for task in pending:
            task.cancel()
        if pending:
            await asyncio.wait(pending)

    async def _tidy(self, key: tuple[str, str], scope: Scope, generation: Generation) -> None:
        while (pending := self._pending.get(key)) is not None:
            await self._rest(pending)
            del self._pending[key]
            try:
                await self._index.maintain(scope, generation)
            except (PinciteError, OSError, RuntimeError) as error:
                log.warning("index not tidied", generation=generation.name, error=str(error))

    async def _rest(self, pending: _Pending) -> None:
        for _ in range(LONGEST_WAIT):
            before = pending.writes
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(pending.now.wait(), self._rest_s)
            if pending.now.is_set() or pending.writes == before:
                return
