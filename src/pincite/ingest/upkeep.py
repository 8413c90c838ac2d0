"""Tidies the search index some time after it was written to, so that neither a write nor a query waits for it.

Only the timing lives here; what tidying means is the index's business.
"""

import asyncio
import contextlib

from pincite.core import PinciteError, Scope, get_logger
from pincite.index import Generation, SearchIndex

LONGEST_WAIT = 5  # in units of the rest time: writes without a pause are tidied in between too

log = get_logger(__name__)


class Upkeep:
    """One pending tidy-up a tenant and generation, at most.

    Args:
        index: the engine.
        rest_s: how long it must have been quiet.
    """

    def __init__(self, index: SearchIndex, rest_s: float) -> None:
        self._index = index
        self._rest_s = rest_s
        self._touched: dict[tuple[str, str], float] = {}
        self._tasks: dict[tuple[str, str], asyncio.Task[None]] = {}
        self._hurried = asyncio.Event()

    def touched(self, scope: Scope, generation: Generation) -> None:
        """Note a write; a tidy-up follows when there are no more for a while."""
        key = (scope.tenant, generation.name)
        self._touched[key] = asyncio.get_running_loop().time()
        running = self._tasks.get(key)
        if running is None or running.done():
            self._tasks[key] = asyncio.create_task(self._tidy(key, scope, generation), name="index-upkeep")

    async def settle(self) -> None:
        """Do the tidy-ups that are pending, now."""
        self._hurried.set()
        pending = [task for task in self._tasks.values() if not task.done()]
        if pending:
            await asyncio.wait(pending)
        self._hurried.clear()

    async def stop(self) -> None:
        """Give up the tidy-ups that are pending; the next write, or the next start, brings them back."""
        pending = [task for task in self._tasks.values() if not task.done()]
        for task in pending:
            task.cancel()
        if pending:
            await asyncio.wait(pending)

    async def _tidy(self, key: tuple[str, str], scope: Scope, generation: Generation) -> None:
        while key in self._touched:
            for _ in range(LONGEST_WAIT):
                last = self._touched[key]
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._hurried.wait(), self._rest_s)
                if self._hurried.is_set() or self._touched[key] == last:
                    break
            del self._touched[key]
            try:
                await self._index.maintain(scope, generation)
            except (PinciteError, OSError, RuntimeError) as error:
                log.warning("index not tidied", generation=generation.name, error=str(error))
