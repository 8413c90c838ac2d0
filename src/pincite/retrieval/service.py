"""From a question to evidence: BM25 beside dense, fused, hydrated through the library, near-duplicates dropped.

What the asker may see is decided by the library: it gives the filter that goes into the query, and hydrates hits.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from pincite.core import InvalidInput, Scope, StageClock
from pincite.gateway import Embedder, Embedders
from pincite.index import FastTier, Filter, Generation, SearchIndex
from pincite.library import Passage
from pincite.retrieval.catalogue import Catalogue, NameSource
from pincite.retrieval.decomposition import parts_of
from pincite.retrieval.domain import Evidence, Query, ScoredPassage
from pincite.retrieval.expansion import BACKGROUND, Writer, Writing, blended, feedback
from pincite.retrieval.fusion import Fused, weigh_names
from pincite.retrieval.languages import asked_in
from pincite.retrieval.naming import most_named
from pincite.retrieval.narrowing import figures_of, holding_first
from pincite.retrieval.neighbours import Run, grouped, merged, widened
from pincite.retrieval.planning import Plan, plan, without
from pincite.retrieval.reranking import Judge, Reranking
from pincite.retrieval.rescoring import LOOKED_AT, rescore
from pincite.retrieval.searching import Builds, Searcher, Target
from pincite.retrieval.selection import Selection, select, together
from pincite.retrieval.settings import RetrievalSettings

MAX_QUESTION_CHARS = 4_000
MAX_LIMIT = 100
# Hits that the library no longer serves and near-duplicates are lost after fusion; this many spares a passage.
_SPARE = 3
# With fewer candidates than this in the documents that a question names, all are searched.
_ENOUGH = 20


class PassageSource(NameSource, Protocol):
    """What retrieval needs of the library."""

    async def active_generation(self, scope: Scope) -> Generation | None:
        """Return the build of the index that questions are answered from."""
        ...

    async def fast_tier(self, scope: Scope) -> FastTier | None:
        """Return the build that answers for revisions which the active one does not hold yet; None without any."""
        ...

    async def view(self, scope: Scope) -> Filter:
        """Return what the asker may search."""
        ...

    async def hydrate(self, scope: Scope, chunk_ids: Sequence[str]) -> Mapping[str, Passage]:
        """Return the passages of those ids that the asker may read now."""
        ...

    async def stretches(self, scope: Scope, wanted: Sequence[Run]) -> Mapping[Run, Passage]:
        """Return runs of neighbouring chunks as one passage each, those that the asker may read now."""
        ...

    async def reading(self, scope: Scope, within: Filter) -> Sequence[str]:
        """Return the sources of documents in view that are still being read."""
        ...


class QuestionTooLong(InvalidInput):
    """The question has more characters than can be searched for."""

    code = "question-too-long"


@dataclass(frozen=True, slots=True)
class SecondModels:
    """Models that have a say in what is found, beside the embedder.

    Args:
        judge: judges the first passages once more; None for none.
        writer: writes what is searched with in place of a question; None for none.
    """

    judge: Judge | None = None
    writer: Writer | None = None


class Retrieval:
    """Finds evidence for questions.

    Args:
        library: where passages and permissions come from.
        index: the search engine.
        embedder: makes the question's vector: the installation's, or one alone.
        settings: how evidence is found; the defaults where None.
        second: other models that have a say: who judges the first passages once more, and who writes to search with.
    """

    def __init__(
        self,
        library: PassageSource,
        index: SearchIndex,
        embedder: Embedder | Embedders,
        settings: RetrievalSettings | None = None,
        second: SecondModels | None = None,
    ) -> None:
        self._library = library
        embedders = embedder if isinstance(embedder, Embedders) else Embedders(embedder)
        self._settings = settings or RetrievalSettings()
        self._searcher = Searcher(index, embedders, self._settings)
        self._catalogue = Catalogue(library)
        second = second or SecondModels()
        self._reranking = Reranking(second.judge, self._settings)
        found_with = self._settings
        self._writing = Writing(second.writer, found_with.written, found_with.written_timeout_s, found_with.strict)

    async def find(self, scope: Scope, query: Query) -> Evidence:
        """Return the best passages that the asker may see, best first; none while nothing is indexed.

        Raises:
            InvalidInput: the question is blank.
            QuestionTooLong: it has more than `MAX_QUESTION_CHARS` characters.
            Unavailable: the index did not answer.
        """
        text = checked_question(query.text)
        clock = StageClock()
        with clock.stage("scope"):
            where = await self._where(scope, query)
            generation = await self._library.active_generation(scope)
            fast = await self._library.fast_tier(scope)
        reading = () if where.matches_nothing else tuple(await self._library.reading(scope, where))
        if generation is None or where.matches_nothing:
            return Evidence((), dict(clock.timings_ms), reading)
        builds = Builds(generation, fast)
        limit = min(query.limit, MAX_LIMIT)
        with clock.stage("write"):
            wrote = await self._writing.wrote(scope, text)
        parts = wrote.parts or (parts_of(text, pairs=self._settings.pairs) if self._settings.decompose else ())
        # The parts come first: each is found by its own words better than by those of all.
        asked = [*((part, ()) for part in parts), (text, wrote.beside)]
        found = await asyncio.gather(*(self._one(scope, builds, each, where, (limit, clock)) for each in asked))
        chosen = found[0] if len(found) == 1 else together(found, limit, self._settings)
        calls = () if wrote.call is None else (wrote.call,)
        return Evidence(chosen.passages, dict(clock.timings_ms), reading, chosen.older, calls, tuple(parts))

    async def join(self, scope: Scope, passages: Sequence[ScoredPassage]) -> Sequence[ScoredPassage]:
        """Make one passage of those that stand side by side in a document, in the place of the better one.

        Done to what is shown in the end: joined before, worse passages would come along and push better ones out.
        """
        groups = widened(grouped(passages, self._settings.neighbours), self._settings.widened)
        wanted = [group.run for group in groups if group.size > 1]
        return merged(groups, await self._library.stretches(scope, wanted)) if wanted else passages

    async def _one(
        self,
        scope: Scope,
        builds: Builds,
        asked: tuple[str, Sequence[str]],
        where: Filter,
        wanted: tuple[int, StageClock],
    ) -> Selection:
        """Find and choose for one text that asks one thing, and what was written to search with beside it."""
        (text, written), (limit, clock) = asked, wanted
        planned = plan(text, expand=self._settings.expand)
        dense = "\n".join((text, *written)) if self._settings.written == "passage" else text
        fused = await self._searched(scope, builds, dense, (planned, where), clock)
        if written and self._settings.written == "queries":
            plans = [plan(each, expand=self._settings.expand) for each in written]
            others = await asyncio.gather(
                *(
                    self._searched(scope, builds, each, (one, where), clock)
                    for each, one in zip(written, plans, strict=True)
                )
            )
            fused = blended(fused, others)
        if self._settings.feedback_words:
            planned = replace(planned, words=await self._fed_back(scope, planned.words, fused, clock))
            fused = await self._searched(scope, builds, dense, (planned, where), clock)
        return await self._chosen(scope, (text, planned), fused, limit, clock)

    async def _fed_back(self, scope: Scope, words: str, fused: Sequence[Fused], clock: StageClock) -> str:
        with clock.stage("feedback"):
            some = fused[:BACKGROUND]
            found = await self._library.hydrate(scope, [each.chunk_id for each in some])
            passages = [(each.score, found[each.chunk_id].chunk.text) for each in some if each.chunk_id in found]
            return await asyncio.to_thread(feedback, words, passages, self._settings.feedback_words)

    async def _where(self, scope: Scope, query: Query) -> Filter:
        seen = await self._library.view(scope)
        if query.collections is not None:
            seen = replace(seen, collections=tuple(x for x in seen.collections if x in query.collections), granted=())
        there = () if seen.matches_nothing else await self._catalogue.languages(scope, seen)
        languages = await asyncio.to_thread(asked_in, query.text, there)
        return replace(seen, documents=query.documents, languages=languages)

    async def _searched(
        self, scope: Scope, builds: Builds, text: str, sought: tuple[Plan, Filter], clock: StageClock
    ) -> list[Fused]:
        """Search everything in view and, apart, the documents that the question names."""
        planned, where = sought
        with clock.stage("names"):
            named = await self._named(scope, text, where)
        targets = [Target(planned.words, where)]
        first = sorted(named, key=lambda each: (-named[each], each))[: self._settings.named_documents]
        if first:
            names = (await self._catalogue.names(scope, where)).words_of(first)
            targets.append(Target(without(planned.words, names), replace(where, documents=tuple(first))))
        if self._settings.filter_named and first:
            only = replace(where, documents=tuple(most_named(named)))
            found = (await self._searcher.search(scope, builds, text, [Target(targets[1].words, only)], clock))[0]
            if len(found) >= _ENOUGH:
                return found
        rankings = await self._searcher.search(scope, builds, text, targets, clock)
        return rankings[0] if not named else weigh_names(rankings, named, self._settings.name_weight)

    async def _named(self, scope: Scope, text: str, where: Filter) -> dict[str, float]:
        if not self._settings.name_weight or where.documents is not None:
            return {}
        return (await self._catalogue.names(scope, where)).named(text)

    async def _chosen(
        self, scope: Scope, asked: tuple[str, Plan], fused: Sequence[Fused], limit: int, clock: StageClock
    ) -> Selection:
        """Look at the first candidates, and at more where too few of them can be shown."""
        hydrated: list[ScoredPassage] = []
        chosen = Selection((), ())
        portion = max(limit * _SPARE, LOOKED_AT)
        for start in range(0, len(fused), portion):
            some = fused[start : start + portion]
            with clock.stage("hydrate"):
                found = await self._library.hydrate(scope, [each.chunk_id for each in some])
            hydrated += [_scored(each, found[each.chunk_id]) for each in some if each.chunk_id in found]
            ranked = await self._ranked(scope, asked, hydrated, clock)
            with clock.stage("select"):
                chosen = await asyncio.to_thread(select, ranked, asked[0], limit, self._settings)
            if len(chosen.passages) >= limit:
                break
        return chosen

    async def _ranked(
        self, scope: Scope, asked: tuple[str, Plan], hydrated: Sequence[ScoredPassage], clock: StageClock
    ) -> list[ScoredPassage]:
        """Order passages by what they say: once by rules, and once by the reranker where there is one."""
        text, planned = asked
        with clock.stage("rescore"):
            ranked = await asyncio.to_thread(rescore, hydrated, planned, self._settings)
            if self._settings.filter_figures:
                ranked = holding_first(ranked, figures_of(text))
        with clock.stage("rerank"):
            return await self._reranking.apply(scope, text, ranked)


def checked_question(text: str) -> str:
    """Return the question without surrounding space. Raises: InvalidInput (blank), QuestionTooLong."""
    # NUL and halves of surrogate pairs come in JSON and can be stored nowhere.
    stripped = text.replace("\x00", " ").encode("utf-8", "replace").decode("utf-8").strip()
    if not stripped:
        raise InvalidInput("The question is empty.", remedy="Ask something.")
    if len(stripped) > MAX_QUESTION_CHARS:
        message = f"The question has {len(stripped):,} characters; at most {MAX_QUESTION_CHARS:,} can be searched for."
        raise QuestionTooLong(message, remedy="Shorten the question; upload long material as a document.")
    return stripped


def _scored(fused: Fused, passage: Passage) -> ScoredPassage:
    return ScoredPassage(passage=passage, score=fused.score, bm25=fused.bm25, cosine=fused.cosine)
