"""Users and groups as a directory knows them, what is to change of one, and what can be wrong with a request.

No framework here; how they look on the wire is in `resources.py`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeVar

from pincite.accounts.domain import Group, User
from pincite.core import ErrorKind, PinciteError

MOST_RESULTS = 200
# What people are called, in which characters that are not shown are left out.
NAMES = frozenset({"displayname", "name.formatted", "name.givenname", "name.familyname"})
Comparison = Literal["eq", "ne", "co", "sw", "ew", "pr"]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ScimUser:
    """A user; `user_name` is what the directory calls them, or else their address or id.

    Whom it made, or was handed, is its `own`; others it only found.
    """

    user: User
    user_name: str
    external_id: str | None
    given_name: str | None
    family_name: str | None
    created_at: datetime
    changed_at: datetime
    own: bool
    group_names: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class ScimGroup:
    """A group of the directory's; `names` are those of its members by id."""

    group: Group
    external_id: str | None
    created_at: datetime
    changed_at: datetime
    names: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class UserFacts:
    """What a directory says of a user, whole; None where it says nothing. `active` None leaves that as it is."""

    user_name: str
    display: str | None = None
    given_name: str | None = None
    family_name: str | None = None
    external_id: str | None = None
    email: str | None = None
    active: bool | None = None
    role: str | None = None


@dataclass(frozen=True, slots=True)
class GroupFacts:
    """What a directory says of a group, whole; `members` are ids of users."""

    display: str
    external_id: str | None
    members: frozenset[str]


@dataclass(frozen=True, slots=True)
class Compare:
    """That an attribute, in lower case and with dots, compares so with a value."""

    attribute: str
    how: Comparison
    value: str | bool | None


@dataclass(frozen=True, slots=True)
class Combined:
    """That all, one or (of one) none of the parts hold."""

    how: Literal["and", "or", "not"]
    parts: tuple["Filter", ...]


Filter = Compare | Combined


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which resources are listed: from the `start`-th on, counted from 1, `count` at most."""

    where: Filter | None
    start: int
    count: int


@dataclass(frozen=True, slots=True)
class Found:
    """Resources of a list, and how many there are in all."""

    items: Sequence[ScimUser | ScimGroup]
    total: int


class ScimRefused(PinciteError):
    """A SCIM request cannot be carried out as it is; its `scimType` says what is wrong with it (RFC 7644, 3.12)."""

    code = "scim-refused"
    kind = ErrorKind.MALFORMED

    def __init__(self, message: str, *, remedy: str = "", scim_type: str = "invalidValue") -> None:
        super().__init__(message, remedy=remedy)
        self.scim_type = scim_type


class ScimTaken(PinciteError):
    """A name or an address that a directory gave is somebody's already."""

    code = "scim-taken"
    kind = ErrorKind.CONFLICT
    scim_type = "uniqueness"
