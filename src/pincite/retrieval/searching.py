"""The first stage: one text in, chunks by words and by meaning out, fused into one ranking.

Which texts are searched for is decided in the service; what a chunk says is not known here.
"""

import asyncio
from dataclasses import dataclass

from pincite.core import Scope, StageClock, Unavailable, get_logger
from pincite.gateway import Embedder, Embedders
from pincite.index import Filter, Generation, Hit, SearchIndex, Vector
from pincite.retrieval.fusion import Fused, fuse, fuse_by_rank
from pincite.retrieval.settings import RetrievalSettings

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Searcher:
    """Searches one generation of the index.

    Args:
        index: the search engine.
        embedders: the one that made a generation's vectors is taken for the question.
        settings: which rankings, and how they are fused.
    """

    index: SearchIndex
    embedders: Embedders
    settings: RetrievalSettings

    async def search(
        self, scope: Scope, generation: Generation, text: str, where: Filter, clock: StageClock
    ) -> list[Fused]:
        """Return the union of both rankings, best first. Raises: Unavailable."""
        embedder = None if self.settings.lists == "words" else await self.embedders.of(generation.model_id)
        vector = None if embedder is None else await _vector(scope, embedder, text, clock)
        by_text, by_vector = await self._rankings(scope, generation, (text, vector), where, clock)
        with clock.stage("fuse"):
            if self.settings.fusion == "rrf":
                return fuse_by_rank(by_text, by_vector)
            weight = self.settings.dense_weight
            return fuse(by_text, by_vector, embedder.dense_weight if embedder and weight is None else weight or 0.0)

    async def _rankings(
        self, scope: Scope, generation: Generation, asked: tuple[str, Vector | None], where: Filter, clock: StageClock
    ) -> tuple[list[Hit], list[Hit]]:
        limit, (text, vector) = self.settings.candidates, asked
        with clock.stage("search"):
            # Vectors of another model mean nothing here: without its embedder, BM25 answers alone.
            if vector is None:
                return await self.index.search_text(scope, generation, text, where, limit), []
            if self.settings.lists == "meaning":
                return [], await self.index.search_vector(scope, generation, vector, where, limit)
            by_text, by_vector = await asyncio.gather(
                self.index.search_text(scope, generation, text, where, limit),
                self.index.search_vector(scope, generation, vector, where, limit),
            )
        return by_text, by_vector


async def _vector(scope: Scope, embedder: Embedder, text: str, clock: StageClock) -> Vector | None:
    """Return the question's vector; None where its provider fails: words alone are better than no answer."""
    with clock.stage("embed"):
        try:
            return (await embedder.embed(scope, [text], query=True))[0]
        except Unavailable as error:
            log.warning("searched by words alone", model=embedder.model_id, message=error.message)
            return None
