"""Answers without a model: the sentences of the documents that answer the question, quoted and pinned.

Which sentences those are is decided in `extractive.py`.
"""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace

from pincite.answers.candidates import Candidate, candidates, over_pages
from pincite.answers.domain import Abstention, Answer, AnswerMode, Pin, PinSpan, Verdict
from pincite.answers.drafting import (
    PASSAGES,
    DraftEvent,
    Task,
    abstention,
    pages_wanted,
    retrieval_event,
    span_of,
    spans_of,
)
from pincite.answers.evidence import EvidenceSource
from pincite.answers.extractive import Chosen, Extract, extract, joined, texts_to_embed
from pincite.answers.outdated import said_before
from pincite.answers.rewrite import standalone
from pincite.answers.shapes import pin_to
from pincite.answers.spelling import Respelt, respelt
from pincite.answers.spending import with_calls
from pincite.answers.steps import begins_step
from pincite.answers.table_rows import Row
from pincite.core import Scope, StageClock
from pincite.core.words import whole_words
from pincite.gateway import Embedder, StaticEmbedder
from pincite.library import NamedPages
from pincite.retrieval import Evidence, Query, ScoredPassage

DISAGREE = "The documents disagree; another says: "
OLDER = "An older version says: "
UNSAID = "The documents do not say: "


@dataclass(frozen=True, slots=True)
class _Found:
    """What was found for a question, and what was picked of it."""

    evidence: Evidence
    pages: NamedPages
    chosen: Extract


class Quoting:
    """Makes extractive answers.

    Args:
        source: where evidence and pages come from.
        embedder: compares sentences with the question, and knows usual words.
    """

    mode = AnswerMode.EXTRACTIVE
    model_name: str | None = None

    def __init__(self, source: EvidenceSource, embedder: StaticEmbedder) -> None:
        self._source = source
        self._embedder = embedder

    def look(self, scope: Scope) -> None:
        """Pass: nobody else is needed."""

    def begin(self, task: Task) -> "QuotedDraft":
        """Begin a draft."""
        return QuotedDraft(task, self._source, self._embedder)


class QuotedDraft:
    """One extractive answer in the making."""

    def __init__(self, task: Task, source: EvidenceSource, embedder: StaticEmbedder) -> None:
        self._task = task
        self._source = source
        self._embedder = embedder
        self._clock = StageClock()
        self.answer: Answer = task.answer
        self._table: PinSpan | None = None  # the head of the table that the text ends with
        self._group: tuple[PinSpan, ...] = ()  # and the group of its last row
        self._told: set[PinSpan] = set()

    async def events(self) -> AsyncGenerator[DraftEvent]:
        """Yield the evidence, then each sentence with its pin. Raises: Unavailable."""
        try:
            async with aclosing(self._made()) as made:
                async for event in made:
                    yield event
        finally:
            self.answer = replace(self.answer, timings_ms=dict(self._clock.timings_ms))

    async def _made(self) -> AsyncGenerator[DraftEvent]:
        scope, question = self._task.scope, standalone(self._task.answer.question, self._task.turns)
        found = await self._asked(question)
        meant = await asyncio.to_thread(self._meant, question, found)
        if meant is not None:
            found = await self._asked(meant.question)
        evidence, pages, chosen = found.evidence, found.pages, found.chosen
        yield "retrieval.completed", retrieval_event(evidence, pages)
        self.answer = replace(self.answer, confidence=chosen.confidence)
        if meant is not None and not chosen.abstained:
            yield self._read_as(meant)
        sentences = _in_order(chosen.sentences, evidence)
        for before, sentence in zip((None, *sentences), sentences, strict=False):
            lead = _lead(before, sentence, evidence)
            if sentence.row is None:
                events = self._quoted(sentence, spans_of(evidence.passages, pages, sentence), lead)
            else:
                spans = _row_spans(evidence.passages, pages, (sentence, sentence.row))
                events = self._row(sentence, sentence.row, spans, lead)
            for event in events:
                yield event
        for part in chosen.unanswered:
            yield self._unsaid(part)
        if chosen.abstained:
            nearest = tuple(span_of(evidence.passages, pages, each) for each in chosen.nearest)
            yield self._abstain(evidence, nearest)
        older = await said_before(self._source, scope, evidence, self.answer.pins)
        self.answer = replace(self.answer, older=older)

    async def _asked(self, question: str) -> "_Found":
        scope = self._task.scope
        with self._clock.stage("retrieve"):
            query = Query(question, limit=PASSAGES, collections=self._task.collections)
            evidence = await self._source.find(scope, query)
            pages = await self._source.pages(scope, pages_wanted(evidence))
        self.answer = with_calls(self.answer, evidence.calls)
        with self._clock.stage("extract"):
            found = await asyncio.to_thread(candidates, evidence.passages, pages.texts(), pages.marks())
            chosen = await chosen_sentences(self._embedder, scope, question, (evidence, found))
        return _Found(evidence, pages, chosen)

    def _meant(self, question: str, found: "_Found") -> Respelt | None:
        texts = (each.passage.chunk.text for each in found.evidence.passages)
        return respelt(question, texts, self._embedder.usual_words, guess=found.chosen.abstained)

    def _read_as(self, meant: Respelt) -> DraftEvent:
        words = " and ".join(f"“{typed}” as “{word}”" for typed, word in meant.words)
        self.answer = replace(self.answer, text=f"Reading {words}:")
        return "answer.delta", {"text": self.answer.text}

    def _unsaid(self, part: str) -> DraftEvent:
        gap, self._table = " " if self._table is None else "\n\n", None
        text = f"{gap}{UNSAID}{' '.join(part.split())}"
        self.answer = replace(self.answer, text=self.answer.text + text)
        return "answer.delta", {"text": text}

    def _abstain(self, evidence: Evidence, nearest: tuple[PinSpan, ...]) -> DraftEvent:
        self.answer = replace(
            self.answer,
            text=abstention(evidence.reading),
            abstained=True,
            reason=Abstention.WEAK_EVIDENCE if evidence.passages else Abstention.NOTHING_FOUND,
            nearest=nearest,
        )
        return "answer.delta", {"text": self.answer.text}

    def _quoted(self, chosen: Chosen, spans: tuple[PinSpan, ...], lead: str) -> Sequence[DraftEvent]:
        gap = f" {lead}" if self.answer.text else ""
        shown = one_line(chosen)
        if self._table is not None:
            gap = f"\n\n{lead}"
            self._table = None
        elif gap == " " and begins_step(shown):
            gap = "\n"  # each step is a line of its own
        return self._pinned(chosen, shown, spans, (gap, ""))

    def _row(self, chosen: Chosen, row: Row, spans: tuple[PinSpan, ...], lead: str) -> Sequence[DraftEvent]:
        """Quote a row of a table below its head, once for rows of one table that follow each other."""
        if spans[0] in self._told:
            return ()
        self._told.add(spans[0])
        group, goes_on = spans[2:], self._table == spans[1] and not lead
        lines = [] if goes_on else [row.named]
        if group and not (goes_on and self._group == group):
            lines.append(row.grouped)
        self._table, self._group = spans[1], group
        gap = ""
        if self.answer.text:
            gap = "\n" if goes_on else f"\n\n{lead.strip()}\n\n" if lead else "\n\n"
        return self._pinned(chosen, row.said, spans, (gap + "\n".join((*lines, "| ")), " |"))

    def _pinned(
        self, chosen: Chosen, shown: str, spans: tuple[PinSpan, ...], around: tuple[str, str]
    ) -> Sequence[DraftEvent]:
        gap, after = around
        start = len(self.answer.text) + len(gap)
        pin = Pin((start, start + len(shown)), Verdict.SUPPORTED, min(1.0, chosen.score), spans)
        text = gap + shown + after
        self.answer = replace(self.answer, text=self.answer.text + text, pins=(*self.answer.pins, pin))
        return ("answer.delta", {"text": text}), ("answer.pin", pin_to(pin))


