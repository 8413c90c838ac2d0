"""E-mail addresses as they are kept: in lower case, of a plain shape, each of one user in the whole installation.

Whether one was verified is decided where that can be known.
"""

import re

from sqlalchemy.ext.asyncio import AsyncSession

from pincite.accounts.store import people as people_store
from pincite.core import Conflict, InvalidInput

_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{1,255}")
_SHOWN = 100


def address_of(text: str) -> str | None:
    """Return an address as it is kept; None for what can be nobody's."""
    address = text.strip().lower()
    if any(not each.isascii() and each.lower().isascii() for each in text):
        return None  # the sign for kelvin becomes a plain k: the address would be somebody else's
    return address if len(address) <= 320 and address.isprintable() and _EMAIL.fullmatch(address) else None


def checked_email(email: str) -> str:
    """Return an address as it is kept. Raises: InvalidInput."""
    address = address_of(email)
    if address is None:
        raise InvalidInput(f"{email[:_SHOWN]!r} is no e-mail address.", remedy="Write it as name@example.com.")
    return address


async def refuse_taken(session: AsyncSession, address: str) -> None:
    """Let nobody have somebody else's address. Raises: Conflict."""
    if await people_store.email_is_taken(session, address):
        raise Conflict("Somebody has this e-mail address already.", remedy="Use another, or none.")
