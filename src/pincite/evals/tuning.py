"""Learns the weight of the dense score beside BM25 on golden sets, with cross-validation. Pure over rankings.

Figures of the chosen weight are those on folds that did not choose it, so they are no fit.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pincite.evals.statistics import Estimate, mean_over_groups, paired_difference

WEIGHTS = tuple(round(place * 0.05, 2) for place in range(21))
FOLDS = 5


@dataclass(frozen=True, slots=True)
class Tuned:
    """A weight learned on all cases; its cross-validated quality, that of words alone (weight 0), and what it gains.

    `by_set` has, for each set, (words alone, cross-validated, gain).
    """

    weight: float
    quality: Estimate
    words: Estimate
    gain: Estimate
    by_weight: tuple[tuple[float, float], ...]
    by_set: Mapping[str, tuple[float, float, Estimate]]


def tune(quality: Mapping[str, Sequence[Sequence[float]]]) -> Tuned:
    """Choose the weight whose mean over sets is best.

    Args:
        quality: by set, for each case its quality at each of `WEIGHTS`.
    """
    tables = {name: np.asarray(rows, dtype=np.float64) for name, rows in quality.items()}
    means = np.mean([table.mean(axis=0) for table in tables.values()], axis=0)
    held_out = {name: _held_out(name, tables) for name in tables}
    words = {name: table[:, 0] for name, table in tables.items()}
    gains = {name: held_out[name] - words[name] for name in tables}
    return Tuned(
        weight=WEIGHTS[int(means.argmax())],
        quality=mean_over_groups([list(each) for each in held_out.values()]),
        words=mean_over_groups([list(each) for each in words.values()]),
        gain=mean_over_groups([list(each) for each in gains.values()]),
        by_weight=tuple(zip(WEIGHTS, (float(mean) for mean in means), strict=True)),
        by_set={
            name: (
                float(words[name].mean()),
                float(held_out[name].mean()),
                paired_difference(list(held_out[name]), list(words[name])),
            )
            for name in tables
        },
    )


def _held_out(name: str, tables: Mapping[str, NDArray[np.float64]]) -> NDArray[np.float64]:
    """The quality of each case at the weight that all other folds of all sets choose."""
    table = tables[name]
    found = np.empty(len(table))
    for fold in range(FOLDS):
        held = np.arange(len(table)) % FOLDS == fold
        means = [
            each[np.arange(len(each)) % FOLDS != fold].mean(axis=0) for each in tables.values() if len(each) >= FOLDS
        ]
        chosen = int(np.mean(means, axis=0).argmax()) if means else 0
        found[held] = table[held, chosen]
    return found
