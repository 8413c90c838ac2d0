"""What can be evaluated: questions to documents of the library, with answers, and questions to a set's own passages.

Both go through the same doors as users: retrieval, answers, library.
"""

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pincite.answers import Answer, PinSpan, Rehearsals
from pincite.core import Scope
from pincite.core.languages import language_of
from pincite.evals.domain import Case, CorpusPassage, Found, GoldenSet, Outcome, Pinned
from pincite.evals.doubts import doubts_about
from pincite.gateway import Embedder
from pincite.index import Filter, Generation, Point, SearchIndex
from pincite.library import Chunk, Library, Passage
from pincite.retrieval import Evidence, Query, Retrieval

DEPTH = 50
_TEXTS_KEPT, _CHARS_KEPT = 8, 400
_BATCH = 500
_CORPUS = "corpus"


@dataclass(frozen=True, slots=True)
class DocumentSubject:
    """Asks the documents of a library.

    Args:
        name: names the configuration.
        key: names what outcomes depend on; see `Subject`.
        scope: who asks.
        retrieval: finds passages.
        library: holds the pages that quotes are held against.
        rehearsals: makes answers; None to judge retrieval alone.
        collections: ids that narrow what is asked; None for all.
    """

    name: str
    key: str
    scope: Scope
    retrieval: Retrieval
    library: Library
    rehearsals: Rehearsals | None
    collections: tuple[str, ...] | None = None

    async def judge(self, case: Case) -> Outcome:
        """Find passages for the case and, unless retrieval alone is judged, answer it. Raises: PinciteError."""
        query = Query(case.question, limit=DEPTH, collections=self.collections)
        outcome = await _retrieved(self.retrieval, self.scope, query, case)
        if self.rehearsals is None:
            return outcome
        began = time.perf_counter()
        answer = await self.rehearsals.answer(self.scope, case.question, collections=self.collections)
        answer_ms = (time.perf_counter() - began) * 1000
        pins = await self._pinned(answer)
        return Outcome(
            case=case.id,
            ranking=outcome.ranking,
            answered=True,
            abstained=answer.abstained,
            answer=answer.text,
            confidence=answer.confidence,
            top_scores=outcome.top_scores,
            pins=pins,
            retrieve_ms=outcome.retrieve_ms,
            answer_ms=answer_ms,
        )

    async def doubts(self, cases: Sequence[Case]) -> list[str]:
        """Return a sentence for each place of a case that is not in the documents as it is named."""
        return await doubts_about(self.scope, self.library, cases)

    async def _pinned(self, answer: Answer) -> tuple[Pinned, ...]:
        spans = [(span, pin.verdict.value) for pin in answer.pins for span in pin.spans]
        spans += [(span, "nearest") for span in answer.nearest]
        return tuple(
            [Pinned(each.source, each.page, each.quote, await self._exact(each), verdict) for each, verdict in spans]
        )

    async def _exact(self, span: PinSpan) -> bool:
        key = (span.revision, span.page)
        page = (await self.library.named_pages(self.scope, [key])).pages.get(key)  # covered as quotes are
        return page is not None and page.text[span.start : span.end] == span.quote  # what dangles quotes nothing


@dataclass(frozen=True, slots=True)
class PassageSubject:
    """Asks the passages that a set brings.

    Args:
        name: names the configuration.
        key: names what outcomes depend on; see `Subject`.
        scope: whose index it is.
        retrieval: finds passages on a `PassageShelf`.
    """

    name: str
    key: str
    scope: Scope
    retrieval: Retrieval

    async def judge(self, case: Case) -> Outcome:
        """Find passages for the case. Raises: PinciteError."""
        return await _retrieved(self.retrieval, self.scope, Query(case.question, limit=DEPTH), case)


