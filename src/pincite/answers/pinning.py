"""Pins finished sentences to the spans that carry them, whatever passages their markers name.

How far a sentence is carried is judged in `verdicts/`; the text comes from `wording.py`.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pincite.answers.candidates import Candidate
from pincite.answers.domain import Pin, PinSpan, Verdict
from pincite.answers.drafting import span_of
from pincite.answers.markers import Sentence
from pincite.answers.second_opinion import SecondOpinion, Spent
from pincite.answers.verdicts.verify import Alignment, Verifier, texts_of_evidence, texts_of_sentence
from pincite.core import Scope, get_logger
from pincite.gateway import Embedder
from pincite.library import NamedPages
from pincite.retrieval import Evidence

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Ground:
    """What an answer may rest on: the question, the passages, their sentences, and the pages that they lie on."""

    question: str
    evidence: Evidence
    found: Sequence[Candidate]
    pages: NamedPages


class Pinner:
    """Ties finished sentences to the exact spans that carry them.

    Args:
        scope: who asks.
        embedder: the built-in static one: the weights of verdicts were learned with its vectors.
        ground: what was found.
        second: who is asked about uncertain claims; None for nobody.
    """

    def __init__(self, scope: Scope, embedder: Embedder, ground: Ground, second: SecondOpinion | None = None) -> None:
        self._scope = scope
        self._embedder = embedder
        self._ground = ground
        self._vectors: dict[str, NDArray[np.float32]] = {}
        self._verifiers: dict[tuple[int, ...], Verifier] = {}
        self._reviews = None if second is None else second.begin(scope, ground.found)
        self.dropped = 0

    @property
    def spent(self) -> Spent:
        """What second opinions cost so far."""
        return Spent() if self._reviews is None else self._reviews.spent

    async def pin(self, sentence: Sentence) -> Pin:
        """Return the sentence's pin.

        It goes to the passages that its markers name where these support it, and else to whichever passages carry it
        better; `corrected` says that its markers named others. Markers that name no passage are counted in `dropped`.
        """
        count = len(self._ground.evidence.passages)
        named = tuple(sorted({number for number in sentence.numbers if 0 < number <= count}))
        self.dropped += len(sentence.numbers) - len(named)
        if not self._vectors:
            await self._embed(await asyncio.to_thread(texts_of_evidence, self._ground.found))
        await self._embed(texts_of_sentence(sentence.text))
        aligned, corrected = await asyncio.to_thread(self._judged, sentence.text, named)
        judge = None
        if self._reviews is not None:
            aligned, judge = await self._reviews.review(sentence.text, aligned)
        spans = self._spans(aligned)
        return Pin(
            (sentence.start, sentence.end),
            aligned.verdict if spans else Verdict.UNSUPPORTED,
            aligned.score,
            spans,
            corrected=corrected and bool(spans),
            judge=judge,
        )

    def _judged(self, sentence: str, named: tuple[int, ...]) -> tuple[Alignment, bool]:
        every = tuple(range(1, len(self._ground.evidence.passages) + 1))
        marked = self._verifier(named or every).verify(sentence)
        if marked.verdict is Verdict.SUPPORTED or not named or named == every:
            return marked, False
        anywhere = self._verifier(every).verify(sentence)
        if _RANK[anywhere.verdict] <= _RANK[marked.verdict]:
            return marked, False
        return anywhere, not any(each.passage + 1 in named for each in anywhere.spans)

    def _verifier(self, passages: tuple[int, ...]) -> Verifier:
        made = self._verifiers.get(passages)
        if made is None:
            within = [each for each in self._ground.found if each.passage + 1 in passages]
            made = self._verifiers[passages] = Verifier(within, self._vectors, self._ground.question)
        return made

    async def _embed(self, texts: Sequence[str]) -> None:
        new = [text for text in texts if text not in self._vectors]
        if new:
            self._vectors.update(zip(new, await self._embedder.embed(self._scope, new), strict=True))

    def _spans(self, aligned: Alignment) -> tuple[PinSpan, ...]:
        spans: list[PinSpan] = []
        for each in aligned.spans:
            revision = self._ground.evidence.passages[each.passage].passage.chunk.revision_id
            page = self._ground.pages.pages.get((revision, each.page))
            if page is None or page.text[each.start : each.end] != each.text:
                log.error("pin.misplaced", revision=revision, page=each.page)
                continue  # a pin that is not verbatim is never shown
            spans.append(span_of(self._ground.evidence.passages, self._ground.pages, each))
        return tuple(spans)


_RANK = {Verdict.UNSUPPORTED: 0, Verdict.PARTIAL: 1, Verdict.SUPPORTED: 2}
