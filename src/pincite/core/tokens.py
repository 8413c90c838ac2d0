"""Counts a text's tokens without any model's tokenizer: an estimate that is rather too high than too low. Pure.

What a provider counted in the end is in its usage, not here.
"""

import re

# Byte-pair vocabularies of today hold most common words whole, figures by three digits, and few ideographs by pairs.
_PIECE = re.compile(
    r"[A-Za-z]{1,6}"  # a common word is one token, a long one two or three
    r"|\d{1,3}"
    r"|[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff]"  # each ideograph or syllable
    r"|[^\W\d_]{1,3}"  # letters of other scripts
    r"|[^\w\s]|_"
    r"|\n"
)


def estimate_tokens(text: str) -> int:
    """Return about how many tokens a model reads in a text."""
    return sum(1 for _ in _PIECE.finditer(text))
