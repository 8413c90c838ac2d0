"""A second look at the first passages: phrases of the question, figures, words in names and headings. Pure.

Word search counts words wherever they stand; "statements of cash flows" is more than its words.
"""

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from itertools import pairwise
from typing import TypeVar

from pincite.core.words import words
from pincite.retrieval.domain import ScoredPassage
from pincite.retrieval.planning import Plan
from pincite.retrieval.settings import RetrievalSettings

T = TypeVar("T")
LOOKED_AT = 60
# Digits among a passage's characters from which on it counts as full of figures.
_FULL_OF_FIGURES = 0.1


def rescore(passages: Sequence[ScoredPassage], plan: Plan, settings: RetrievalSettings) -> list[ScoredPassage]:
    """Return the passages best first, with phrases, figures, names and headings weighed in; scores stay in 0..1.

    A pair of words, and a word of a name or heading, counts by how few of the passages hold it.
    """
    first = passages[:LOOKED_AT]
    parts = [(weight, shares) for weight, shares in _parts(first, plan, settings) if weight]
    if not passages or not parts:
        return list(passages)
    whole = 1.0 + sum(weight for weight, _ in parts)
    rescored = [
        replace(each, score=(each.score + sum(weight * shares[place] for weight, shares in parts)) / whole)
        for place, each in enumerate(first)
    ]
    # A worse passage further down gains nothing, and never overtakes one that was looked at.
    lowest = min(each.score for each in rescored)
    rest = [replace(each, score=min(lowest, each.score / whole)) for each in passages[LOOKED_AT:]]
    return [*sorted(rescored, key=lambda each: (-each.score, each.passage.chunk.id)), *rest]


def _parts(
    first: Sequence[ScoredPassage], plan: Plan, settings: RetrievalSettings
) -> Iterator[tuple[float, Sequence[float]]]:
    """Yield what is weighed in: a weight, and a share of 0..1 for each passage."""
    texts = [each.passage.chunk.text for each in first]
    if plan.phrases and settings.phrase_weight:
        yield settings.phrase_weight, _shares([plan.phrases.intersection(pairwise(words(text))) for text in texts])
    if plan.figures and settings.figure_weight:
        yield settings.figure_weight, [_figures(text) for text in texts]
    asked = frozenset(words(plan.words)) if settings.title_weight or settings.heading_weight else frozenset[str]()
    if settings.title_weight:
        yield settings.title_weight, _shares([asked.intersection(words(each.passage.source)) for each in first])
    if settings.heading_weight and not plan.figures:  # figures stand in tables, whose headings say little
        headings = [" ".join(each.passage.chunk.heading_path) for each in first]
        yield settings.heading_weight, _shares([asked.intersection(words(heading)) for heading in headings])


def _shares(held: Sequence[AbstractSet[T]]) -> list[float]:
    """Return how much of what is asked for each passage holds, the most as 1; what few hold counts more."""
    counts = Counter(thing for each in held for thing in each)
    weights = {thing: math.log(1 + len(held) / (1 + count)) for thing, count in counts.items()}
    sums = [sum(weights[thing] for thing in each) for each in held]
    most = max(sums, default=0.0)
    return [each / most if most else 0.0 for each in sums]


def _figures(text: str) -> float:
    digits = sum(letter.isdigit() for letter in text)
    return min(1.0, digits / max(1, len(text)) / _FULL_OF_FIGURES)
