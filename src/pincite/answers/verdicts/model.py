"""Turns the figures of a claim into a score: a linear part and small boosted trees, learned by `bench/verdicts.py`.

The weights are data (`weights.json`); what the figures measure is in `features.py`.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

_WEIGHTS = Path(__file__).parent / "weights.json"


@dataclass(frozen=True, slots=True)
class Tree:
    """A binary tree as arrays: node `n` goes to `2n+1` when its figure is at most `cuts[n]`, else to `2n+2`.

    A node whose figure is -1 is a leaf and has the value `cuts[n]`.
    """

    figures: tuple[int, ...]
    cuts: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Band:
    """Scores from `low` to below `high`."""

    low: float
    high: float

    def holds(self, score: float) -> bool:
        """Say whether a score lies in it."""
        return self.low <= score < self.high


@dataclass(frozen=True, slots=True)
class Weights:
    """What was learned.

    Args:
        names: the figures, in order.
        means: of each figure.
        slopes: logit for one unit of each figure above its mean.
        base: logit of the linear part at the means.
        trees_base: logit of the trees before the first.
        trees: their values are added up.
        supported_from: least score of `supported`.
        partial_from: least score of `partial`.
        uncertain: scores by which a claim is neither surely carried nor surely not.
    """

    names: tuple[str, ...]
    means: tuple[float, ...]
    slopes: tuple[float, ...]
    base: float
    trees_base: float
    trees: tuple[Tree, ...]
    supported_from: float
    partial_from: float
    uncertain: Band = Band(0.25, 0.75)

    def score(self, figures: Mapping[str, float]) -> float:
        """Return the chance in 0..1 that a claim with these figures is carried: the mean of both parts' logits."""
        row = [figures[name] for name in self.names]
        linear = self.base + sum(
            slope * (figure - mean) for slope, figure, mean in zip(self.slopes, row, self.means, strict=True)
        )
        boosted = self.trees_base + sum(_value(tree, row) for tree in self.trees)
        logit = max(-30.0, min(30.0, (linear + boosted) / 2))
        return 1 / (1 + math.exp(-logit))


@lru_cache(maxsize=2)
def shipped(*, vectors: bool) -> Weights:
    """Return the weights that ship with Pincite, for evidence with word vectors or without."""
    body: dict[str, Any] = json.loads(_WEIGHTS.read_text(encoding="utf-8"))
    return weights_from(body["with_vectors" if vectors else "without_vectors"])


def weights_from(body: Mapping[str, Any]) -> Weights:
    """Make weights of their JSON."""
    return Weights(
        names=tuple(body["names"]),
        means=tuple(body["means"]),
        slopes=tuple(body["slopes"]),
        base=body["base"],
        trees_base=body["trees_base"],
        trees=tuple(Tree(tuple(figures), tuple(cuts)) for figures, cuts in body["trees"]),
        supported_from=body["supported_from"],
        partial_from=body["partial_from"],
        uncertain=Band(*body["uncertain"]),
    )


def weights_to(weights: Weights) -> dict[str, Any]:
    """Return weights as JSON, rounded to what matters."""
    return {
        "names": list(weights.names),
        "means": [round(mean, 4) for mean in weights.means],
        "slopes": [round(slope, 4) for slope in weights.slopes],
        "base": round(weights.base, 4),
        "trees_base": round(weights.trees_base, 4),
        "trees": [[list(tree.figures), [round(cut, 3) for cut in tree.cuts]] for tree in weights.trees],
        "supported_from": round(weights.supported_from, 3),
        "partial_from": round(weights.partial_from, 3),
        "uncertain": [round(weights.uncertain.low, 3), round(weights.uncertain.high, 3)],
    }


def _value(tree: Tree, row: list[float]) -> float:
    node = 0
    while tree.figures[node] >= 0:
        node = 2 * node + (1 if row[tree.figures[node]] <= tree.cuts[node] else 2)
    return tree.cuts[node]
