"""Identifiers and the clock: time-ordered ids as text, and the current time in UTC.

Explicit text ids work alike on SQLite and PostgreSQL, where sequences would not.
"""

import os
import re
import time
from datetime import UTC, datetime

from pincite.core.errors import InvalidInput

_ID = re.compile(r"[0-9a-f]{32}")


def new_id() -> str:
    """Return a UUID version 7 (RFC 9562) as 32 hexadecimal characters; ids made later sort later (by millisecond)."""
    millis = time.time_ns() // 1_000_000
    random = int.from_bytes(os.urandom(10), "big")
    value = (millis & ((1 << 48) - 1)) << 80
    value |= 0x7 << 76
    value |= ((random >> 62) & 0xFFF) << 64
    value |= 0b10 << 62
    value |= random & ((1 << 62) - 1)
    return f"{value:032x}"


def utc_now() -> datetime:
    """Return the current time, timezone-aware, in UTC."""
    return datetime.now(UTC)


def id_cursor(cursor: str | None) -> str | None:
    """Return a list's cursor that is the id of the last item seen. Raises: InvalidInput: it is none."""
    if cursor is not None and _ID.fullmatch(cursor) is None:
        raise InvalidInput("The cursor is not one of this list.", remedy="Start the list again without a cursor.")
    return cursor
