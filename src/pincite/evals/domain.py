"""Values of evaluation: golden sets and their cases, configurations, what a run found out about each case.

A set has documents as its corpus (cases name pages) or passages of its own (cases name passages, as BEIR does); a set
of claims has passages that carry its claims or do not.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from pincite.core import ErrorKind, PinciteError


class SetKind(StrEnum):
    """What the cases of a set point at."""

    DOCUMENTS = "documents"
    PASSAGES = "passages"
    CLAIMS = "claims"


class Fault(StrEnum):
    """Why a case went wrong, by the first part that lost it."""

    NONE = "right"
    NOT_RETRIEVED = "not retrieved"
    CUT = "retrieved but cut"
    MISREAD = "chosen but misread"
    DECLINED = "declined"
    OTHER_ANSWER = "does not say the answer"
    NOT_DECLINED = "answered what the documents do not say"
    OVERRATED = "supported, though the evidence does not carry it"
    UNDERRATED = "not supported, though the evidence carries it"


@dataclass(frozen=True, slots=True)
class Place:
    """Where an answer stands: a document by its source name, a page from 1, and the words there if they are known."""

    source: str
    page: int
    quote: str = ""


@dataclass(frozen=True, slots=True)
class Case:
    """A labelled question.

    Args:
        id: unique in its set.
        question: as a user would ask it.
        answer: the gold answer, where there is one.
        answerable: whether the documents say it.
        places: where it stands, for sets of documents.
        relevant: relevance (above 0) by passage id, for sets of passages; for a claim, the passages it is held against.
        tags: strata that figures are broken down by.
        claim: what is held against passages, for sets of claims; `question` is then what it answers, if anything.
        label: how far the passages carry the claim: "supported", "partial" or "unsupported".
        group: cases of one group share a source and are drawn together in intervals; empty: the case alone.
    """

    id: str
    question: str
    answer: str = ""
    answerable: bool = True
    places: tuple[Place, ...] = ()
    relevant: Mapping[str, int] = field(default_factory=dict[str, int])
    tags: tuple[str, ...] = ()
    claim: str = ""
    label: str = ""
    group: str = ""


@dataclass(frozen=True, slots=True)
class CorpusPassage:
    """A passage that a set brings itself."""

    id: str
    title: str
    text: str


_OF_CLAIMS = frozenset({"claim", "label", "group"})


@dataclass(frozen=True, slots=True)
class GoldenSet:
    """Labelled questions and, for sets of passages, what they are asked of."""

    name: str
    kind: SetKind
    cases: tuple[Case, ...]
    corpus: tuple[CorpusPassage, ...] = ()

    @property
    def version(self) -> str:
        """Names the content: twelve characters that change when a case or passage does."""
        return self._named((*self.cases, *self.corpus))[:12]

    @property
    def corpus_version(self) -> str:
        """Names the passages alone: some of the questions are asked of the same ones as all of them."""
        return self._named(self.corpus)

    def _named(self, parts: Sequence[Case | CorpusPassage]) -> str:
        digest = hashlib.sha256(self.kind.value.encode())
        for each in parts:
            fields = {name: value for name, value in asdict(each).items() if value or name not in _OF_CLAIMS}
            digest.update(json.dumps(fields, sort_keys=True).encode())
        return digest.hexdigest()

    def only(self, tag: str | None, limit: int | None) -> "GoldenSet":
        """Return the set with the cases that bear `tag`, and of those `limit` spread evenly over the set."""
        cases = [each for each in self.cases if tag is None or tag in each.tags]
        if limit is not None and limit < len(cases):
            cases = [cases[place * len(cases) // limit] for place in range(limit)]
        return GoldenSet(self.name, self.kind, tuple(cases), self.corpus)


@dataclass(frozen=True, slots=True)
class SetInfo:
    """One version of a golden set in the database."""

    name: str
    version: str
    kind: SetKind
    cases: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Found:
    """A passage in a ranking: its id, where it lies, its score in 0..1."""

    id: str
    source: str
    page: int
    end_page: int
    score: float
    text: str = ""


@dataclass(frozen=True, slots=True)
class Pinned:
    """A pin of an answer: whose page, the quote, whether the page says that to the letter, and the verdict.

    An answer that abstained has the passages that came nearest instead, with the verdict `nearest`.
    """

    source: str
    page: int
    quote: str
    exact: bool
    verdict: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a subject did with one case; all that metrics need, and all that is kept.

    `top_scores` has the best score of each ranking (bm25, cosine, fused), which a naive threshold would go by. A claim
    has a `verdict` with a `score` in 0..1, and the `judge` who was asked about it.
    """

    case: str
    ranking: tuple[Found, ...] = ()
    answered: bool = False
    abstained: bool = False
    answer: str = ""
    confidence: float | None = None
    top_scores: Mapping[str, float] = field(default_factory=dict[str, float])
    pins: tuple[Pinned, ...] = ()
    retrieve_ms: float = 0.0
    answer_ms: float = 0.0
    verdict: str = ""
    score: float | None = None
    judge: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Return it as plain data."""
        return asdict(self)


def outcome_from(data: Mapping[str, Any]) -> Outcome:
    """Read what `Outcome.to_json` wrote."""
    fields = dict(data)
    fields["ranking"] = tuple(Found(**each) for each in data["ranking"])
    fields["pins"] = tuple(Pinned(**each) for each in data["pins"])
    return Outcome(**fields)


class Subject(Protocol):
    """What is evaluated: one configuration over one body of documents."""

    @property
    def name(self) -> str:
        """Names the configuration in tables."""
        ...

    @property
    def key(self) -> str:
        """Names everything that its outcomes depend on but the case: configuration, program, documents."""
        ...

    async def judge(self, case: Case) -> Outcome:
        """Ask the case's question and say what came. Raises: PinciteError."""
        ...


@dataclass(frozen=True, slots=True)
class Run:
    """A subject's outcomes by case id; `fresh` of them were made now, the others were kept from before.

    `doubts` has a sentence for each place of a case that is not in the documents as it is named.
    """

    subject: str
    outcomes: Mapping[str, Outcome]
    fresh: int
    seconds: float
    doubts: tuple[str, ...] = ()


class BadGoldenSet(PinciteError):
    """A golden set cannot be read or used as it is; the message names the file and the line."""

    code = "bad-golden-set"
    kind = ErrorKind.INVALID


class BadGate(PinciteError):
    """A gate's file cannot be read, or names what there is not."""

    code = "bad-gate"
    kind = ErrorKind.INVALID


class EvalExtraMissing(PinciteError):
    """The measuring library is not installed."""

    code = "eval-extra-missing"
    kind = ErrorKind.INVALID
