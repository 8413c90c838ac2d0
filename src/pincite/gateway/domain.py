"""The seam of all models: embedders and chat models, their events, usage and errors.

Providers are in `adapters/`; which one is used is decided from settings in `service.py`.
"""

from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from pincite.core import ErrorKind, InvalidInput, PinciteError, Scope, Unavailable
from pincite.core.images import Image
from pincite.core.keeping import KeptUse
from pincite.gateway.cascade import Cascade
from pincite.ledger import Purpose


class Embedder(Protocol):
    """Turns text into unit vectors. Its `model_id` is stored with every vector that it made."""

    @property
    def model_id(self) -> str:
        """Names the model and its version."""
        ...

    @property
    def dimensions(self) -> int:
        """Length of a vector."""
        ...

    @property
    def dense_weight(self) -> float:
        """Weight in 0..1 of the dense score when fused with BM25 (convex combination of min-max scores)."""
        ...

    async def embed(self, scope: Scope, texts: Sequence[str], *, query: bool = False) -> NDArray[np.float32]:
        """Return (len(texts), dimensions) float32, rows of unit length (zero for a text without known words).

        Args:
            scope: the asker.
            texts: what is embedded.
            query: they are questions; some models read those differently from passages.

        Raises:
            Unavailable: the model cannot be used, or its provider did not answer.
        """
        ...


class Reranker(Protocol):
    """Judges passages against a question, one by one or in a list."""

    @property
    def name(self) -> str:
        """As in settings."""
        ...

    async def rerank(self, scope: Scope, question: str, passages: Sequence[str]) -> NDArray[np.float32]:
        """Return (len(passages),) relevance in 0..1, higher is better. Raises: ModelError, Unavailable."""
        ...


@dataclass(frozen=True, slots=True)
class Shape:
    """A JSON schema with a name: what a tool takes, or what a reply must be.

    `strict` asks the provider to hold the model to it; None leaves that to the provider.
    """

    name: str
    schema: Mapping[str, Any]
    description: str | None = None
    strict: bool | None = None


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A tool that the model wants called. `arguments` is JSON as the model wrote it; it may be none."""

    id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a conversation as a model sees it.

    `calls` are those that an assistant's turn asks for; of a tool's turn, the one whose result it is. `parts` are what
    a user's turn with images holds, in its order; `text` is then its texts, a line each.
    """

    role: Literal["user", "assistant", "system", "tool"]
    text: str
    calls: tuple[ToolCall, ...] = ()
    parts: tuple[str | Image, ...] = ()

    @classmethod
    def shown(cls, parts: Sequence[str | Image]) -> "Message":
        """Return a user's turn of texts and images."""
        return cls("user", "\n".join(each for each in parts if isinstance(each, str)), parts=tuple(parts))

    @property
    def images(self) -> tuple[Image, ...]:
        """The images of a turn."""
        return tuple(each for each in self.parts if isinstance(each, Image))