def _lead(before: Chosen | None, sentence: Chosen, evidence: Evidence) -> str:
    """Return what stands before a sentence that contradicts the one before it."""
    if before is None or not sentence.contrary:
        return ""
    first, second = (evidence.passages[each.passage] for each in (before, sentence))
    return OLDER if second.newer == first.passage.source else DISAGREE


def _in_order(sentences: Sequence[Chosen], evidence: Evidence) -> Sequence[Chosen]:
    """Return what was picked, best first, with the rows of each table together and in its order.

    What contradicts a sentence stands behind it, whatever else there is.
    """
    if any(each.contrary for each in sentences):
        return sentences
    together: dict[tuple[object, ...], list[Chosen]] = {}
    for place, each in enumerate(sentences):
        revision = evidence.passages[each.passage].passage.chunk.revision_id
        table = (place,) if each.row is None else (revision, each.page, each.row.head_at)
        together.setdefault(table, []).append(each)
    return [each for rows in together.values() for each in sorted(rows, key=lambda each: each.start)]


def _row_spans(passages: Sequence[ScoredPassage], pages: NamedPages, told: tuple[Chosen, Row]) -> tuple[PinSpan, ...]:
    """Return the spans of a row, of its table's head and, where it has one, of its group."""
    chosen, row = told
    text = pages.pages[passages[chosen.passage].passage.chunk.revision_id, chosen.page].text
    return tuple(
        span_of(passages, pages, replace(chosen, start=at[0], end=at[1], text=text[slice(*at)]))
        for at in (row.at, row.head_at, row.group_at)
        if at is not None
    )


def one_line(chosen: Chosen) -> str:
    """Return a sentence as it is shown: without the ends of its lines, its words whole."""
    return " ".join(whole_words(chosen.said).split())


async def chosen_sentences(
    embedder: Embedder, scope: Scope, question: str, given: tuple[Evidence, Sequence[Candidate]]
) -> Extract:
    """Embed what must be compared and pick the sentences that answer. Raises: Unavailable."""
    evidence, found = given[0], over_pages(given[1])
    asked = (question, *evidence.parts)
    texts = await asyncio.to_thread(_texts_of, asked, found)
    vectors = dict(zip(texts, await embedder.embed(scope, texts), strict=True))

    def picked() -> Extract:
        whole, *parts = (extract(each, evidence.passages, found, vectors) for each in asked)
        return joined(whole, list(zip(evidence.parts, parts, strict=True)))

    return await asyncio.to_thread(picked)


def _texts_of(asked: Sequence[str], found: Sequence[Candidate]) -> list[str]:
    return list(dict.fromkeys(text for each in asked for text in texts_to_embed(each, found)))
