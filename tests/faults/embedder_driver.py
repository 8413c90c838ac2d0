"""A process that changes the embedder or makes better vectors and kills itself in the middle, for its test.

`run(HOME, WORK, AFTER)`: the work is `begin`, `reindex`, `add` or `finish`; it dies
once the better embedder has seen so many passages (0: never).
"""

import asyncio
import json
import os
import signal
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tests.faults.ingest_driver import SETTINGS, text
from tests.unit.ingest.rooms import SCOPE, Rooms, rooms

from pincite.core import Scope
from pincite.gateway import Embedders
from pincite.gateway.adapters.memory import WordEmbedder
from pincite.index.adapters.lance import LanceIndex

DOCUMENTS = 3


class Mortal(WordEmbedder):
    """Kills the process once it has seen so many passages."""

    def __init__(self, after: int) -> None:
        super().__init__("better", dimensions=32)
        self._after = after

    async def embed(self, scope: Scope, texts: Sequence[str], *, query: bool = False) -> NDArray[np.float32]:
        """Embed, or die before the vectors are out."""
        if self._after and len(self.embedded) + len(texts) > self._after:
            os.kill(os.getpid(), signal.SIGKILL)
        return await super().embed(scope, texts, query=query)


async def main(home: Path, work: str, after: int) -> None:
    """Do the work, or die over it; then report what there is."""
    quick, better = WordEmbedder("quick"), Mortal(after)
    embedders = Embedders(quick) if work == "begin" else Embedders(better, fast=quick)
    settings = replace(SETTINGS, fill_s=0.05, fill_batch=5, fill_patience_s=0.1, fill_lease_s=1.0)
    async with rooms(home, index=LanceIndex(str(home / "index")), settings=settings, embedders=embedders) as opened:
        if work == "begin":
            for number in range(DOCUMENTS):
                await opened.add(f"doc-{number}.txt", text(number, 1))
        elif work == "reindex":
            await opened.ingest.reindex(SCOPE, progress=lambda _: None)
        elif work == "add":
            await opened.add("late.txt", text(9, 1))
        assert await opened.ingest.filled(SCOPE)
        await report(opened, len(better.embedded))


async def report(opened: Rooms, embedded: int) -> None:
    """Print the points of each index, what `fsck` finds and how much was embedded."""
    builds: dict[str, list[str]] = {}
    for entry in await opened.library.generations(SCOPE):
        points = [chunk_id async for chunk_id, _ in opened.index.chunk_ids(SCOPE, entry.generation)]
        builds[f"{entry.generation.model_id} {entry.state.value}"] = sorted(points)
    found = await opened.ingest.fsck(SCOPE, repair=False, strict=True)
    print(json.dumps({"builds": builds, "findings": [each.what for each in found.findings], "embedded": embedded}))


def run(home: Path, work: str, after: int) -> None:
    """Be the process."""
    asyncio.run(main(home, work, after))