Lane = Literal["premium", "interactive", "batch"]
Tier = Literal["cheap", "strong"]
LANES: tuple[Lane, ...] = ("premium", "interactive", "batch")
"""Who is first where calls have to wait."""
Effort = Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"]
EFFORTS: tuple[Effort, ...] = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
"""How much a model may be asked to think, in rising order."""
Verbosity = Literal["low", "medium", "high"]


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """What is asked of a chat model. `system` is ours; documents travel fenced inside the last user message.

    Args:
        system: what stands before the conversation; "" for nothing.
        messages: the conversation.
        max_tokens: of the reply; None leaves it to the provider.
        temperature: models that reason refuse it; None leaves it to the provider.
        timeout_s: until the reply's end.
        top_p, seed, stop, presence_penalty, frequency_penalty, effort, verbosity: as providers know them; what one does
            not know, it leaves out. `effort` is how much the model thinks first, of which nothing is told.
        tools: what the model may ask to be called.
        tool_choice: whether it has to; or the names of the tools one of which it has to.
        parallel_calls: whether it may ask for several at once; None leaves it to the provider.
        reply: the shape that the reply's text must have; it is held to it, and no part of it is told before.
        may_be_cut: a reply that is cut off or withheld is told, with its `reason`, in place of a failure.
        told_at_once: nobody can take a piece back that was told: a model that breaks off amid its reply is not
            followed by another, whose reply would be paid for and never told.
    """

    system: str
    messages: tuple[Message, ...]
    max_tokens: int | None = 1024
    temperature: float | None = None
    timeout_s: float = 120.0
    top_p: float | None = None
    seed: int | None = None
    stop: tuple[str, ...] = ()
    presence_penalty: float | None = None
    frequency_penalty: float | None = None
    effort: Effort | None = None
    verbosity: Verbosity | None = None
    tools: tuple[Shape, ...] = ()
    tool_choice: Literal["auto", "none", "required"] | tuple[str, ...] = "auto"
    parallel_calls: bool | None = None
    reply: Shape | None = None
    may_be_cut: bool = False
    told_at_once: bool = False
    purpose: Purpose = field(default_factory=Purpose)
    lane: Lane = "interactive"
    tier: Tier | None = None  # which of a route's models are asked first
    only_tier: bool = False  # and no other
    because: str | None = None  # why those, for the trace
    call_id: str | None = None  # the ledger's, which the provider is told, too
    kept: KeptUse = "use"

    @property
    def images(self) -> tuple[Image, ...]:
        """The images that the model is shown."""
        return tuple(image for each in self.messages for image in each.images)

    @property
    def thinks(self) -> bool:
        """Whether the model is asked to think first, for as long as it may, of which nothing need be heard."""
        return self.effort not in {None, "none"}


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens as the provider counted them; `estimated` where it said nothing.

    Of the input, `cached_tokens` were read from the provider's cache and `kept_tokens` put into it. `tier` is
    the provider's name for how the reply was made (`flex`: when it had room), where that costs something else.
    A sum has none.
    """

    input_tokens: int = 0
    output_tokens: int = 0
    estimated: bool = False
    cached_tokens: int = 0
    kept_tokens: int = 0
    tier: str = ""

    def __add__(self, other: "Usage") -> "Usage":
        """Return both together; an estimate makes the sum one."""
        return Usage(
            self.input_tokens + other.input_tokens,
            self.output_tokens + other.output_tokens,
            self.estimated or other.estimated,
            self.cached_tokens + other.cached_tokens,
            self.kept_tokens + other.kept_tokens,
        )


@dataclass(frozen=True, slots=True)
class TextDelta:
    """A piece of the reply."""

    text: str


EndReason = Literal["stop", "length", "tool_calls", "content_filter"]


@dataclass(frozen=True, slots=True)
class Restarted:
    """The pieces so far are void: another model begins anew, because the one before broke off; `reason` says how."""

    reason: str


@dataclass(frozen=True, slots=True)
class ChatFinished:
    """The reply's end: exactly one, last. `cost_usd` is None where the model has no known price.

    `calls` are the tools that it wants called. `reason` is other than `stop` and `tool_calls` only where the request
    says that it may be. `cached` says that no provider was asked: the reply was kept, and is given again for nothing.
    """

    model: str
    usage: Usage
    cost_usd: Decimal | None
    calls: tuple[ToolCall, ...] = ()
    reason: EndReason = "stop"
    tier: Tier | None = None  # of the model, in its route
    cached: bool = False


@dataclass(frozen=True, slots=True)
class KeptReply:
    """A whole reply that is kept, and what it had cost (None: nobody knows).

    `to_note` says that it was not noted for a while that it was given again.
    """

    model: str
    text: str
    calls: tuple[ToolCall, ...]
    reason: EndReason
    cost_usd: Decimal | None
    to_note: bool = False


@dataclass(frozen=True, slots=True)
class Opinion:
    """How likely evidence carries a claim, in 0..1, and what it cost to ask (0 on this machine, None if unknown)."""

    chance: float
    usage: Usage
    cost_usd: Decimal | None


class ClaimJudge(Protocol):
    """Says whether evidence carries a claim: a model of natural language inference, or a chat model."""

    @property
    def name(self) -> str:
        """Names it in pins; holds no path."""
        ...

    async def judge(self, scope: Scope, evidence: str, claim: str) -> Opinion:
        """Return its opinion. Raises: ModelError, Unavailable."""
        ...


class ChatModel(Protocol):
    """A model, or several of which the next is asked where one fails."""

    @property
    def name(self) -> str:
        """`provider:model`, as in settings."""
        ...

    @property
    def cascade(self) -> Cascade | None:
        """When whoever asks begins with the cheap tier, and goes on to the strong one; None where there is one way."""
        ...

    async def context_tokens(self) -> int | None:
        """Return how many tokens the model takes, question and reply together; None where nobody says."""
        ...

    def look(self, scope: Scope, lane: Lane) -> None:
        """Pass where a call of the scope's would have its turn in time. Raises: Overloaded."""
        ...

    def stream(self, scope: Scope, request: ChatRequest) -> AsyncGenerator[TextDelta | Restarted | ChatFinished]:
        """Yield deltas and then one `ChatFinished`; after `Restarted` what came before it is void.

        Raises: ModelError (never a provider's own exception).
        """
        ...


class Sign(StrEnum):
    """What a failure says of the provider: it is down, or wants us slower; or another model might; or none would."""

    DOWN = "down"
    BUSY = "busy"
    UNFIT = "unfit"
    OURS = "ours"


class ModelError(PinciteError):
    """The model did not give a whole answer: refused, failed, cut off or timed out; the message says which.

    Args:
        message: says which.
        remedy: what to do about it.
        billed: whether the provider may ask money for it.
        usage: what it had used by then, where it said so.
        sign: what it says of the provider.
        retry_after_s: when to come again, where that is known.
    """

    code = "model-failed"
    kind = ErrorKind.UNAVAILABLE

    def __init__(
        self,
        message: str,
        *,
        remedy: str = "",
        billed: bool = True,
        usage: Usage | None = None,
        sign: Sign = Sign.OURS,
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(message, remedy=remedy)
        self.billed = billed
        self.usage = usage
        self.sign = sign
        self.retry_after_s = retry_after_s


class Overloaded(ModelError):
    """More is asked of a model's provider than it takes; the call was not made. `retry_after_s` says when to try."""

    code = "overloaded"

    def __init__(self, message: str, *, remedy: str, retry_after_s: float) -> None:
        super().__init__(message, remedy=remedy, billed=False, sign=Sign.UNFIT, retry_after_s=retry_after_s)


class RequestRejected(ModelError):
    """The model's provider does not take the request as it is: too long, or with something that the model has not."""

    code = "model-request-rejected"
    kind = ErrorKind.INVALID


class ReplyMisshapen(ModelError):
    """The model's reply is not JSON of the schema that was asked for, and asked again it was not either."""

    code = "reply-misshapen"


class SchemaUnusable(InvalidInput):
    """A JSON schema that a reply should keep to is none, names another document or holds an unusable pattern."""

    code = "schema-unusable"


class EmbeddingFailed(Unavailable):
    """A provider of embeddings refused, failed or did not answer in time; the message says which."""

    code = "embedding-failed"


class ModelNotConfigured(PinciteError):
    """The settings name a model that cannot be used as it is (unknown provider, missing or rejected key)."""

    code = "model-not-configured"
    kind = ErrorKind.INVALID
