"""The first stage: one text in, chunks by words and by meaning out, fused into one ranking.

Which texts are searched for is decided in the service; what a chunk says is not known here.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from pincite.core import Scope, StageClock, Unavailable, get_logger
from pincite.gateway import Embedder, Embedders
from pincite.index import FastTier, Filter, Generation, Hit, SearchIndex, Vector
from pincite.retrieval.fusion import Fused, fuse, fuse_by_rank, joined
from pincite.retrieval.routing import keyword_share
from pincite.retrieval.settings import RetrievalSettings

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Builds:
    """What is searched: the build of the index that answers, and the fast one for what that has not seen yet."""

    answers: Generation
    fast: FastTier | None = None


@dataclass(frozen=True, slots=True)
class Target:
    """Words to look for, and where."""

    words: str
    where: Filter


@dataclass(frozen=True, slots=True)
class _Asked:
    """The text as one embedder sees it, for one build; without a vector it is searched for by words alone."""

    generation: Generation
    embedder: Embedder | None
    vector: Vector | None
    keywords: float = 0.0


@dataclass(frozen=True, slots=True)
class Searcher:
    """Searches the builds of the index of one tenant.

    Args:
        index: the search engine.
        embedders: the one that made a build's vectors is taken for the question.
        settings: which rankings, and how they are fused.
    """

    index: SearchIndex
    embedders: Embedders
    settings: RetrievalSettings

    async def search(
        self, scope: Scope, builds: Builds, text: str, targets: Sequence[Target], clock: StageClock
    ) -> list[list[Fused]]:
        """Return, for each target, the union of both rankings, best first; the text is embedded once.

        Raises:
            Unavailable: the index did not answer.
        """
        asked = await self._asked(scope, builds.answers, text, clock)
        fast, quick = builds.fast, None
        if fast is not None and (fast.waiting or (asked.vector is None and self.settings.lists != "words")):
            quick = await self._asked(scope, fast.generation, text, clock)
        with clock.stage("search"):
            if fast is None or quick is None:
                return await asyncio.gather(*(self._search_one(scope, asked, target) for target in targets))
            return await asyncio.gather(*(self._search_both(scope, (asked, quick), fast, each) for each in targets))

    async def _search_one(self, scope: Scope, asked: _Asked, target: Target) -> list[Fused]:
        by_text, by_vector = await asyncio.gather(
            self._by_text(scope, asked, target), self._by_vector(scope, asked, target)
        )
        return self._fused(asked, by_text, by_vector)

    async def _search_both(
        self, scope: Scope, asked: tuple[_Asked, _Asked], fast: FastTier, target: Target
    ) -> list[Fused]:
        """Search what is whole by words and quick vectors, and what is better by its own as far as it goes."""
        better, quick = asked
        by_text, by_quick, by_better = await asyncio.gather(
            self._by_text(scope, quick, target),
            self._by_vector(scope, quick, target),
            self._by_vector(scope, better, target),
        )
        whole = self._fused(quick, by_text, by_quick)
        if better.vector is None:
            return whole
        unseen = {hit.chunk_id for hit in (*by_text, *by_quick) if hit.revision_id in fast.waiting}
        unseen -= {hit.chunk_id for hit in by_better}
        return joined(self._fused(better, by_text, by_better), whole, unseen)

    async def _asked(self, scope: Scope, generation: Generation, text: str, clock: StageClock) -> _Asked:
        # Vectors of another model mean nothing here: without its embedder, BM25 answers alone.
        by_words = self.settings.lists == "words"
        embedder = None if by_words else await self.embedders.of(generation.model_id)
        if embedder is None and self.settings.strict and not by_words:
            said = f"The index has vectors of {generation.model_id}, which is not there to ask."
            raise Unavailable(said, remedy="Set PINCITE_EMBEDDER back, or run `pincite reindex`.")
        vector = None if embedder is None else await self._vector(scope, embedder, text, clock)
        return _Asked(generation, embedder, vector, keyword_share(text) if self.settings.routing else 0.0)

    async def _vector(self, scope: Scope, embedder: Embedder, text: str, clock: StageClock) -> Vector | None:
        """Return the question's vector; None where its provider fails: words alone are better than no answer."""
        with clock.stage("embed"):
            try:
                return (await embedder.embed(scope, [text], query=True))[0]
            except Unavailable as error:
                if self.settings.strict:
                    raise
                log.warning("searched by words alone", model=embedder.model_id, message=error.message)
                return None

    async def _by_text(self, scope: Scope, asked: _Asked, target: Target) -> list[Hit]:
        if self.settings.lists == "meaning" and asked.vector is not None:
            return []
        limit = self.settings.candidates
        return await self.index.search_text(scope, asked.generation, target.words, target.where, limit)

    async def _by_vector(self, scope: Scope, asked: _Asked, target: Target) -> list[Hit]:
        if asked.vector is None:
            return []
        limit = self.settings.candidates
        return await self.index.search_vector(scope, asked.generation, asked.vector, target.where, limit)

    def _fused(self, asked: _Asked, by_text: Sequence[Hit], by_vector: Sequence[Hit]) -> list[Fused]:
        if self.settings.fusion == "rrf":
            return fuse_by_rank(by_text, by_vector)
        own = 0.0 if asked.embedder is None else asked.embedder.dense_weight
        weight = own if self.settings.dense_weight is None else self.settings.dense_weight
        return fuse(by_text, by_vector, weight * (1 - self.settings.routing * asked.keywords))
