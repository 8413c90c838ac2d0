"""Figures of a whole set that are no mean over its cases: of verdicts, and the area under the risk-coverage curve.

What is needed of a case to compare them later is plain data, as it stands in a report and in a gate's baseline.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from pincite.evals.domain import Case, Outcome
from pincite.evals.figures import risks_of
from pincite.evals.risk_figures import AREA, Risk, area_difference, area_estimate
from pincite.evals.statistics import Estimate
from pincite.evals.verdict_figures import WHOLE, whole_differences, whole_figures

WHOLE_NAMES = frozenset({*WHOLE, AREA})

Judged = Mapping[str, Mapping[str, Any]]
"""By case id: `supported` and `score` of a claim, `wrong` and `confidence` of an answer."""


def whole_estimates(cases: Sequence[Case], outcomes: Mapping[str, Outcome]) -> dict[str, Estimate]:
    """Return the figures that are defined on these cases."""
    area = area_estimate(risks_of(cases, outcomes))
    return {**whole_figures(cases, outcomes), **({} if area is None else {AREA: area})}


def whole_changes(
    cases: Sequence[Case], ours: Mapping[str, Outcome], theirs: Mapping[str, Outcome]
) -> dict[str, Estimate]:
    """Return by how much the figures of ours are larger, over the same cases."""
    area = area_difference(risks_of(cases, ours), risks_of(cases, theirs))
    return {**whole_differences(cases, ours, theirs), **({} if area is None else {AREA: area})}


def whole_strata(cases: Sequence[Case], outcomes: Mapping[str, Outcome]) -> dict[str, dict[str, Estimate]]:
    """Return the figures of each tag's cases."""
    tags = sorted({tag for case in cases for tag in case.tags})
    return {tag: whole_estimates([case for case in cases if tag in case.tags], outcomes) for tag in tags}


def judged_of(cases: Sequence[Case], outcomes: Mapping[str, Outcome]) -> Judged:
    """Return what later runs are compared with, of the cases that have it."""
    claims = [(case.id, outcomes[case.id]) for case in cases if case.claim and outcomes[case.id].verdict]
    said = {key: {"supported": each.verdict == "supported", "score": each.score or 0.0} for key, each in claims}
    risks = risks_of(cases, outcomes).items()
    return {**said, **{key: {"wrong": each.wrong, "confidence": each.confidence} for key, each in risks}}


def whole_changes_since(cases: Sequence[Case], outcomes: Mapping[str, Outcome], before: Judged) -> dict[str, Estimate]:
    """Return by how much the figures are larger than those of before. Raises: KeyError, TypeError (no such data)."""
    claims = [case for case in cases if case.claim and case.id in before]
    verdicts = {
        case.id: Outcome(
            case.id,
            verdict="supported" if before[case.id]["supported"] else "unsupported",
            score=float(before[case.id]["score"]),
        )
        for case in claims
    }
    answers = [case for case in cases if not case.claim]
    risks = {
        case.id: Risk(bool(before[case.id]["wrong"]), float(before[case.id]["confidence"]))
        for case in answers
        if case.id in before
    }
    area = area_difference(risks_of(answers, outcomes), risks)
    return {**whole_differences(claims, outcomes, verdicts), **({} if area is None else {AREA: area})}
