"""Golden sets as files: what is written is read back; what is wrong is named with its line."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pincite.evals import read_set, write_set
from pincite.evals.domain import BadGoldenSet, Case, CorpusPassage, GoldenSet, Place, SetKind

WORDS = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), min_size=1, max_size=20)
TOLD = WORDS.filter(lambda text: bool(text.strip()))
TAGS = st.lists(st.sampled_from(["table", "date"]), unique=True).map(tuple)
PLACES = st.lists(st.builds(Place, TOLD, st.integers(1, 900), st.just("") | WORDS), max_size=3).map(tuple)


@given(st.lists(st.tuples(TOLD, WORDS, st.booleans(), PLACES, TAGS), min_size=1, max_size=5))
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
        (
            '{"id": "a", "question": "Who?", "evidence": [{"source": "x", "page": "two"}]}',
            "line 1: `page` is 'two', and no whole number from 1 on; pages are counted",
        ),
        ('{"id": "a", "question": "Who?"}\n{"id": "a", "question": "When?"}', "'a' is empty or there twice"),
        ("\n\n", "holds no case"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "set.jsonl"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BadGoldenSet, match=said):
        read_set(path)


HERE = '"evidence": [{"source": "a.pdf", "page": 1}]'


@pytest.mark.parametrize(
    ("fields", "answerable"),
    [
        ('"answerable": "false"', False),
        ('"answerable": "No"', False),
        ('"answerable": 0, ' + HERE, False),
        ('"answerable": null, ' + HERE, True),
        ('"answerable": ""', False),
        ('"answer": "28 days"', True),
        ('"note": "nobody knows"', False),
    ],
)
def test_whether_documents_say_it_is_read_as_it_is_meant(tmp_path: Path, fields: str, answerable: bool) -> None:
    assert _one(tmp_path, f'{{"question": "Who?", {fields}}}').answerable is answerable


@pytest.mark.parametrize(
    "fields",
    [
        '"evidence": [{"source": "a.pdf", "page": "12", "quote": null}]',
        '"evidence": {"source": "a.pdf", "page": 12.0}',
        '"source": "a.pdf", "page": "12.0"',
    ],
)
def test_a_place_may_be_written_in_several_ways(tmp_path: Path, fields: str) -> None:
    case = _one(tmp_path, f'{{"id": null, "question": "Who?", "tags": "leave", {fields}}}')
    assert case == Case("set-1", "Who?", places=(Place("a.pdf", 12),), tags=("leave",))


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ('{"question": "Who?", "evidense": []}', "no field 'evidense'; `evidence` is meant"),
        ('{"Question": "Who?"}', "no field 'Question'; `question` is meant"),
        ('{"question": "Who?", "evidence": [{"source": "a", "pages": 3}]}', "no field 'pages'; `page` is meant"),
        ('{"question": "Who?", "answerable": "perhaps"}', "`answerable` is 'perhaps'"),
        ('{"question": "Who?", "evidence": [{"source": "a", "page": "xii"}]}', "'xii', and no whole number from 1 on"),
        ('{"question": "Who?", "evidence": [{"source": "a", "page": 0}]}', "no whole number from 1 on"),
        ('{"question": "Who?", "evidence": [{"source": "a", "page": 1.5}]}', "no whole number from 1 on"),
        ('{"question": "Who?", "evidence": [{"source": "a", "page": Infinity}]}', "no whole number from 1 on"),
        ('{"question": "Who?", "evidence": [{"source": "a", "page": true}]}', "no whole number from 1 on"),
        ('{"question": "Who?", "evidence": [{"source": "a", "page": ' + "9" * 5000 + "}]}", "not JSON"),
        ('{"question": "Who?", "evidence": [{"source": null, "page": 1}]}', "no `source`"),
        ('{"question": "Who?", "evidence": ["a.pdf"]}', "`evidence` is no list of"),
        ('{"question": "Who?", "page": 3}', "need a `source`"),
        ('{"question": "Who?", "tags": {"a": 1}}', "`tags` is no list"),
        ('{"question": ["Who?"]}', "`question` is no text"),
        ('{"question": null}', "the question is empty"),
        ('{"question": "Who? \\ud800"}', "holds a character that is none"),
        ('{"question": "Who?", "relevant": {"a": 0.5}}', "no whole number from 0 on"),
        ('{"question": "Who?", "claim": "It was me."}', "never both"),
        ("[" * 100_000, "nested too deep"),
    ],
)
def test_what_would_be_misread_is_named(tmp_path: Path, row: str, said: str) -> None:
    with pytest.raises(BadGoldenSet, match="line 2: .*" + re.escape(said)):
        _one(tmp_path, '{"question": "When?"}\n' + row)


def test_claims_and_questions_are_not_mixed(tmp_path: Path) -> None:
    with pytest.raises(BadGoldenSet, match=r"line 2: .* never both"):
        _one(tmp_path, '{"claim": "It is.", "label": "supported", "evidence": ["It is."]}\n'
                       '{"question": "Who?", "label": "supported", "evidence": ["It is."]}')  # fmt: skip


def test_files_of_other_programs_are_read(tmp_path: Path) -> None:
    assert _one(tmp_path, '\ufeff{"question": "Who?"}\r\n').question == "Who?"
    (tmp_path / "set.jsonl").write_bytes('{"question": "W\xe9r?"}'.encode("utf-16"))
    with pytest.raises(BadGoldenSet, match="not UTF-8"):
        read_set(tmp_path / "set.jsonl")


TABLE = '''\ufeffId;Question;Answer;Source;Page;Quote;Answerable;Tags;Owner\r
1;"How long; and since when?";28 days;leave.pdf;2;"is ""28 days""";;leave, number;Ann\r
1;;;leave.pdf;3;;;;\r
2;Who is the king?;;;;;no;;Bob\r
;;;;;;;;\r
;Which day?;;"a\nb.pdf";4;;;;
'''


def test_a_spreadsheet_is_read(tmp_path: Path) -> None:
    path = tmp_path / "Set.CSV"
    path.write_text(TABLE, encoding="utf-8", newline="")
    places = (Place("leave.pdf", 2, 'is "28 days"'), Place("leave.pdf", 3))
    assert read_set(path).cases == (
        Case("1", "How long; and since when?", "28 days", places=places, tags=("leave", "number")),
        Case("2", "Who is the king?", answerable=False),
        Case("Set-7", "Which day?", places=(Place("a\nb.pdf", 4),)),
    )


def test_a_spreadsheet_is_not_written(tmp_path: Path) -> None:
    golden = GoldenSet("s", SetKind.DOCUMENTS, (Case("1", "Who?"),))
    with pytest.raises(BadGoldenSet, match="would be a spreadsheet"):
        write_set(golden, tmp_path / "s.csv")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("query,page\n", "line 1: no column is called `question`"),
        ("question,Question\n", "line 1: two columns"),
        ("question,answer\nWho, or what?,me,too\n", "line 2: there are more cells than columns"),
        ('question,answer\n"Who?\n', "unexpected end of data"),
        ("id,question\n1,Who?\n1,When?\n", "line 3: the id '1' is there twice, with other words"),
        ("id,question\n1,Who?\n2,When?\n1,Who?\n", "'1' is empty or there twice"),
        ("question,source,page\nWho?,a.pdf,iv\n", "line 2: .*'iv', and no whole number"),
        ("question,sorce,page\nWho?,a.pdf,4\n", "line 2: "),
        ("question\n", "holds no case"),
        ("", "line 1|holds no case"),
    ],
)
def test_what_is_wrong_in_a_spreadsheet_is_named(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "set.csv"
    path.write_text(text, encoding="utf-8", newline="")
    with pytest.raises(BadGoldenSet, match=said):
        read_set(path)


BEIR = {
    "corpus.jsonl": '{"_id": "p1", "text": "One."}\n{"_id": "p2", "text": "Two."}\n',
    "queries.jsonl": '{"_id": "q1", "text": "Which?", "tags": "name"}\n{"_id": "q2", "text": "Whose?"}\n',
    "qrels.tsv": "\ufeffquery-id\tcorpus-id\tscore\r\nq1\tp1\t2.0\r\nq1\tp2\t0\r\n",
}


def test_a_beir_folder_of_another_program_is_read(tmp_path: Path) -> None:
    found = read_set(_beir(tmp_path, {}))
    assert found.cases == (Case("q1", "Which?", relevant={"p1": 2}, tags=("name",)),)


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("queries.jsonl", '{"_id": "q1"}', r"queries\.jsonl, line 1: the field 'text' is missing"),
        ("queries.jsonl", '{"_id": "q1", "text": 1e400}', r"queries\.jsonl, line 1: `text` is no text"),
        ("queries.jsonl", '{"_id": "q1", "text": "A?"}\n{"_id": "q1", "text": "B?"}', "'q1' is empty or there twice"),
        ("qrels.tsv", "query-id\tcorpus-id\tscore\nq1\tp1\t1\nq1\tp1\t2\n", "line 3: q1 and p1 .* two scores"),
        ("qrels.tsv", "q1\tp1\t1\nq2\tp2\t1\n", "line 1: .* their names are its first line"),
        ("qrels.tsv", "query-id\tcorpus-id\tscore\nq1\tp1\n", "line 2: the columns are"),
        ("qrels.tsv", f"query-id\tcorpus-id\tscore\nq1\t{'x' * 200_000}\t1\n", "field larger"),
    ],
)
def test_what_is_wrong_in_a_beir_folder_is_named(tmp_path: Path, name: str, text: str, said: str) -> None:
    with pytest.raises(BadGoldenSet, match=said):
        read_set(_beir(tmp_path, {name: text}))


def test_qrels_that_are_no_text_are_refused(tmp_path: Path) -> None:
    (_beir(tmp_path, {}) / "qrels.tsv").write_bytes(b"query-id\tcorpus-id\tscore\nq\xe9\tp1\t1\n")
    with pytest.raises(BadGoldenSet, match=r"qrels\.tsv is not UTF-8"):
        read_set(tmp_path)


def _beir(folder: Path, changed: Mapping[str, str]) -> Path:
    for name, text in {**BEIR, **changed}.items():
        (folder / name).write_text(text, encoding="utf-8", newline="")
    return folder


def _one(folder: Path, text: str) -> Case:
    path = folder / "set.jsonl"
    path.write_text(text, encoding="utf-8", newline="")
    return read_set(path).cases[0]


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
