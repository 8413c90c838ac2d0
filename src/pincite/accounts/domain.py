"""Who asks: permissions, roles, keys and sessions as values, and the errors of the door. No framework here."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from pincite.core import ErrorKind, PinciteError, Scope

_LONGEST_SECRET = 200


class Permission(StrEnum):
    """What a route asks for. `SELF` is what concerns the asker alone; `ADMIN` covers people, keys and settings.

    `SCIM` is what a directory's key is narrowed to: people and groups as a directory knows them.
    """

    SELF = "self"
    READ = "read"
    WRITE = "write"
    ADMIN = "admin"
    AUDIT = "audit"
    SCIM = "scim"


class Role(StrEnum):
    """What people may be in a tenant. Which documents they see is said by grants, but for owners and admins."""

    OWNER = "owner"
    ADMIN = "admin"
    EDITOR = "editor"
    VIEWER = "viewer"
    AUDITOR = "auditor"


ROLE_PERMISSIONS: Mapping[str, frozenset[Permission]] = {
    Role.OWNER: frozenset(Permission),
    Role.ADMIN: frozenset(Permission),
    Role.EDITOR: frozenset({Permission.SELF, Permission.READ, Permission.WRITE}),
    Role.VIEWER: frozenset({Permission.SELF, Permission.READ}),
    Role.AUDITOR: frozenset({Permission.SELF, Permission.AUDIT}),
    # The installation's own work; nobody can be given it.
    "system": frozenset({Permission.READ, Permission.WRITE}),
}


def permissions_of(scope: Scope) -> frozenset[Permission]:
    """Return what the asker may do: what their roles give, less what their key is narrowed to."""
    given = frozenset(each for role in scope.roles for each in ROLE_PERMISSIONS.get(role, frozenset[Permission]()))
    return given if scope.permissions is None else given & scope.permissions


@dataclass(frozen=True, slots=True)
class Tenant:
    """The boundary of isolation: everything belongs to exactly one."""

    id: str
    name: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Owner:
    """The tenant and the first user that a fresh install makes."""

    scope: Scope
    name: str


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who can sign in, or with `service` a program that has API keys and nothing else.

    `disabled` ones are kept and refused; `groups` are ids; `email` is unique in the installation.
    """

    id: str
    tenant: str
    name: str
    roles: frozenset[str]
    email: str | None = None
    service: bool = False
    disabled: bool = False
    groups: frozenset[str] = frozenset()
    signed_in_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """People who are granted things together; `members` are ids of users. A `directory` changes those that are its."""

    id: str
    name: str
    members: frozenset[str]
    directory: bool = False


@dataclass(frozen=True, slots=True)
class Grantee:
    """Whom something can be granted to, as everybody may know them who may grant: `kind` is user or group."""

    id: str
    kind: str
    name: str


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key as it can be shown again: never its secret, only how it begins.

    `user` is whom it acts as; `permissions` are those that it is narrowed to, None for all that its user has.
    """

    id: str
    name: str
    prefix: str
    created_at: datetime
    last_used_at: datetime | None
    user: str = ""
    permissions: frozenset[str] | None = None
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class NewApiKey:
    """A key just made; `secret` is shown this once and kept nowhere."""

    key: ApiKey
    secret: str


class Unauthenticated(PinciteError):
    """Nobody is signed in, or the key or session is not valid (any more)."""

    code = "unauthenticated"
    kind = ErrorKind.UNAUTHENTICATED


def printable(text: str) -> str:
    """Return a text as names are kept: blanks of every kind are plain ones, what is not shown is left out."""
    return "".join(" " if each.isspace() else each for each in text if each.isspace() or each.isprintable()).strip()


def hash_of(secret: str) -> str:
    """Return what a secret is kept as."""
    # Longer than anything we hand out: cut, so that a huge header costs nothing; the hash then matches no row.
    return hashlib.sha256(secret[:_LONGEST_SECRET].encode("utf-8", "replace")).hexdigest()
