"""A gate never passes by accident: what would hold anyway is refused, and so is another set's baseline."""

import json
from pathlib import Path

import pytest

from pincite.evals import GoldenSet, SetKind, read_gate
from pincite.evals.domain import BadGate, Case, Found, Outcome, Place, Run

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
