"""Answers worded by a model: streamed, and pinned sentence by sentence while the text comes.

What a sentence may rest on is found in `pinning.py`; the request is made in `prompt.py`.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from functools import partial

from pincite.answers.candidates import candidates
from pincite.answers.cascading import RESTARTED, Asked, Wish, Worth, cascaded
from pincite.answers.context import PASSAGE_TOKENS, Room
from pincite.answers.domain import Abstention, Answer, AnswerMode, Pin, Verdict
from pincite.answers.drafting import (
    ABSTAINED,
    DraftEvent,
    Task,
    abstention,
    pages_wanted,
    retrieval_event,
    span_of,
    spans_of,
)
from pincite.answers.evidence import EvidenceSource
from pincite.answers.extractive import Extract
from pincite.answers.markers import MarkerStream, Sentence
from pincite.answers.outdated import said_before
from pincite.answers.pinning import Ground, Pinner
from pincite.answers.prompt import Context, answer_request, context_of, rewrite_request, screen_of
from pincite.answers.question_kind import analyse
from pincite.answers.quoting import chosen_sentences, one_line
from pincite.answers.rewrite import leans, standalone
from pincite.answers.second_opinion import SecondOpinion, Spent, added
from pincite.answers.shapes import pin_to
from pincite.answers.spelling import respelt
from pincite.answers.spending import with_calls
from pincite.core import PinciteError, Scope, StageClock, get_logger
from pincite.core.fence import Fence
from pincite.gateway import ChatFinished, ChatModel, ModelError, StaticEmbedder, TextDelta
from pincite.retrieval import Evidence, Query

_LONGEST_QUESTION = 2_000
# As many as may fill the context; how many are shown, the budget in tokens says. Sixteen held no more labelled pages.
_PASSAGES = 12

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Manner:
    """How answers are worded, as set up.

    Args:
        passage_tokens: the most that the passages shown to the model may take.
        second: who is asked about uncertain claims; None for nobody.
        secrets: values that no answer may show: this installation's keys.
        fence_key: what fences of prompts are made with; random ones where it is None.
    """

    passage_tokens: int = PASSAGE_TOKENS
    second: SecondOpinion | None = None
    secrets: tuple[str, ...] = field(default=(), repr=False)
    fence_key: bytes | None = field(default=None, repr=False)


class Wording:
    """Makes answers with a model.

    Args:
        source: where evidence and pages come from.
        embedder: compares claims with sentences.
        model: the model.
        drop_unsupported: leave unsupported sentences out, instead of marking them.
        manner: how, as set up.
    """

    mode = AnswerMode.MODEL

    def __init__(
        self,
        source: EvidenceSource,
        embedder: StaticEmbedder,
        model: ChatModel,
        manner: Manner,
        *,
        drop_unsupported: bool = False,
    ) -> None:
        self._source = source
        self._embedder = embedder
        self._model = model
        self._drop_unsupported = drop_unsupported
        self._manner = manner

    @property
    def model_name(self) -> str | None:
        """The model's name."""
        return self._model.name

    def look(self, scope: Scope) -> None:
        """Pass where the model takes another question. Raises: Overloaded."""
        self._model.look(scope, "interactive")

    def begin(self, task: Task) -> "WordedDraft":
        """Begin a draft."""
        made = StrictDraft if self._drop_unsupported else WordedDraft
        return made(task, self._source, self._embedder, self._model, self._manner)


