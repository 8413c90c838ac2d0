"""The area under the risk-coverage curve, with its interval, and its difference over the same questions. Pure.

Questions are drawn with replacement and the area is computed anew each time; of two runs the same are drawn.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pincite.evals.statistics import Estimate

AREA = "risk-coverage area"
RESAMPLES = 1_000
_SEED = 20_260_101


@dataclass(frozen=True, slots=True)
class Risk:
    """One answer: whether it is wrong, and how sure it was."""

    wrong: bool
    confidence: float


def area_estimate(risks: Mapping[str, Risk]) -> Estimate | None:
    """Return the mean risk over all coverages, lower is better; None for no answers."""
    if not risks:
        return None
    return _estimate(_areas(list(risks.values()), _drawn(len(risks))), len(risks))


def area_difference(ours: Mapping[str, Risk], theirs: Mapping[str, Risk]) -> Estimate | None:
    """Return by how much our area is larger, over the questions that both answered; None for none."""
    shared = sorted(ours.keys() & theirs.keys())
    if not shared:
        return None
    drawn = _drawn(len(shared))
    mine, other = (_areas([risks[key] for key in shared], drawn) for risks in (ours, theirs))
    return _estimate(mine - other, len(shared))


def _drawn(count: int) -> NDArray[np.intp]:
    """Return (1 + `RESAMPLES`, questions): how often each counts, once each in the first row."""
    random = np.random.default_rng(_SEED)
    return np.vstack([np.ones(count, np.intp), random.multinomial(count, np.full(count, 1 / count), size=RESAMPLES)])


def _areas(risks: Sequence[Risk], drawn: NDArray[np.intp]) -> NDArray[np.float64]:
    """Return the area for each row of counts; answers of one confidence are taken together, in expectation."""
    levels, level_of = np.unique([-each.confidence for each in risks], return_inverse=True)
    wrong = np.array([each.wrong for each in risks])
    at = np.arange(1, len(risks) + 1)
    areas = np.empty(len(drawn))
    for place, counts in enumerate(drawn):
        answered = np.cumsum(np.bincount(level_of, counts, len(levels)))
        errors = np.cumsum(np.bincount(level_of, counts * wrong, len(levels)))
        areas[place] = (np.interp(at, [0, *answered], [0, *errors]) / at).mean()
    return areas


def _estimate(values: NDArray[np.float64], cases: int) -> Estimate:
    low, high = np.quantile(values[1:], [0.025, 0.975])
    return Estimate(float(values[0]), float(low), float(high), cases)
