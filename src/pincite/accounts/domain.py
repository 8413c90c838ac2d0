"""Who asks: permissions, roles, keys and sessions as values, and the errors of the door. No framework here."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from pincite.core import ErrorKind, PinciteError, Scope


class Permission(StrEnum):
    """What a route asks for. `ADMIN` covers keys and settings of the tenant."""

    READ = "read"
    WRITE = "write"
    ADMIN = "admin"


ROLE_PERMISSIONS: Mapping[str, frozenset[Permission]] = {
    "owner": frozenset(Permission),
    "editor": frozenset({Permission.READ, Permission.WRITE}),
    "reader": frozenset({Permission.READ}),
    "system": frozenset({Permission.READ, Permission.WRITE}),
}


@dataclass(frozen=True, slots=True)
class Owner:
    """The tenant and the first user that a fresh install makes."""

    scope: Scope
    name: str


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who can sign in."""

    id: str
    tenant: str
    name: str
    roles: frozenset[str]


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key as it can be shown again: never its secret, only how it begins."""

    id: str
    name: str
    prefix: str
    created_at: datetime
    last_used_at: datetime | None


@dataclass(frozen=True, slots=True)
class NewApiKey:
    """A key just made; `secret` is shown this once and kept nowhere."""

    key: ApiKey
    secret: str


class Unauthenticated(PinciteError):
    """Nobody is signed in, or the key or session is not valid (any more)."""

    code = "unauthenticated"
    kind = ErrorKind.UNAUTHENTICATED


class Denied(PinciteError):
    """The asker is known and may not do this."""

    code = "denied"
    kind = ErrorKind.DENIED
