"""Values of answers: pins and their spans, the answer as it grows, the events of its log, conversations.

No database and no framework; how an answer is made is in the files named after each part.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Literal

from pincite.core import ErrorKind, PinciteError
from pincite.core.keeping import KeptUse
from pincite.gateway import Tier, ToolCall, Usage

EndReason = Literal["stop", "length", "tool_calls", "content_filter"]
"""Why a model's own reply ended."""


class Verdict(StrEnum):
    """How far the spans carry the claim."""

    SUPPORTED = "supported"
    PARTIAL = "partial"
    UNSUPPORTED = "unsupported"


class AnswerState(StrEnum):
    """Where an answer is; all but `RUNNING` are final."""

    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Abstention(StrEnum):
    """Why an answer says that the documents do not say."""

    NOTHING_FOUND = "nothing-found"
    WEAK_EVIDENCE = "weak-evidence"
    MODEL_DECLINED = "model-declined"


class AnswerMode(StrEnum):
    """Who words the answer: the documents themselves, or a model. A `REPLY` is a model's own, from no document."""

    EXTRACTIVE = "extractive"
    MODEL = "model"
    REPLY = "reply"


@dataclass(frozen=True, slots=True)
class PinSpan:
    """A range of characters on a page; `quote` is that page's text from `start` to `end`, verbatim.

    `place` is what people call it, as "page 4", "Slide 3", "Sheet 'Rates', B41:C41"; "" in answers of earlier versions.
    """

    document: str
    revision: str
    source: str
    page: int
    start: int
    end: int
    quote: str
    place: str = ""


@dataclass(frozen=True, slots=True)
class OlderSpan:
    """What an older version of a pinned document says to the same; `newer` is the pinned one's source."""

    span: PinSpan
    newer: str


@dataclass(frozen=True, slots=True)
class Pin:
    """The claim `answer[claim[0]:claim[1]]` tied to the spans that carry it. `score` is in 0..1.

    `corrected` says that the model named other passages than the spans lie in; `judge` names the model whose opinion is
    in the verdict, None where only the learned score and the rules are.
    """

    claim: tuple[int, int]
    verdict: Verdict
    score: float
    spans: tuple[PinSpan, ...]
    corrected: bool = False
    judge: str | None = None


@dataclass(frozen=True, slots=True)
class AnswerProblem:
    """Why an answer is not whole. `kind` is the error's, and `retry_after_s` when to come again, if that was said."""

    code: str
    message: str
    remedy: str = ""
    kind: ErrorKind = ErrorKind.UNAVAILABLE
    retry_after_s: float | None = None

    @classmethod
    def of(cls, error: PinciteError) -> "AnswerProblem":
        """Return why an answer is not whole that failed so."""
        return cls(error.code, error.message, error.remedy, error.kind, getattr(error, "retry_after_s", None))


@dataclass(frozen=True, slots=True)
class AssistantNamed:
    """Which assistant gave an answer, by its name and version then."""

    id: str
    name: str
    version: int


@dataclass(frozen=True, slots=True)
class ReplyEnd:
    """How a model's own reply ended, and the tools that it wants called."""

    reason: EndReason
    calls: tuple[ToolCall, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """One reply. `cost_usd` is None where no model was asked or its price is not known.

    `confidence` in 0..1 is the chance that the passages' own sentences answer the question rightly, whoever worded the
    answer; None where it was not judged. When the answer abstained, `reason` says why and `nearest` holds the passages
    that came closest. `older` is what older versions of the pinned documents say to the same. `cached` says that its
    text was kept from an earlier asking, and `cached_question` of which question, where that was put otherwise. `ended`
    is there where it is a `REPLY` that came to its end. `assistant` is None where the built-in one gave it. `echo` is
    what it repeats of its request, to whoever reads it.
    """

    id: str
    conversation: str
    question: str
    created_at: datetime
    text: str = ""
    state: AnswerState = AnswerState.RUNNING
    mode: AnswerMode = AnswerMode.EXTRACTIVE
    model: str | None = None
    abstained: bool = False
    reason: Abstention | None = None
    confidence: float | None = None
    nearest: tuple[PinSpan, ...] = ()
    pins: tuple[Pin, ...] = ()
    older: tuple[OlderSpan, ...] = ()
    usage: Usage = field(default_factory=Usage)
    cost_usd: Decimal | None = None
    timings_ms: Mapping[str, float] = field(default_factory=dict[str, float])
    dropped_markers: int = 0
    dropped_sentences: int = 0
    cached: bool = False
    cached_question: str | None = None
    ended: ReplyEnd | None = None
    assistant: AssistantNamed | None = None
    echo: Mapping[str, Any] = field(default_factory=dict[str, Any])
    problem: AnswerProblem | None = None


@dataclass(frozen=True, slots=True)
class AnswerEvent:
    """One entry of an answer's log; `seq` counts from 1 without a gap. `data` is what the client gets."""

    seq: int
    name: str
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Conversation:
    """Turns in order; titled by its first question. One that is not `listed` is there for a model's own reply alone."""

    id: str
    title: str
    created_at: datetime
    updated_at: datetime
    turns: int
    listed: bool = True


@dataclass(frozen=True, slots=True)
class Turn:
    """An earlier question of the conversation and its answer."""

    question: str
    answer: str


@dataclass(frozen=True, slots=True)
class Asked:
    """A question that was answered: by which answer, whose it was, and its vector, float32 (LE)."""

    answer: str
    user: str
    question: str
    vector: bytes


@dataclass(frozen=True, slots=True)
class AskRequest:
    """A question. `collections` are names or ids; None means everything that the asker may read.

    `assistant` is the name or id of one that answers it; None is the one of its conversation, or the built-in one.
    `turns` are what was said before it elsewhere, by the asker's word: they are understood with it and kept nowhere.
    `tier` is that of a route's models that should answer; None leaves it to the route. Of a `steady` answer nothing is
    shown that a stronger model may take back.
    `kept` is what may be done with what was kept of earlier askings. `echo` is repeated by the answer.
    """

    question: str
    conversation: str | None = None
    collections: tuple[str, ...] | None = None
    model: str | None = None
    turns: tuple[Turn, ...] = ()
    tier: Tier | None = None
    steady: bool = False
    assistant: str | None = None
    kept: KeptUse = "use"
    echo: Mapping[str, Any] = field(default_factory=dict[str, Any])
