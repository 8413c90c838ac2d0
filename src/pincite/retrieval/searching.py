"""The first stage: one text in, chunks by words and by meaning out, fused into one ranking.

Which texts are searched for is decided in the service; what a chunk says is not known here.
"""

import asyncio
from dataclasses import dataclass

from pincite.core import Scope, StageClock
from pincite.gateway import Embedder
from pincite.index import Filter, Generation, Hit, SearchIndex
from pincite.retrieval.fusion import Fused, fuse, fuse_by_rank
from pincite.retrieval.settings import RetrievalSettings


@dataclass(frozen=True, slots=True)
class Searcher:
    """Searches one generation of the index.

    Args:
        index: the search engine.
        embedder: the model that the question is embedded with.
        settings: which rankings, and how they are fused.
    """

    index: SearchIndex
    embedder: Embedder
    settings: RetrievalSettings

    async def search(
        self, scope: Scope, generation: Generation, text: str, where: Filter, clock: StageClock
    ) -> list[Fused]:
        """Return the union of both rankings, best first. Raises: Unavailable."""
        by_text, by_vector = await self._rankings(scope, generation, text, where, clock)
        with clock.stage("fuse"):
            if self.settings.fusion == "rrf":
                return fuse_by_rank(by_text, by_vector)
            weight = self.settings.dense_weight
            return fuse(by_text, by_vector, self.embedder.dense_weight if weight is None else weight)

    async def _rankings(
        self, scope: Scope, generation: Generation, text: str, where: Filter, clock: StageClock
    ) -> tuple[list[Hit], list[Hit]]:
        limit = self.settings.candidates
        # Vectors of another model mean nothing here: until the new generation is built, BM25 answers alone.
        if self.settings.lists == "words" or generation.model_id != self.embedder.model_id:
            with clock.stage("search"):
                return await self.index.search_text(scope, generation, text, where, limit), []
        with clock.stage("embed"):
            vector = (await self.embedder.embed(scope, [text], query=True))[0]
        with clock.stage("search"):
            if self.settings.lists == "meaning":
                return [], await self.index.search_vector(scope, generation, vector, where, limit)
            by_text, by_vector = await asyncio.gather(
                self.index.search_text(scope, generation, text, where, limit),
                self.index.search_vector(scope, generation, vector, where, limit),
            )
        return by_text, by_vector
