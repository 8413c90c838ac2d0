"""Learns how alike two questions must be to be given the same answer, on pairs that people have labelled.

What words must share is said in `likeness.py`. A threshold is worth what it does on pairs that did not choose it.
"""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass

from pincite.answers.likeness import difference
from pincite.core import InvalidInput, Scope
from pincite.gateway import Embedder

FOLDS = 5
LEAST_PAIRS = 20
MOST_PAIRS = 10_000
_LONGEST_CHARS = 500


@dataclass(frozen=True, slots=True)
class Pair:
    """Two questions, whether they mean the same, and else what was changed, if that is said."""

    asked: str
    other: str
    same: bool
    changed: str | None = None


@dataclass(frozen=True, slots=True)
class Judged:
    """A pair with the cosine of its questions, and whether their words may mean the same."""

    pair: Pair
    cosine: float
    passes: bool


@dataclass(frozen=True, slots=True)
class Learned:
    """A threshold, learned on all pairs, and what thresholds do that were learned without the pairs they are tried on.

    Of the `same` pairs `found` are taken for one question, and of the `different` ones `wrong`.
    """

    threshold: float
    same: int
    found: int
    different: int
    wrong: int


async def judged(embedder: Embedder, scope: Scope, pairs: Sequence[Pair]) -> list[Judged]:
    """Return pairs with what is known of them."""
    one = await embedder.embed(scope, [each.asked for each in pairs], query=True)
    other = await embedder.embed(scope, [each.other for each in pairs], query=True)
    cosines = (one * other).sum(axis=1)
    return [
        Judged(pair, float(cosine), difference(pair.asked, pair.other) is None)
        for pair, cosine in zip(pairs, cosines, strict=True)
    ]


def threshold_of(found: Sequence[Judged], *, by_words: bool = True) -> float:
    """Return the least cosine, in hundredths, that lets no near miss pass, and what else passes the words' test."""
    counted = [each for each in found if each.passes or not by_words]
    wrong = max((each.cosine for each in counted if not each.pair.same), default=-1.0)
    right = min((each.cosine for each in counted if each.pair.same and each.cosine > wrong), default=1.0)
    return math.floor(right * 100) / 100 if math.floor(right * 100) / 100 > wrong else math.nextafter(wrong, 2)


def cross_validated(found: Sequence[Judged]) -> Learned:
    """Learn on all pairs, and try what is learned on four fifths of each kind on the rest."""
    dealt = [each for kind in (True, False) for each in found if each.pair.same is kind]
    hits: list[Judged] = []
    for fold in range(FOLDS):
        least = threshold_of([each for place, each in enumerate(dealt) if place % FOLDS != fold])
        hits += [each for each in dealt[fold::FOLDS] if each.passes and each.cosine >= least]
    same = sum(each.pair.same for each in found)
    right = sum(each.pair.same for each in hits)
    return Learned(threshold_of(found), same, right, len(found) - same, len(hits) - right)


def pairs_from(text: str) -> list[Pair]:
    """Return the pairs of a file of JSON lines. Raises: InvalidInput, with the line that is wrong."""
    lines = [(number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
    pairs = [_pair(number, line) for number, line in lines]
    labels = {each.same for each in pairs}
    if not LEAST_PAIRS <= len(pairs) <= MOST_PAIRS or len(labels) < 2:
        raise InvalidInput(
            f"Nothing can be learned on {len(pairs)} pairs.",
            remedy=f"Give {LEAST_PAIRS} to {MOST_PAIRS:,} pairs, some that mean the same and some that do not.",
        )
    return pairs


def _pair(number: int, line: str) -> Pair:
    try:
        given = json.loads(line)
        asked, other, same = given["asked"], given["other"], given["same"]
    except (ValueError, TypeError, KeyError, RecursionError):
        asked = other = same = None
    if not (isinstance(asked, str) and isinstance(other, str) and isinstance(same, bool)):
        raise InvalidInput(
            f"Line {number} is no pair of questions.",
            remedy='Write {"asked": "...", "other": "...", "same": true} on each line.',
        )
    if not asked.strip() or not other.strip() or max(len(asked), len(other)) > _LONGEST_CHARS:
        raise InvalidInput(f"A question of line {number} is empty, or longer than {_LONGEST_CHARS} characters.")
    return Pair(asked, other, same)
