"""Opaque cursors of lists: the sort key of the last item, as URL-safe base64 of JSON.

They carry no permission: what a cursor points past is filtered by scope like everything else.
"""

import base64
import binascii
import json

from pincite.core import InvalidInput

# The largest that a column of numbers keeps; PostgreSQL compares it with no larger one.
_MOST = 2**31 - 1


def encode_cursor(key: str | int) -> str:
    """Return a cursor that points past the item with this sort key."""
    return base64.urlsafe_b64encode(json.dumps(key).encode()).decode().rstrip("=")


def decode_text(cursor: str | None) -> str | None:
    """Return the sort key of a cursor that points past a text. Raises: InvalidInput."""
    key = _decode(cursor)
    if key is not None and not isinstance(key, str):
        raise _foreign()
    return key


def decode_number(cursor: str | None) -> int | None:
    """Return the sort key of a cursor that points past a number. Raises: InvalidInput."""
    key = _decode(cursor)
    if key is not None and (not isinstance(key, int) or abs(key) > _MOST):
        raise _foreign()
    return key


def _decode(cursor: str | None) -> str | int | None:
    if cursor is None:
        return None
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        key = json.loads(raw)
    except (binascii.Error, ValueError):
        raise _foreign() from None
    if isinstance(key, bool) or not isinstance(key, str | int):
        raise _foreign()
    if isinstance(key, str) and any(c == "\x00" or "\ud800" <= c <= "\udfff" for c in key):
        raise _foreign()  # no database takes these
    return key


def _foreign() -> InvalidInput:
    return InvalidInput("The cursor is not one of this list.", remedy="Start the list again without a cursor.")
