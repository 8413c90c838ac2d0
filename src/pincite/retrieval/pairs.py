"""Two things asked of in one question, by their form: "in Norway and Portugal", "the hotel limit and the dinner limit".

Pure. What stands in several questions is cut in `decomposition.py`; this is bolder, and a setting of its own.
"""

import re
from collections.abc import Sequence

from pincite.core.words import content_words

_NAME = r"(?:(?:the|a|an)\s+)?[A-Z][\w&'’.-]*(?:\s+(?:[A-Z][\w&'’.-]*|\d[\w.-]*))*"
_TWO_NAMES = re.compile(
    rf"^(?P<before>.*\b(?:of|for|in|at|from|by|with)\s+)(?:both\s+)?(?P<one>{_NAME})\s+and\s+"
    rf"(?:(?:of|for|in|at|from|by|with)\s+)?(?P<other>{_NAME})(?P<after>(?:\s+[a-z].*)?)$"
)
_TWO_THINGS = re.compile(
    r"^(?P<before>what\s+(?:is|are|was|were)\s+)(?P<one>the\s+(?:(?!\bbetween\b|\bof the\b)[^,])+?)\s+and\s+"
    r"(?P<other>the\s+[^,]+)$",
    re.IGNORECASE,
)
_HOW_COMPARED = re.compile(
    r"^how\s+(?:is|are|was|were|does|do|did)\s+(?P<one>[^,]+?)\s+(?:compare|differ)s?\s+(?:to|with|from|against)\s+"
    r"(?P<other>[^,]+)$",
    re.IGNORECASE,
)
_ASKS = re.compile(r"\b(?:who|whose|what|when|where|which|why|how)\b", re.IGNORECASE)
_TIME = re.compile(
    r"^(?:(?:the|in|at|for|year|end|of|fiscal|quarter)\s+)*(?:FY\s?'?|Q[1-4]\s?)?(?:19|20)?\d\d$", re.IGNORECASE
)
_TAIL = re.compile(r"\s(?:in|for|at|on|during|by)\s.+$")
_POSSESSIVE = re.compile(r"['’]s?$")
_LONGEST_CHARS = 300


def pair_of(question: str) -> tuple[str, ...]:
    """Return two questions, one for each of the two things that it asks of; none where it has not that form."""
    bare = " ".join(question.split()).rstrip(" ?.!")
    if len(bare) > _LONGEST_CHARS:
        return ()
    for way in (_compared, _names, _things):
        pair = way(bare)
        if pair and all(content_words(each) for each in pair) and pair[0] != pair[1]:
            return tuple(pair)
    return ()


def completed(one: str, other: str) -> str:
    """Return the first of two with what they share: "Boeing's backlog" of "Boeing's" and "Airbus's backlog"."""
    words = other.split()
    if len(words) > 1 and " " not in one:
        if _POSSESSIVE.search(one):
            owner = next((place for place, word in enumerate(words) if _POSSESSIVE.search(word)), 0)
            return " ".join((one, *words[owner + 1 :]))
        if one.islower():
            return " ".join((one, *words[1:]))
    return one


def _compared(bare: str) -> Sequence[str]:
    found = _HOW_COMPARED.match(bare)
    # Two years of one thing stand on one page; the question finds it whole.
    if found is None or any(_TIME.match(found[side]) for side in ("one", "other")):
        return ()
    return found["one"], found["other"]


def _names(bare: str) -> Sequence[str]:
    found = _TWO_NAMES.match(bare)
    if found is None or not _ASKS.search(found["before"]):
        return ()
    one, other = found["one"], found["other"]
    if _TIME.match(one) or _TIME.match(other) or one.split()[-1] == other.split()[0]:
        return ()
    return [f"{found['before']}{name}{found['after']}?" for name in (one, other)]


def _things(bare: str) -> Sequence[str]:
    found = _TWO_THINGS.match(bare)
    if found is None:
        return ()
    one, other = found["one"], found["other"]
    tail = None if _TAIL.search(one) else _TAIL.search(other)
    return f"{found['before']}{one}{tail[0] if tail else ''}?", f"{found['before']}{other}?"
