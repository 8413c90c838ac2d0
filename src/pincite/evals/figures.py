"""From outcomes to figures: one number a case and measure, then means with intervals and paired differences. Pure.

Every measure is "higher is better" but those of `LOWER_IS_BETTER`; a measure says nothing of cases that it lacks.
"""

import math
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pincite.evals.domain import Case, Fault, Found, Outcome, Run, SetKind
from pincite.evals.ranking import items, page_key, ranking_figures
from pincite.evals.risk_figures import AREA, Risk
from pincite.evals.statistics import Estimate, bootstrap, paired_difference, risk_coverage, risk_coverage_area
from pincite.evals.verdict_figures import claim_fault, is_carried

Values = Mapping[str, float]
"""A measure's value by case id."""

LOWER_IS_BETTER = frozenset({"ms retrieve", "ms answer", "ms verdict", AREA})
SHOWN_TO_ANSWERER = 8
_NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")
_WORD = re.compile(r"[^\W_]+")
# Letters of languages that set no blanks between words, or join others to them: kana, Han, Hangul, Thai.
_UNSPACED = re.compile("[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")


@dataclass(frozen=True, slots=True)
class Curve:
    """Answers taken from the most confident down: (coverage, risk) points, and the area under them (lower is better).

    `baseline_area` orders the same answers by the best score of a ranking: the one that orders them best; None where
    rankings found nothing.
    """

    points: tuple[tuple[float, float], ...]
    area: float
    baseline_area: float | None


def figures_of(cases: Sequence[Case], run: Run) -> dict[str, Values]:
    """Return every measure of a run by name, but for those of `verdict_figures`. Raises: EvalExtraMissing."""
    if any(case.claim for case in cases):
        return _claim_figures(cases, run.outcomes)
    figures: dict[str, Values] = dict(ranking_figures(cases, run.outcomes))
    figures.update({name: values for name, values in _answer_figures(cases, run.outcomes).items() if values})
    figures["ms retrieve"] = {key: each.retrieve_ms for key, each in run.outcomes.items()}
    if any(each.answered for each in run.outcomes.values()):
        figures["ms answer"] = {key: each.answer_ms for key, each in run.outcomes.items()}
    return figures


def estimates(figures: Mapping[str, Values]) -> dict[str, Estimate]:
    """Return each measure's mean with its interval."""
    return {name: bootstrap(list(values.values())) for name, values in figures.items()}


def differences(ours: Mapping[str, Values], theirs: Mapping[str, Values]) -> dict[str, Estimate]:
    """Return, for each measure that both have, the mean difference over the same cases with its interval."""
    found: dict[str, Estimate] = {}
    for name in ours.keys() & theirs.keys():
        shared = sorted(ours[name].keys() & theirs[name].keys())
        if shared:
            found[name] = paired_difference([ours[name][key] for key in shared], [theirs[name][key] for key in shared])
    return dict(sorted(found.items()))


def by_tag(cases: Sequence[Case], figures: Mapping[str, Values]) -> dict[str, dict[str, Estimate]]:
    """Return each tag's estimates; tags are in alphabetical order."""
    tags = sorted({tag for case in cases for tag in case.tags})
    members = {tag: {case.id for case in cases if tag in case.tags} for tag in tags}
    return {
        tag: estimates(
            {
                name: some
                for name, values in figures.items()
                if (some := {key: value for key, value in values.items() if key in members[tag]})
            }
        )
        for tag in tags
    }


def fault_of(case: Case, outcome: Outcome) -> Fault:
    """Return which part lost a case: it was not retrieved, cut before the answer, misread, or (not) declined."""
    if case.claim:
        return claim_fault(case, outcome)
    if not case.answerable:
        return Fault.NOT_DECLINED if outcome.answered and not outcome.abstained else Fault.NONE
    level, wanted = _wanted(case)
    if not wanted:
        return _said_fault(case, outcome)
    ranked = items(outcome.ranking, level)
    if wanted.isdisjoint(ranked):
        return Fault.NOT_RETRIEVED
    if not outcome.answered:
        return Fault.CUT if wanted.isdisjoint(ranked[:10]) else Fault.NONE
    if _is_right(case, outcome) and not outcome.abstained:
        said = not case.answer or contains_answer(outcome.answer, case.answer)
        return Fault.NONE if said else Fault.OTHER_ANSWER
    if wanted.isdisjoint(items(_shown(outcome), level)):
        return Fault.CUT
    return Fault.DECLINED if outcome.abstained else Fault.MISREAD


def _said_fault(case: Case, outcome: Outcome) -> Fault:
    """Where nobody said in which place the answer stands, what was answered tells alone."""
    if not outcome.answered or (not case.answer and not outcome.abstained):
        return Fault.NONE
    if outcome.abstained:
        return Fault.DECLINED
    return Fault.NONE if contains_answer(outcome.answer, case.answer) else Fault.OTHER_ANSWER


