"""Makes a follow-up stand alone without a model: what it leaves out is taken from the turn before. Pure.

A question that names its own subject is left as it is, so that a change of topic is not polluted.
"""

import re
from collections.abc import Sequence

from pincite.answers.drafting import Turn
from pincite.core.words import content_words

_REFERS = re.compile(
    r"\b(its?|they|them|their|that|this|these|those|he|him|his|she|her|there|ones?|same|former|latter)\b", re.IGNORECASE
)
_CONTINUES = re.compile(r"^\s*(and|but|or|so|what about|how about|what if|why|also|then|else)\b", re.IGNORECASE)
_FEW_WORDS = 3
_MOST_CARRIED = 12


def standalone(question: str, turns: Sequence[Turn]) -> str:
    """Return the question, with the words of the last question added where it leans on them.

    It leans when it points back ("it", "they", "that one"), goes on ("and ...", "what about ...") or has too few
    words of its own to search by.
    """
    if not turns or not leans(question):
        return question
    own = set(content_words(question))
    carried: list[str] = []
    for word in re.findall(r"[^\W_]+(?:[-.'’][^\W_]+)*", turns[-1].question):
        stems = content_words(word)
        if stems and not own.issuperset(stems):
            own.update(stems)
            carried.append(word)
    return f"{question} ({' '.join(carried[:_MOST_CARRIED])})" if carried else question


def leans(question: str) -> bool:
    """Say whether a question needs the turn before it to be understood."""
    words = content_words(question)
    if len(words) < _FEW_WORDS:
        return True
    return bool(_CONTINUES.search(question)) or (bool(_REFERS.search(question)) and len(words) <= 2 * _FEW_WORDS)