class WordedDraft:
    """One answer of a model in the making."""

    def __init__(
        self,
        task: Task,
        source: EvidenceSource,
        embedder: StaticEmbedder,
        model: ChatModel,
        manner: Manner,
    ) -> None:
        self._task = task
        self._manner = manner
        self._spent = Spent()
        self._calls: list[ChatFinished] = []  # beside the answer's own: a follow-up made whole, texts to search with
        self._source = source
        self._embedder = embedder
        self._model = model
        self._clock = StageClock()
        self._stream = MarkerStream()
        self._end: ChatFinished | None = None
        self._closest: Extract | None = None
        self.answer: Answer = task.answer

    async def events(self) -> AsyncGenerator[DraftEvent]:
        """Yield the evidence, then text and pins as they come. Raises: ModelError, Unavailable."""
        try:
            async with aclosing(self._made()) as made:
                async for event in made:
                    yield event
        finally:
            self.answer = replace(self._with_opinions_paid(), timings_ms=dict(self._clock.timings_ms))

    async def _made(self) -> AsyncGenerator[DraftEvent]:
        scope = self._task.scope
        asked = await self._standalone()
        with self._clock.stage("retrieve"):
            question, found_all = await self._found(asked)
            evidence, context = await self._fitted(found_all)
            pages = await self._source.pages(scope, pages_wanted(evidence))
        yield "retrieval.completed", retrieval_event(evidence, pages)
        if not evidence.passages:
            async for event in self._abstain(evidence):
                yield event
            return
        found = await asyncio.to_thread(candidates, evidence.passages, pages.texts(), pages.marks())
        ground = Ground(question, evidence, found, pages)
        pinner = Pinner(scope, self._embedder, ground, self._manner.second)
        with self._clock.stage("generate"):
            async with aclosing(self._written(context, pinner, await self._asked(ground))) as written:
                async for event in written:
                    yield event
        if not self._stream.text.strip():
            raise ModelError(f"{self._model.name} sent no text.", remedy="Ask again, or use another model.")
        self.answer = replace(self.answer, dropped_markers=pinner.dropped)
        for event in await self._closed(ground):
            yield event
        older = await said_before(self._source, scope, evidence, self.answer.pins)
        self.answer = replace(self.answer, older=older)
        closest = await self._judged(ground)
        self.answer = replace(self.answer, confidence=closest.confidence)
        if self._abstained and not self.answer.abstained:
            nearest = tuple(span_of(evidence.passages, pages, each) for each in closest.sentences or closest.nearest)
            self.answer = replace(self.answer, abstained=True, reason=Abstention.MODEL_DECLINED, nearest=nearest)

    async def _found(self, asked: str) -> tuple[str, Evidence]:
        """Return what is found, and for which question: misspelt words are read as what the documents call them."""
        query = Query(asked, limit=_PASSAGES, collections=self._task.collections)
        found = await self._source.find(self._task.scope, query)
        self._calls += found.calls
        texts = [each.passage.chunk.text for each in found.passages]
        meant = await asyncio.to_thread(respelt, asked, texts, self._embedder.usual_words, guess=True)
        if meant is None:
            return asked, found
        again = await self._source.find(self._task.scope, replace(query, text=meant.question))
        self._calls += again.calls
        return meant.question, again

    async def _fitted(self, found: Evidence) -> tuple[Evidence, Context]:
        """Return what fits into the model's context, neighbours as one; what it is not shown is no evidence."""
        room = Room(await self._model.context_tokens(), self._manner.passage_tokens)
        question, turns, told = self._task.answer.question, self._task.turns, self._task.instructions
        first = context_of(question, turns, found.passages, room, told)
        whole = sum(each.whole for each in first.excerpts)
        joined = await self._source.join(self._task.scope, found.passages[:whole])
        passages = (*joined, *found.passages[whole : len(first.excerpts)])
        context = context_of(question, turns, passages, room, told)
        return replace(found, passages=passages[: len(context.excerpts)]), context

    def _with_opinions_paid(self) -> Answer:
        """Return the answer whose usage and cost hold those of the other calls made for it as well."""
        answer = with_calls(self.answer, self._calls)
        if self._spent == Spent():
            return answer
        whole = added(self._spent, answer.usage, answer.cost_usd)
        return replace(answer, usage=whole.usage, cost_usd=whole.cost_usd)

    async def _standalone(self) -> str:
        question, turns = self._task.answer.question, self._task.turns
        if not turns or not leans(question):
            return question
        with self._clock.stage("rewrite"):
            written = ""
            try:
                request = replace(rewrite_request(question, turns), lane=self._task.lane)
                async for event in self._model.stream(self._task.scope, request):
                    if isinstance(event, ChatFinished):
                        self._calls.append(event)
                    else:
                        written = written + event.text if isinstance(event, TextDelta) else ""
            except PinciteError as error:
                log.warning("rewrite.failed", problem=error.message)
        return written.strip()[:_LONGEST_QUESTION] or standalone(question, turns)

    async def _judged(self, ground: Ground) -> Extract:
        """Return the sentences that answer the question best, and how well."""
        if self._closest is None:
            with self._clock.stage("judge"):
                given = (ground.evidence, ground.found)
                self._closest = await chosen_sentences(self._embedder, self._task.scope, ground.question, given)
        return self._closest

    def _written(self, context: Context, pinner: Pinner, asked: Asked) -> AsyncGenerator[DraftEvent]:
        """Return the events of the answer's text and pins, by the tiers of models that it takes."""
        worded, cascade = partial(self._worded, context, pinner), self._model.cascade
        if cascade is None or self._task.tier is not None:
            return worded(Wish(self._task.tier))
        return cascaded(cascade, asked, worded, self._worth)

    async def _worded(self, context: Context, pinner: Pinner, wish: Wish) -> AsyncGenerator[DraftEvent]:
        shown = (part for each in context.excerpts for part in (each.heading, each.text))
        fence = Fence(self._manner.fence_key, (self._task.scope.tenant, *shown))
        request = answer_request(self._task.answer.question, context, fence, self._task.instructions)
        request = replace(request, tier=wish.tier, only_tier=wish.in_place, because=wish.because, lane=self._task.lane)
        screen = screen_of(request, fence, self._manner.secrets)
        void = wish.because if wish.in_place else None
        if void is None:
            self._stream = MarkerStream(screen)
        async for event in self._model.stream(self._task.scope, request):
            if isinstance(event, ChatFinished):
                self._ended(event, counts=void is None)
                continue
            if void is not None or not isinstance(event, TextDelta):
                yield self._restarted(void or getattr(event, "reason", ""), pinner)
                screen, void = screen_of(request, fence, self._manner.secrets), None
                self._stream = MarkerStream(screen)
            if isinstance(event, TextDelta):
                async for out in self._shown(self._stream.feed(event.text), self._stream.sentences(), pinner):
                    yield out
        if void is not None:
            return  # it wrote nothing
        rest = self._stream.finish()
        async for out in self._shown(rest, self._stream.sentences(final=True), pinner):
            yield out
        if screen.covered:
            log.warning("reply.covered", answer=self.answer.id, characters=screen.covered)

    def _ended(self, end: ChatFinished, *, counts: bool) -> None:
        """Note what a model's reply came to: the answer's own where it `counts`, else one more that was made for it."""
        void = self._end if counts else end
        if void is not None:
            self._calls.append(void)
        if counts:
            self._end = end
            self.answer = replace(
                self.answer, usage=end.usage, cost_usd=end.cost_usd, model=end.model, cached=end.cached
            )

    async def _asked(self, ground: Ground) -> Asked:
        """Return what a cascade has to know of the question before it is answered."""
        steady, tenant = self._task.steady, self._task.scope.tenant
        if self._model.cascade is None:
            return Asked(tenant, steady=steady)
        confidence = (await self._judged(ground)).confidence
        return Asked(tenant, analyse(ground.question).wants.value, confidence, steady=steady)

    def _worth(self) -> Worth:
        """Return what a cascade has to know of what is written."""
        dropped = self.answer.dropped_sentences
        marked = sum(pin.verdict is Verdict.UNSUPPORTED for pin in self.answer.pins)
        is_strong = self._end is not None and self._end.tier == "strong"
        return Worth(marked + dropped, len(self.answer.pins) + dropped, refuses=self._abstained, strong=is_strong)

    def _restarted(self, reason: str, pinner: Pinner) -> DraftEvent:
        """Drop what was written: another model begins anew, and no answer is of two."""
        self.answer = replace(self.answer, text="", pins=(), dropped_sentences=0)
        pinner.dropped = 0
        return RESTARTED, {"reason": reason}

    async def _shown(self, text: str, sentences: Sequence[Sentence], pinner: Pinner) -> AsyncIterator[DraftEvent]:
        if text:
            self.answer = replace(self.answer, text=self.answer.text + text)
            yield "answer.delta", {"text": text}
        for sentence in sentences:
            if sentence.text == ABSTAINED:
                continue  # it speaks of the documents: there is no passage that could carry it
            with self._clock.stage("pin"):
                pin = await pinner.pin(sentence)
            self._spent = pinner.spent
            self.answer = replace(self.answer, pins=(*self.answer.pins, pin))
            yield "answer.pin", pin_to(pin)

    async def _closed(self, ground: Ground) -> Sequence[DraftEvent]:
        """Return what is added once the model has ended: nothing."""
        return ()

    @property
    def _abstained(self) -> bool:
        """It says that the documents do not say, and nothing besides that they carry."""
        carried = any(pin.verdict is not Verdict.UNSUPPORTED for pin in self.answer.pins)
        return self.answer.text.strip().startswith(ABSTAINED) and not carried

    async def _abstain(self, evidence: Evidence) -> AsyncIterator[DraftEvent]:
        text = abstention(evidence.reading)
        self.answer = replace(self.answer, text=text, abstained=True, reason=Abstention.NOTHING_FOUND)
        yield "answer.delta", {"text": text}


