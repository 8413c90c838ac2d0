"""When the index is tidied: after a rest, or after many writes, whichever comes first."""

import asyncio

from pincite.core import Scope
from pincite.index import Generation
from pincite.index.adapters.memory import MemoryIndex
from pincite.ingest.upkeep import MOST_WRITES, Upkeep

SCOPE = Scope("t1", "u1", roles=frozenset({"owner"}))
GENERATION = Generation("g1", "model", 4)


class Counting(MemoryIndex):
    def __init__(self) -> None:
        super().__init__()
        self.tidied = asyncio.Semaphore(0)

    async def maintain(self, scope: Scope, generation: Generation) -> None:
        self.tidied.release()


async def test_many_writes_wait_for_no_rest() -> None:
    index = Counting()
    upkeep = Upkeep(index, rest_s=3600)
    for _ in range(2):
        for _ in range(MOST_WRITES - 1):
            upkeep.touched(SCOPE, GENERATION)
            await asyncio.sleep(0)
        assert index.tidied.locked(), "a few writes wait"
        upkeep.touched(SCOPE, GENERATION)
        await asyncio.wait_for(index.tidied.acquire(), 5)
    await upkeep.stop()


async def test_few_writes_wait_for_a_rest() -> None:
    index = Counting()
    upkeep = Upkeep(index, rest_s=0.05)
    upkeep.touched(SCOPE, GENERATION)
    await asyncio.wait_for(index.tidied.acquire(), 5)
    assert index.tidied.locked()
    await upkeep.stop()


async def test_settling_waits_for_nothing() -> None:
    index = Counting()
    upkeep = Upkeep(index, rest_s=3600)
    upkeep.touched(SCOPE, GENERATION)
    await asyncio.wait_for(upkeep.settle(), 5)
    assert not index.tidied.locked()
    await upkeep.settle()
