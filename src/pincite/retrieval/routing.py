"""Whether a question is one of words or of meaning: codes, names of functions and quoted phrases are looked up. Pure.

What becomes of that is decided where rankings are fused.
"""

import re

from pincite.core.words import content_pairs

_TOKEN = re.compile(r"\S+")
_CODE = re.compile(
    r"(?:\w*_\w+|\w*\d\w*[A-Za-z]\w*|\w*[A-Za-z]\w*\d\w*|[a-z]+[A-Z]\w*|\w+\(\)|[\w/-]+\.[a-z]{1,5}|--?[a-z][\w-]+|[A-Z]{2,}-?\d+|\d+(?:\.\d+){2,})"
)
_QUOTED = re.compile(r"\"[^\"]{3,}\"|“[^”]{3,}”|`[^`]{2,}`")


def keyword_share(question: str) -> float:
    """Return how much of a question is to be found letter by letter, 0 (none of it) to 1."""
    words = max(1, len(content_pairs(question)))
    codes = sum(_CODE.fullmatch(token.strip("?,.;:()'\"`")) is not None for token in _TOKEN.findall(question))
    quoted = sum(len(content_pairs(match)) for match in _QUOTED.findall(question))
    return min(1.0, (codes + quoted) / words)
