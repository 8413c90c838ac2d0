"""More to search with: words of the first passages found (pseudo-relevance feedback), or what a model writes.

The feedback is pure. What a model writes is searched with and never shown; one that fails changes nothing.
"""

import asyncio
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from pincite.core import PinciteError, Scope, Unavailable, get_logger
from pincite.core.words import content_pairs, stem
from pincite.gateway import ChatFinished
from pincite.retrieval.fusion import Fused

RELEVANT = 5  # passages that are taken for relevant
BACKGROUND = 30  # passages that say, with them, which words are common
_MOST_WRITTEN = 4
# The question as it was asked weighs as much as all that a model made of it.
_OWN = 0.5

log = get_logger(__name__)
Written = Literal["passage", "queries", "parts"]
Reply = tuple[Sequence[str], ChatFinished | None]
"""What a model wrote, and how its call ended: with what was used and what it cost."""


class Writer(Protocol):
    """What retrieval needs of a chat model."""

    @property
    def name(self) -> str:
        """As in settings."""
        ...

    async def passage(self, scope: Scope, question: str) -> Reply:
        """Return a passage as one that answers the question might read. Raises: ModelError, Unavailable."""
        ...

    async def queries(self, scope: Scope, question: str, count: int) -> Reply:
        """Return the question in other words, at most `count` times. Raises: ModelError, Unavailable."""
        ...

    async def parts(self, scope: Scope, question: str, count: int) -> Reply:
        """Return the questions that stand in one, at most `count`; none or one for a single question.

        Raises:
            ModelError: the model failed.
            Unavailable: it cannot be reached.
        """
        ...


@dataclass(frozen=True, slots=True)
class Wrote:
    """What a model wrote for one question; empty where none was asked or it failed.

    Args:
        beside: what is searched with beside the question: a passage, or queries.
        parts: the questions that stand in it, two or more.
        call: how the call ended.
    """

    beside: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()
    call: ChatFinished | None = None


@dataclass(frozen=True, slots=True)
class Writing:
    """A writer and what is asked of it.

    Args:
        writer: the model; None for none.
        kind: a passage to search like (HyDE: Gao et al. 2022, arXiv 2212.10496), more queries, or the parts of the
            question; None for nothing.
        timeout_s: longest wait for it.
        strict: whether the search fails where it does.
    """

    writer: Writer | None
    kind: Written | None
    timeout_s: float
    strict: bool = False

    async def wrote(self, scope: Scope, question: str) -> Wrote:
        """Return what was written, nothing where no model is asked or it fails. One call a question.

        Raises: PinciteError, where it is strict and the model failed.
        """
        if self.writer is None or self.kind is None:
            return Wrote()
        try:
            async with asyncio.timeout(self.timeout_s):
                texts, call = await self._asked(self.writer, scope, question)
        except (PinciteError, TimeoutError) as error:
            if self.strict and isinstance(error, PinciteError):
                raise
            if self.strict:
                said = f"What is searched with took longer than {self.timeout_s:g} seconds to write."
                raise Unavailable(said, remedy="Let it take longer (written_timeout_s).") from error
            log.warning("question not expanded", writer=self.writer.name, problem=str(error) or "took too long")
            return Wrote()
        some = tuple(dict.fromkeys(texts))[:_MOST_WRITTEN]
        if self.kind == "parts":
            return Wrote(parts=some if len(some) > 1 else (), call=call)
        return Wrote(beside=some, call=call)

    async def _asked(self, writer: Writer, scope: Scope, question: str) -> Reply:
        if self.kind == "passage":
            return await writer.passage(scope, question)
        write = writer.queries if self.kind == "queries" else writer.parts
        return await write(scope, question, _MOST_WRITTEN)


def feedback(words: str, passages: Sequence[tuple[float, str]], count: int) -> str:
    """Return a query with the `count` words that tell its first passages from the rest added once each.

    A word's weight is its share of each of the first passages, weighted by their scores, and how few of all hold it:
    relevance models (Lavrenko & Croft 2001; RM3) with an inverse document frequency. The query's own words are said
    twice, so that they weigh more.

    Args:
        words: the query.
        passages: (score, text), best first; the first few are taken for relevant, the rest say what is common.
        count: how many words.
    """
    if not count or len(passages) <= RELEVANT:
        return words
    own = {stem(word.lower()) for word in words.split()}
    counted = [Counter(found for found, _ in content_pairs(text)) for _, text in passages]
    spelt = {found: word for _, text in reversed(passages[:RELEVANT]) for found, word in content_pairs(text)}
    held = Counter(found for each in counted for found in each)
    weights: dict[str, float] = {}
    for (score, _), each in zip(passages[:RELEVANT], counted, strict=False):
        size = max(1, each.total())
        for found, times in each.items():
            if found not in own and not found.isdigit():
                rarity = math.log(1 + len(passages) / held[found])
                weights[found] = weights.get(found, 0.0) + score * times / size * rarity
    added = [spelt[found] for found in sorted(weights, key=lambda each: (-weights[each], each))[:count]]
    return " ".join((words, words, *added)) if added else words


def blended(asked: Sequence[Fused], others: Sequence[Sequence[Fused]]) -> list[Fused]:
    """Return one ranking of the question's own and those of its variants; a list that lacks a chunk counts 0."""
    if not others:
        return list(asked)
    scores: dict[str, float] = {}
    known: dict[str, Fused] = {}
    for weight, ranking in [(_OWN, asked), *((_OWN / len(others), each) for each in others)]:
        for fused in ranking:
            known.setdefault(fused.chunk_id, fused)
            scores[fused.chunk_id] = scores.get(fused.chunk_id, 0.0) + weight * fused.score
    made = [
        Fused(each.chunk_id, each.document_id, scores[each.chunk_id], each.bm25, each.cosine) for each in known.values()
    ]
    return sorted(made, key=lambda each: (-each.score, each.chunk_id))
