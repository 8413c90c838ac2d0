"""Retrieval: the read path, from a question to evidence."""

from pincite.retrieval.domain import (
    Evidence,
    Query,
    ScoredPassage,
)
from pincite.retrieval.fusion import fuse
from pincite.retrieval.languages import asked_in
from pincite.retrieval.planning import plan
from pincite.retrieval.reranking import Judge
from pincite.retrieval.service import MAX_QUESTION_CHARS, QuestionTooLong, Retrieval, SecondModels, checked_question
from pincite.retrieval.settings import RetrievalSettings

__all__ = [
    "MAX_QUESTION_CHARS",
    "Evidence",
    "Judge",
    "Query",
    "QuestionTooLong",
    "Retrieval",
    "RetrievalSettings",
    "ScoredPassage",
    "SecondModels",
    "asked_in",
    "checked_question",
    "fuse",
    "plan",
]
