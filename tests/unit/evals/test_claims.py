"""Sets of claims: read in every form, written and read back; figures are those of their definitions."""

import json
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
from bench.handbook_claims import FOLDER, handbook_claims
from hypothesis import given
from hypothesis import strategies as st

from pincite.answers import ClaimChecks
from pincite.core import Scope
from pincite.evals import ClaimSubject, read_gate, read_set, report_of, write_report, write_set
from pincite.evals.domain import BadGate, BadGoldenSet, Case, CorpusPassage, Fault, GoldenSet, Outcome, Run, SetKind
from pincite.evals.statistics import auroc, balanced_accuracy, f1
from pincite.evals.verdict_figures import claim_fault, whole_differences, whole_figures
from pincite.gateway import StaticEmbedder

SCOPE = Scope("acme", "ada")
ROW = {"claim": "Tickets cost 80 kroner.", "label": "supported", "evidence": ["Tickets cost 80 kroner on board."]}
WICE = {
    "label": "partially_supported",
    "supporting_sentences": [[1]],
    "claim": "The ferry was built in 1931.",
    "evidence": ["(meta data) TITLE: The ferry", "It was built in 1931.", "", "It sank."],
    "meta": {"claim_title": "Hven"},
}
RAGTRUTH: dict[str, Any] = {
    "source_id": "77",
    "task": "QA",
    "source": {
        "question": "what do tickets cost",
        "passages": "passage 1:They cost 80.\n\npassage 2:Dogs are free.\n\n",
    },
    "response": "They cost 80 kroner. Cats are free.",
    "labels": [{"start": 21, "end": 25, "text": "Cats"}],
}
RECORD = {
    **RAGTRUTH,
    "task": "Data2txt",
    "source": {"name": "Quay", "hours": {"Monday": "11:0-21:0"}, "review_info": [{"review_text": "Good soup."}]},
}


def _file(folder: Path, *rows: object) -> Path:
    path = folder / "claims-of-ours.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def test_a_line_brings_its_evidence(tmp_path: Path) -> None:
    golden = read_set(_file(tmp_path, {**ROW, "tags": ["price"], "group": "g", "title": "Fares"}, ROW))
    assert golden.kind is SetKind.CLAIMS
    first, second = golden.cases
    assert (first.claim, first.label, first.tags, first.group) == (ROW["claim"], "supported", ("price",), "g")
    assert first.id != second.id
    # The same words under another title are other evidence.
    assert [(each.title, each.text) for each in golden.corpus] == [
        ("Fares", ROW["evidence"][0]),
        ("", ROW["evidence"][0]),
    ]


def test_wice_and_ragtruth_are_read(tmp_path: Path) -> None:
    (case,) = read_set(_file(tmp_path, WICE)).cases
    assert (case.label, case.group, case.claim) == ("partial", "Hven", WICE["claim"])
    answers = read_set(_file(tmp_path, RAGTRUTH))
    assert [(case.claim, case.label) for case in answers.cases] == [
        ("They cost 80 kroner.", "supported"),
        ("Cats are free.", "unsupported"),
    ]
    assert {case.question for case in answers.cases} == {"what do tickets cost"}
    assert [each.text for each in answers.corpus] == ["They cost 80.", "Dogs are free."]
    (record,) = read_set(_file(tmp_path, RECORD)).corpus
    assert record.text.split("\n\n") == [
        "name: Quay",
        "hours Monday: 11:00-21:00",
        "review stars: None, review date: None",
        "Good soup.",
    ]


WORDS = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), min_size=1, max_size=20)
CLAIMS = WORDS.map(str.strip).filter(bool)


@given(st.lists(st.tuples(CLAIMS, st.sampled_from(["supported", "partial", "unsupported"]), WORDS), min_size=1))
def test_a_set_of_claims_comes_back(rows: list[tuple[str, str, str]]) -> None:
    cases = tuple(
        Case(f"c{place}", "", relevant={f"p{place}": 1}, tags=("a",), claim=claim, label=label, group=group)
        for place, (claim, label, group) in enumerate(rows)
    )
    corpus = tuple(CorpusPassage(f"p{place}", "T", claim) for place, (claim, _, _) in enumerate(rows))
    golden = GoldenSet("mine", SetKind.CLAIMS, cases, corpus)
    with TemporaryDirectory() as folder:
        write_set(golden, Path(folder) / "set")
        found = read_set(Path(folder) / "set", "mine")
    assert found == golden
    assert found.version == golden.version


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({**ROW, "label": "maybe"}, "line 2: the label is none of"),
        ({**ROW, "claim": " "}, "line 2: the claim is empty"),
        ({**ROW, "evidence": "text"}, "line 2: the evidence is no list"),
        ({"claim": "It is.", "evidence": ["It is."]}, "line 2: the label"),
        ({**WICE, "meta": {}}, "line 2: the field 'claim_title' is missing"),
        ({"question": "Who?"}, "line 2: the evidence is no list"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, row: object, said: str) -> None:
    with pytest.raises(BadGoldenSet, match=said):
        read_set(_file(tmp_path, ROW, row))


def test_a_folder_that_names_evidence_it_lacks_is_refused(tmp_path: Path) -> None:
    golden = GoldenSet("x", SetKind.CLAIMS, (Case("1", "", relevant={"p": 1}, claim="It is.", label="partial"),))
    write_set(golden, tmp_path / "set")
    with pytest.raises(BadGoldenSet, match=r"1 is no claim, or names passages that corpus\.jsonl lacks"):
        read_set(tmp_path / "set")


