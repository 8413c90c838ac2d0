"""Golden sets as files: what is written is read back; what is wrong is named with its line."""

import json
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pincite.evals import read_set, write_set
from pincite.evals.domain import BadGoldenSet, Case, CorpusPassage, GoldenSet, Place, SetKind

WORDS = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), min_size=1, max_size=20)
QUESTIONS = WORDS.filter(lambda text: bool(text.strip()))
TAGS = st.lists(st.sampled_from(["table", "date"]), unique=True).map(tuple)
PLACES = st.lists(st.builds(Place, WORDS, st.integers(1, 900), st.just("") | WORDS), max_size=3).map(tuple)


@given(st.lists(st.tuples(QUESTIONS, WORDS, st.booleans(), PLACES, TAGS), min_size=1, max_size=5))
def test_a_set_of_documents_comes_back(rows: list[tuple[str, str, bool, tuple[Place, ...], tuple[str, ...]]]) -> None:
    cases = tuple(
        Case(f"c{place}", question, answer, answerable, places, tags=tags)
        for place, (question, answer, answerable, places, tags) in enumerate(rows)
    )
    golden = GoldenSet("mine", SetKind.DOCUMENTS, cases)
    with TemporaryDirectory() as folder:
        write_set(golden, Path(folder) / "set.jsonl")
        assert read_set(Path(folder) / "set.jsonl", "mine") == golden


def test_a_set_of_passages_comes_back_with_the_same_version(tmp_path: Path) -> None:
    golden = GoldenSet(
        "beir",
        SetKind.PASSAGES,
        (Case("q1", "Who?", relevant={"p1": 2, "p2": 1}, tags=("name",)), Case("q2", "When?", relevant={"p2": 1})),
        (CorpusPassage("p1", "Ada", "Ada\tdid it."), CorpusPassage("p2", "", "In 1843.")),
    )
    write_set(golden, tmp_path / "beir")
    found = read_set(tmp_path / "beir")
    assert found == golden
    assert found.version == golden.version
    changed = GoldenSet("beir", golden.kind, golden.cases[:1], golden.corpus)
    assert changed.version != golden.version


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"id": "a", "question": "Who?"}\nnot json', "line 2: not JSON"),
        ("[1]", "line 1: not a JSON object"),
        ('{"id": "a"}', "line 1: the field 'question' is missing"),
        ('{"id": "a", "question": " "}', "line 1: the question is empty"),
        ('{"id": "a", "question": "Who?", "evidence": [{"source": "x", "page": "two"}]}', "line 1: invalid literal"),
        ('{"id": "a", "question": "Who?"}\n{"id": "a", "question": "When?"}', "'a' is empty or there twice"),
        ("\n\n", "holds no case"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "set.jsonl"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BadGoldenSet, match=said):
        read_set(path)


def test_a_beir_folder_that_is_not_whole_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadGoldenSet, match="no golden set"):
        read_set(tmp_path / "nothing")
    (tmp_path / "corpus.jsonl").write_text(json.dumps({"_id": "p1", "title": "", "text": "One."}) + "\n")
    with pytest.raises(BadGoldenSet, match=r"no qrels\.tsv"):
        read_set(tmp_path)
    (tmp_path / "queries.jsonl").write_text(json.dumps({"_id": "q1", "text": "Which?"}) + "\n")
    (tmp_path / "qrels.tsv").write_text("query-id\tcorpus-id\tscore\nq1\tp1\tmany\n")
    with pytest.raises(BadGoldenSet, match="line 2"):
        read_set(tmp_path)
    (tmp_path / "qrels.tsv").write_text("query-id\tcorpus-id\tscore\nq1\tp9\t1\n")
    with pytest.raises(BadGoldenSet, match=r"corpus\.jsonl lacks, such as p9"):
        read_set(tmp_path)


def test_a_part_of_a_set_is_spread_over_it() -> None:
    cases = tuple(Case(str(place), "Who?", tags=("even",) if place % 2 == 0 else ()) for place in range(10))
    golden = GoldenSet("s", SetKind.DOCUMENTS, cases)
    assert [case.id for case in golden.only(None, 5).cases] == ["0", "2", "4", "6", "8"]
    assert [case.id for case in golden.only("even", 2).cases] == ["0", "4"]
    assert golden.only(None, 99).cases == cases