class StrictDraft(WordedDraft):
    """One answer of a model from which sentences that nothing supports are left out before anybody sees them.

    Text is shown by the sentence, once it is judged. Where sentences were left out, what the documents do say to the
    question follows, quoted; where nothing remains, the answer abstains.
    """

    async def _shown(self, text: str, sentences: Sequence[Sentence], pinner: Pinner) -> AsyncIterator[DraftEvent]:
        for sentence in sentences:
            if sentence.text == ABSTAINED:
                yield self._added(sentence.text, self._gap(sentence))
                continue
            with self._clock.stage("pin"):
                pin = await pinner.pin(sentence)
            self._spent = pinner.spent
            if pin.verdict is Verdict.UNSUPPORTED:
                self.answer = replace(self.answer, dropped_sentences=self.answer.dropped_sentences + 1)
                continue
            yield self._added(sentence.text, self._gap(sentence))
            yield self._pinned(replace(pin, claim=self._last(sentence.text)))

    async def _closed(self, ground: Ground) -> Sequence[DraftEvent]:
        events: list[DraftEvent] = []
        if not self.answer.dropped_sentences or self.answer.text.strip().startswith(ABSTAINED):
            return events
        closest = await chosen_sentences(
            self._embedder, self._task.scope, ground.question, (ground.evidence, ground.found)
        )
        shown = {span.quote for pin in self.answer.pins for span in pin.spans}
        for each in closest.sentences:
            if each.text not in shown:
                said = one_line(each)
                events.append(self._added(said, " " if self.answer.text else ""))
                spans = spans_of(ground.evidence.passages, ground.pages, each)
                events.append(self._pinned(Pin(self._last(said), Verdict.SUPPORTED, min(1.0, each.score), spans)))
        if not self.answer.text:
            nearest = tuple(span_of(ground.evidence.passages, ground.pages, each) for each in closest.nearest)
            self.answer = replace(self.answer, abstained=True, reason=Abstention.WEAK_EVIDENCE, nearest=nearest)
            events.append(self._added(abstention(ground.evidence.reading), ""))
        return events

    def _gap(self, sentence: Sentence) -> str:
        """The white space that stood before a sentence, where something is shown before it."""
        before = self._stream.text[: sentence.start]
        return (before[len(before.rstrip()) :] or " ") if self.answer.text else ""

    def _added(self, text: str, gap: str) -> DraftEvent:
        self.answer = replace(self.answer, text=self.answer.text + gap + text)
        return "answer.delta", {"text": gap + text}

    def _pinned(self, pin: Pin) -> DraftEvent:
        self.answer = replace(self.answer, pins=(*self.answer.pins, pin))
        return "answer.pin", pin_to(pin)

    def _last(self, text: str) -> tuple[int, int]:
        return len(self.answer.text) - len(text), len(self.answer.text)
