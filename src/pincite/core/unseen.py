"""Characters that nobody sees: of no width, turning the direction of text, tags, fillers. Models read them all.

Which of them a script is written with stays; where hidden text lies on a page is `guard`'s business.
"""

import re
from collections.abc import Iterator

# Sources: Unicode 16, DerivedCoreProperties (Default_Ignorable_Code_Point) and UAX #9; controls but white space.
_UNSEEN = (
    "\x00-\x08\x0e-\x1b\x1f\x7f-\x84\x86-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f"
    "\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
_TAKEN_OUT = re.compile(f"[{_UNSEEN}]")
# Joiners that scripts beyond the basic Latin one are written with: one alone between two of their characters.
_JOINER = re.compile(r"(?<![^\x00-\x7f\u200c\u200d])[\u200c\u200d]|[\u200c\u200d](?![^\x00-\x7f\u200c\u200d])")
_SMUGGLED = re.compile(
    "[\U000e0020-\U000e007e]{4,}|[\ufe00-\ufe0f\U000e0100-\U000e01ef]{4,}|[\u200b-\u200d\u2060-\u2064\ufeff]{8,}"
    "|[\u202d\u202e][^\u202c\n]{8,}"
)
# Flags of England, Scotland and Wales are a black flag with tags behind it.
_FLAG = re.compile("\U0001f3f4[\U000e0061-\U000e007a]{3,6}\U000e007f")
_LETTERS = {code: code - 0xE0000 for code in range(0xE0020, 0xE007F)}


def without_unseen(text: str) -> str:
    """Return text without the characters that nobody sees."""
    if text.isascii() and text.isprintable():
        return text
    return _JOINER.sub("", _TAKEN_OUT.sub("", text))


def smuggled(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield where runs of such characters lie that carry a message, as [start, end), and what it says if it is known.

    One alone is no message: it is how words are joined, cut and turned in honest text.
    """
    if text.isascii():
        return
    flags = {found.span() for found in _FLAG.finditer(text)}
    for found in _SMUGGLED.finditer(text):
        if not any(start <= found.start() and found.end() <= end for start, end in flags):
            said = found[0].translate(_LETTERS)
            yield found.start(), found.end(), said if said.isascii() else ""