def test_the_committed_claims_of_the_handbook_are_what_their_sources_make() -> None:
    assert read_set(FOLDER) == handbook_claims()


JUDGED = st.lists(
    st.tuples(st.booleans(), st.booleans(), st.sampled_from([0.0, 0.2, 0.5, 0.5001, 0.9])), min_size=2, max_size=30
)


def _run(rows: list[tuple[bool, bool, float]], groups: int = 1_000) -> tuple[tuple[Case, ...], Run]:
    cases = tuple(
        Case(str(place), "", claim="It is.", label="supported" if label else "partial", group=str(place % groups))
        for place, (label, _, _) in enumerate(rows)
    )
    outcomes = {
        str(place): Outcome(str(place), verdict="supported" if decided else "partial", score=score)
        for place, (_, decided, score) in enumerate(rows)
    }
    return cases, Run("default", outcomes, 0, 1.0)


@given(JUDGED)
def test_figures_are_those_of_their_definitions(rows: list[tuple[bool, bool, float]]) -> None:
    cases, run = _run(rows)
    labels, decided, scores = (list(each) for each in zip(*rows, strict=True))
    found = whole_figures(cases, run.outcomes)
    wanted = {
        "supported F1": f1(labels, decided) if any(labels) else float("nan"),
        "unsupported F1": f1([not each for each in labels], [not each for each in decided]),
        "verdict balanced accuracy": balanced_accuracy(labels, decided),
        "verdict AUROC": auroc(labels, scores),
    }
    for name, value in wanted.items():
        if name in found and not (name == "unsupported F1" and all(labels)):
            assert found[name].mean == pytest.approx(value)
            assert found[name].low <= found[name].high
        elif name not in found:
            assert np.isnan(value) or all(labels)


def test_claims_of_one_source_count_as_less_than_as_many_of_their_own() -> None:
    random = np.random.default_rng(1)
    # Ten sources, whose claims are right or wrong together.
    right = np.repeat(random.random(10) < 0.7, 20)
    rows = [(place % 2 == 0, (place % 2 == 0) == bool(good), 0.5) for place, good in enumerate(right)]
    cases, run = _run(rows)
    grouped = tuple(
        Case(case.id, "", claim=case.claim, label=case.label, group=str(int(case.id) // 20)) for case in cases
    )
    alone, together = (whole_figures(each, run.outcomes)["supported F1"] for each in (cases, grouped))
    assert alone.mean == together.mean
    assert together.high - together.low > 2 * (alone.high - alone.low)


def test_a_run_against_itself_differs_by_nothing() -> None:
    cases, run = _run([(True, True, 0.9), (True, False, 0.2), (False, False, 0.1), (False, True, 0.8)] * 5)
    for found in whole_differences(cases, run.outcomes, run.outcomes).values():
        assert (found.mean, found.low, found.high) == (0.0, 0.0, 0.0)


def test_the_report_and_the_gate_know_claims(tmp_path: Path) -> None:
    cases, run = _run([(True, True, 0.9), (True, False, 0.2), (False, False, 0.1), (False, True, 0.8)] * 5)
    tagged = tuple(
        Case(each.id, "", claim=each.claim, label=each.label, tags=("even" if int(each.id) % 2 == 0 else "odd",))
        for each in cases
    )
    golden = GoldenSet("claims", SetKind.CLAIMS, tagged)
    report = report_of(golden, [run, run], datetime(2026, 11, 1, tzinfo=UTC))
    (first, _) = report["runs"]
    assert first["measures"]["supported F1"]["mean"] == 0.5
    assert first["measures"]["verdict right"]["mean"] == 0.5
    assert first["strata"]["even"]["supported F1"]["mean"] == 1.0
    assert first["faults"] == {"right": 10, Fault.OVERRATED.value: 5, Fault.UNDERRATED.value: 5}
    assert report["comparisons"][0]["differences"]["verdict AUROC"]["mean"] == 0.0
    _, page = write_report(report, tmp_path)
    shown = page.read_text(encoding="utf-8")
    assert "supported F1 by stratum" in shown
    assert Fault.OVERRATED.value in shown
    assert Fault.DECLINED.value not in shown
    gate = tmp_path / "gate.toml"
    gate.write_text('[[check]]\nset = "claims"\nat_least = { "supported F1" = 0.5, "verdict AUROC" = 0.99 }\n')
    assert [each.holds for each in read_gate(gate)[0].judge(golden, run, None)] == [True, False]
    gate.write_text('[[check]]\nset = "claims"\nat_least = { "supported F2" = 0.5 }\n')
    with pytest.raises(BadGate, match="no measure `supported F2`"):
        read_gate(gate)[0].judge(golden, run, None)


async def test_claims_are_judged_as_the_pins_of_answers_are() -> None:
    corpus = (CorpusPassage("p", "Fares", "Tickets cost 80 kroner and are sold on board. Dogs travel free of charge."),)
    claims = [("Tickets cost 80 kroner.", "supported"), ("Tickets cost 90 kroner.", "unsupported")]
    cases = tuple(Case(claim, "", relevant={"p": 1}, claim=claim, label=label) for claim, label in claims)
    golden = GoldenSet("fares", SetKind.CLAIMS, cases, corpus)
    subject = ClaimSubject.of("default", "key", SCOPE, ClaimChecks(StaticEmbedder()), golden)
    made = [await subject.judge(case) for case in cases]
    assert [claim_fault(case, outcome) for case, outcome in zip(cases, made, strict=True)] == [Fault.NONE, Fault.NONE]
    assert made[0].pins[0].quote in corpus[0].text
    assert made[0].pins[0].source == "Fares"
    assert made[0].score is not None
