"""Answers: pinned answers in conversations, streamed from a durable event log."""

from pincite.answers.checking import ClaimChecks
from pincite.answers.choosing import Drafters
from pincite.answers.domain import Answer, AnswerEvent, AnswerState, AskRequest, Pin, PinSpan, Verdict
from pincite.answers.evidence import EvidenceSource
from pincite.answers.moderation import Moderation
from pincite.answers.rehearsal import Rehearsals
from pincite.answers.schemas import answer_resource
from pincite.answers.second_opinion import SecondOpinion
from pincite.answers.service import Answers

__all__ = [
    "Answer",
    "AnswerEvent",
    "AnswerState",
    "Answers",
    "AskRequest",
    "ClaimChecks",
    "Drafters",
    "EvidenceSource",
    "Moderation",
    "Pin",
    "PinSpan",
    "Rehearsals",
    "SecondOpinion",
    "Verdict",
    "answer_resource",
]
