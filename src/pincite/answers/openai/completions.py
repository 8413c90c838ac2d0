"""Replies as chat completions: whole, and in chunks as they come.

What is asked and of whom is decided in `routes.py`; how chunks become bytes, in `streams.py`.
"""

from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pincite.answers.domain import Answer, AnswerEvent, AnswerMode, AnswerState, ReplyEnd
from pincite.answers.openai.citations import citations_of, pinned
from pincite.answers.openai.domain import ASSISTANT, AnswerNotWhole, assistant_model, begun_anew, ended_early
from pincite.answers.openai.schemas import (
    Annotation,
    AskedCall,
    AskedFunction,
    Choice,
    Completion,
    ReplyMessage,
    TokenUsage,
)
from pincite.answers.shapes import answer_from
from pincite.gateway import ChatFinished, TextDelta, ToolCall, Usage

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Heading:
    """What every chunk of a completion begins with; `created` in seconds since 1970."""

    id: str
    created: int
    model: str

    def chunk(self, delta: Json, finish: str | None = None, **more: Any) -> Json:
        """Return a chunk."""
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        return {**self._of("chat.completion.chunk"), "choices": [choice], **more}

    def usage_chunk(self, usage: TokenUsage) -> Json:
        """Return the chunk that comes last where usage was asked for."""
        return {**self._of("chat.completion.chunk"), "choices": [], "usage": usage.model_dump(exclude_none=True)}

    def _of(self, kind: str) -> Json:
        return {"id": self.id, "object": kind, "created": self.created, "model": self.model}


@dataclass(frozen=True, slots=True)
class Told:
    """How an assistant's answer is told: under which address documents lie, what was ignored, whether with usage."""

    base_url: str
    ignored: tuple[str, ...] = ()
    with_usage: bool = False


def heading_of(answer: Answer) -> Heading:
    """Return the heading of an answer's completion."""
    return Heading(answer.id, int(answer.created_at.timestamp()), name_of(answer))


def name_of(answer: Answer) -> str:
    """Return the name of the model that an answer, or a reply that was stored, is of."""
    if answer.mode is AnswerMode.REPLY:
        return answer.model or ""
    return ASSISTANT if answer.assistant is None else assistant_model(answer.assistant.name)


def usage_of(usage: Usage, cost_usd: Any, *, cached: bool = False) -> TokenUsage:
    """Return usage as it is told."""
    return TokenUsage(
        prompt_tokens=usage.input_tokens,
        prompt_tokens_details={"cached_tokens": usage.cached_tokens},
        completion_tokens=usage.output_tokens,
        total_tokens=usage.input_tokens + usage.output_tokens,
        estimated=usage.estimated,
        cost_usd=None if cost_usd is None else float(cost_usd),
        cached=cached or None,
    )


def whole_answer(answer: Answer, told: Told) -> Completion:
    """Return an answer as a completion. Raises: AnswerNotWhole."""
    check_whole(answer)
    heading = heading_of(answer)
    if answer.ended is not None:
        return whole_reply(heading, answer.text, finished(answer, answer.ended))
    message = ReplyMessage(content=answer.text, annotations=annotations_of(answer, told.base_url))
    return Completion(
        id=heading.id,
        created=heading.created,
        model=heading.model,
        choices=[Choice(message=message, finish_reason="stop")],
        usage=usage_of(answer.usage, answer.cost_usd, cached=answer.cached),
        pincite=pinned(answer, told.ignored),
    )


def annotations_of(answer: Answer, base_url: str) -> list[Annotation]:
    """Return the annotations of an answer's text."""
    return [Annotation(url_citation=each) for each in citations_of(answer, base_url)]


def check_whole(answer: Answer) -> None:
    """Pass an answer that came to its end. Raises: AnswerNotWhole."""
    if answer.state is AnswerState.COMPLETED:
        return
    if answer.problem is None:
        raise AnswerNotWhole("The answer is not whole yet.", remedy=f"Follow /v1/answers/{answer.id}/events.")
    if answer.mode is AnswerMode.REPLY:
        raise AnswerNotWhole.by(answer.problem)
    raise AnswerNotWhole(answer.problem.message, remedy=answer.problem.remedy)


