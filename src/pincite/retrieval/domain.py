"""Values of the read path: a question in, evidence out.

Fusion and near-duplicate removal are pure functions in their own files; engines and stores are below.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from pincite.gateway import ChatFinished
from pincite.library import Passage


@dataclass(frozen=True, slots=True)
class Query:
    """What to look for. `collections` and `documents` narrow what the asker may see anyway; None means all of it."""

    text: str
    limit: int = 10
    collections: tuple[str, ...] | None = None
    documents: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class ScoredPassage:
    """A passage with its fused score in 0..1, and the scores that made it (raw BM25; cosine), where it had them.

    `newer` is the source of a newer version of its document, by the names, if one was found too.
    """

    passage: Passage
    score: float
    bm25: float | None
    cosine: float | None
    newer: str | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was found, best first, and how long each stage took in milliseconds.

    `reading` names the documents in view that are still being read, so that an answer can say so. `older` are passages
    of documents with a newer version: those that are shown, and those left out because the newer one says the same.
    `parts` are those of a question that asks several things, each of which was searched for apart.
    `calls` are the calls of a chat model that wrote what was searched with, with what they used and cost.
    """

    passages: tuple[ScoredPassage, ...]
    timings_ms: Mapping[str, float] = field(default_factory=dict[str, float])
    reading: tuple[str, ...] = ()
    older: tuple[ScoredPassage, ...] = ()
    calls: tuple[ChatFinished, ...] = ()
    parts: tuple[str, ...] = ()
