"""The bodies of the answers' routes, with examples; the answer resource is the same over HTTP, events and CLI."""

from datetime import datetime
from typing import Annotated, Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field

from pincite.answers.domain import Answer, Conversation
from pincite.answers.shapes import answer_to
from pincite.gateway import Tier
from pincite.retrieval import MAX_QUESTION_CHARS

_SPAN: dict[str, Any] = {
    "document": "01a1fb3992487142968fa1dba18c6e4b",
    "revision": "01a1fb3992e870a381adf268300c13a0",
    "source": "leave-policy.pdf",
    "page": 2,
    "start": 1043,
    "end": 1131,
    "quote": "When somebody close dies you can take 10 paid days for a partner, a child or a parent",
    "place": "page 2",
}
_ANSWER: dict[str, Any] = {
    "id": "01a1fb3a50c47b03b8f8a9be1dd1c3f3",
    "conversation": "01a1fb3a50c47b0fa2b1c9dd0e0c2a11",
    "question": "How much leave is there when a parent dies?",
    "answer": "When somebody close dies you can take 10 paid days for a partner, a child or a parent.",
    "abstained": False,
    "reason": None,
    "confidence": 0.81,
    "nearest": [],
    "state": "completed",
    "mode": "extractive",
    "model": None,
    "pins": [
        {"claim": [0, 86], "verdict": "supported", "score": 0.87, "spans": [_SPAN], "corrected": False, "judge": None}
    ],
    "usage": {"input_tokens": 0, "output_tokens": 0, "estimated": False, "cached_tokens": 0},
    "cost_usd": None,
    "timings_ms": {"retrieve": 21.4, "extract": 8.2, "total": 34.0},
    "dropped_markers": 0,
    "dropped_sentences": 0,
    "cached": False,
    "cached_question": None,
    "assistant": None,
    "problem": None,
    "created_at": "2026-11-20T09:30:00Z",
}


class Ask(BaseModel):
    """A question."""

    model_config: ClassVar[ConfigDict] = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"question": "How much leave is there when a parent dies?"}}
    )

    question: str = Field(json_schema_extra={"maxLength": MAX_QUESTION_CHARS}, description="In plain words.")
    conversation: str | None = Field(
        None, max_length=64, description="Id of the conversation that it follows up; else a new one."
    )
    collections: list[Annotated[str, Field(max_length=200)]] | None = Field(
        None, max_length=100, description="Names or ids; default is everything you may read."
    )
    assistant: str | None = Field(
        None,
        max_length=64,
        description="Name or id of the one that answers; default is that of the conversation, else `default`.",
    )
    fresh: bool = Field(False, description="Make it anew, whatever is kept of earlier askings.")
    stream: bool = Field(False, description="Answer at once with the address of the events.")
    model: str | None = Field(
        None, max_length=200, description="`none`, `auto` or `provider:name`; default is the server's setting."
    )
    tier: Tier | None = Field(
        None, description="Which of a route's models are to answer; default is what the route says."
    )


class Span(BaseModel):
    """A range of characters on a page; the quote is the page's text from start to end, verbatim.

    place: what people call it, as "page 4", "Slide 3", "Sheet 'Rates', B41:C41" or a section's heading; empty in
    answers of earlier versions.
    """

    document: str
    revision: str
    source: str
    page: int
    start: int
    end: int
    quote: str
    place: str = ""


class OlderSpanBody(Span):
    """What an older version of a pinned document says to the same; `newer` is the pinned one's source."""

    newer: str


class PinBody(BaseModel):
    """A claim, `answer[claim[0]:claim[1]]`, and the spans that carry it.

    corrected: the model named other passages. judge: who gave a second opinion on the verdict.
    """

    claim: tuple[int, int]
    verdict: str
    score: float
    spans: list[Span]
    corrected: bool = False
    judge: str | None = None


class UsageBody(BaseModel):
    """Tokens; of those of the input, `cached_tokens` were read from the provider's cache."""

    input_tokens: int
    output_tokens: int
    estimated: bool
    cached_tokens: int = 0


class ProblemBody(BaseModel):
    """Why the answer is not whole."""

    code: str
    message: str
    remedy: str


class CalledBody(BaseModel):
    """A tool that a model wants called, with arguments as JSON in a string."""

    id: str
    name: str
    arguments: str


class AssistantNamedBody(BaseModel):
    """Which assistant gave an answer, by its name and version then."""

    id: str
    name: str
    version: int


class EndedBody(BaseModel):
    """How a model's own reply ended: stop, length, tool_calls or content_filter; and the tools that it wants called."""

    reason: str
    calls: list[CalledBody]


class AnswerBody(BaseModel):
    """An answer with its pins."""

    model_config: ClassVar[ConfigDict] = ConfigDict(json_schema_extra={"example": _ANSWER})

    id: str
    conversation: str
    question: str
    answer: str
    abstained: bool
    reason: str | None = Field(description="Why it abstained: nothing-found, weak-evidence or model-declined.")
    confidence: float | None = Field(description="How likely the passages' own sentences answer rightly, 0..1.")
    nearest: list[Span] = Field(description="When it abstained: what came closest.")
    state: str
    mode: str
    model: str | None
    pins: list[PinBody]
    older: list[OlderSpanBody] = Field([], description="What older versions of the pinned documents say to the same.")
    usage: UsageBody
    cost_usd: float | None
    timings_ms: dict[str, float]
    dropped_markers: int
    dropped_sentences: int = 0
    cached: bool = Field(False, description="Its text was kept from an earlier asking, and cost nothing.")
    cached_question: str | None = Field(None, description="The question that it was made for, if in other words.")
    ended: EndedBody | None = Field(None, description="Of a model's own reply (mode `reply`) that was stored.")
    assistant: AssistantNamedBody | None = Field(None, description="Who gave it; null is the built-in one.")
    problem: ProblemBody | None
    created_at: datetime


class Started(BaseModel):
    """Where to follow an answer that has begun."""

    model_config: ClassVar[ConfigDict] = ConfigDict(
        json_schema_extra={
            "example": {
                "id": _ANSWER["id"],
                "conversation": _ANSWER["conversation"],
                "events": f"/v1/answers/{_ANSWER['id']}/events",
            }
        }
    )

    id: str
    conversation: str
    events: str


class ConversationBody(BaseModel):
    """A conversation, titled by its first question until it is given another title."""

    id: str
    title: str
    created_at: datetime
    updated_at: datetime
    turns: int


class Title(BaseModel):
    """Another title for a conversation."""

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    title: str = Field(max_length=1000, description="1 to 120 characters.")


class ConversationWithAnswers(ConversationBody):
    """A conversation with its answers in order."""

    answers: list[AnswerBody]


class ConversationList(BaseModel):
    """A page of the list, newest first."""

    items: list[ConversationBody]
    next_cursor: str | None


def answer_resource(answer: Answer) -> AnswerBody:
    """Return the resource of an answer."""
    return AnswerBody.model_validate(answer_to(answer))


def conversation_body(found: Conversation) -> dict[str, Any]:
    """Return the fields of a conversation's body."""
    return {
        "id": found.id,
        "title": found.title,
        "created_at": found.created_at,
        "updated_at": found.updated_at,
        "turns": found.turns,
    }
