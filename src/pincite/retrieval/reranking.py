"""When the first passages are judged once more, and what that judgement weighs beside the first stage's.

Which rerankers there are is the gateway's business. One that fails or takes too long changes nothing: an answer is
never lost for the sake of its order, unless the settings are strict.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from pincite.core import PinciteError, Scope, Unavailable, get_logger
from pincite.retrieval.domain import ScoredPassage
from pincite.retrieval.settings import RetrievalSettings

_FIFTH = 4

log = get_logger(__name__)


class Judge(Protocol):
    """What retrieval needs of a reranker."""

    @property
    def name(self) -> str:
        """As in settings."""
        ...

    async def rerank(self, scope: Scope, question: str, passages: Sequence[str]) -> NDArray[np.float32]:
        """Return (len(passages),) relevance in 0..1, higher is better. Raises: ModelError, Unavailable."""
        ...


@dataclass(frozen=True, slots=True)
class Reranking:
    """A reranker and when to ask it.

    Args:
        judge: the reranker; None for none.
        settings: how many it sees, what it weighs, when it is left out.
    """

    judge: Judge | None
    settings: RetrievalSettings

    async def apply(self, scope: Scope, question: str, passages: Sequence[ScoredPassage]) -> list[ScoredPassage]:
        """Return the passages best first; those beyond the depth stay where they are.

        Raises: PinciteError, where the settings are strict and the reranker failed.
        """
        depth = self.settings.rerank_depth
        first, rest = passages[:depth], passages[depth:]
        if self.judge is None or len(first) < 2 or is_confident(first, self.settings.rerank_skip_margin):
            return list(passages)
        texts = [_shown(each) for each in first]
        try:
            async with asyncio.timeout(self.settings.rerank_timeout_s):
                relevance = await self.judge.rerank(scope, question, texts)
        except (PinciteError, TimeoutError) as error:
            if self.settings.strict:
                raise _said(error, self.settings.rerank_timeout_s) from error
            log.warning("not reranked", reranker=self.judge.name, problem=str(error) or "took too long")
            return list(passages)
        return [*weighed(first, relevance.tolist(), self.settings.rerank_weight), *rest]


def _said(error: PinciteError | TimeoutError, limit_s: float) -> PinciteError:
    if isinstance(error, PinciteError):
        return error
    remedy = "Ask fewer at once, or let it take longer (rerank_timeout_s)."
    return Unavailable(f"The reranker took longer than {limit_s:g} seconds.", remedy=remedy)


def is_confident(passages: Sequence[ScoredPassage], margin: float | None) -> bool:
    """Whether the first stage's best is so far before its fifth that a second look would not change it."""
    if margin is None or len(passages) <= _FIFTH:
        return False
    return passages[0].score - passages[_FIFTH].score >= margin


def weighed(passages: Sequence[ScoredPassage], relevance: Sequence[float], weight: float) -> list[ScoredPassage]:
    """Return passages best first by both judgements, each scaled to 0..1 among them.

    The scores that come out lie between the best and the worst that went in, so that passages which were not judged
    stay behind.
    """
    ours = _scaled([each.score for each in passages])
    theirs = _scaled(relevance)
    low, high = min(each.score for each in passages), max(each.score for each in passages)
    both = [(1 - weight) * one + weight * other for one, other in zip(ours, theirs, strict=True)]
    found = [replace(each, score=low + (high - low) * score) for each, score in zip(passages, both, strict=True)]
    return sorted(found, key=lambda each: (-each.score, each.passage.chunk.id))


def _scaled(values: Sequence[float]) -> list[float]:
    low, high = min(values), max(values)
    return [(value - low) / (high - low) if high > low else 1.0 for value in values]


def _shown(scored: ScoredPassage) -> str:
    chunk = scored.passage.chunk
    heading = " > ".join(chunk.heading_path)
    return f"{heading}\n{chunk.text}" if heading else chunk.text
