"""Covers what was found with what it is: "[card k7q]". A covered text is as long as it was, its lines where they were.

So offsets into a page hold in its covered text as well: passages, sentences and pins need no map back. The mark is the
same for the same value, wherever it stands, and says nothing of it to whoever lacks the key.
"""

import base64
import hashlib
import hmac
from collections.abc import Sequence

from pincite.privacy.detecting import find
from pincite.privacy.domain import Finding
from pincite.privacy.plain import plain

_MARK = 3


class Masker:
    """Covers findings.

    Args:
        key: marks are made with it; the same one gives the same marks. Not to be guessed, or values could be tried out.
    """

    def __init__(self, key: bytes) -> None:
        self._key = hmac.digest(key, b"personal data", hashlib.sha256)

    def covered(self, text: str) -> str:
        """Return the text with all that is found in it covered. CPU work, linear in the text."""
        return self.cover(text, find(text))

    def cover(self, text: str, findings: Sequence[Finding]) -> str:
        """Return the text with those findings covered that are to be: in order, without overlaps; others stay."""
        parts: list[str] = []
        at = 0
        for each in findings:
            if each.kind.covered:
                parts += (text[at : each.start], self._cover_of(each, text[each.start : each.end]))
                at = each.end
        return "".join((*parts, text[at:]))

    def _cover_of(self, found: Finding, value: str) -> str:
        """Blanks and "[kind mark]", with as much of the mark as there is room for; the value's line breaks stay."""
        room = len(value)
        for shown in range(_MARK, 1, -1):
            cover = f"[{found.kind.value} {self._mark(found, value)[:shown]}]"
            if len(cover) <= room:
                break
        else:
            cover = f"[{found.kind.value}]"
            cover = cover if len(cover) <= room else "*" * room
        blanks = "".join(letter if letter in "\r\n" else " " for letter in value[: room - len(cover)])
        return blanks + cover

    def _mark(self, found: Finding, value: str) -> str:
        bare = "".join(letter for letter in plain(value).casefold() if letter.isalnum())
        digest = hmac.digest(self._key, f"{found.kind.value}:{bare}".encode("utf-8", "surrogatepass"), hashlib.sha256)
        return base64.b32encode(digest).decode().lower()
