"""What is agreed on with a sign-in provider: what it is asked for, whom it lets in, what its groups are worth here.

Kept as JSON beside the provider; what it leads to is decided in `federation/`.
"""

from dataclasses import dataclass
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, field_validator

from pincite.accounts.domain import Role

MOST_RULES = 200
_Value = Annotated[str, Field(min_length=1, max_length=255)]
_Domain = Annotated[
    str, Field(pattern=r"^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+$", max_length=253)
]


class ProviderSettings(BaseModel):
    """How people come from a provider.

    Args:
        scopes: what is asked for.
        create: whether somebody unknown becomes a user, with an address in one of `domains` that the provider verified.
        link_by_email: whether somebody unknown is the user who has the address that the provider verified.
        domains: where addresses must be to be believed; empty for anywhere, which `create` does not take.
        role: what new users are, and those of whom no rule of `roles` speaks.
        groups_claim: the claim that names somebody's groups; with dots, as `realm_access.roles`, within claims.
        roles: a value of the claim, and the role that it is worth; the highest counts. Empty leaves roles alone.
        groups: a value of the claim, and the id of the group here that it is worth.
        session_hours: longest time until somebody must sign in anew.
        sign_out_there: whether signing out here leads on to the provider, to sign out there.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    scopes: tuple[Annotated[str, Field(pattern=r"^[\x21\x23-\x5b\x5d-\x7e]{1,100}$")], ...] = (
        "openid",
        "email",
        "profile",
    )
    create: bool = False
    link_by_email: bool = False
    domains: Annotated[tuple[_Domain, ...], Field(max_length=100)] = ()
    role: Role = Role.VIEWER
    groups_claim: Annotated[str, Field(min_length=1, max_length=100)] = "groups"
    roles: Annotated[tuple[tuple[_Value, Role], ...], Field(max_length=MOST_RULES)] = ()
    groups: Annotated[
        tuple[tuple[_Value, Annotated[str, Field(max_length=64)]], ...], Field(max_length=MOST_RULES)
    ] = ()
    session_hours: Annotated[float, Field(gt=0, le=24 * 30)] = 12.0
    sign_out_there: bool = False

    @field_validator("scopes")
    @classmethod
    def _with_openid(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return value if "openid" in value else ("openid", *value)

    @field_validator("role")
    @classmethod
    def _no_owner(cls, value: Role) -> Role:
        if value is Role.OWNER:
            raise ValueError("a provider makes nobody an owner")
        return value

    @field_validator("roles")
    @classmethod
    def _no_owners(cls, value: tuple[tuple[str, Role], ...]) -> tuple[tuple[str, Role], ...]:
        if any(role is Role.OWNER for _, role in value):
            raise ValueError("a provider makes nobody an owner")
        return value


@dataclass(frozen=True, slots=True)
class NewProvider:
    """A provider that is to be added, or what one is to be; `secret` is the client's, None where it has none."""

    label: str
    issuer: str
    client_id: str
    secret: str | None
    settings: ProviderSettings