def risk_curve(cases: Sequence[Case], outcomes: Mapping[str, Outcome]) -> Curve | None:
    """Return the risk-coverage curve over answerable and unanswerable questions; None where nothing was answered.

    What an abstaining answer would have said counts as said, so that the curve judges the confidence and not the
    threshold. Right is an answer of whose pins one lies on a right page.
    """
    risks = risks_of(cases, outcomes)
    if not risks:
        return None
    wrong, confidence = [each.wrong for each in risks.values()], [each.confidence for each in risks.values()]
    names = {name for key in risks for name in outcomes[key].top_scores}
    naive = [risk_coverage_area(wrong, [outcomes[key].top_scores.get(name, 0.0) for key in risks]) for name in names]
    return Curve(
        tuple(risk_coverage(wrong, confidence)),
        risk_coverage_area(wrong, confidence),
        min(naive, default=None),
    )


def risks_of(cases: Sequence[Case], outcomes: Mapping[str, Outcome]) -> dict[str, Risk]:
    """Return whether each answer is wrong and how sure it was, where both are known."""
    return {
        case.id: Risk(wrong, confidence)
        for case in cases
        if (confidence := outcomes[case.id].confidence) is not None
        and (wrong := _is_wrong(case, outcomes[case.id])) is not None
    }


def _is_wrong(case: Case, outcome: Outcome) -> bool | None:
    """Whether what was said, or nearly said, is wrong; None where the case does not tell."""
    if not case.answerable:
        return True
    if case.places:
        return not _is_right(case, outcome)
    if not case.answer:
        return None
    said = " ".join([outcome.answer, *(pin.quote for pin in outcome.pins)])
    return not contains_answer(said, case.answer)


def contains_answer(said: str, gold: str) -> bool:
    """Say whether a text holds the gold answer: all its figures and most of its words, in whatever order."""
    said, gold = (unicodedata.normalize("NFKC", text).casefold() for text in (said, gold))
    figures = {_plain(each) for each in _NUMBER.findall(gold)}
    if not figures <= {_plain(each) for each in _NUMBER.findall(said)}:
        return False
    words = {word for word in _WORD.findall(gold) if not word[0].isdigit()}
    if not words and not figures:
        return gold.strip() in said  # signs alone
    there = set(_WORD.findall(said))
    held = [word for word in words if word in there or (_UNSPACED.search(word) and word in said)]
    return len(held) >= (0.5 if figures else 0.8) * len(words)


def _claim_figures(cases: Sequence[Case], outcomes: Mapping[str, Outcome]) -> dict[str, Values]:
    return {
        "verdict right": {
            case.id: float((outcomes[case.id].verdict == "supported") == is_carried(case)) for case in cases
        },
        "second opinions": {case.id: float(outcomes[case.id].judge is not None) for case in cases},
        "ms verdict": {case.id: outcomes[case.id].answer_ms for case in cases},
    }


def _answer_figures(cases: Sequence[Case], outcomes: Mapping[str, Outcome]) -> Mapping[str, Values]:
    answered = [(case, outcomes[case.id]) for case in cases if outcomes[case.id].answered]
    figures: dict[str, dict[str, float]] = {
        name: {}
        for name in ("right page", "declined rightly", "pin precision", "pin recall", "quotes exact", "says the answer")
    }
    for case, outcome in answered:
        pins = [pin for pin in outcome.pins if pin.verdict != "nearest"]
        if pins:
            figures["quotes exact"][case.id] = float(all(pin.exact for pin in pins))
        if not case.answerable:
            figures["declined rightly"][case.id] = float(outcome.abstained)
            continue
        if case.answer:
            said = "" if outcome.abstained else outcome.answer
            figures["says the answer"][case.id] = float(contains_answer(said, case.answer))
        if not case.places:
            continue
        right = _is_right(case, outcome) and not outcome.abstained
        figures["right page"][case.id] = float(right)
        wanted = {page_key(each.source, each.page) for each in case.places}
        pinned = [page_key(pin.source, pin.page) for pin in pins]
        figures["pin recall"][case.id] = len(wanted.intersection(pinned)) / len(wanted)
        if pinned:
            figures["pin precision"][case.id] = sum(each in wanted for each in pinned) / len(pinned)
    return figures


def _wanted(case: Case) -> tuple[str, set[str]]:
    if case.relevant:
        return "passage", set(case.relevant)
    return "page", {page_key(each.source, each.page) for each in case.places}


def _shown(outcome: Outcome) -> Sequence[Found]:
    return outcome.ranking[:SHOWN_TO_ANSWERER]


def _is_right(case: Case, outcome: Outcome) -> bool:
    wanted = {page_key(each.source, each.page) for each in case.places}
    return any(page_key(pin.source, pin.page) in wanted for pin in outcome.pins)


def _plain(figure: str) -> str:
    plain = figure.replace(",", "")
    return plain.rstrip("0").rstrip(".") if "." in plain else plain


def main_measure(kind: SetKind, figures: Mapping[str, Values]) -> str:
    """Return the measure that a set is first judged by."""
    if kind is SetKind.CLAIMS:
        return "verdict right"
    if "right page" in figures:
        return "right page"
    if kind is SetKind.DOCUMENTS and "page Success@10" not in figures:
        return next((name for name in ("says the answer", "declined rightly") if name in figures), "page Success@10")
    return "passage nDCG@10" if kind is SetKind.PASSAGES else "page Success@10"


def mean_of(values: Values) -> float:
    """Return the mean over cases; NaN for none."""
    return sum(values.values()) / len(values) if values else math.nan
