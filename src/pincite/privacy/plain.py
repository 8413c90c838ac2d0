"""Text as detectors read it: one character for one character, so that offsets hold. And the words around a place.

Digits and letters of other widths and scripts, odd spaces and dashes become ASCII; characters that nobody sees become
`UNSEEN`, which may stand between the digits of a number.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence

UNSEEN = "\x00"
_SPACES = "\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
_DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d\ufffe"
_NOT_SEEN = (
    "\u00ad\u061c\u180e\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff"
)
# Classes first and what else must hold behind them: the search then jumps from one such character to the next.
_ODD = re.compile(rf"[{_SPACES}{_DASHES}{_NOT_SEEN}\uff01-\uff5e]")
_OTHER_DIGIT = re.compile(r"[^\x00-\x7f](?<=\d)")
_AS = {
    **dict.fromkeys(_SPACES, " "),
    **dict.fromkeys(_DASHES, "-"),
    **dict.fromkeys(_NOT_SEEN, UNSEEN),
    **{chr(code): chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)},
}
BEFORE, AFTER = 60, 24


def plain(text: str) -> str:
    """Return the text as detectors read it, as long as it was."""
    if text.isascii():
        return text
    return _OTHER_DIGIT.sub(lambda match: str(unicodedata.digit(match[0])), _ODD.sub(lambda match: _AS[match[0]], text))


def said_near(text: str, start: int, end: int, words: re.Pattern[str], *, after: int = AFTER) -> bool:
    """Say whether words stand shortly before a place, or after it. `words` match lower case."""
    before = text[max(0, start - BEFORE) : start].lower()
    return words.search(before) is not None or words.search(text[end : end + after].lower()) is not None


def places_of(text: str, words: Sequence[str]) -> Iterator[tuple[str, int, int]]:
    """Yield (word, start, end) of each of the words that begins a word of the text. They are in lower case.

    Searched for one by one as they are: much faster than a pattern of them all, for most texts hold none.
    """
    lowered = text.lower()
    if len(lowered) != len(text):  # a letter that becomes two
        lowered = "".join(letter.lower() if len(letter.lower()) == 1 else letter for letter in text)
    for word in words:
        at = lowered.find(word)
        while at >= 0:
            if not lowered[at - 1 : at].isalnum():
                yield word, at, at + len(word)
            at = lowered.find(word, at + 1)
