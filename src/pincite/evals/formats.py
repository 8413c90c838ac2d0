"""Golden sets as files: a BEIR folder (corpus.jsonl, queries.jsonl, qrels.tsv), or questions to documents.

Those are one JSON object a line, or a spreadsheet. What is written is read back as the same set. What a line says is
known to `case_rows.py`, what one of a set of claims says to `claim_formats.py`.
"""

import csv
import io
import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pincite.evals.case_rows import case_of, tags_in, text_in, whole_number
from pincite.evals.claim_formats import claim_fields, claim_set, is_claim_row
from pincite.evals.domain import BadGoldenSet, Case, CorpusPassage, GoldenSet, Place, SetKind
from pincite.evals.spreadsheets import SUFFIXES, spreadsheet_rows

_QRELS = ("qrels.tsv", "qrels/test.tsv", "qrels/dev.tsv")
_CLAIMS = "claims.jsonl"
_FIELDS = ("query-id", "corpus-id", "score")


def read_set(path: Path, name: str | None = None) -> GoldenSet:
    """Read a set from a folder or a JSON-lines file; its name is the file's unless one is given.

    A folder is one of BEIR, or `claims.jsonl` beside `corpus.jsonl`. A file holds questions to documents, or claims: of
    ours, of WiCE or of RAGTruth.

    Raises:
        BadGoldenSet: it is not there, or a line of it is wrong; the message says which.
    """
    if (path / _CLAIMS).is_file():
        return _read_claims(path, name or path.name)
    if path.is_dir():
        return _read_beir(path, name or path.name)
    if not path.is_file():
        raise BadGoldenSet(
            f"There is no golden set {path}.", remedy="Give a JSON-lines or CSV file, or a folder with corpus.jsonl."
        )
    rows = list(_cells(path) if path.suffix.lower() in SUFFIXES else _rows(path))
    if rows and is_claim_row(rows[0][1]):
        return _claims_of(path, name or path.stem, rows)
    cases = tuple(_case(path, number, row) for number, row in rows)
    _refuse_doubles(path, [each.id for each in cases])
    if not cases:
        raise BadGoldenSet(f"{path} holds no case.", remedy="Write one JSON object a line, or one question a row.")
    return GoldenSet(name or path.stem, SetKind.DOCUMENTS, cases)


def write_set(golden: GoldenSet, target: Path) -> None:
    """Write a set as `read_set` reads it: a file for documents, a folder for passages and for claims.

    Raises: BadGoldenSet (a spreadsheet, which would not hold all of it), OSError.
    """
    if golden.kind is SetKind.DOCUMENTS:
        if target.suffix.lower() in SUFFIXES:
            raise BadGoldenSet(
                f"{target} would be a spreadsheet.", remedy="Sets are written as JSON lines: use .jsonl."
            )
        target.write_text("".join(_line(case_to(each)) for each in golden.cases), encoding="utf-8")
        return
    target.mkdir(parents=True, exist_ok=True)
    corpus = ({"_id": each.id, "title": each.title, "text": each.text} for each in golden.corpus)
    (target / "corpus.jsonl").write_text("".join(map(_line, corpus)), encoding="utf-8")
    if golden.kind is SetKind.CLAIMS:
        (target / _CLAIMS).write_text("".join(_line(case_to(each)) for each in golden.cases), encoding="utf-8")
        return
    queries = ({"_id": each.id, "text": each.question, "tags": list(each.tags)} for each in golden.cases)
    (target / "queries.jsonl").write_text("".join(map(_line, queries)), encoding="utf-8")
    with (target / "qrels.tsv").open("w", encoding="utf-8", newline="") as lines:
        writer = csv.writer(lines, delimiter="\t", lineterminator="\n")
        writer.writerow(_FIELDS)
        writer.writerows((case.id, key, gain) for case in golden.cases for key, gain in case.relevant.items())


