"""Intervals by bootstrap, paired differences, and quality of scores against labels. Pure, over plain numbers.

Sources: Efron & Tibshirani 1993, "An Introduction to the Bootstrap" (percentile intervals); Fawcett 2006, "An
introduction to ROC analysis"; El-Yaniv & Wiener 2010 and Geifman et al. 2019 for the risk-coverage curve and its area.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 4_000
_SEED = 20_260_101
_CHUNK = 2_000_000


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean over `cases` with its 95 % interval."""

    mean: float
    low: float
    high: float
    cases: int


def bootstrap(values: Sequence[float], resamples: int = RESAMPLES) -> Estimate:
    """Return the mean with its percentile interval; the same values give the same interval. NaN for no values."""
    if not values:
        return Estimate(float("nan"), float("nan"), float("nan"), 0)
    array = np.asarray(values, dtype=np.float64)
    means = _resampled_means(array, resamples)
    low, high = np.quantile(means, [0.025, 0.975])
    return Estimate(float(array.mean()), float(low), float(high), len(values))


def paired_difference(ours: Sequence[float], theirs: Sequence[float], resamples: int = RESAMPLES) -> Estimate:
    """Return the mean of `ours - theirs` over the same cases, with its interval. Raises: ValueError (lengths)."""
    if len(ours) != len(theirs):
        raise ValueError("a paired comparison needs the same cases on both sides")
    return bootstrap([one - other for one, other in zip(ours, theirs, strict=True)], resamples)


def mean_over_groups(groups: Sequence[Sequence[float]], resamples: int = RESAMPLES) -> Estimate:
    """Return the mean of the groups' means; cases are resampled within each group (stratified bootstrap)."""
    filled = [np.asarray(group, dtype=np.float64) for group in groups if len(group)]
    if not filled:
        return bootstrap([])
    means = np.mean([_resampled_means(group, resamples, place) for place, group in enumerate(filled)], axis=0)
    low, high = np.quantile(means, [0.025, 0.975])
    mean = float(np.mean([group.mean() for group in filled]))
    return Estimate(mean, float(low), float(high), sum(len(group) for group in filled))


def _resampled_means(values: NDArray[np.float64], resamples: int, stream: int = 0) -> NDArray[np.float64]:
    random = np.random.default_rng([_SEED, stream])
    means = np.empty(resamples)
    step = max(1, _CHUNK // len(values))
    for start in range(0, resamples, step):
        count = min(step, resamples - start)
        means[start : start + count] = values[random.integers(0, len(values), (count, len(values)))].mean(axis=1)
    return means


def auroc(labels: Sequence[bool], scores: Sequence[float]) -> float:
    """Return the chance that a true case scores above a false one, ties counting half. NaN when one kind is missing."""
    truth = np.asarray(labels, dtype=bool)
    values = np.asarray(scores, dtype=np.float64)
    positives, negatives = int(truth.sum()), int((~truth).sum())
    if positives == 0 or negatives == 0:
        return float("nan")
    _, where, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    ranks = (ends - (counts - 1) / 2)[where]
    return float((ranks[truth].sum() - positives * (positives + 1) / 2) / (positives * negatives))


def f1(labels: Sequence[bool], decided: Sequence[bool]) -> float:
    """Return the harmonic mean of precision and recall of the true class; 0 when nothing true is decided."""
    both = sum(1 for label, made in zip(labels, decided, strict=True) if label and made)
    either = sum(labels) + sum(decided)
    return 2 * both / either if either else 0.0


def balanced_accuracy(labels: Sequence[bool], decided: Sequence[bool]) -> float:
    """Return the mean of the two classes' recalls. NaN when one class is missing."""
    pairs = list(zip(labels, decided, strict=True))
    recalls = [[made == kind for label, made in pairs if label == kind] for kind in (True, False)]
    if not all(recalls):
        return float("nan")
    return sum(sum(each) / len(each) for each in recalls) / 2


def risk_coverage(wrong: Sequence[bool], confidence: Sequence[float]) -> list[tuple[float, float]]:
    """Return (coverage, risk) points as cases are answered from the most confident down; ties are taken together."""
    order = sorted(zip(confidence, wrong, strict=True), key=lambda pair: -pair[0])
    points: list[tuple[float, float]] = []
    errors = 0
    for place, (score, mistaken) in enumerate(order, 1):
        errors += mistaken
        if place == len(order) or order[place][0] != score:
            points.append((place / len(order), errors / place))
    return points


def risk_coverage_area(wrong: Sequence[bool], confidence: Sequence[float]) -> float:
    """Return the mean risk over all coverages 1/n .. 1, lower is better; within a tie, its expectation."""
    points = [(0.0, 0.0), *risk_coverage(wrong, confidence)]
    count = len(wrong)
    if count == 0:
        return float("nan")
    total = 0.0
    for (before, risk_before), (after, risk_after) in pairwise(points):
        first, last = round(before * count), round(after * count)
        errors, added = risk_before * first, risk_after * last - risk_before * first
        total += sum((errors + added * (at - first) / (last - first)) / at for at in range(first + 1, last + 1))
    return total / count
