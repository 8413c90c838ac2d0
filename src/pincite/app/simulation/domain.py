"""What a request to the simulated provider asks for, and what is done with it: frozen values that its parts pass on.

Who decides what is done is in `behaviour.py`; how it is done, in `turns.py`, the two protocols and `sending.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Protocol


class Kind(StrEnum):
    """What a request asks for."""

    CHAT = "chat"
    EMBEDDINGS = "embeddings"
    RERANK = "rerank"
    MODERATIONS = "moderations"


class Wire(StrEnum):
    """Whose protocol it is asked in."""

    OPENAI = "openai"
    ANTHROPIC = "anthropic"


@dataclass(frozen=True, slots=True)
class Asked:
    """One request.

    Args:
        kind: what is asked for.
        wire: whose protocol.
        body: the JSON that was sent, as it came.
        key: the key that was sent; "" without one.
        client_request_id: what the client calls the request, where it says so.
    """

    kind: Kind
    wire: Wire
    body: Mapping[str, Any]
    key: str = ""
    client_request_id: str | None = None

    @property
    def model(self) -> str:
        """The model's name; "" where none is named."""
        named = self.body.get("model")
        return named if isinstance(named, str) else ""


@dataclass(frozen=True, slots=True)
class Refusal:
    """An error in place of an answer.

    Args:
        status: of HTTP.
        code: the provider's word for it; "" for what the status is usually called.
        message: a sentence.
        retry_after_s: what `Retry-After` says, and with 429 the headers on limits; None leaves them out.
        headers: sent besides.
    """

    status: int
    message: str
    code: str = ""
    retry_after_s: int | None = None
    headers: Mapping[str, str] = field(default_factory=lambda: MappingProxyType[str, str]({}))


@dataclass(frozen=True, slots=True)
class Told:
    """What is done with one request.

    Args:
        reply: the text; None for one that suits the question.
        latency_s: wait before the first byte.
        token_s: wait for each token.
        piece_s: wait before each piece, besides.
        piece_chars: most characters of a piece between blanks; of a `block_chars` there, as many whatever they are.
        refusal: an error in its place.
        page: a web page in its place.
        hang: nothing in its place.
        drip_s: wait before each single byte of the body.
        drop_at_byte: close the connection after so many bytes of the body.
        stall_at_byte: send nothing more after so many bytes of the body.
        garble_at_byte: put broken JSON into the body after so many bytes of it.
        drop_after: close it after so many pieces of a text.
        malformed_after: broken JSON after so many pieces.
        usage: factor of the usage that is reported; None for none at all.
        finish: why a text ended, in OpenAI's words.
        no_finish: say nothing of why, nor that it ended.
        times: how many times as long as asked a text becomes.
        keeps_limit: whether a text ends at the most tokens that were asked for.
        headers: sent with every answer.
        dimensions: length of a vector.
        vectors: rows in place of what embeddings would be.
        flags: the word that makes a text fall into each category of moderation.
        before, after: sent as they are before and behind the text of an OpenAI stream.
        raw: sent as it is in place of all of an OpenAI stream.
        faults: what is done wrong, for the log.
        keeps_prompts: whether what two requests begin alike with is read from a cache the second time.
    """

    reply: str | None = None
    latency_s: float = 0.0
    token_s: float = 0.0
    piece_s: float = 0.0
    piece_chars: int = 4
    block_chars: int = 0
    refusal: Refusal | None = None
    page: bool = False
    hang: bool = False
    drip_s: float = 0.0
    drop_at_byte: int | None = None
    stall_at_byte: int | None = None
    garble_at_byte: int | None = None
    drop_after: int | None = None
    malformed_after: int | None = None
    usage: float | None = 1.0
    finish: str = "stop"
    no_finish: bool = False
    times: float = 1.0
    keeps_limit: bool = True
    headers: Mapping[str, str] = field(default_factory=lambda: MappingProxyType[str, str]({}))
    dimensions: int = 8
    vectors: Any = None
    flags: Mapping[str, str] = field(default_factory=lambda: MappingProxyType[str, str]({}))
    before: tuple[bytes, ...] = ()
    after: tuple[bytes, ...] = ()
    raw: tuple[bytes, ...] | None = None
    faults: tuple[str, ...] = ()
    keeps_prompts: bool = False


class Decides(Protocol):
    """Who says what is done with each request."""

    @property
    def models(self) -> tuple[str, ...]:
        """The models that there are; those that are listed."""
        ...

    def decide(self, asked: Asked) -> Told:
        """Return what is done with a request."""
        ...


class Dropped(Exception):
    """The connection is closed amid an answer, as was told."""


def refusal_of(asked: Asked, keys: frozenset[str] | None, models: frozenset[str] | None) -> Refusal | None:
    """Return the refusal of a key or a model that is not among these; None where all is well, or any will do."""
    if keys is not None and asked.key not in keys:
        code = "invalid_api_key" if asked.wire is Wire.OPENAI else ""
        return Refusal(401, "The API key is not one that the simulated provider accepts.", code)
    if models is not None and asked.model not in models:
        code = "model_not_found" if asked.wire is Wire.OPENAI else ""
        return Refusal(404, f"The model {asked.model!r} does not exist.", code)
    return None