def case_to(case: Case) -> dict[str, Any]:
    """Return a case as plain data, as it stands in a file and in the database."""
    data: dict[str, Any] = {"id": case.id}
    if case.claim:
        data |= {"claim": case.claim, "label": case.label}
    if case.question or not case.claim:
        data["question"] = case.question
    if case.group:
        data["group"] = case.group
    if case.answer:
        data["answer"] = case.answer
    if not case.claim:
        data["answerable"] = case.answerable
    if case.places:
        data["evidence"] = [
            {"source": each.source, "page": each.page, **({"quote": each.quote} if each.quote else {})}
            for each in case.places
        ]
    if case.relevant:
        data["relevant"] = dict(case.relevant)
    if case.tags:
        data["tags"] = list(case.tags)
    return data


def case_from(data: Mapping[str, Any]) -> Case:
    """Read a case from plain data. Raises: KeyError, TypeError, ValueError."""
    rows: Sequence[Mapping[str, Any]] = data.get("evidence") or ()
    places = tuple(Place(str(row["source"]), int(row["page"]), str(row.get("quote", ""))) for row in rows)
    gains: Mapping[str, Any] = data.get("relevant") or {}
    relevant = {str(key): int(gain) for key, gain in gains.items()}
    claim, label, group = claim_fields(data)
    question = str(data.get("question", "") if claim else data["question"])
    if not claim and not question.strip():
        raise ValueError("the question is empty")
    return Case(
        id=str(data["id"]),
        question=question,
        answer=str(data.get("answer") or ""),
        answerable=bool(data.get("answerable", bool(places or relevant))),
        places=places,
        relevant=relevant,
        tags=tuple(str(tag) for tag in data.get("tags") or ()),
        claim=claim,
        label=label,
        group=group,
    )


def _case(path: Path, number: int, row: Mapping[str, Any]) -> Case:
    try:
        return case_of(row, f"{path.stem}-{number}")
    except ValueError as error:
        raise BadGoldenSet(
            f"{path}, line {number}: {error}.",
            remedy='A line is {"id", "question", "answer", "answerable", "evidence": [{"source", "page", "quote"}]}.',
        ) from error


def _claims_of(path: Path, name: str, rows: Sequence[tuple[int, Mapping[str, Any]]]) -> GoldenSet:
    """Make a set of lines that each bring their evidence; the line that is wrong is named."""
    for number, row in rows:
        try:
            claim_set(name, path.stem, [(number, row)])
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            said = f"the field {error} is missing" if isinstance(error, KeyError) else str(error)
            raise BadGoldenSet(
                f"{path}, line {number}: {said}.",
                remedy='A line is {"id", "claim", "label", "evidence": ["..."], "title", "question", "tags", "group"}.',
            ) from error
    golden = claim_set(name, path.stem, rows)
    _refuse_doubles(path, [each.id for each in golden.cases])
    return golden


def _read_claims(folder: Path, name: str) -> GoldenSet:
    corpus = _corpus(folder)
    path = folder / _CLAIMS
    cases = tuple(_claim(path, number, row) for number, row in _rows(path))
    _refuse_doubles(path, [each.id for each in cases])
    known = {each.id for each in corpus}
    for case in cases:
        if not case.claim or not case.relevant or not known.issuperset(case.relevant):
            raise BadGoldenSet(f"{path}: {case.id} is no claim, or names passages that corpus.jsonl lacks.")
    if not cases:
        raise BadGoldenSet(f"{path} holds no claim.")
    return GoldenSet(name, SetKind.CLAIMS, cases, corpus)


def _claim(path: Path, number: int, row: Mapping[str, Any]) -> Case:
    try:
        return case_from({"id": f"{path.stem}-{number}", **row})
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        said = f"the field {error} is missing" if isinstance(error, KeyError) else str(error)
        raise BadGoldenSet(
            f"{path}, line {number}: {said}.", remedy='A line is {"id", "claim", "relevant"}.'
        ) from error


def _corpus(folder: Path) -> tuple[CorpusPassage, ...]:
    path = folder / "corpus.jsonl"
    corpus = tuple(
        CorpusPassage(
            _field(path, number, row, "_id"), _field(path, number, row, "title"), _field(path, number, row, "text")
        )
        for number, row in _rows(path)
    )
    _refuse_doubles(path, [each.id for each in corpus])
    return corpus


