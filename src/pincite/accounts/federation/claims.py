"""What a provider says of somebody, read carefully: a name, an address that it verified, groups. Nothing is stored.

What it is worth is decided by the provider's settings in `entering.py`.
"""

from collections.abc import Mapping
from typing import Any, cast

from pincite.accounts.addresses import address_of
from pincite.accounts.domain import printable
from pincite.accounts.federation.domain import Person, Provider, SignInRefused

_MOST_GROUPS = 5000
_NAME_CHARS = 100


def person_of(provider: Provider, claims: Mapping[str, Any]) -> Person:
    """Return who somebody is.

    Raises: SignInRefused where they have more groups than fit into a token, and rules ask for them.
    """
    email = _email_of(claims)
    name = _text(claims, "name") or _text(claims, "preferred_username") or email or "Somebody"
    cleaned = printable(name)[:_NAME_CHARS].strip()
    session = claims.get("sid")
    return Person(
        subject=claims["sub"],
        name=cleaned or "Somebody",
        email=email,
        groups=_groups_of(provider, claims),
        session=session if isinstance(session, str) else None,
    )


def lacks(provider: Provider, claims: Mapping[str, Any]) -> bool:
    """Say whether the provider's server for facts about people is to be asked, too."""
    wants_groups = bool(provider.settings.groups or provider.settings.roles)
    return "email" not in claims or (wants_groups and _groups_claim(provider, claims) is None)


def _email_of(claims: Mapping[str, Any]) -> str | None:
    """Return the address that the provider says it verified: anything but a plain yes is a no."""
    verified = claims.get("email_verified")
    return address_of(_text(claims, "email")) if verified is True or verified == "true" else None


def _groups_of(provider: Provider, claims: Mapping[str, Any]) -> frozenset[str]:
    name = provider.settings.groups_claim
    elsewhere = claims.get("_claim_names")
    too_many = isinstance(elsewhere, dict) and name in elsewhere
    if too_many and (provider.settings.groups or provider.settings.roles):
        raise SignInRefused(
            "You are in more groups than your provider puts into a token.",
            remedy="Have an admin let the provider send only groups that are assigned to this application.",
        )
    found = _groups_claim(provider, claims)
    listed = cast("list[object]", found) if isinstance(found, list) else [found]
    return frozenset(each for each in listed[:_MOST_GROUPS] if isinstance(each, str))


def _groups_claim(provider: Provider, claims: Mapping[str, Any]) -> object:
    """Return the claim of that name; where there is none, what its parts lead to, from object to object."""
    name = provider.settings.groups_claim
    found: Any = claims
    for part in (name,) if name in claims else name.split("."):
        found = cast("Mapping[str, Any]", found).get(part) if isinstance(found, Mapping) else None
    return found


def _text(claims: Mapping[str, Any], name: str) -> str:
    found = claims.get(name)
    return found if isinstance(found, str) else ""
