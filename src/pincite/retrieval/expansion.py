"""More words to search with: from the first passages found (pseudo-relevance feedback), or written by a model.

The feedback is pure. What a model writes is searched with and never shown; one that fails changes nothing.
"""

import asyncio
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from pincite.core import PinciteError, Scope, get_logger
from pincite.core.words import content_pairs, stem
from pincite.retrieval.fusion import Fused

RELEVANT = 5  # passages that are taken for relevant
BACKGROUND = 30  # passages that say, with them, which words are common
_MOST_QUERIES = 3
# The question as it was asked weighs as much as all that a model made of it.
_OWN = 0.5

log = get_logger(__name__)
Written = Literal["passage", "queries"]


class Writer(Protocol):
    """What retrieval needs of a chat model."""

    @property
    def name(self) -> str:
        """As in settings."""
        ...

    async def passage(self, scope: Scope, question: str) -> str:
        """Return a passage as one that answers the question might read. Raises: ModelError, Unavailable."""
        ...

    async def queries(self, scope: Scope, question: str, count: int) -> Sequence[str]:
        """Return the question in other words, at most `count` times. Raises: ModelError, Unavailable."""
        ...


@dataclass(frozen=True, slots=True)
class Writing:
    """A writer and what is asked of it.

    Args:
        writer: the model; None for none.
        kind: a passage to search like (HyDE: Gao et al. 2022, arXiv 2212.10496) or more queries; None for neither.
        timeout_s: longest wait for it.
    """

    writer: Writer | None
    kind: Written | None
    timeout_s: float

    async def texts(self, scope: Scope, question: str) -> tuple[str, ...]:
        """Return what was written, nothing where no model is asked or it fails."""
        if self.writer is None or self.kind is None:
            return ()
        try:
            async with asyncio.timeout(self.timeout_s):
                if self.kind == "passage":
                    return (await self.writer.passage(scope, question),)
                return tuple(await self.writer.queries(scope, question, _MOST_QUERIES))[:_MOST_QUERIES]
        except (PinciteError, TimeoutError) as error:
            log.warning("question not expanded", writer=self.writer.name, problem=str(error) or "took too long")
            return ()


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
