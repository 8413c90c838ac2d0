"""The bodies of the assistants' routes, with examples.

What an assistant is and may be is in `domain.py`.
"""

from datetime import datetime
from typing import Annotated, Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field

from pincite.assistants.domain import (
    BUILT_IN,
    DESCRIPTION_CHARS,
    INSTRUCTION_CHARS,
    LEAST_LIKENESS,
    MODEL_CHARS,
    MOST_COLLECTIONS,
    NAME_CHARS,
    Assistant,
    Changes,
    Setup,
)
from pincite.gateway import Tier

_EXAMPLE: dict[str, Any] = {
    "name": "people",
    "description": "Questions about leave, pay and hiring.",
    "instructions": "Address the reader as you. Give amounts in euros.",
    "collections": ["handbook"],
    "model": None,
    "tier": "cheap",
    "likeness": None,
}

Name = Annotated[
    str, Field(min_length=1, max_length=NAME_CHARS, description="Of a-z, 0-9 and hyphens; clients send it.")
]
Description = Annotated[str, Field(max_length=DESCRIPTION_CHARS, description="What it is for.")]
Instructions = Annotated[
    str, Field(max_length=INSTRUCTION_CHARS, description="What its model is told beside the rules, which go before.")
]
Collections = Annotated[
    list[Annotated[str, Field(max_length=200)]],
    Field(
        max_length=MOST_COLLECTIONS,
        description="Names or ids of those that it answers from; null for all that its asker may read.",
    ),
]
Model = Annotated[
    str, Field(max_length=MODEL_CHARS, description="`none`, `provider:name` or `route:name`; null as set up.")
]
Likeness = Annotated[
    float,
    Field(
        ge=LEAST_LIKENESS,
        le=1,
        description="Least cosine of two questions that are given the same answer, where that is set up.",
    ),
]


class AssistantWanted(BaseModel):
    """An assistant to set up."""

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="forbid", json_schema_extra={"example": _EXAMPLE})

    name: Name
    description: Description = ""
    instructions: Instructions = ""
    collections: Collections | None = None
    model: Model | None = None
    tier: Tier | None = None
    likeness: Likeness | None = None


class AssistantChanges(BaseModel):
    """What of an assistant is to be another; what is left out stays."""

    model_config: ClassVar[ConfigDict] = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"instructions": "Answer in one sentence."}}
    )

    name: Name = BUILT_IN  # which nobody can say: left out, it is not read
    description: Description = ""
    instructions: Instructions = ""
    collections: Collections | None = None
    model: Model | None = None
    tier: Tier | None = None
    likeness: Likeness | None = None


class CollectionNamed(BaseModel):
    """A collection."""

    id: str
    name: str


class AssistantBody(BaseModel):
    """An assistant. How it is set up is told to whoever may administrate; its collections, as the asker sees them."""

    model_config: ClassVar[ConfigDict] = ConfigDict(
        json_schema_extra={
            "example": {
                "id": "01a1fb3a50c47b03b8f8a9be1dd1c3f3",
                **_EXAMPLE,
                "collections": [{"id": "01a1fb2f50c47b03b8f8a9be1dd1c3aa", "name": "handbook"}],
                "version": 3,
                "created_at": "2026-11-20T09:30:00Z",
                "updated_at": "2026-11-30T09:30:00Z",
            }
        }
    )

    id: str
    name: str
    description: str
    collections: list[CollectionNamed] | None = Field(description="Null for all that the asker may read.")
    version: int = Field(description="Counts its changes, from 1.")
    created_at: datetime
    updated_at: datetime
    instructions: str | None = None
    model: str | None = None
    tier: Tier | None = None
    likeness: float | None = None


class AssistantList(BaseModel):
    """The assistants that the asker may use, by name."""

    items: list[AssistantBody]
    next_cursor: None = None


def changes_of(body: AssistantWanted | AssistantChanges) -> Changes:
    """Return what of a body was said."""
    said = body.model_dump(exclude_unset=True)
    return Changes(**said)


def assistant_body(found: Assistant, *, whole: bool) -> AssistantBody:
    """Return the body of an assistant; how it is set up is told where it is `whole`."""
    setup, told = found.setup, found.setup if whole else Setup()
    named = setup.collections
    return AssistantBody(
        id=found.id,
        name=found.name,
        description=setup.description,
        collections=None if named is None else [CollectionNamed(id=id_, name=name) for id_, name in named.items()],
        version=found.version,
        created_at=found.created_at,
        updated_at=found.updated_at,
        instructions=told.instructions if whole else None,
        model=told.model,
        tier=told.tier,
        likeness=told.likeness,
    )
