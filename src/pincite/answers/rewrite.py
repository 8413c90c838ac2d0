"""Makes a follow-up stand alone without a model: what it leaves out is taken from the turns before. Pure.

A question that names its own subject is left as it is, so that a change of topic is not polluted. What is carried is
the topic: the few rarest words of the last question, itself made to stand alone first. A name or a year that goes on
("And in Amsterdam?") stands in the place of the one before it.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from pincite.answers.domain import Turn
from pincite.answers.other_languages import asks_elsewhere
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
    r"|und|aber|oder|wie sieht es|et|mais|ou|y|pero|e|ma|en|maar|mas|i|ale|a co|а|и|но|ve|peki|و)\b"
    r"|^\W*(?:那|那么|それでは|では|그럼|그러면)|[呢]\W*$|^\W*¿y\b",
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
_PLACING = re.compile(
    r"in|at|on|for|from|to|by|with|of|until|since|during|under|before|after|für|von|bei|mit|aus|nach|seit|bis"
    r"|en|à|de|pour|chez|avec|depuis|pendant|para|con|por|desde",
    re.IGNORECASE,
)
_FEW_WORDS = 3
_LONGEST_LEANING = 6
_MOST_CARRIED = 3
_NAME_WORTH = 1.5


@dataclass(frozen=True, slots=True)
class _Word:
    """A word of a question, with the preposition before it, and whether it is a name or has figures."""

    said: str
    placed: str = ""
    named: bool = False
    figures: bool = False

    @property
    def kind(self) -> tuple[bool, bool]:
        """What it may stand in the place of: a year of a year, a name of a name."""
        return (self.named and not self.figures, self.figures)


_Topic = tuple[_Word, ...]
"""Words that a later question may lean on, in the order they were said."""


def standalone(question: str, turns: Sequence[Turn]) -> str:
    """Return the question, with the topic of the turns before it added where it leans on them.

    It leans when it points back ("it", "they", "that one"), goes on ("and ...", "what about ...") or is no whole
    question but a few words.
    """
    topic: _Topic = ()
    for turn in turns:
        topic = _topic(turn.question, topic)
    carried = _carried(question, topic)
    return f"{question} ({' '.join(word.said for word in carried)})" if carried else question


def leans(question: str) -> bool:
    """Say whether a question needs the turns before it to be understood."""
    words = content_words(question)
    plain = _ITS_OWN.sub(_without_possessive, _EXISTS.sub(" ", question))
    if not words or (_CONTINUES.search(question) and len(words) <= _LONGEST_LEANING):
        return True
    if len(words) < _FEW_WORDS and (_OF_WHICH.search(question) or not _asks(question)):
        return True
    return bool(_REFERS.search(plain)) and len(words) <= _LONGEST_LEANING


def _asks(question: str) -> bool:
    return _ASKS.search(question) is not None or asks_elsewhere(question)


def _without_possessive(found: re.Match[str]) -> str:
    """Take "its" and "their" away behind a word of the question that they can be of."""
    words = f"{found[1]} {found['between']}"
    return f"{words} " if content_words(words) else found[0]


def _carried(question: str, topic: _Topic) -> list[_Word]:
    if not leans(question):
        return []
    own = set(content_words(question))
    left = [word for word in topic if not own.issuperset(content_words(word.said))]
    return [word for word in left if not _replaced(word, question, left)]


def _replaced(word: _Word, question: str, topic: Sequence[_Word]) -> bool:
    """Whether a question that goes on names another thing of its kind: in the same place, or it is the only one."""
    if _CONTINUES.search(question) is None:
        return False
    placed = {each.placed for each in _words_of(question) if each.kind == word.kind and content_words(each.said)}
    if word.placed in placed:
        return bool(word.placed) or any(word.kind)
    if not placed or not any(word.kind):
        return False
    alone = sum(each.kind == word.kind for each in topic) == 1
    return alone and (word.figures or "" in placed)


def _words_of(question: str) -> list[_Word]:
    found: list[_Word] = []
    placed = ""
    for place, match in enumerate(_WORD.finditer(question)):
        word = re.sub(r"['’]s$", "", match[0])
        if _PLACING.fullmatch(word):
            placed = word.lower()
            continue
        named = word[0].isupper() and place > 0
        found.append(_Word(word, placed, named, any(map(str.isdigit, word))))
    return found


def _topic(question: str, before: _Topic) -> _Topic:
    """The topic after a question: its own telling words, and those that it leans on."""
    own: dict[str, tuple[float, _Word]] = {}
    for word in _words_of(question):
        for stem in content_words(word.said):
            own.setdefault(stem, (rarity(stem) + (_NAME_WORTH if word.named else 0.0), word))
    for word in _carried(question, before):
        for stem in content_words(word.said):
            own.setdefault(stem, (rarity(stem) + _NAME_WORTH, word))
    best = sorted(own.values(), key=lambda each: -each[0])[:_MOST_CARRIED]
    kept = {word.said for _, word in best}
    ordered = {word.said: word for _, word in own.values() if word.said in kept}
    return tuple(ordered.values()) or before
