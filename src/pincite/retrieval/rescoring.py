"""A second look at the first passages: do words of the question stand together there, are there figures? Pure.

Word search counts words wherever they stand; "statements of cash flows" is more than its words.
"""

import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from pincite.core.words import words
from pincite.retrieval.domain import ScoredPassage
from pincite.retrieval.planning import Plan
from pincite.retrieval.settings import RetrievalSettings

LOOKED_AT = 60
# Digits among a passage's characters from which on it counts as full of figures.
_FULL_OF_FIGURES = 0.1


def rescore(passages: Sequence[ScoredPassage], plan: Plan, settings: RetrievalSettings) -> list[ScoredPassage]:
    """Return the passages best first, with phrases and figures weighed in; scores stay in 0..1.

    A pair of words counts by how few of the passages hold it.
    """
    phrase_weight = settings.phrase_weight if plan.phrases else 0.0
    figure_weight = settings.figure_weight if plan.figures else 0.0
    if not passages or not (phrase_weight or figure_weight):
        return list(passages)
    first = passages[:LOOKED_AT]
    together = _phrase_shares([each.passage.chunk.text for each in first], plan) if phrase_weight else []
    whole = 1.0 + phrase_weight + figure_weight
    rescored: list[ScoredPassage] = []
    for place, each in enumerate(first):
        score = each.score + figure_weight * _figures(each.passage.chunk.text)
        score += phrase_weight * together[place] if phrase_weight else 0.0
        rescored.append(replace(each, score=score / whole))
    # A worse passage further down gains nothing, and never overtakes one that was looked at.
    lowest = min(each.score for each in rescored)
    rest = [replace(each, score=min(lowest, each.score / whole)) for each in passages[LOOKED_AT:]]
    return [*sorted(rescored, key=lambda each: (-each.score, each.passage.chunk.id)), *rest]


def _phrase_shares(texts: Sequence[str], plan: Plan) -> list[float]:
    held = [plan.phrases.intersection(pairwise(words(text))) for text in texts]
    counts = {phrase: sum(phrase in each for each in held) for phrase in plan.phrases}
    weights = {phrase: math.log(1 + len(texts) / (1 + count)) for phrase, count in counts.items()}
    sums = [sum(weights[phrase] for phrase in each) for each in held]
    most = max(sums)
    return [each / most if most else 0.0 for each in sums]


def _figures(text: str) -> float:
    digits = sum(letter.isdigit() for letter in text)
    return min(1.0, digits / max(1, len(text)) / _FULL_OF_FIGURES)
