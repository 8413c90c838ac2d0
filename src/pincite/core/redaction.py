"""Takes secrets out of text by their values, in every spelling that a log or an error may give them.

Which values are secret is known where settings are read; they are hidden where `telemetry.py` writes, and by whoever is
handed a `Redactor`. What only has the shape of a secret (a stranger's key in a document) is not its business.
"""

import base64
import json
import re
from collections.abc import Iterable
from urllib.parse import quote, quote_plus

HIDDEN = "[hidden]"
KEY_PREFIX = "pin_"
"""What Pincite's own keys begin with: they are known by their shape, for their values are nowhere."""
LEAST_CHARS = 8
"""Shorter values are words: hiding them would tear texts apart, and would hide nothing."""
_OWN_KEY = re.compile(rf"\b{KEY_PREFIX}[A-Za-z0-9_-]{{40,}}")
_URL_SAFE = str.maketrans("+/", "-_")


class Redactor:
    """Hides given values and keys of Pincite's own; time grows with the text and the number of values.

    Args:
        values: secrets as they are given to Pincite; those under `LEAST_CHARS` characters are passed over.
    """

    def __init__(self, values: Iterable[str] = ()) -> None:
        found = {spelt for value in values if len(value) >= LEAST_CHARS for spelt in spellings(value)}
        self._spellings = sorted(found, key=len, reverse=True)  # a secret that begins with another is hidden whole

    def __call__(self, text: str) -> str:
        """Return the text with each secret replaced by `HIDDEN`."""
        for spelt in self._spellings:
            if spelt in text:
                text = text.replace(spelt, HIDDEN)
        return _OWN_KEY.sub(HIDDEN, text) if KEY_PREFIX in text else text


def spellings(value: str) -> set[str]:
    """Return a value as it is, escaped in JSON, Python and addresses, in hexadecimal, and as part of base64."""
    as_bytes = value.encode("utf-8", "surrogatepass")
    found = {value, repr(value)[1:-1], json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1]}
    found |= {quote(as_bytes, safe=""), quote(as_bytes), quote_plus(as_bytes), as_bytes.hex()}
    for before in range(3):
        part = _in_base64(as_bytes, before)
        found |= {part, part.translate(_URL_SAFE)}
    return {each for each in found if len(each) >= LEAST_CHARS}


def _in_base64(value: bytes, before: int) -> str:
    """Return what base64 makes of a value wherever it begins `before` bytes after a group of three, such as `user:`."""
    whole = base64.b64encode(bytes(before) + value).decode()
    return whole[-(-before * 8 // 6) : (before + len(value)) * 8 // 6]
