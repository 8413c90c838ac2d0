"""Values of grants: who may do what with a collection or with one document.

Owners and admins of a tenant need none; for everybody else what is not granted is not there. The predicate that holds
queries to it is `store/access.py`.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, Protocol

from pincite.core import Scope

ObjectKind = Literal["collection", "document"]


class Level(StrEnum):
    """What is granted; each holds those before it."""

    VIEWER = "viewer"
    """Find it, read it, ask about it."""
    EDITOR = "editor"
    """Add, replace, stop and remove documents."""
    MANAGER = "manager"
    """Say who else may, and delete the collection."""

    @property
    def rank(self) -> int:
        """Return its place, from 1."""
        return list(Level).index(self) + 1

    @classmethod
    def of_rank(cls, rank: int) -> "Level":
        """Return the level at a place."""
        return list(cls)[rank - 1]


class GranteeKind(StrEnum):
    """Who gets a grant."""

    USER = "user"
    GROUP = "group"
    EVERYONE = "everyone"


@dataclass(frozen=True, slots=True)
class Grant:
    """What somebody may do with a collection or a document; `grantee` is an id, "" for everyone in the tenant."""

    kind: GranteeKind
    grantee: str
    level: Level

    @classmethod
    def of(cls, kind: str, grantee: str, level: str = Level.VIEWER) -> "Grant":
        """Make one of plain words. Raises: ValueError."""
        return cls(GranteeKind(kind), "" if kind == GranteeKind.EVERYONE else grantee, Level(level))


class Directory(Protocol):
    """What granting needs of accounts: whether there is such a user or group."""

    async def knows(self, scope: Scope, kind: str, grantee: str) -> bool:
        """Say whether the tenant has that user or group."""
        ...