def _read_beir(folder: Path, name: str) -> GoldenSet:
    corpus = _corpus(folder)
    relevant = _qrels(folder)
    known = {each.id for each in corpus}
    cases: list[Case] = []
    path = folder / "queries.jsonl"
    for number, row in _rows(path):
        key = _field(path, number, row, "_id")
        if not (gains := {passage: gain for passage, gain in relevant.get(key, {}).items() if gain > 0}):
            continue
        if not (text := _field(path, number, row, "text").strip()):
            raise BadGoldenSet(f"{path}, line {number}: the field 'text' is missing or empty.")
        cases.append(Case(key, text, relevant=gains, tags=_tags(path, number, row)))
    _refuse_doubles(path, [each.id for each in cases])
    strangers = {key for case in cases for key in case.relevant if key not in known}
    if strangers:
        raise BadGoldenSet(
            f"{folder}: qrels name {len(strangers)} passages that corpus.jsonl lacks, such as {min(strangers)[:100]}."
        )
    if not cases:
        raise BadGoldenSet(f"{folder} holds no query with a relevant passage.")
    return GoldenSet(name, SetKind.PASSAGES, tuple(cases), corpus)


def _field(path: Path, number: int, row: Mapping[str, Any], name: str) -> str:
    try:
        return text_in(row, name)
    except ValueError as error:
        raise BadGoldenSet(f"{path}, line {number}: {error}.") from error


def _tags(path: Path, number: int, row: Mapping[str, Any]) -> tuple[str, ...]:
    try:
        return tags_in(row)
    except ValueError as error:
        raise BadGoldenSet(f"{path}, line {number}: {error}.") from error


def _qrels(folder: Path) -> Mapping[str, Mapping[str, int]]:
    path = next((folder / each for each in _QRELS if (folder / each).is_file()), None)
    if path is None:
        raise BadGoldenSet(f"{folder} has no qrels.tsv.", remedy="A BEIR folder has corpus, queries and qrels.")
    relevant: dict[str, dict[str, int]] = defaultdict(dict)
    lines = csv.DictReader(io.StringIO(_text(path), newline=""), delimiter="\t")
    wanted = f"the columns are {', '.join(_FIELDS)}, set apart by tabs"
    try:
        if not set(_FIELDS).issubset(lines.fieldnames or ()):
            raise BadGoldenSet(f"{path}, line 1: {wanted}, and their names are its first line.")
        for row in lines:
            query, passage = row["query-id"], row["corpus-id"]
            gain = whole_number(row["score"], "score", -1_000_000)
            if relevant[query].setdefault(passage, gain) != gain:
                raise BadGoldenSet(f"{path}, line {lines.line_num}: {query} and {passage} are there with two scores.")
    except (ValueError, csv.Error) as error:
        raise BadGoldenSet(f"{path}, line {lines.line_num}: {wanted} ({error}).") from error
    return relevant


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise BadGoldenSet(f"{path} cannot be read: {error.strerror}.", remedy="Check the path.") from error
    except UnicodeDecodeError as error:
        raise BadGoldenSet(f"{path} is not UTF-8 text.", remedy="Save it as UTF-8.") from error


def _rows(path: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    for number, line in enumerate(_text(path).split("\n"), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            said = error.msg if isinstance(error, json.JSONDecodeError) else "nested too deep, or a number too long"
            raise BadGoldenSet(
                f"{path}, line {number}: not JSON ({said}).", remedy="Write one whole JSON object a line."
            ) from error
        if not isinstance(row, dict):
            raise BadGoldenSet(
                f"{path}, line {number}: not a JSON object.", remedy="Write one whole JSON object a line."
            )
        yield number, row  # pyright: ignore[reportUnknownVariableType] (any JSON object)


def _cells(path: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    try:
        yield from spreadsheet_rows(_text(path))
    except ValueError as error:
        raise BadGoldenSet(f"{path}, {error}.", remedy="Correct the line.") from error


def _refuse_doubles(path: Path, ids: Sequence[str]) -> None:
    seen: set[str] = set()
    for each in ids:
        if not each or each in seen:
            raise BadGoldenSet(f"{path}: the id {each[:100]!r} is empty or there twice.", remedy="Give each its own.")
        seen.add(each)


def _line(data: Mapping[str, Any]) -> str:
    return json.dumps(data, ensure_ascii=False) + "\n"
