"""Evals: golden sets, runs, metrics and gates, through the same doors as users."""

from pincite.evals.domain import Case, GoldenSet, Outcome, Run, SetInfo, SetKind, Subject
from pincite.evals.formats import read_set, write_set
from pincite.evals.service import Evaluations
from pincite.evals.subjects import DocumentSubject, PassageShelf, PassageSubject

__all__ = [
    "Case",
    "DocumentSubject",
    "Evaluations",
    "GoldenSet",
    "Outcome",
    "PassageShelf",
    "PassageSubject",
    "Run",
    "SetInfo",
    "SetKind",
    "Subject",
    "read_set",
    "write_set",
]
