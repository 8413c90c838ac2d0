"""Whom and what words on the command line name: an id is before an address, an address before a name."""

from collections.abc import Sequence
from typing import Any

from pincite.app.wiring import House
from pincite.core import InvalidInput, NotFound, Scope

_AT_ONCE = 1000


async def user_of(house: House, scope: Scope, who: str) -> str:
    """Return the id of a user named by id, else by e-mail address, else by name, which anybody may have.

    Raises: NotFound, InvalidInput.
    """
    address = who.lower()
    known = [(each.id, who if each.email == address else None, each.name) for each in await everybody(house, scope)]
    return only(known, who, "user")


async def key_of(house: House, scope: Scope, key: str) -> str:
    """Return the id of a key named by id, else by name. Raises: NotFound, InvalidInput."""
    return only([(each.id, each.name) for each in await house.accounts.list_keys(scope)], key, "key")


async def names_of(house: House, scope: Scope) -> dict[str, str]:
    """Return how people are called, and keys, by id: for people to read."""
    keys = {each.id: each.name for each in await house.accounts.list_keys(scope)}
    return keys | {each.id: each.email or each.name for each in await everybody(house, scope)}


async def everybody(house: House, scope: Scope) -> list[Any]:
    """Return every user of the tenant."""
    found: list[Any] = []
    while some := await house.people.users(scope, limit=_AT_ONCE, after=found[-1].id if found else None):
        found += some
    return found


def only(known: Sequence[tuple[str | None, ...]], wanted: str, kind: str) -> str:
    """Return the id of the one that is called so; its id, first in each row, counts before what is behind it."""
    for column in zip(*known, strict=True):
        found = [str(row[0]) for row, name in zip(known, column, strict=True) if name == wanted]
        if len(found) > 1:
            raise InvalidInput(
                f"There are {len(found)} of {kind} {wanted!r}.", remedy="Say which by its id: " + ", ".join(found)
            )
        if found:
            return found[0]
    raise NotFound(f"There is no {kind} {wanted!r}.", remedy=f"`pincite {kind}s list` shows them.")
