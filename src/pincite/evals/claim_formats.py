"""Sets of claims as files: one JSON object a line with its evidence, a folder that shares evidence, WiCE, RAGTruth.

What the reader of other sets refuses is refused here too; rows and lines are read in `formats.py`.

WiCE (Kamoi et al. 2023): claims of Wikipedia beside the articles they cite. RAGTruth (Niu et al. 2024): answers of
models with their false spans marked by people; each sentence of an answer is a claim.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from pincite.core.sentences import sentence_spans
from pincite.evals.case_rows import tags_in
from pincite.evals.domain import Case, CorpusPassage, GoldenSet, SetKind

LABELS = ("supported", "partial", "unsupported")
_WICE_LABELS = {"supported": "supported", "partially_supported": "partial", "not_supported": "unsupported"}
_WICE_TITLE = "(meta data) TITLE:"
_LEAST_OVERLAP = 3
_PASSAGE = re.compile(r"(?m)^passage \d+:")
_WORD_EDGE = re.compile(r"(?<=[a-z])(?=[A-Z])|_")
# What stands on lines of its own in a source is no sentence of the text around it.
_BREAK = "\n\n"

Claim = tuple[Case, tuple[CorpusPassage, ...]]
Row = Mapping[str, Any]


def is_claim_row(row: Row) -> bool:
    """Whether a line is one of a set of claims, in any of the forms that are read."""
    return "claim" in row or _is_ragtruth(row)


def claim_set(name: str, stem: str, rows: Iterable[tuple[int, Row]]) -> GoldenSet:
    """Make a set of numbered lines. Raises: KeyError, TypeError, ValueError, naming what is wrong."""
    cases: list[Case] = []
    corpus: dict[str, CorpusPassage] = {}
    for number, row in rows:
        for case, passages in _claims(row, f"{stem}-{number}"):
            cases.append(case)
            corpus.update({each.id: each for each in passages})
    return GoldenSet(name, SetKind.CLAIMS, tuple(cases), tuple(corpus.values()))


def claim_fields(row: Row) -> tuple[str, str, str]:
    """Return claim, label and group of a case, empty where it is no claim. Raises: ValueError."""
    if "claim" not in row:
        return "", "", ""
    claim, label = str(row["claim"]).strip(), str(row.get("label", ""))
    if not claim:
        raise ValueError("the claim is empty")
    if label not in LABELS:
        raise ValueError(f"the label is none of {', '.join(LABELS)}")
    return claim, label, str(row.get("group") or "")


def ragtruth_source(row: Row) -> list[str]:
    """Return what an answer of RAGTruth was written from: passages, an article, or the lines of a record."""
    source = row["source"]
    if row["task"] == "QA":
        return [text.strip() for text in _PASSAGE.split(source["passages"]) if text.strip()]
    if row["task"] == "Summary":
        return [source]
    lines = list(_lines({key: value for key, value in source.items() if key != "review_info"}, ()))
    for review in source.get("review_info", []):
        lines.append(f"review stars: {review.get('review_stars')}, review date: {review.get('review_date')}")
        lines.append(review["review_text"])
    return lines


def overlap(place: tuple[int, int], spans: Sequence[tuple[int, int]]) -> int:
    """Return how many characters a range shares with the span that it shares most with."""
    return max((min(place[1], end) - max(place[0], start) for start, end in spans), default=0)


def is_good(place: tuple[int, int], spans: Sequence[tuple[int, int]]) -> bool:
    """Whether a sentence of an answer holds nothing of a false span, but for a letter or two at its edge."""
    return overlap(place, spans) < _LEAST_OVERLAP


def _claims(row: Row, default_id: str) -> Iterator[Claim]:
    if _is_ragtruth(row):
        yield from _ragtruth(row, default_id)
    elif "supporting_sentences" in row:
        yield _wice(row, default_id)
    else:
        yield _plain(row, default_id)


def _plain(row: Row, default_id: str) -> Claim:
    evidence: Any = row.get("evidence")
    if not isinstance(evidence, list) or not evidence:
        raise ValueError("the evidence is no list of texts")
    if "claim" not in row:
        raise ValueError("there is no claim; a file holds questions or claims, never both")
    title = str(row.get("title") or "")
    passages = tuple(_passage(title, str(text)) for text in evidence)  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType] (JSON)
    claim, label, group = claim_fields(row)
    case = Case(
        id=str(row.get("id") or default_id),
        question=str(row.get("question") or ""),
        relevant={each.id: 1 for each in passages},
        tags=tags_in(row),
        claim=claim,
        label=label,
        group=group,
    )
    return case, passages


def _wice(row: Row, default_id: str) -> Claim:
    title = next((line.split(_WICE_TITLE)[1].strip() for line in row["evidence"][:3] if _WICE_TITLE in line), "")
    passage = _passage(title, _BREAK.join(line for line in row["evidence"] if line.strip()))
    claim, label, _ = claim_fields({**row, "label": _WICE_LABELS.get(str(row["label"]), "")})
    group = str(row["meta"]["claim_title"])
    return Case(default_id, "", relevant={passage.id: 1}, claim=claim, label=label, group=group), (passage,)


def _is_ragtruth(row: Row) -> bool:
    return "response" in row and "labels" in row


def _ragtruth(row: Row, default_id: str) -> Iterator[Claim]:
    texts = ragtruth_source(row)
    # A record is one passage; the passages that a question was answered from are as many.
    passages = tuple(_passage("", text) for text in (texts if row["task"] == "QA" else [_BREAK.join(texts)]))
    spans = [(label["start"], label["end"]) for label in row["labels"]]
    answer: str = row["response"]
    for place, span in enumerate(sentence_spans(answer)):
        yield (
            Case(
                id=f"{default_id}-{place}",
                question=row["source"]["question"] if row["task"] == "QA" else "",
                relevant={each.id: 1 for each in passages},
                tags=(row["task"],),
                claim=answer[span[0] : span[1]],
                label="supported" if is_good(span, spans) else "unsupported",
                group=str(row["source_id"]),
            ),
            passages,
        )


def _passage(title: str, text: str) -> CorpusPassage:
    key = hashlib.sha256(f"{title}\n{text}".encode()).hexdigest()[:16]
    return CorpusPassage(key, title, text)


def _lines(value: Any, path: tuple[str, ...]) -> Iterator[str]:
    """A line for each value of a record, `hours Monday: 11:00-21:00`, as a table row would say it."""
    if isinstance(value, dict):
        record: dict[Any, Any] = value  # pyright: ignore[reportUnknownVariableType] (JSON)
        for key, inner in record.items():
            yield from _lines(inner, (*path, _WORD_EDGE.sub(" ", str(key)).removeprefix("Restaurants ")))
    elif value is not None and value != "":
        said = ("yes" if value else "no") if isinstance(value, bool) else str(value)
        yield f"{' '.join(path)}: " + (re.sub(r"(\d+):(\d)(?!\d)", r"\1:0\2", said) if "hours" in path else said)
