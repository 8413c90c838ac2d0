"""Values and errors of OpenAI's protocol as it is spoken here. No framework; shapes of JSON are in `schemas.py`.

How errors are written is decided in `app`, as for every other route.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from pincite.answers.domain import AnswerProblem, Turn
from pincite.assistants import BUILT_IN
from pincite.core import ErrorKind, NotFound, PinciteError

_ASSISTANTS = "pincite/"
ASSISTANT = f"{_ASSISTANTS}{BUILT_IN}"
"""The built-in assistant: pinned answers from all that the asker may read."""


class Kind(StrEnum):
    """What a model of the list is for."""

    ASSISTANT = "assistant"
    CHAT = "chat"
    EMBEDDER = "embedder"


@dataclass(frozen=True, slots=True)
class Served:
    """A model as clients know it: its name, what it is for, whose it is."""

    id: str
    kind: Kind
    owner: str


@dataclass(frozen=True, slots=True)
class Question:
    """What an assistant is asked, what was said before it, and the parameters that it does not heed."""

    text: str
    turns: tuple[Turn, ...]
    ignored: tuple[str, ...] = ()


def assistant_model(name: str) -> str:
    """Return the name of the model that an assistant is to clients."""
    return f"{_ASSISTANTS}{name}"


def assistant_of(model: str) -> str:
    """Return the name of the assistant that a model of such a name is."""
    return model.removeprefix(_ASSISTANTS)


class ParameterRefused(PinciteError):
    """A parameter of OpenAI's protocol is not supported, or does not go with the model or another parameter."""

    code = "parameter-refused"
    kind = ErrorKind.MALFORMED

    def __init__(self, param: str, message: str, *, remedy: str = "") -> None:
        super().__init__(message, remedy=remedy)
        self.param = param


class ModelUnknown(NotFound):
    """There is no model of that name for what is asked of it; `GET /v1/models` lists those that there are."""

    code = "model-not-found"
    param = "model"


class AnswerNotWhole(PinciteError):
    """The answer failed, was stopped or is withheld, and the protocol has no room for half of it."""

    code = "answer-not-whole"
    kind = ErrorKind.UNAVAILABLE

    @classmethod
    def by(cls, problem: AnswerProblem, *, later: bool = False) -> Self:
        """Return the error of a reply that failed by another, of that one's code and kind.

        Whoever reads it `later` is told nothing that would have a client ask again: it stays as it is.
        """
        made = cls(problem.message, remedy=problem.remedy)
        kind, wait_s = (ErrorKind.MALFORMED, None) if later else (problem.kind, problem.retry_after_s)
        vars(made).update(code=problem.code, kind=kind, retry_after_s=wait_s)  # this one's alone, not the class's
        return made


def ended_early() -> AnswerNotWhole:
    """Return the error of a stream that ended before its end: whoever reads it may not do so any more."""
    return AnswerNotWhole("It was broken off: who asks, or what they may do, has changed.", remedy="Sign in again.")


def begun_anew() -> AnswerNotWhole:
    """Return the error of a stream whose text is void: a model broke off, and this protocol takes nothing back."""
    return AnswerNotWhole(
        "The model broke off and another begins anew, so that what you have is void.",
        remedy="Read the whole answer by its id in a moment, or ask again.",
    )
