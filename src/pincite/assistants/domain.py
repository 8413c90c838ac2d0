"""Values of assistants: how one is set up, and the checks of what it may be set up with. Pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypedDict

from pincite.core import InvalidInput, NotFound, Scope
from pincite.core.tokens import estimate_tokens
from pincite.core.unseen import without_unseen
from pincite.gateway import Tier

BUILT_IN = "default"
"""The name of the assistant that there always is: from all that the asker may read, by the model that is set up."""
MOST_ASSISTANTS = 200
MOST_COLLECTIONS = 100
NAME_CHARS = 64
DESCRIPTION_CHARS = 500
INSTRUCTION_CHARS = 4_000
INSTRUCTION_TOKENS = 1_000
MODEL_CHARS = 200
LEAST_LIKENESS = 0.5

_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?")
_ID = re.compile(r"[0-9a-f]{32}")  # what names a thing by its id must never name another


@dataclass(frozen=True, slots=True)
class Setup:
    """How an assistant answers.

    Args:
        description: what it is for, for who chooses one.
        instructions: what its model is told beside the rules; they go before it.
        collections: ids and names of those that it answers from; None for all that its asker may read.
        model: as a question may name one (`none`, `auto`, `provider:name`, `route:name`); None as set up.
        tier: that of the model's route; None leaves it to the route.
        likeness: the least cosine of two questions that are given the same answer, where that is set up; None for the
            one that was learned.
    """

    description: str = ""
    instructions: str = ""
    collections: Mapping[str, str] | None = None
    model: str | None = None
    tier: Tier | None = None
    likeness: float | None = None


@dataclass(frozen=True, slots=True)
class Assistant:
    """An assistant of a tenant. `version` counts from 1, with each change of how it is set up."""

    id: str
    name: str
    created_at: datetime
    updated_at: datetime
    setup: Setup = field(default_factory=Setup)
    version: int = 1


class NoSuchAssistant(NotFound):
    """There is none of that name or id, or this asker may not know of it."""


class Changes(TypedDict, total=False):
    """What is to be another, by the names of `Setup`; collections by name or id."""

    name: str
    description: str
    instructions: str
    collections: Sequence[str] | None
    model: str | None
    tier: Tier | None
    likeness: float | None


def may_set_up(scope: Scope) -> bool:
    """Say whether the asker may set assistants up, and is told how they are."""
    return scope.sees_all and (scope.permissions is None or "admin" in scope.permissions)


def checked_name(name: str) -> str:
    """Return a name that clients can send as part of a model's. Raises: InvalidInput."""
    if name == BUILT_IN or _NAME.fullmatch(name) is None or _ID.fullmatch(name) is not None:
        raise InvalidInput(
            f"{name[:NAME_CHARS]!r} cannot be an assistant's name.",
            remedy=f"Use 1 to {NAME_CHARS} of a-z, 0-9 and hyphens; neither `{BUILT_IN}`, which is there, nor an id.",
        )
    return name


def checked_description(text: str) -> str:
    """Return a text without characters that nobody sees, and without blank ends. Raises: InvalidInput."""
    cleaned = without_unseen(text).strip()
    if len(cleaned) > DESCRIPTION_CHARS:
        raise InvalidInput(
            f"The description has {len(cleaned)} characters.", remedy=f"Use {DESCRIPTION_CHARS} at most."
        )
    return cleaned


def checked_instructions(text: str) -> str:
    """Return what a model is told, as `checked_description` does; passages must find room beside it.

    Raises: InvalidInput.
    """
    cleaned = without_unseen(text).strip()
    tokens = estimate_tokens(cleaned)
    if len(cleaned) > INSTRUCTION_CHARS or tokens > INSTRUCTION_TOKENS:
        raise InvalidInput(
            f"The instructions have {len(cleaned)} characters, some {tokens} tokens.",
            remedy=f"Use {INSTRUCTION_CHARS:,} characters and {INSTRUCTION_TOKENS:,} tokens at most.",
        )
    return cleaned


def checked_model(model: str) -> str:
    """Return how a model is named, if people can read it. Raises: InvalidInput."""
    if not model.strip() or not model.isprintable() or len(model) > MODEL_CHARS:
        raise InvalidInput(
            "That is no model's name.", remedy=f"Use {MODEL_CHARS} printable characters at most, or leave it out."
        )
    return model.strip()


def checked_likeness(likeness: float | None) -> float | None:
    """Return a cosine that two questions may have to have. Raises: InvalidInput."""
    if likeness is not None and not LEAST_LIKENESS <= likeness <= 1:
        raise InvalidInput(
            f"Questions cannot have to be {likeness:g} alike.", remedy=f"Use {LEAST_LIKENESS:g} to 1, or none."
        )
    return likeness
