"""Evals: golden sets, runs, metrics and gates, through the same doors as users."""

from pincite.evals.claims import ClaimSubject
from pincite.evals.domain import GoldenSet, SetKind, Subject
from pincite.evals.formats import read_set, write_set
from pincite.evals.gate import GateCheck, read_gate
from pincite.evals.report import report_of, write_report
from pincite.evals.service import Evaluations
from pincite.evals.subjects import DocumentSubject, PassageShelf, PassageSubject
from pincite.evals.weights import learn_weight

__all__ = [
    "ClaimSubject",
    "DocumentSubject",
    "Evaluations",
    "GateCheck",
    "GoldenSet",
    "PassageShelf",
    "PassageSubject",
    "SetKind",
    "Subject",
    "learn_weight",
    "read_gate",
    "read_set",
    "report_of",
    "write_report",
    "write_set",
]
