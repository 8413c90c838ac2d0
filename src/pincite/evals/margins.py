"""Learns how clear a first stage must be to spare the reranker, with cross-validation. Pure over judged cases.

What a reranker is, and when it is left out, is retrieval's business; here its worth on labelled cases is weighed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pincite.evals.domain import BadGoldenSet, GoldenSet, Outcome, Run, SetKind
from pincite.evals.ranking import items, ndcg_at_10, relevant
from pincite.evals.statistics import Estimate, mean_over_groups

MARGINS = tuple(round(place * 0.01, 2) for place in range(101))
LOSS_BELOW = 0.002
_FOLDS = 5
_FIFTH = 4
_NO_LEAD = -1.0


@dataclass(frozen=True, slots=True)
class Ranked:
    """One case: the first score's lead over the fifth (0..1, below 0 for fewer than five), and nDCG@10 both ways."""

    lead: float
    first: float
    reranked: float


@dataclass(frozen=True, slots=True)
class Margin:
    """A margin learned on all cases; its figures are on folds that did not choose it.

    None where no margin is good enough, or where what was learned costs too much on those folds: it would be a fit.

    `skipped` is the share of questions that it spares (0..1), `loss` the nDCG@10 that this costs, `gain` what the
    reranker brings when it is always asked.
    """

    margin: float | None
    skipped: Estimate
    loss: Estimate
    gain: Estimate


def learn_margin(sets: Mapping[str, Sequence[Ranked]]) -> Margin:
    """Choose the margin that spares most while the mean loss over sets stays below `LOSS_BELOW`.

    Raises: BadGoldenSet (no case, or the reranker changed none).
    """
    cases = {name: rows for name, rows in sets.items() if rows}
    if not any(row.first != row.reranked for rows in cases.values() for row in rows):
        raise BadGoldenSet(
            "The reranker changed no question's result, so nothing can be learned from it.",
            remedy="See in the log whether it answered, and use a set with more questions.",
        )
    tables = {name: _table(rows) for name, rows in cases.items()}
    held = [_held_out(name, tables) for name in tables]
    loss = mean_over_groups([each[:, 1].tolist() for each in held])
    return Margin(
        margin=_chosen(list(tables.values())) if loss.mean < LOSS_BELOW else None,
        skipped=mean_over_groups([each[:, 0].tolist() for each in held]),
        loss=loss,
        gain=mean_over_groups([[row.reranked - row.first for row in rows] for rows in cases.values()]),
    )


def ranked_cases(golden: GoldenSet, first: Run, reranked: Run) -> list[Ranked]:
    """Return the answerable cases of a set as both runs ranked them. Raises: EvalExtraMissing."""
    level = "passage" if golden.kind is SetKind.PASSAGES else "page"
    judged = {case.id: gains for case in golden.cases if case.answerable and (gains := relevant(case, level))}
    if not judged:
        return []
    ranked = [{key: items(run.outcomes[key].ranking, level) for key in judged} for run in (first, reranked)]
    before, after = (ndcg_at_10(judged, each) for each in ranked)
    return [Ranked(_lead(first.outcomes[key]), before[key], after[key]) for key in judged]


def _lead(outcome: Outcome) -> float:
    """The lead among what is left without near-duplicates, a little wider than the one that is looked at in service."""
    scores = [found.score for found in outcome.ranking]
    return scores[0] - scores[_FIFTH] if len(scores) > _FIFTH else _NO_LEAD


def _table(rows: Sequence[Ranked]) -> NDArray[np.float64]:
    """Return (cases, margins, 2): whether a margin spares the case, and what that costs."""
    spared = np.array([[row.lead >= margin for margin in MARGINS] for row in rows], dtype=np.float64)
    cost = np.array([row.reranked - row.first for row in rows])
    return np.stack([spared, spared * cost[:, None]], axis=2)


def _chosen(tables: Sequence[NDArray[np.float64]]) -> float | None:
    means = np.mean([table.mean(axis=0) for table in tables], axis=0)
    good = [place for place in range(len(MARGINS)) if means[place, 0] > 0 and means[place, 1] < LOSS_BELOW]
    return MARGINS[max(good, key=lambda place: (means[place, 0], place))] if good else None


def _held_out(name: str, tables: Mapping[str, NDArray[np.float64]]) -> NDArray[np.float64]:
    """Return (cases, 2): each case at the margin that all other folds of all sets choose."""
    table = tables[name]
    found = np.zeros((len(table), 2))
    for fold in range(_FOLDS):
        held = np.arange(len(table)) % _FOLDS == fold
        others = [each[np.arange(len(each)) % _FOLDS != fold] for each in tables.values() if len(each) > 1]
        margin = _chosen(others) if others else None
        if margin is not None:
            found[held] = table[held, MARGINS.index(margin)]
    return found
