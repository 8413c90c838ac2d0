"""Between answers and JSON: how they are stored, sent in events and shown as the answer resource.

One shape for all three, so that what a client streams is what it reads later.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from pincite.answers.domain import (
    Abstention,
    Answer,
    AnswerEvent,
    AnswerMode,
    AnswerProblem,
    AnswerState,
    AssistantNamed,
    OlderSpan,
    Pin,
    PinSpan,
    ReplyEnd,
    Verdict,
)
from pincite.core import ErrorKind
from pincite.gateway import ToolCall, Usage


def pin_to(pin: Pin) -> dict[str, Any]:
    """Return a pin as JSON."""
    return {
        "claim": list(pin.claim),
        "verdict": pin.verdict.value,
        "score": round(pin.score, 4),
        "spans": [span_to(span) for span in pin.spans],
        "corrected": pin.corrected,
        "judge": pin.judge,
    }


def span_to(span: PinSpan) -> dict[str, Any]:
    """Return a span as JSON."""
    return {
        "document": span.document,
        "revision": span.revision,
        "source": span.source,
        "page": span.page,
        "start": span.start,
        "end": span.end,
        "quote": span.quote,
        "place": span.place,
    }


def answer_to(answer: Answer) -> dict[str, Any]:
    """Return an answer as JSON: the answer resource."""
    problem = answer.problem
    return {
        "id": answer.id,
        "conversation": answer.conversation,
        "question": answer.question,
        "answer": answer.text,
        "abstained": answer.abstained,
        "reason": None if answer.reason is None else answer.reason.value,
        "confidence": None if answer.confidence is None else round(answer.confidence, 4),
        "nearest": [span_to(span) for span in answer.nearest],
        "state": answer.state.value,
        "mode": answer.mode.value,
        "model": answer.model,
        "pins": [pin_to(pin) for pin in answer.pins],
        "older": [{**span_to(each.span), "newer": each.newer} for each in answer.older],
        "usage": {
            "input_tokens": answer.usage.input_tokens,
            "output_tokens": answer.usage.output_tokens,
            "estimated": answer.usage.estimated,
            "cached_tokens": answer.usage.cached_tokens,
        },
        "cost_usd": None if answer.cost_usd is None else float(answer.cost_usd),
        "timings_ms": dict(answer.timings_ms),
        "dropped_markers": answer.dropped_markers,
        "dropped_sentences": answer.dropped_sentences,
        "cached": answer.cached,
        "cached_question": answer.cached_question,
        "assistant": None if answer.assistant is None else asdict(answer.assistant),
        "problem": None if problem is None else asdict(problem),
        "echo": dict(answer.echo),
        "ended": None if answer.ended is None else asdict(answer.ended),
        "created_at": answer.created_at.isoformat(),
    }


def last_event(final: Answer) -> tuple[str, dict[str, Any]]:
    """Return the name and the data of the event that ends an answer's log."""
    body = answer_to(final)
    if final.state is not AnswerState.COMPLETED:
        return "answer.failed", body
    counts = Counter(pin.verdict.value for pin in final.pins)
    return "answer.completed", {**body, "verdict_counts": {verdict.value: counts[verdict.value] for verdict in Verdict}}


def answer_from(body: Mapping[str, Any]) -> Answer:
    """Make an answer of its JSON."""
    problem = body["problem"]
    cost = body["cost_usd"]
    return Answer(
        id=body["id"],
        conversation=body["conversation"],
        question=body["question"],
        created_at=datetime.fromisoformat(body["created_at"]),
        text=body["answer"],
        state=AnswerState(body["state"]),
        mode=AnswerMode(body["mode"]),
        model=body["model"],
        abstained=body["abstained"],
        # Answers of version 0.1.0 had neither.
        reason=None if body.get("reason") is None else Abstention(body["reason"]),
        confidence=body.get("confidence"),
        nearest=tuple(PinSpan(**span) for span in body.get("nearest", ())),
        pins=tuple(_pin_from(pin) for pin in body["pins"]),
        older=tuple(_older_from(each) for each in body.get("older", ())),
        usage=Usage(**body["usage"]),
        cost_usd=None if cost is None else Decimal(str(cost)),
        timings_ms=body["timings_ms"],
        dropped_markers=body["dropped_markers"],
        dropped_sentences=body.get("dropped_sentences", 0),
        cached=body.get("cached", False),
        cached_question=body.get("cached_question"),
        ended=None if body.get("ended") is None else _end_from(body["ended"]),
        assistant=None if body.get("assistant") is None else AssistantNamed(**body["assistant"]),
        echo=body.get("echo", {}),
        problem=None if problem is None else _problem_from(problem),
    )


def so_far(answer: Answer, events: Sequence[AnswerEvent]) -> Answer:
    """Return an unfinished answer with the text and the pins that its log holds, since it last began anew."""
    events = standing(events)
    text = "".join(event.data["text"] for event in events if event.name == "answer.delta")
    pins = tuple(_pin_from(event.data) for event in events if event.name == "answer.pin")
    return replace(answer, text=text, pins=pins)


def _problem_from(body: Mapping[str, Any]) -> AnswerProblem:
    kind = ErrorKind(body.get("kind", ErrorKind.UNAVAILABLE))
    return AnswerProblem(body["code"], body["message"], body["remedy"], kind, body.get("retry_after_s"))


def _end_from(body: Mapping[str, Any]) -> ReplyEnd:
    return ReplyEnd(body["reason"], tuple(ToolCall(**each) for each in body["calls"]))


def standing(events: Sequence[AnswerEvent]) -> Sequence[AnswerEvent]:
    """Return those of a log's events that came since the answer last began anew; what came before is void."""
    begun = max((place for place, event in enumerate(events) if event.name == "answer.restarted"), default=-1)
    return events[begun + 1 :]


def _older_from(body: Mapping[str, Any]) -> OlderSpan:
    return OlderSpan(PinSpan(**{name: value for name, value in body.items() if name != "newer"}), body["newer"])


def _pin_from(pin: Mapping[str, Any]) -> Pin:
    start, end = pin["claim"]
    spans = tuple(PinSpan(**span) for span in pin["spans"])
    # Answers of version 0.1.0 had neither of the last two.
    corrected, judge = pin.get("corrected", False), pin.get("judge")
    return Pin((start, end), Verdict(pin["verdict"]), pin["score"], spans, corrected=corrected, judge=judge)
