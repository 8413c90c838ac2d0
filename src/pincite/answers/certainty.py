"""How likely a quoted answer is right, to rank answers by. Pure; the weights are learned by `bench/certainty.py`.

Whether there is an answer at all is decided by how well its sentence fits (`extractive.py`), not here.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from pincite.retrieval import ScoredPassage


@dataclass(frozen=True, slots=True)
class Signs:
    """What speaks for an answer, each in 0..1 and none against it.

    Args:
        fit: how much of the question its first sentence covers, in the words or around them.
        similarity: cosine of question and sentence.
        lead: how far the best passage's score is above the mean of the others.
        standing: score of the sentence's passage relative to the best.
    """

    fit: float
    similarity: float
    lead: float
    standing: float


@dataclass(frozen=True, slots=True)
class Certainty:
    """A logistic combination that rises with every sign: the weights are not negative."""

    fit: float
    similarity: float
    lead: float
    standing: float
    base: float

    def of(self, signs: Signs) -> float:
        """Return the chance in 0..1 that an answer with these signs is right."""
        logit = self.base + sum(weight * sign for weight, sign in zip(self._weights(), values(signs), strict=True))
        return 1 / (1 + math.exp(-logit))

    def _weights(self) -> tuple[float, ...]:
        return self.fit, self.similarity, self.lead, self.standing


# Learned on seven sets, each counting alike: the handbook's questions and six public ones, where every question is
# asked with its passages and without. Left out one by one, each is ranked better than by any score of retrieval.
CERTAINTY = Certainty(fit=4.68, similarity=1.58, lead=4.92, standing=3.17, base=-8.58)


def values(signs: Signs) -> tuple[float, ...]:
    """Return the signs in the order of the weights."""
    return signs.fit, signs.similarity, signs.lead, signs.standing


def lead_of(passages: Sequence[ScoredPassage]) -> float:
    """Return how far the best score is above the mean of the others; of a single passage, its score."""
    scores = sorted((each.score for each in passages), reverse=True)
    if len(scores) < 2:
        return sum(scores)
    # Clamped: the mean of equal scores may be rounded above them.
    return max(0.0, scores[0] - sum(scores[1:]) / len(scores[1:]))


def standing_of(place: int, passages: Sequence[ScoredPassage]) -> float:
    """Return the score of a passage relative to the best, 0..1."""
    best = max((each.score for each in passages), default=0.0)
    return passages[place].score / best if best > 0 else 0.0
