"""Reranks with any embedder: a passage is as good as its best window of a few sentences. No model call of its own.

A vector of a whole passage blurs what it says; of a few sentences it does not. Source of the idea: passages by maximum
similarity of their sentences, as in MaxP (Dai & Callan 2019, "Deeper Text Understanding for IR", SIGIR).
"""

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pincite.core import Scope
from pincite.core.sentences import sentence_spans
from pincite.gateway.domain import Embedder

_WINDOW_WORDS = 60
_MOST_WINDOWS = 12
_KEPT = 20_000


class WindowReranker:
    """`Reranker` on an `Embedder`; the vectors of windows seen lately are kept.

    Args:
        name: as in the setting.
        embedder: makes the vectors.
    """

    def __init__(self, name: str, embedder: Embedder) -> None:
        self._name = name
        self._embedder = embedder
        self._known: OrderedDict[bytes, NDArray[np.float32]] = OrderedDict()

    @property
    def name(self) -> str:
        """As in the setting."""
        return self._name

    async def rerank(self, scope: Scope, question: str, passages: Sequence[str]) -> NDArray[np.float32]:
        """Return (len(passages),) relevance in 0..1, the cosine of the best window. Raises: Unavailable."""
        if not passages:
            return np.zeros(0, np.float32)
        cut = await asyncio.to_thread(lambda: [windows(passage) for passage in passages])
        asked = (await self._embedder.embed(scope, [question], query=True))[0]
        await self._learn(scope, [window for some in cut for window in some])
        best = [max((float(asked @ self._known[_key(window)]) for window in some), default=0.0) for some in cut]
        self._forget()
        return np.clip(np.asarray(best, dtype=np.float32), 0.0, 1.0)

    async def _learn(self, scope: Scope, texts: Sequence[str]) -> None:
        new = [text for text in dict.fromkeys(texts) if _key(text) not in self._known]
        if new:
            rows = await self._embedder.embed(scope, new)
            self._known.update({_key(text): row for text, row in zip(new, rows, strict=True)})
        for text in texts:
            self._known.move_to_end(_key(text))

    def _forget(self) -> None:
        while len(self._known) > _KEPT:
            self._known.popitem(last=False)


def windows(text: str) -> list[str]:
    """Return overlapping stretches of whole sentences, about sixty words each, at most twelve, in order."""
    units = [unit for start, end in sentence_spans(text) for unit in _pieces(text[start:end])]
    found: list[str] = []
    begin = 0
    while begin < len(units) and len(found) < _MOST_WINDOWS:
        end, words = begin, 0
        while end < len(units) and (end == begin or words + len(units[end].split()) <= _WINDOW_WORDS):
            words += len(units[end].split())
            end += 1
        found.append(" ".join(units[begin:end]))
        if end == len(units):
            break
        begin = max(begin + 1, end - 1)  # the last sentence of one begins the next
    return found


def _pieces(sentence: str) -> list[str]:
    """A sentence, or its parts where it is as long as a table."""
    words = sentence.split()
    return [" ".join(words[start : start + _WINDOW_WORDS]) for start in range(0, len(words), _WINDOW_WORDS)]


def _key(text: str) -> bytes:
    return hashlib.blake2b(text.encode(), digest_size=16).digest()
