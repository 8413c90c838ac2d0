"""Reads WiCE and RAGTruth as claims beside evidence, and measures the figures that verdicts are learned from.

WiCE (Kamoi et al. 2023): claims of Wikipedia beside articles. RAGTruth (Niu et al. 2024): answers of models with their
false spans marked by people. Learning is in `verdict_learning.py`.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pincite.answers.candidates import Candidate
from pincite.answers.verdicts.claims import cleaned
from pincite.answers.verdicts.evidence import EvidenceIndex
from pincite.answers.verdicts.features import compare
from pincite.answers.verdicts.model import Weights
from pincite.answers.verdicts.verify import Verifier, texts_of_evidence, texts_of_sentence
from pincite.core.sentences import sentence_spans
from pincite.evals.claim_formats import is_good, ragtruth_source
from pincite.gateway import StaticEmbedder

_RECORD = "Data2txt"
_TITLE = "(meta data) TITLE:"


@dataclass(frozen=True, slots=True)
class Example:
    """Claims beside one evidence.

    Args:
        group: what may not be learned from and measured on at once.
        task: "WiCE", or RAGTruth's QA, Summary or Data2txt.
        evidence: sentences.
        heading: the document's title.
        question: what was asked.
        claims: sentences, in order.
        good: whether each claim is carried.
        label: WiCE's label; for an answer, "supported" when it has no false span.
        text: the whole answer, with `places` of the claims and the false `spans` in it.
    """

    group: str
    task: str
    evidence: tuple[str, ...]
    heading: str
    question: str
    claims: tuple[str, ...]
    good: tuple[bool, ...]
    label: str
    places: tuple[tuple[int, int], ...] = ()
    spans: tuple[tuple[int, int], ...] = ()
    supporting: tuple[tuple[int, ...], ...] = ()


def wice(folder: Path) -> list[Example]:
    """Return WiCE's claims; groups are articles of Wikipedia."""
    rows = [json.loads(line) for line in (folder / "wice" / "dev.jsonl").read_text(encoding="utf-8").splitlines()]
    return [
        Example(
            group=f"wice {row['meta']['claim_title']}",
            task="WiCE",
            evidence=tuple(row["evidence"]),
            heading=next((line.split(_TITLE)[1].strip() for line in row["evidence"][:3] if _TITLE in line), ""),
            question="",
            claims=(row["claim"],),
            good=(row["label"] == "supported",),
            label=row["label"],
            supporting=tuple(tuple(each) for each in row["supporting_sentences"]),
        )
        for row in rows
    ]


def ragtruth(folder: Path) -> list[Example]:
    """Return RAGTruth's answers by the sentence; one is false when it shares characters with a false span."""
    rows = [json.loads(line) for line in (folder / "ragtruth" / "dev.jsonl").read_text(encoding="utf-8").splitlines()]
    return [_answer(row) for row in rows]


def candidates_of(example: Example) -> list[Candidate]:
    """Return the evidence as one passage of one page."""
    found: list[Candidate] = []
    at = 0
    for text in example.evidence:
        if text.strip():
            found.append(Candidate(0, 1, at, at + len(text), text, example.heading, "", ""))
        at += len(text) + 1
    return found or [Candidate(0, 1, 0, 1, "-", example.heading, "", "")]


class Bed:
    """Makes indexes and verifiers for examples; evidence that several answers share is read once.

    Args:
        embedder: whose vectors are used; None for none.
        weights: of its verifiers; None for those that ship.
    """

    def __init__(self, embedder: StaticEmbedder | None, weights: Weights | None = None) -> None:
        self._embedder = embedder
        self._weights = weights
        self._group = ""
        self._vectors: dict[str, NDArray[np.float32]] = {}
        self._index: EvidenceIndex | None = None
        self._verifier: Verifier | None = None

    def figures(self, example: Example, claim: str) -> dict[str, float] | None:
        """Return the figures of a claim; None when it says nothing."""
        self._open(example)
        self._want(texts_of_sentence(claim))
        assert self._index is not None
        compared = compare(cleaned(claim), self._index)
        return None if compared is None else compared.figures

    def verifier(self, example: Example, claims: Sequence[str]) -> Verifier:
        """Return a verifier that knows the vectors of the claims."""
        self._open(example)
        self._want([text for claim in claims for text in texts_of_sentence(claim)])
        if self._verifier is None:
            self._verifier = Verifier(candidates_of(example), self._vectors, example.question, self._weights)
        return self._verifier

    def _open(self, example: Example) -> None:
        if example.group == self._group:
            return
        self._group, self._vectors, self._verifier = example.group, {}, None
        found = candidates_of(example)
        self._want(texts_of_evidence(found))
        self._index = EvidenceIndex(found, self._vectors, example.question)

    def _want(self, texts: Sequence[str]) -> None:
        if self._embedder is not None:
            new = [text for text in dict.fromkeys(texts) if text not in self._vectors]
            self._vectors.update(zip(new, self._embedder.vectors(new), strict=True))


def _answer(row: Mapping[str, Any]) -> Example:
    text: str = row["response"]
    places = tuple(sentence_spans(text))
    spans = tuple((label["start"], label["end"]) for label in row["labels"])
    return Example(
        group=f"ragtruth {row['source_id']}",
        task=row["task"],
        evidence=tuple(_source(row)),
        heading="",
        question=row["source"]["question"] if row["task"] == "QA" else "",
        claims=tuple(text[start:end] for start, end in places),
        good=tuple(is_good(place, spans) for place in places),
        label="not_supported" if spans else "supported",
        places=places,
        spans=spans,
    )


def _source(row: Mapping[str, Any]) -> Iterator[str]:
    """Yield the sentences of an answer's source; the lines of a record are sentences as they are."""
    reviews = [review["review_text"] for review in row["source"].get("review_info", [])] if _is_record(row) else []
    for text in ragtruth_source(row):
        if _is_record(row) and text not in reviews:
            yield text
        else:
            yield from (text[start:end] for start, end in sentence_spans(text))


def _is_record(row: Mapping[str, Any]) -> bool:
    return row["task"] == _RECORD
