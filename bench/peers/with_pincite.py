"""Pincite as `pincite add` and `pincite search` run it, in a data folder that is thrown away.

Defaults kept; the one thing set is the embedder: the built-in static one, or MiniLM from the folder that all share.
"""

import asyncio
import tempfile
import time
from contextlib import AsyncExitStack
from importlib.metadata import version
from pathlib import Path

from bench.peers.system import RESULTS, Found, Ingested
from pincite.app.cli.adding import add_paths
from pincite.app.settings import read_settings
from pincite.app.warming import keep_loaded
from pincite.app.wiring import House, open_house
from pincite.core import Scope
from pincite.retrieval import Query, ScoredPassage

_LOOK_S = 0.5


class PinciteDefaults:
    """See `System`.

    Args:
        embedder: as in `PINCITE_EMBEDDER`.
    """

    def __init__(self, embedder: str) -> None:
        self._runner = asyncio.Runner()
        self._closing = AsyncExitStack()
        self._house, self._scope = self._runner.run(self._open(embedder))

    @property
    def versions(self) -> dict[str, str]:
        return {name: version(name) for name in ("pincite", "lancedb", "pypdfium2")}

    def ingest(self, files: list[Path]) -> Ingested:
        return self._runner.run(self._ingest(files))

    def ask(self, question: str) -> list[Found]:
        return self._runner.run(self._ask(question))

    def close(self) -> None:
        self._runner.run(self._closing.aclose())
        self._runner.close()

    async def _open(self, embedder: str) -> tuple[House, Scope]:
        keep_loaded()  # as the program does that `pincite` starts
        home = self._closing.enter_context(tempfile.TemporaryDirectory())
        settings = read_settings(home=Path(home), model="none", embedder=embedder, log_level="error")
        house = await self._closing.enter_async_context(open_house(settings, work=True))
        return house, await house.owner()

    async def _ingest(self, files: list[Path]) -> Ingested:
        there = await self._house.count_documents(self._scope)
        looking = asyncio.create_task(self._searchable(there + len(files)))
        lines = await add_paths(self._house, self._scope, files, collection="default", quiet=True)
        await self._house.ingest.settle()
        read = frozenset(line["source"] for line in lines if line["state"] == "ready")
        return Ingested(sum(line["chunks"] for line in lines), read, await looking)

    async def _searchable(self, documents: int) -> float:
        """Return the seconds until so many have been read and can be found, by the built-in vectors at least."""
        began = time.perf_counter()
        while True:
            await asyncio.sleep(_LOOK_S)
            if await self._house.count_documents(self._scope) == documents and not await self._house.library.unfinished(
                limit=1
            ):
                return time.perf_counter() - began

    async def _ask(self, question: str) -> list[Found]:
        evidence = await self._house.retrieval.find(self._scope, Query(question, limit=RESULTS))
        return [_found(each) for each in evidence.passages]


def _found(each: ScoredPassage) -> Found:
    chunk = each.passage.chunk
    return Found(each.passage.source, tuple(range(chunk.page, chunk.end_page + 1)), len(chunk.text))
