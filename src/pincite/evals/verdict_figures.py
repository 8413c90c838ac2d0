"""Figures of verdicts over a whole set of claims: F1, balanced accuracy, AUROC, with intervals. Pure.

A figure of the whole set is no mean over cases, so its interval comes from drawing groups of cases (Efron & Tibshirani
1993; a cluster bootstrap, as the claims of one source are alike) and computing it anew each time.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pincite.evals.domain import Case, Fault, Outcome
from pincite.evals.statistics import Estimate

RESAMPLES = 1_000
_SEED = 20_260_101
_CHUNK = 2_000_000
Weights = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Verdicts:
    """Arrays over claims: carried or not by the labels, decided so or not, scores, and the number of the group."""

    carried: Flags
    decided: Flags
    scores: NDArray[np.float64]
    groups: NDArray[np.intp]


Statistic = Callable[[Verdicts, Weights], NDArray[np.float64]]


def supported_f1(verdicts: Verdicts, weights: Weights) -> NDArray[np.float64]:
    """Return F1 of `supported` for each row of weights (rows x claims); NaN where nothing is or is decided so."""
    return _f1(verdicts.carried, verdicts.decided, weights)


def unsupported_f1(verdicts: Verdicts, weights: Weights) -> NDArray[np.float64]:
    """Return F1 of the claims that are not `supported`."""
    return _f1(~verdicts.carried, ~verdicts.decided, weights)


def balanced_accuracy(verdicts: Verdicts, weights: Weights) -> NDArray[np.float64]:
    """Return the mean of the recalls of both kinds; NaN where one is missing."""
    true, false = weights[:, verdicts.carried], weights[:, ~verdicts.carried]
    kept, lost = true[:, verdicts.decided[verdicts.carried]], false[:, ~verdicts.decided[~verdicts.carried]]
    return (_share(kept.sum(axis=1), true.sum(axis=1)) + _share(lost.sum(axis=1), false.sum(axis=1))) / 2


def auroc(verdicts: Verdicts, weights: Weights) -> NDArray[np.float64]:
    """Return the chance that a carried claim scores above one that is not, ties counting half; NaN without both."""
    order = np.argsort(verdicts.scores, kind="stable")
    _, starts = np.unique(verdicts.scores[order], return_index=True)
    ranked = weights[:, order]
    true = np.add.reduceat(ranked * verdicts.carried[order], starts, axis=1)
    false = np.add.reduceat(ranked * ~verdicts.carried[order], starts, axis=1)
    below = np.cumsum(false, axis=1) - false / 2
    return _share((true * below).sum(axis=1), true.sum(axis=1) * false.sum(axis=1))


WHOLE: Mapping[str, Statistic] = {
    "supported F1": supported_f1,
    "unsupported F1": unsupported_f1,
    "verdict balanced accuracy": balanced_accuracy,
    "verdict AUROC": auroc,
}


def whole_figures(cases: Sequence[Case], outcomes: Mapping[str, Outcome]) -> dict[str, Estimate]:
    """Return the figures of a set of claims by name; those that are not defined on it are left out."""
    verdicts = _verdicts(cases, outcomes)
    if verdicts is None:
        return {}
    picks = _picks(verdicts.groups)
    made = {name: _estimate(_values(statistic, verdicts, picks), len(cases)) for name, statistic in WHOLE.items()}
    return {name: each for name, each in made.items() if each is not None}


def whole_differences(
    cases: Sequence[Case], ours: Mapping[str, Outcome], theirs: Mapping[str, Outcome]
) -> dict[str, Estimate]:
    """Return by how much the figures differ over the same claims, drawn together."""
    mine, other = _verdicts(cases, ours), _verdicts(cases, theirs)
    if mine is None or other is None:
        return {}
    picks = _picks(mine.groups)
    made = {
        name: _estimate(_values(statistic, mine, picks) - _values(statistic, other, picks), len(cases))
        for name, statistic in WHOLE.items()
    }
    return {name: each for name, each in made.items() if each is not None}


def is_carried(case: Case) -> bool:
    """Whether a claim is labelled as carried by its evidence."""
    return case.label == "supported"


def claim_fault(case: Case, outcome: Outcome) -> Fault:
    """Return in which way the verdict on a claim is wrong."""
    decided = outcome.verdict == "supported"
    if decided == is_carried(case):
        return Fault.NONE
    return Fault.OVERRATED if decided else Fault.UNDERRATED


def _verdicts(cases: Sequence[Case], outcomes: Mapping[str, Outcome]) -> Verdicts | None:
    judged = [(case, outcomes[case.id]) for case in cases if case.claim and outcomes[case.id].verdict]
    if not judged:
        return None
    numbers = {name: place for place, name in enumerate(dict.fromkeys(case.group or case.id for case, _ in judged))}
    return Verdicts(
        carried=np.array([is_carried(case) for case, _ in judged]),
        decided=np.array([outcome.verdict == "supported" for _, outcome in judged]),
        scores=np.array([outcome.score or 0.0 for _, outcome in judged]),
        groups=np.array([numbers[case.group or case.id] for case, _ in judged]),
    )


def _picks(groups: NDArray[np.intp]) -> list[Weights]:
    """How often each claim counts: once each, then as often as its group is drawn; in portions of rows."""
    count = int(groups.max()) + 1
    random = np.random.default_rng(_SEED)
    rows = max(1, _CHUNK // len(groups))
    made = [np.ones((1, len(groups)))]
    for start in range(0, RESAMPLES, rows):
        drawn = random.multinomial(count, np.full(count, 1 / count), size=min(rows, RESAMPLES - start))
        made.append(drawn[:, groups].astype(np.float64))
    return made


def _values(statistic: Statistic, verdicts: Verdicts, picks: Sequence[Weights]) -> NDArray[np.float64]:
    return np.concatenate([statistic(verdicts, weights) for weights in picks])


def _estimate(values: NDArray[np.float64], cases: int) -> Estimate | None:
    drawn = values[1:][~np.isnan(values[1:])]
    if np.isnan(values[0]) or not len(drawn):
        return None
    low, high = np.quantile(drawn, [0.025, 0.975])
    return Estimate(float(values[0]), float(low), float(high), cases)


def _f1(true: Flags, decided: Flags, weights: Weights) -> NDArray[np.float64]:
    if not true.any():
        return np.full(len(weights), np.nan)
    both = weights[:, true & decided].sum(axis=1)
    return _share(2 * both, weights[:, true].sum(axis=1) + weights[:, decided].sum(axis=1))


def _share(part: NDArray[np.float64], whole: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.divide(part, whole, out=np.full(len(part), np.nan), where=whole > 0)
