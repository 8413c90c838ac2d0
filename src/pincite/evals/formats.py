"""Golden sets as files: a BEIR folder (corpus.jsonl, queries.jsonl, qrels.tsv) or one JSON object a line (documents).

What is written is read back as the same set. What a line of a set of claims says is known to `claim_formats.py`.
"""

import csv
import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pincite.evals.claim_formats import claim_fields, claim_set, is_claim_row
from pincite.evals.domain import BadGoldenSet, Case, CorpusPassage, GoldenSet, Place, SetKind

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
            f"There is no golden set {path}.", remedy="Give a JSON-lines file, or a folder with corpus.jsonl."
        )
    rows = list(_rows(path))
    if rows and is_claim_row(rows[0][1]):
        return _claims_of(path, name or path.stem, rows)
    cases = tuple(_case(path, number, row) for number, row in rows)
    _refuse_doubles(path, [each.id for each in cases])
    if not cases:
        raise BadGoldenSet(f"{path} holds no case.", remedy="Write one JSON object a line.")
    return GoldenSet(name or path.stem, SetKind.DOCUMENTS, cases)


def write_set(golden: GoldenSet, target: Path) -> None:
    """Write a set as `read_set` reads it: a file for documents, a folder for passages and for claims."""
    if golden.kind is SetKind.DOCUMENTS:
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
        return case_from({"id": f"{path.stem}-{number}", **row})
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        said = f"the field {error} is missing" if isinstance(error, KeyError) else str(error)
        raise BadGoldenSet(
            f"{path}, line {number}: {said}.",
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
    cases = tuple(_case(path, number, row) for number, row in _rows(path))
    _refuse_doubles(path, [each.id for each in cases])
    known = {each.id for each in corpus}
    for case in cases:
        if not case.claim or not case.relevant or not known.issuperset(case.relevant):
            raise BadGoldenSet(f"{path}: {case.id} is no claim, or names passages that corpus.jsonl lacks.")
    if not cases:
        raise BadGoldenSet(f"{path} holds no claim.")
    return GoldenSet(name, SetKind.CLAIMS, cases, corpus)


def _corpus(folder: Path) -> tuple[CorpusPassage, ...]:
    corpus = tuple(
        CorpusPassage(str(row.get("_id", "")), str(row.get("title") or ""), str(row.get("text") or ""))
        for _, row in _rows(folder / "corpus.jsonl")
    )
    _refuse_doubles(folder / "corpus.jsonl", [each.id for each in corpus])
    return corpus


def _read_beir(folder: Path, name: str) -> GoldenSet:
    corpus = _corpus(folder)
    relevant = _qrels(folder)
    known = {each.id for each in corpus}
    cases: list[Case] = []
    for _, row in _rows(folder / "queries.jsonl"):
        gains = {key: gain for key, gain in relevant.get(str(row.get("_id", "")), {}).items() if gain > 0}
        if gains:
            tags = tuple(str(tag) for tag in row.get("tags") or ())
            cases.append(Case(str(row["_id"]), str(row["text"]), relevant=gains, tags=tags))
    strangers = {key for case in cases for key in case.relevant if key not in known}
    if strangers:
        raise BadGoldenSet(
            f"{folder}: qrels name {len(strangers)} passages that corpus.jsonl lacks, such as {min(strangers)}."
        )
    if not cases:
        raise BadGoldenSet(f"{folder} holds no query with a relevant passage.")
    return GoldenSet(name, SetKind.PASSAGES, tuple(cases), corpus)


def _qrels(folder: Path) -> Mapping[str, Mapping[str, int]]:
    path = next((folder / each for each in _QRELS if (folder / each).is_file()), None)
    if path is None:
        raise BadGoldenSet(f"{folder} has no qrels.tsv.", remedy="A BEIR folder has corpus, queries and qrels.")
    relevant: dict[str, dict[str, int]] = defaultdict(dict)
    with path.open(encoding="utf-8", newline="") as lines:
        for number, row in enumerate(csv.DictReader(lines, delimiter="\t"), 2):
            try:
                relevant[row["query-id"]][row["corpus-id"]] = int(row["score"])
            except (KeyError, TypeError, ValueError) as error:
                wanted = ", ".join(_FIELDS)
                raise BadGoldenSet(f"{path}, line {number}: the columns are {wanted}, set apart by tabs.") from error
    return relevant


def _rows(path: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise BadGoldenSet(f"{path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise BadGoldenSet(f"{path} is not UTF-8 text.") from error
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except json.JSONDecodeError as error:
            raise BadGoldenSet(f"{path}, line {number}: not JSON ({error.msg}).") from error
        if not isinstance(row, dict):
            raise BadGoldenSet(f"{path}, line {number}: not a JSON object.")
        yield number, row  # pyright: ignore[reportUnknownVariableType] (any JSON object)


def _refuse_doubles(path: Path, ids: Sequence[str]) -> None:
    seen: set[str] = set()
    for each in ids:
        if not each or each in seen:
            raise BadGoldenSet(f"{path}: the id {each!r} is empty or there twice.")
        seen.add(each)


def _line(data: Mapping[str, Any]) -> str:
    return json.dumps(data, ensure_ascii=False) + "\n"
