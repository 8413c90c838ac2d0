"""E-mail addresses as they are kept: in lower case, of a plain shape, each of one user in the whole installation.

Whether one was verified is decided where that can be known.
"""

import re

from sqlalchemy.ext.asyncio import AsyncSession

from pincite.accounts.store import people as people_store
from pincite.core import Conflict, InvalidInput

_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{1,255}")
_SHOWN = 100


def is_email(text: str) -> bool:
    """Say whether a text, in lower case and without blanks around it, can be somebody's address."""
    return len(text) <= 320 and text.isprintable() and _EMAIL.fullmatch(text) is not None


def checked_email(email: str) -> str:
    """Return an address as it is kept. Raises: InvalidInput."""
    address = email.strip().lower()
    if not is_email(address):
        raise InvalidInput(f"{email[:_SHOWN]!r} is no e-mail address.", remedy="Write it as name@example.com.")
    return address


async def refuse_taken(session: AsyncSession, address: str) -> None:
    """Let nobody have somebody else's address. Raises: Conflict."""
    if await people_store.email_is_taken(session, address):
        raise Conflict("Somebody has this e-mail address already.", remedy="Use another, or none.")