async def answer_chunks(answer: Answer, events: AsyncIterator[AnswerEvent], told: Told) -> AsyncIterator[Json]:
    """Yield an answer's chunks while it is made; the last but usage holds the annotations. Raises: AnswerNotWhole."""
    heading, shown = heading_of(answer), False
    yield heading.chunk({"role": "assistant", "content": ""})
    async for event in events:
        if event.name == "answer.restarted" and shown:
            raise begun_anew()
        if event.name == "answer.delta":
            shown = True
            yield heading.chunk({"content": event.data["text"]})
        if event.name not in {"answer.completed", "answer.failed"}:
            continue
        final = answer_from(event.data)
        check_whole(final)
        if not shown and final.text:  # it is covered, and told in one piece
            yield heading.chunk({"content": final.text})
        if final.ended is not None:
            for chunk in _last_chunks(heading, finished(final, final.ended), with_usage=told.with_usage):
                yield chunk
            return
        annotations = [each.model_dump(mode="json") for each in annotations_of(final, told.base_url)]
        aside = pinned(final, told.ignored).model_dump(mode="json")
        yield heading.chunk({"annotations": annotations}, "stop", pincite=aside)
        if told.with_usage:
            yield heading.usage_chunk(usage_of(final.usage, final.cost_usd, cached=final.cached))
        return
    raise ended_early()


async def gathered(events: AsyncIterator[TextDelta | ChatFinished]) -> tuple[str, ChatFinished]:
    """Return a model's whole text and its end. Raises: ModelError, and what else the events raise."""
    text = ""
    async for event in events:
        if isinstance(event, ChatFinished):
            return text, event
        text += event.text
    raise ended_early()


def whole_reply(heading: Heading, text: str, end: ChatFinished) -> Completion:
    """Return a model's reply as a completion."""
    calls = calls_of(end.calls)
    message = ReplyMessage(content=text if text or not calls else None, tool_calls=calls or None)
    return Completion(
        id=heading.id,
        created=heading.created,
        model=heading.model,
        choices=[Choice(message=message, finish_reason=end.reason)],
        usage=usage_of(end.usage, end.cost_usd, cached=end.cached),
    )


async def reply_chunks(
    heading: Heading, events: AsyncIterator[TextDelta | ChatFinished], *, with_usage: bool
) -> AsyncIterator[Json]:
    """Yield a model's reply in chunks; tool calls come whole, before the end.

    Raises: AnswerNotWhole where the events end before, ModelError, and what else they raise.
    """
    yield heading.chunk({"role": "assistant", "content": ""})
    async for event in events:
        if isinstance(event, TextDelta):
            yield heading.chunk({"content": event.text})
            continue
        for chunk in _last_chunks(heading, event, with_usage=with_usage):
            yield chunk
        return
    raise ended_early()


def _last_chunks(heading: Heading, end: ChatFinished, *, with_usage: bool) -> Iterator[Json]:
    for at, call in enumerate(calls_of(end.calls)):
        yield heading.chunk({"tool_calls": [{"index": at, **call.model_dump()}]})
    yield heading.chunk({}, end.reason)
    if with_usage:
        yield heading.usage_chunk(usage_of(end.usage, end.cost_usd, cached=end.cached))


def finished(answer: Answer, ended: ReplyEnd) -> ChatFinished:
    """Return the end of a reply that was stored, as its model told it."""
    return ChatFinished(
        answer.model or "", answer.usage, answer.cost_usd, ended.calls, ended.reason, cached=answer.cached
    )


def calls_of(calls: Sequence[ToolCall]) -> list[AskedCall]:
    """Return tool calls as they are told."""
    return [AskedCall(id=each.id, function=AskedFunction(name=each.name, arguments=each.arguments)) for each in calls]
