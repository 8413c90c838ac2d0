"""Retrieval: the read path, from a question to evidence."""

from pincite.retrieval.domain import (
    Evidence,
    Query,
    ScoredPassage,
)

__all__ = [
    "Evidence",
    "Query",
    "ScoredPassage",
]
