"""A gate never passes by accident: what would hold anyway is refused, and so is another set's baseline."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pincite.core import utc_now
from pincite.evals import GoldenSet, SetKind, read_gate, report_of, write_report
from pincite.evals.domain import BadGate, Case, Found, Outcome, Pinned, Place, Run
from pincite.evals.risk_figures import Risk, area_difference, area_estimate
from pincite.evals.statistics import risk_coverage_area

CASES = tuple(Case(f"q{place}", "How long?", places=(Place("a.pdf", 1),)) for place in range(3))
GOLDEN = GoldenSet("g", SetKind.DOCUMENTS, CASES)
# The right page stands third, so that values have no end in decimals.
RANKING = tuple(Found(str(place), "a.pdf", page, page, 0.5) for place, page in enumerate((3, 2, 1)))
RUN = Run("default", {case.id: Outcome(case.id, RANKING) for case in CASES}, 3, 0.1)
GATE = '[[check]]\nset = "g.jsonl"\nbaseline = "b.json"\nnot_worse_by = { "page RR" = 0, "page nDCG@10" = 0.0 }\n'


def _gate(folder: Path, text: str) -> Path:
    path = folder / "gate.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("demands", "said"),
    [
        ("", "held against nothing"),
        ('at_leest = { "right page" = 0.9 }', "at_leest"),
        ("at_least = {}", "held against nothing"),
        ('at_least = { "right page" = 80 }', "between 0 and 1, and 80 is not"),
        ('at_least = { "right page" = -1 }', "between 0 and 1"),
        ('at_least = { "right page" = nan }', "finite"),
        ('at_least = { "right page" = -inf }', "finite"),
        ('at_most = { "right page" = inf }', "finite"),
        ('at_least = { "right page" = "0.9" }', "valid number"),
        ('at_least = { "right page" = true }', "valid number"),
        ('baseline = "b.json"\nnot_worse_by = { "right page" = 3 }', "between 0 and 1, and 3 is not"),
        ('baseline = "b.json"\nnot_worse_by = { "right page" = inf }', "finite"),
        ('baseline = "b.json"\nnot_worse_by = { "right page" = 1 }', "fall by more than 1"),
        ('baseline = "b.json"\nat_least = { "right page" = 0.9 }', "compared with nothing"),
        ('not_worse_by = { "right page" = 0.1 }', "needs a baseline"),
    ],
)
def test_a_check_that_would_hold_whatever_is_measured_is_refused(tmp_path: Path, demands: str, said: str) -> None:
    with pytest.raises(BadGate, match=said):
        read_gate(_gate(tmp_path, f'[[check]]\nset = "g.jsonl"\n{demands}\n'))


def test_milliseconds_have_other_bounds(tmp_path: Path) -> None:
    text = '[[check]]\nset = "g.jsonl"\nat_most = { "ms retrieve" = 250 }\n'
    assert read_gate(_gate(tmp_path, text))[0].judge(GOLDEN, RUN, None)[0].holds


def test_a_path_that_names_what_nobody_gives_is_refused(tmp_path: Path) -> None:
    text = '[[check]]\nset = "$DATA_2/g.jsonl"\nat_least = { "page RR" = 0.1 }\n'
    check = read_gate(_gate(tmp_path, text))[0]
    check.refuse_unknown({"DATA_2"})
    with pytest.raises(BadGate, match=r"\$DATA_2 is no value"):
        check.refuse_unknown({"DATA"})


def test_the_same_figures_are_no_worse_by_nothing(tmp_path: Path) -> None:
    check = read_gate(_gate(tmp_path, GATE))[0]
    check.write_baseline(GOLDEN, RUN, tmp_path / "b.json")
    assert [each.holds for each in check.judge(GOLDEN, RUN, tmp_path / "b.json")] == [True, True]
    worse = Run("default", {**RUN.outcomes, "q1": Outcome("q1")}, 3, 0.1)
    assert [each.holds for each in check.judge(GOLDEN, worse, tmp_path / "b.json")] == [False, False]


def test_a_baseline_of_other_questions_is_refused(tmp_path: Path) -> None:
    check = read_gate(_gate(tmp_path, GATE))[0]
    baseline = tmp_path / "b.json"
    check.write_baseline(GOLDEN, RUN, baseline)
    other = GoldenSet("g", SetKind.DOCUMENTS, (*CASES[:2], Case("q2", "Since when?", places=(Place("a.pdf", 1),))))
    with pytest.raises(BadGate, match="is of other questions"):
        check.judge(other, RUN, baseline)
    with pytest.raises(BadGate, match="is not there"):
        check.judge(GOLDEN, RUN, None)
    written = json.loads(baseline.read_text())
    for broken in ({**written, "format": 2}, {**written, "set": {}}, {**written, "runs": []}, [], "x"):
        baseline.write_text(json.dumps(broken))
        with pytest.raises(BadGate, match=r"b\.json"):
            check.judge(GOLDEN, RUN, baseline)


def test_a_baseline_without_the_measure_is_said_to_lack_it(tmp_path: Path) -> None:
    read_gate(_gate(tmp_path, GATE))[0].write_baseline(GOLDEN, RUN, tmp_path / "b.json")
    text = '[[check]]\nset = "g.jsonl"\nbaseline = "b.json"\nnot_worse_by = { "page R@5" = 0.1 }\n'
    with pytest.raises(BadGate, match="The baseline has no `page R@5`"):
        read_gate(_gate(tmp_path, text))[0].judge(GOLDEN, RUN, tmp_path / "b.json")


def test_what_has_no_value_any_more_is_counted(tmp_path: Path) -> None:
    text = '[[check]]\nset = "g.jsonl"\nbaseline = "b.json"\nnot_worse_by = { "page RR" = 0.1 }\n'
    check = read_gate(_gate(tmp_path, text))[0]
    check.write_baseline(GOLDEN, RUN, tmp_path / "b.json")
    written = json.loads((tmp_path / "b.json").read_text())
    written["runs"][0]["cases"].append({"id": "gone", "values": {"page RR": 1.0}})
    (tmp_path / "b.json").write_text(json.dumps(written))
    assert "1 of the baseline's have none now" in check.judge(GOLDEN, RUN, tmp_path / "b.json")[0].found


CLAIMS = GoldenSet(
    "c",
    SetKind.CLAIMS,
    tuple(
        Case(str(place), "", relevant={"p": 1}, claim="It is.", label="supported" if place % 2 else "unsupported")
        for place in range(12)
    ),
)


def _verdicts(wrong: int) -> Run:
    """All right but for some at the front, whose scores are the other way as well."""
    said = {case.id: (case.label == "supported") != (int(case.id) < wrong) for case in CLAIMS.cases}
    outcomes = {
        key: Outcome(key, verdict="supported" if each else "partial", score=0.9 if each else 0.1)
        for key, each in said.items()
    }
    return Run("default", outcomes, 12, 0.1)


def test_figures_of_verdicts_are_held_against_a_baseline(tmp_path: Path) -> None:
    demands = '"supported F1" = 0.1, "verdict AUROC" = 0.1, "verdict balanced accuracy" = 0.1, "verdict right" = 0.1'
    text = f'[[check]]\nset = "c"\nbaseline = "b.json"\nnot_worse_by = {{ {demands} }}\n'
    check, baseline = read_gate(_gate(tmp_path, text))[0], tmp_path / "b.json"
    check.write_baseline(CLAIMS, _verdicts(0), baseline)
    assert all(each.holds for each in check.judge(CLAIMS, _verdicts(0), baseline))
    worse = check.judge(CLAIMS, _verdicts(3), baseline)
    assert not any(each.holds for each in worse)
    assert "-0.2500 [" in worse[-1].found
    check.write_baseline(CLAIMS, _verdicts(3), baseline)
    assert all(each.holds for each in check.judge(CLAIMS, _verdicts(0), baseline))


def _answers(*confidence: float) -> Run:
    """The first is wrong, the others right."""
    pin = Pinned("a.pdf", 1, "x", exact=True, verdict="supported")
    outcomes = {
        case.id: Outcome(case.id, RANKING, answered=True, confidence=sure, pins=(pin,) if place else ())
        for place, (case, sure) in enumerate(zip(CASES, confidence, strict=True))
    }
    return Run("default", outcomes, 3, 0.1)


def test_the_area_under_the_risk_curve_is_gated(tmp_path: Path) -> None:
    text = (
        '[[check]]\nset = "g.jsonl"\nat_most = { "risk-coverage area" = 0.2 }\nbaseline = "b.json"\n'
        'not_worse_by = { "risk-coverage area" = 0.05 }\n'
    )
    check, baseline = read_gate(_gate(tmp_path, text))[0], tmp_path / "b.json"
    sure, unsure = _answers(0.1, 0.5, 0.9), _answers(0.9, 0.5, 0.1)
    check.write_baseline(GOLDEN, sure, baseline)
    assert [each.holds for each in check.judge(GOLDEN, sure, baseline)] == [True, True]
    assert [each.holds for each in check.judge(GOLDEN, unsure, baseline)] == [False, False]
    whole, _ = write_report(report_of(GOLDEN, [sure], utc_now()), tmp_path / "whole")
    assert [each.holds for each in check.judge(GOLDEN, unsure, whole)] == [False, False]
    written = json.loads(baseline.read_text())
    for case in written["runs"][0]["cases"]:
        case["judged"] = {"wrong": False}
    baseline.write_text(json.dumps(written))
    with pytest.raises(BadGate, match="cannot be read as a baseline"):
        check.judge(GOLDEN, sure, baseline)
    check.write_baseline(GOLDEN, sure, baseline)
    with pytest.raises(BadGate, match="no measure `risk-coverage area`"):
        check.judge(GOLDEN, RUN, baseline)  # nothing was answered


@settings(deadline=None, max_examples=25)
@given(st.lists(st.tuples(st.booleans(), st.sampled_from([0.0, 0.2, 0.5, 1.0])), min_size=1, max_size=12))
def test_the_area_is_the_one_of_its_definition(said: list[tuple[bool, float]]) -> None:
    risks = {str(place): Risk(wrong, sure) for place, (wrong, sure) in enumerate(said)}
    found = area_estimate(risks)
    assert found is not None
    assert found.mean == pytest.approx(risk_coverage_area([wrong for wrong, _ in said], [sure for _, sure in said]))
    assert found.low <= found.high
    same = area_difference(risks, risks)
    assert same is not None
    assert (same.mean, same.low, same.high) == (0.0, 0.0, 0.0)
    right = area_difference(risks, {key: Risk(wrong=False, confidence=0.5) for key in risks})
    assert right is not None
    assert right.mean == pytest.approx(found.mean)
