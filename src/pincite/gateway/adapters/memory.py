"""A chat model that says what it was told, an embedder of words and a ledger that remembers, for tests of other rooms.

The double that speaks HTTP is with the tests.
"""

import asyncio
import hashlib
from collections.abc import AsyncGenerator, Callable, Sequence
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from pincite.core import PinciteError, Scope, Unavailable
from pincite.gateway.cascade import Cascade
from pincite.gateway.domain import (
    ChatFinished,
    ChatRequest,
    Lane,
    ModelError,
    Overloaded,
    Restarted,
    TextDelta,
    Usage,
)
from pincite.ledger import Call, Reservation, Spent

Script = Callable[[ChatRequest], Sequence[str | Restarted]]


class ScriptedChat:
    """Streams the pieces that `script` returns for a request.

    Args:
        script: makes the pieces of the reply.
        pause_s: the wait before each piece.
        fails: raised after the last piece instead of an end.
        window: tokens that it takes.

    A piece may be `Restarted`. `full` is raised where it is asked whether there is room; `cascade` is as it is set.
    """

    def __init__(
        self, script: Script, *, pause_s: float = 0.0, fails: ModelError | None = None, window: int | None = None
    ) -> None:
        self._script = script
        self._pause_s = pause_s
        self._fails = fails
        self._window = window
        self.requests: list[ChatRequest] = []
        self.full: Overloaded | None = None
        self.cascade: Cascade | None = None

    @property
    def name(self) -> str:
        """`provider:model`."""
        return "memory:scripted"

    async def context_tokens(self) -> int | None:
        """Return what it was told."""
        return self._window

    def look(self, scope: Scope, lane: Lane) -> None:
        """Pass. Raises: Overloaded, where `full` says so."""
        if self.full is not None:
            raise self.full

    async def stream(self, scope: Scope, request: ChatRequest) -> AsyncGenerator[TextDelta | Restarted | ChatFinished]:
        """Yield the script's pieces, then the end. Raises: ModelError, if it was told to."""
        self.requests.append(request)
        written = 0
        for piece in self._script(request):
            await asyncio.sleep(self._pause_s)
            if isinstance(piece, Restarted):
                yield piece
                continue
            written += len(piece)
            yield TextDelta(piece)
        if self._fails is not None:
            raise self._fails
        yield ChatFinished(self.name, Usage(len(request.system) // 4, written // 4), Decimal("0.001"))


class MemoryMeter:
    """Lets every call be made, and remembers what was reserved and settled, in order."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.settled: list[Spent] = []
        self.refuses: PinciteError | None = None
        self.refused_models: set[str] | None = None
        self.prefers_cheaper = False

    async def reserve(self, scope: Scope, call: Call, *, patience_s: float = 0.0) -> Reservation:
        """Let a call be made, or raise `refuses` where it is of one of `refused_models`; None for any."""
        if self.refuses is not None and (self.refused_models is None or call.model in self.refused_models):
            raise self.refuses
        self.calls.append(call)
        return Reservation(f"call-{len(self.calls)}", scope.tenant, prefer_cheaper=self.prefers_cheaper)

    def settle(self, reservation: Reservation, spent: Spent) -> None:
        """Remember what a call came to."""
        self.settled.append(spent)


class WordEmbedder:
    """An embedder whose texts are alike as far as they share words, which it maps to directions by their hash.

    Args:
        model_id: what it calls itself; another one has other directions.
        dimensions: length of a vector.
        dense_weight: in 0..1.
    """

    def __init__(self, model_id: str = "memory:words", *, dimensions: int = 64, dense_weight: float = 0.5) -> None:
        self.model_id = model_id
        self.dimensions = dimensions
        self.dense_weight = dense_weight
        self.embedded: list[str] = []
        self.fails: Unavailable | None = None
        self.pause_s = 0.0

    async def embed(self, scope: Scope, texts: Sequence[str], *, query: bool = False) -> NDArray[np.float32]:
        """Return unit vectors, and note passages in `embedded`. Raises: Unavailable, where `fails` says so."""
        await asyncio.sleep(self.pause_s)
        if self.fails is not None:
            raise self.fails
        if not query:
            self.embedded.extend(texts)
        rows = np.zeros((len(texts), self.dimensions), np.float32)
        for row, text in zip(rows, texts, strict=True):
            for word in text.lower().split():
                row += self._direction(word.strip(".,:;!?"))
        return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)

    def _direction(self, word: str) -> NDArray[np.float32]:
        seed = hashlib.sha256(f"{self.model_id} {word}".encode()).digest()[:8]
        return np.random.default_rng(int.from_bytes(seed, "big")).standard_normal(self.dimensions, np.float32)
