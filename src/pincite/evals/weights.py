"""Finds how good each fusion weight is for each case of a set; what is learned from that is in `tuning.py`."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from pincite.core import Scope
from pincite.core.languages import UNDETERMINED
from pincite.evals.domain import BadGoldenSet, Case, Found, GoldenSet, SetKind
from pincite.evals.ranking import items, ndcg_at_10, relevant
from pincite.evals.tuning import WEIGHTS, Tuned, tune
from pincite.gateway import Embedder
from pincite.index import Filter, Generation, Hit, SearchIndex
from pincite.library import Passage
from pincite.retrieval import asked_in, fuse, plan

_CANDIDATES = 100
_KEPT = 50
_LANGUAGES = 40


class Passages(Protocol):
    """What is needed of the library, or of a shelf."""

    async def active_generation(self, scope: Scope) -> Generation | None:
        """Return the build of the index that is searched."""
        ...

    async def view(self, scope: Scope) -> Filter:
        """Return what is searched."""
        ...

    async def document_languages(self, scope: Scope, within: Filter, limit: int) -> Sequence[str | None]:
        """Return at most `limit` languages of what is there."""
        ...

    async def hydrate(self, scope: Scope, chunk_ids: Sequence[str]) -> Mapping[str, Passage]:
        """Return passages by id."""
        ...


async def learn_weight(
    scope: Scope, sets: Sequence[tuple[GoldenSet, Passages]], index: SearchIndex, embedder: Embedder
) -> Tuned:
    """Learn the weight of an embedder's score beside BM25 on sets, each with the passages that it is asked of.

    Raises:
        BadGoldenSet: no case of a set can be used.
        EvalExtraMissing: the measuring library is not installed.
        Unavailable: the index did not answer.
    """
    quality: dict[str, list[list[float]]] = {}
    for golden, passages in sets:
        rows = await _quality_by_weight(scope, golden, passages, index, embedder)
        if not rows:
            raise BadGoldenSet(
                f"{golden.name} has no answerable case, or nothing is indexed.", remedy="Add documents first."
            )
        quality[golden.name] = rows
    return await asyncio.to_thread(tune, quality)


async def _quality_by_weight(
    scope: Scope, golden: GoldenSet, passages: Passages, index: SearchIndex, embedder: Embedder
) -> list[list[float]]:
    """nDCG@10 (of passages or pages) of each answerable case at each of `WEIGHTS`."""
    level = "passage" if golden.kind is SetKind.PASSAGES else "page"
    cases = [case for case in golden.cases if case.answerable and relevant(case, level)]
    generation = await passages.active_generation(scope)
    if generation is None:
        return []
    seen = await passages.view(scope)
    told = await passages.document_languages(scope, seen, _LANGUAGES)
    languages = tuple(dict.fromkeys(each or UNDETERMINED for each in told))
    ranked: list[dict[str, list[str]]] = [{} for _ in WEIGHTS]
    for case in cases:
        where = replace(seen, languages=await asyncio.to_thread(asked_in, case.question, languages))
        by_text, by_vector = await _rankings(scope, case, generation, where, (index, embedder))
        known = await passages.hydrate(scope, [hit.chunk_id for hit in (*by_text, *by_vector)])
        for place, weight in enumerate(WEIGHTS):
            fused = [each for each in fuse(by_text, by_vector, weight) if each.chunk_id in known][:_KEPT]
            ranked[place][case.id] = items([_found(known[each.chunk_id], each.score) for each in fused], level)
    judged = {case.id: relevant(case, level) for case in cases}
    columns = await asyncio.to_thread(lambda: [ndcg_at_10(judged, each) for each in ranked])
    return [[column[case.id] for column in columns] for case in cases]


async def _rankings(
    scope: Scope, case: Case, generation: Generation, where: Filter, engines: tuple[SearchIndex, Embedder]
) -> tuple[list[Hit], list[Hit]]:
    index, embedder = engines
    vector = (await embedder.embed(scope, [case.question], query=True))[0]
    return await asyncio.gather(
        index.search_text(scope, generation, plan(case.question, expand=True).words, where, _CANDIDATES),
        index.search_vector(scope, generation, vector, where, _CANDIDATES),
    )


def _found(passage: Passage, score: float) -> Found:
    chunk = passage.chunk
    return Found(chunk.id, passage.source, chunk.page, chunk.end_page, score)
