"""What figures say of outcomes, which part is blamed for a lost case, and what a gate makes of them."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from pincite.core import utc_now
from pincite.evals import read_gate, report_of, write_report
from pincite.evals.domain import BadGate, Case, Fault, Found, GoldenSet, Outcome, Pinned, Place, Run, SetKind
from pincite.evals.figures import contains_answer, fault_of, figures_of, risk_curve
from pincite.evals.page import page_of
from pincite.evals.tuning import WEIGHTS, tune

ASKED = Case("a", "How long?", "28 days", places=(Place("leave.pdf", 2),), tags=("number",))
SILENT = Case("b", "Who is the king?", answerable=False)


def found(source: str, page: int, end_page: int | None = None) -> Found:
    return Found(f"{source}-{page}", source, page, end_page or page, 0.5, "text <b>")


def pinned(source: str, page: int, verdict: str = "supported") -> Pinned:
    return Pinned(source, page, "28 days", exact=True, verdict=verdict)


RIGHT = Outcome(
    "a",
    (found("other.pdf", 1), found("leave.pdf", 1, 2)),
    answered=True,
    answer="It is 28 days.",
    confidence=0.9,
    top_scores={"fused": 1.0},
    pins=(pinned("leave.pdf", 2), pinned("leave.pdf", 1)),
)
DECLINED = Outcome("b", (found("other.pdf", 1),), answered=True, abstained=True, confidence=0.1)
GOLDEN = GoldenSet("g", SetKind.DOCUMENTS, (ASKED, SILENT))
RUN = Run("default", {"a": RIGHT, "b": DECLINED}, 2, 0.1)


def test_each_measure_speaks_of_its_own_cases() -> None:
    figures = figures_of(GOLDEN.cases, RUN)
    assert figures["right page"] == {"a": 1.0}
    assert figures["declined rightly"] == {"b": 1.0}
    assert figures["pin precision"] == {"a": 0.5}
    assert figures["pin recall"] == {"a": 1.0}
    assert figures["says the answer"] == {"a": 1.0}
    assert figures["page RR"]["a"] == pytest.approx(1 / 3)  # other 1, leave 1, leave 2
    assert figures["document RR"]["a"] == 0.5
    assert "passage RR" not in figures


@pytest.mark.parametrize(
    ("outcome", "fault"),
    [
        (RIGHT, Fault.NONE),
        (replace(RIGHT, answer="It is 29 days."), Fault.OTHER_ANSWER),
        (Outcome("a", (), answered=True), Fault.NOT_RETRIEVED),
        (Outcome("a", (found("leave.pdf", 2),), answered=True, abstained=True), Fault.DECLINED),
        (Outcome("a", (found("leave.pdf", 2),), answered=True, pins=(pinned("leave.pdf", 3),)), Fault.MISREAD),
        (
            Outcome("a", (*(found("x", page) for page in range(8)), found("leave.pdf", 2)), answered=True),
            Fault.CUT,
        ),
        (Outcome("a", (found("leave.pdf", 2),)), Fault.NONE),
    ],
)
def test_the_first_part_that_lost_a_case_is_blamed(outcome: Outcome, fault: Fault) -> None:
    assert fault_of(ASKED, outcome) is fault


def test_an_answer_to_what_the_documents_do_not_say_is_a_fault() -> None:
    assert fault_of(SILENT, DECLINED) is Fault.NONE
    assert fault_of(SILENT, Outcome("b", answered=True, answer="The king.")) is Fault.NOT_DECLINED


@pytest.mark.parametrize(
    ("said", "gold", "holds"),
    [
        ("It was 1,577 million.", "$1577.00", True),
        ("It was 1,578 million.", "$1577.00", False),
        ("You have 28 days of leave.", "28 days", True),
        ("Ask the service desk at once.", "the service desk", True),
        ("Ask a colleague.", "the service desk", False),
        ("", "30 April", False),
        ("年次休暇は２８日です。", "28日", True),
        ("年次休暇は二十八日です。", "年次休暇", True),
        ("年次休暇は二十八日です。", "育児休暇", False),
        ("It is said to be so.", "—", False),
        ("Yes — it is.", "—", True),
    ],
)
def test_an_answer_is_held_when_figures_and_words_are_there(said: str, gold: str, holds: bool) -> None:
    assert contains_answer(said, gold) is holds


def test_the_curve_judges_what_an_abstaining_answer_would_have_said() -> None:
    nearly = Outcome("a", (), answered=True, abstained=True, confidence=0.4, pins=(pinned("leave.pdf", 2, "nearest"),))
    curve = risk_curve(GOLDEN.cases, {"a": nearly, "b": DECLINED})
    assert curve is not None
    assert curve.points == ((0.5, 0.0), (1.0, 0.5))
    assert risk_curve(GOLDEN.cases, {"a": Outcome("a"), "b": Outcome("b")}) is None


WORDLESS = Case("c", "Since when?", "1843")


@pytest.mark.parametrize(
    ("outcome", "fault", "says"),
    [
        (Outcome("c", answered=True, answer="In 1843.", confidence=0.5), Fault.NONE, 1.0),
        (Outcome("c", answered=True, answer="In 1844.", confidence=0.5), Fault.OTHER_ANSWER, 0.0),
        (Outcome("c", answered=True, abstained=True, answer="In 1843.", confidence=0.5), Fault.DECLINED, 0.0),
    ],
)
def test_an_answer_is_judged_by_its_words_where_no_place_is_known(outcome: Outcome, fault: Fault, says: float) -> None:
    run = Run("default", {"c": outcome}, 1, 0.1)
    assert figures_of([WORDLESS], run)["says the answer"] == {"c": says}
    assert fault_of(WORDLESS, outcome) is fault
    curve = risk_curve([WORDLESS], run.outcomes)
    assert curve is not None
    assert curve.area == float(outcome.answer != "In 1843.")
    assert risk_curve([Case("c", "Since when?", answerable=True)], run.outcomes) is None  # nothing tells


def test_quotes_are_held_against_pages_whatever_they_answer() -> None:
    wrong = Pinned("leave.pdf", 1, "29 days", exact=False, verdict="supported")
    near = Pinned("leave.pdf", 1, "29 days", exact=False, verdict="nearest")
    said = Outcome("b", answered=True, answer="29 days", pins=(pinned("leave.pdf", 2), wrong))
    assert figures_of([SILENT], Run("r", {"b": said}, 1, 0.1))["quotes exact"] == {"b": 0.0}
    declined = Outcome("b", answered=True, abstained=True, pins=(near,))
    assert "quotes exact" not in figures_of([SILENT], Run("r", {"b": declined}, 1, 0.1))


def test_a_report_is_json_that_every_program_reads(tmp_path: Path) -> None:
    # Rankings found nothing, so nothing is there to order the answers by.
    run = Run("default", {"a": Outcome("a", answered=True, confidence=0.2), "b": DECLINED}, 2, 0.1)
    as_json, _ = write_report(report_of(GOLDEN, [run], utc_now()), tmp_path)
    empty = Run("default", {"a": Outcome("a", answered=True, confidence=0.2), "b": Outcome("b")}, 2, 0.1)
    for each in (run, empty):
        as_json, _ = write_report(report_of(GOLDEN, [each], utc_now()), tmp_path)
        assert not re.search("NaN|Infinity", as_json.read_text())


GATE = """
[[check]]
set = "$PLACE/g.jsonl"
at_least = { "right page" = 0.9 }
baseline = "before.json"
not_worse_by = { "page RR" = 0.05 }
"""


def test_a_gate_holds_what_was_reached_and_breaks_when_it_falls(tmp_path: Path) -> None:
    (tmp_path / "gate.toml").write_text(GATE)
    check = read_gate(tmp_path / "gate.toml")[0]
    assert check.path(check.set, tmp_path, {}) is None
    assert check.path(check.set, tmp_path, {"PLACE": "/data"}) == Path("/data/g.jsonl")
    baseline = tmp_path / "before.json"
    check.write_baseline(GOLDEN, RUN, baseline)
    assert all(each.holds for each in check.judge(GOLDEN, RUN, baseline))
    whole, _ = write_report(report_of(GOLDEN, [RUN], utc_now()), tmp_path / "whole")
    assert all(each.holds for each in check.judge(GOLDEN, RUN, whole))
    worse = Run("default", {"a": Outcome("a", answered=True, abstained=True), "b": DECLINED}, 2, 0.1)
    assert [each.holds for each in check.judge(GOLDEN, worse, baseline)] == [False, False]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "check"),
        ("[[check]]\nset = 1", "check.0.set"),
        ("[[check]]\nset = 'a'\nnot_worse_by = { x = 0.1 }", "needs a baseline"),
        ("[[check]", "is not TOML"),
        ("[[check]]\nset = 'a'\nunknown = 1", "unknown"),
    ],
)
def test_a_gate_that_cannot_be_read_is_refused(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "gate.toml").write_text(text)
    with pytest.raises(BadGate, match=said):
        read_gate(tmp_path / "gate.toml")


def test_a_gate_that_names_no_measure_is_refused(tmp_path: Path) -> None:
    (tmp_path / "gate.toml").write_text('[[check]]\nset = "a"\nat_least = { "wit" = 0.9 }')
    with pytest.raises(BadGate, match="no measure `wit`"):
        read_gate(tmp_path / "gate.toml")[0].judge(GOLDEN, RUN, None)


def test_a_page_escapes_what_it_shows() -> None:
    wrong = Run("<i>", {"a": Outcome("a", (found("<script>", 1),), answered=True), "b": DECLINED}, 2, 0.1)
    page = page_of(report_of(GOLDEN, [RUN, wrong], utc_now()))
    assert "<script>" not in page
    assert "&lt;script&gt;" in page
    assert "not retrieved" in page


def test_a_page_loads_and_runs_nothing_and_its_drawings_can_be_told_apart() -> None:
    long = Run("dense_weight=0.5,phrase_weight=0,<i>same_from=0.8", RUN.outcomes, 2, 0.1)
    page = page_of(report_of(GOLDEN, [RUN, long], utc_now()))
    assert "default-src 'none'; style-src 'unsafe-inline'" in page
    assert "<title>dense_weight=0.5,phrase_weight=0,&lt;i&gt;same_from=0.8</title>dense_weight" in page
    legend = re.findall('style="fill:(#[0-9a-f]+)">', page)
    assert len(set(legend)) == len(legend) == 2


def test_tuning_takes_the_weight_that_is_best_and_says_what_it_gains() -> None:
    rows = [[0.5 + 0.2 * (1 - abs(weight - 0.4)) + 0.001 * case for weight in WEIGHTS] for case in range(20)]
    tuned = tune({"a": rows, "b": rows})
    assert tuned.weight == 0.4
    assert tuned.gain.mean == pytest.approx(0.08)
    assert tuned.gain.low > 0
    assert tuned.by_set["a"][2].mean == pytest.approx(0.08)


def test_a_weight_that_only_fits_gains_nothing_on_cases_that_did_not_choose_it() -> None:
    import random

    noise = random.Random(4)
    rows = [[noise.random() for _ in WEIGHTS] for _ in range(400)]
    tuned = tune({"noise": rows})
    fitted = max(mean for _, mean in tuned.by_weight) - tuned.words.mean
    assert fitted > 0.02
    assert tuned.gain.mean < fitted
