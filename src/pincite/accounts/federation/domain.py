"""Sign-in providers as values, what they may say of somebody, the seam to their servers, and what can go wrong.

No framework and no protocol here: what a token must hold is in `tokens.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from pincite.accounts.settings import ProviderSettings
from pincite.core import ErrorKind, PinciteError

AGAIN = "Sign in again; if that does not help, show this to an admin."


@dataclass(frozen=True, slots=True)
class Provider:
    """An OpenID provider of a tenant. `sealed` is the client's secret, None where it has none; `label` is shown."""

    id: str
    tenant: str
    label: str
    issuer: str
    client_id: str
    settings: ProviderSettings
    sealed: str | None = None


@dataclass(frozen=True, slots=True)
class Offer:
    """A provider as anybody may know it who is to sign in."""

    id: str
    label: str


@dataclass(frozen=True, slots=True)
class Linked:
    """A provider that somebody can sign in with, and since when."""

    id: str
    label: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Metadata:
    """Where a provider's endpoints are, and what it takes: `method` is how the client proves itself to it."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None
    end_session_endpoint: str | None
    method: str
    names_issuer: bool


@dataclass(frozen=True, slots=True)
class Person:
    """Who somebody is by the proved word of a provider; `email` is None where it was not verified."""

    subject: str
    name: str
    email: str | None
    groups: frozenset[str]
    session: str | None


class Web(Protocol):
    """The way to providers' servers, which `app` gives. What comes is bounded in size and time.

    `issuer` is whom the operator trusts to be anywhere, on a private network too; all else is public or refused.
    """

    async def get(self, issuer: str, url: str, *, bearer: str | None = None) -> Mapping[str, Any]:
        """Return a JSON object. Raises: Unavailable."""
        ...

    async def post(
        self, issuer: str, url: str, form: Mapping[str, str], *, basic: tuple[str, str] | None = None
    ) -> Mapping[str, Any]:
        """Send a form and return the JSON object that comes, whatever its status. Raises: Unavailable."""
        ...


class SignInRefused(PinciteError):
    """What a sign-in provider or a browser sent does not prove who somebody is."""

    code = "sign-in-refused"
    kind = ErrorKind.UNAUTHENTICATED


class SignOutRefused(PinciteError):
    """A word of a provider that somebody signed out there is not one; 400, as OpenID Connect wants it."""

    code = "sign-out-refused"
    kind = ErrorKind.MALFORMED


class NotKnownHere(PinciteError):
    """Somebody proved who they are, and is nobody here."""

    code = "not-known-here"
    kind = ErrorKind.DENIED