class PassageShelf:
    """A set's passages in memory: what retrieval needs of the library.

    Args:
        golden: the set.
        generation: the build of the index that holds it.
    """

    def __init__(self, golden: GoldenSet, generation: Generation) -> None:
        self._generation = generation
        self._passages = passages_of(golden)
        self._languages = {key: language_of(each.chunk.text) for key, each in self._passages.items()}

    async def active_generation(self, scope: Scope) -> Generation:
        """Return the set's own generation."""
        return self._generation

    async def latest_version(self, scope: Scope) -> int:
        """Return 0: a set does not change."""
        return 0

    async def document_names(self, scope: Scope, within: Filter, limit: int) -> Sequence[tuple[str, str]]:
        """Return nothing: passages of a set are no documents that a question names."""
        return ()

    async def document_languages(self, scope: Scope, within: Filter, limit: int) -> Sequence[str]:
        """Return the languages of the passages, that of most first."""
        return [language for language, _ in Counter(self._languages.values()).most_common(limit)]

    async def fast_tier(self, scope: Scope) -> None:
        """Return nothing: a set has one build."""

    async def view(self, scope: Scope) -> Filter:
        """Return the one collection there is."""
        return Filter((_CORPUS,))

    async def hydrate(self, scope: Scope, chunk_ids: Sequence[str]) -> Mapping[str, Passage]:
        """Return the passages of those ids."""
        return {key: self._passages[key] for key in chunk_ids if key in self._passages}

    async def stretches(
        self, scope: Scope, wanted: Sequence[tuple[str, int, int]]
    ) -> Mapping[tuple[str, int, int], Passage]:
        """Return nothing: each passage of a set stands alone."""
        return {}

    async def reading(self, scope: Scope, within: Filter) -> Sequence[str]:
        """Return nothing: a set is whole."""
        return ()

    async def fill(self, scope: Scope, index: SearchIndex, embedder: Embedder) -> None:
        """Write the passages into the index; those that are there are not embedded again. Raises: Unavailable."""
        there = {chunk async for chunk, _ in index.chunk_ids(scope, self._generation)}
        missing = [each.chunk for key, each in self._passages.items() if key not in there]
        for start in range(0, len(missing), _BATCH):
            await self._write(scope, index, embedder, missing[start : start + _BATCH])
        if missing:
            await index.maintain(scope, self._generation)

    async def _write(self, scope: Scope, index: SearchIndex, embedder: Embedder, chunks: Sequence[Chunk]) -> None:
        titles = [" > ".join(chunk.heading_path) for chunk in chunks]
        texts = [f"{title}\n{chunk.text}" for title, chunk in zip(titles, chunks, strict=True)]
        vectors = await embedder.embed(scope, texts)
        points = [
            Point(
                chunk.id,
                chunk.document_id,
                chunk.revision_id,
                _CORPUS,
                title,
                chunk.text,
                vector,
                self._languages[chunk.id],
            )
            for chunk, title, vector in zip(chunks, titles, vectors, strict=True)
        ]
        await index.write(scope, self._generation, points)


def passages_of(golden: GoldenSet) -> dict[str, Passage]:
    """Return a set's own passages by id, each as a document of one page."""
    return {each.id: Passage(_chunk(each), each.title or each.id) for each in golden.corpus}


def _chunk(passage: CorpusPassage) -> Chunk:
    return Chunk(
        id=passage.id,
        revision_id=passage.id,
        document_id=passage.id,
        collection_id=_CORPUS,
        ordinal=0,
        text=passage.text,
        heading_path=(passage.title,) if passage.title else (),
        page=1,
        start=0,
        end_page=1,
        end=len(passage.text),
    )


async def _retrieved(retrieval: Retrieval, scope: Scope, query: Query, case: Case) -> Outcome:
    began = time.perf_counter()
    evidence = await retrieval.find(scope, query)
    spent_ms = (time.perf_counter() - began) * 1000
    return Outcome(case=case.id, ranking=_ranking(evidence), top_scores=_top_scores(evidence), retrieve_ms=spent_ms)


def _ranking(evidence: Evidence) -> tuple[Found, ...]:
    found: list[Found] = []
    for place, each in enumerate(evidence.passages):
        chunk = each.passage.chunk
        text = chunk.text[:_CHARS_KEPT] if place < _TEXTS_KEPT else ""
        found.append(Found(chunk.id, each.passage.source, chunk.page, chunk.end_page, round(each.score, 5), text))
    return tuple(found)


def _top_scores(evidence: Evidence) -> dict[str, float]:
    scores = {
        "fused": [each.score for each in evidence.passages],
        "bm25": [each.bm25 for each in evidence.passages if each.bm25 is not None],
        "cosine": [each.cosine for each in evidence.passages if each.cosine is not None],
    }
    return {name: max(values) for name, values in scores.items() if values}
