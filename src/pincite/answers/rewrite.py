"""Makes a follow-up stand alone without a model: what it leaves out is taken from the turns before. Pure.

A question that names its own subject is left as it is, so that a change of topic is not polluted. What is carried is
the topic: the few rarest words of the last question, itself made to stand alone first.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from pincite.answers.domain import Turn
from pincite.answers.verdicts.evidence import rarity
from pincite.core.words import content_words

# "Is there", "the one that" and "so that" point at nothing said before; "is it", "about that" and "of them" do.
_REFERS = re.compile(
    r"\b(?:its|it|they|them|their|theirs|these|those|he|him|his|she|her|hers|same|former|latter)\b"
    r"|\b(?:does|did|do|is|was|about|of|for|like|with|to|why|how|and|but|after|before|in|on)\s+(?:that|this|there|ones?)\b"
    r"|\b(?:that|this|those|these)\s+(?:one|ones)\b|^\W*(?:that|this)\b",
    re.IGNORECASE,
)
_EXISTS = re.compile(r"\b(?:is|are|was|were|be|been)\s+there\b|\bthere\s+(?:is|are|was|were)\b", re.IGNORECASE)
_CONTINUES = re.compile(
    r"^\s*(?:and|but|or|so|what about|how about|what if|why|also|then|else"
    r"|und|aber|oder|wie sieht es|et|mais|ou|y|pero)\b",
    re.IGNORECASE,
)
# "How do employees report their absence?": whose it is, the question says itself.
_ITS_OWN = re.compile(r"\b([^\W\d_]+)\b(?P<between>(?:\W+\w+){0,3}?)\W+(?:its|their|his|her)\s+(?=\w)", re.IGNORECASE)
# "In which city?", "Until when?"
_OF_WHICH = re.compile(
    r"^\W*(?:in|at|on|for|from|to|by|with|of|until|till|since)\s+(?:which|what|whom?|whose|when|where)\b", re.IGNORECASE
)
_ASKS = re.compile(
    r"\b(?:who|whom|whose|what|when|where|which|why|how|is|are|was|were|do|does|did|can|could|will|would|should|has|have|"
    r"had|may|must|tell|list|name|explain|describe|give|show|compare)\b",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W_]+(?:[-.'’][^\W_]+)*")
_FEW_WORDS = 3
_LONGEST_LEANING = 6
_MOST_CARRIED = 3
_NAME_WORTH = 1.5


@dataclass(frozen=True, slots=True)
class _Topic:
    """Words that a later question may lean on, in the order they were said."""

    words: tuple[str, ...] = ()


def standalone(question: str, turns: Sequence[Turn]) -> str:
    """Return the question, with the topic of the turns before it added where it leans on them.

    It leans when it points back ("it", "they", "that one"), goes on ("and ...", "what about ...") or is no whole
    question but a few words.
    """
    topic = _Topic()
    for turn in turns:
        topic = _topic(turn.question, topic)
    carried = _carried(question, topic)
    return f"{question} ({' '.join(carried)})" if carried else question


def leans(question: str) -> bool:
    """Say whether a question needs the turns before it to be understood."""
    words = content_words(question)
    plain = _ITS_OWN.sub(_without_possessive, _EXISTS.sub(" ", question))
    if not words or (_CONTINUES.search(question) and len(words) <= _LONGEST_LEANING):
        return True
    if len(words) < _FEW_WORDS and (_OF_WHICH.search(question) or not _ASKS.search(question)):
        return True
    return bool(_REFERS.search(plain)) and len(words) <= _LONGEST_LEANING


def _without_possessive(found: re.Match[str]) -> str:
    """Take "its" and "their" away behind a word of the question that they can be of."""
    words = f"{found[1]} {found['between']}"
    return f"{words} " if content_words(words) else found[0]


def _carried(question: str, topic: _Topic) -> list[str]:
    if not leans(question):
        return []
    own = set(content_words(question))
    return [word for word in topic.words if not own.issuperset(content_words(word))]


def _topic(question: str, before: _Topic) -> _Topic:
    """The topic after a question: its own telling words, and those that it leans on."""
    own: dict[str, tuple[float, str]] = {}
    sentence_start = True
    for match in _WORD.finditer(question):
        word = re.sub(r"['’]s$", "", match[0])
        stems = content_words(word)
        named = word[0].isupper() and not sentence_start
        sentence_start = False
        for stem in stems:
            own.setdefault(stem, (rarity(stem) + (_NAME_WORTH if named else 0.0), word))
    for word in _carried(question, before):
        for stem in content_words(word):
            own.setdefault(stem, (rarity(stem) + _NAME_WORTH, word))
    best = sorted(own.values(), key=lambda each: -each[0])[:_MOST_CARRIED]
    kept = {word for _, word in best}
    ordered = dict.fromkeys(word for _, word in own.values() if word in kept)
    return _Topic(tuple(ordered)) if ordered else before
