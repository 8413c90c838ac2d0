"""Measures of rankings, by ir-measures: nDCG@10, recall, reciprocal rank and success, for each case.

What counts as one item (a passage, a page, a document) is decided here; nothing is averaged.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from pincite.evals.domain import Case, EvalExtraMissing, Found, Outcome

LEVELS = ("passage", "page", "document")
_PASSAGES_SHOWN = (5, 10)
_MEASURES = ("nDCG@10", "R@5", "R@10", "R@50", "RR", "Success@5", "Success@10")


def ranking_figures(cases: Sequence[Case], outcomes: Mapping[str, Outcome]) -> dict[str, dict[str, float]]:
    """Return, for each measure such as `page nDCG@10`, its value by case id; only answerable cases count.

    Raises:
        EvalExtraMissing: ir-measures is not installed.
    """
    figures: dict[str, dict[str, float]] = {}
    for level in LEVELS:
        judged = {case.id: relevant(case, level) for case in cases if case.answerable}
        judged = {key: gains for key, gains in judged.items() if gains}
        if not judged:
            continue
        ranked = {key: items(outcomes[key].ranking, level) for key in judged}
        for name, values in _measured(judged, ranked).items():
            figures[f"{level} {name}"] = values
    figures.update(_pages_of_passages(cases, outcomes))
    return figures


def _pages_of_passages(cases: Sequence[Case], outcomes: Mapping[str, Outcome]) -> dict[str, dict[str, float]]:
    """Whether a right page is among those of the first passages, which may run over a page's end."""
    asked = [case for case in cases if case.answerable and case.places]
    figures: dict[str, dict[str, float]] = {}
    for count in _PASSAGES_SHOWN if asked else ():
        figures[f"page in {count} passages"] = {
            case.id: float(
                not relevant(case, "page").keys().isdisjoint(items(outcomes[case.id].ranking[:count], "page"))
            )
            for case in asked
        }
    return figures


def ndcg_at_10(judged: Mapping[str, Mapping[str, int]], ranked: Mapping[str, Sequence[str]]) -> dict[str, float]:
    """Return nDCG@10 by case of items in order against gains by item. Raises: EvalExtraMissing."""
    return _measured(judged, ranked, ("nDCG@10",))["nDCG@10"]


def items(ranking: Sequence[Found], level: str) -> list[str]:
    """Return the items of a level in the order of the ranking, each once, where it comes first."""
    found: dict[str, None] = {}
    for each in ranking:
        if level == "passage":
            found[each.id] = None
        elif level == "document":
            found[each.source] = None
        else:
            found.update(dict.fromkeys(page_key(each.source, page) for page in range(each.page, each.end_page + 1)))
    return list(found)


def page_key(source: str, page: int) -> str:
    """Name a page."""
    return f"{source}#{page}"


def relevant(case: Case, level: str) -> dict[str, int]:
    """Return the gain of each item of a level that a case wants."""
    if level == "passage":
        return dict(case.relevant)
    if level == "document":
        return {each.source: 1 for each in case.places}
    return {page_key(each.source, each.page): 1 for each in case.places}


def _measured(
    judged: Mapping[str, Mapping[str, int]],
    ranked: Mapping[str, Sequence[str]],
    names: Sequence[str] = _MEASURES,
) -> dict[str, dict[str, float]]:
    measures = _library()
    # Scores that fall by one keep the order whatever ties the first stage had.
    run = {key: {item: float(len(order) - place) for place, item in enumerate(order)} for key, order in ranked.items()}
    wanted = [measures.parse_measure(name) for name in names]
    values = {name: dict.fromkeys(judged, 0.0) for name in names}
    for metric in measures.iter_calc(wanted, dict(judged), run):
        values[str(metric.measure)][metric.query_id] = float(metric.value)
    return values


def _library() -> Any:
    try:
        import ir_measures
    except ImportError:
        raise EvalExtraMissing(
            "Evaluation needs the library ir-measures.", remedy="Install it with: pip install 'pincite[eval]'"
        ) from None
    return ir_measures
