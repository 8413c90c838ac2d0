"""From a question to what is searched for: its words without instructions, what documents call them, its phrases. Pure.

Which documents a question names is found in `naming.py`; nothing is searched here.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

from pincite.core.terms import hyphenated, plain_words
from pincite.core.words import is_stop_word, named_words, stem, words
from pincite.retrieval.lexicon import asks_for_figures, meanings

# How an answer should look is no part of what it is about: "Round your answer to two decimal places."
_INSTRUCTION_WORDS = frozenset(
    stem(word)
    for word in """
    answer answers answering question questions following assume please explain state define defined give given
    provide response respond rely relying base basing based judgment judgments conclusions drawing address utilizing
    information primarily plainly clearly outlined shown stated details using use used
    round decimal place places unit units percent percentage calculate compute approximation exact reasonable possible
    perspective useful relevant like need want help metric metrics usd dollars million millions billion billions amount
    """.split()  # noqa: SIM905 (a list of 50 quoted words is harder to read)
)
# They are left out only where the question says how to answer: elsewhere "response" may be what it is about.
_INSTRUCTS = re.compile(
    r"\b(?:answer|round your|please|assum\w+ that|calculate|compute|provide an?|explain \w+|state that|judgments?)\b",
    re.IGNORECASE,
)
_FISCAL = re.compile(r"\bFY\s?'?(\d{4}|\d{2})\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Plan:
    """What is searched for.

    Args:
        words: the text for word search: the question's own words, then what documents call them.
        phrases: pairs of stems that stand together in the question or in those other names.
        figures: whether it asks for something that stands in tables of figures.
    """

    words: str
    phrases: frozenset[tuple[str, str]]
    figures: bool


def plan(question: str, *, expand: bool) -> Plan:
    """Return what to search for; without `expand` that is the question as it is."""
    if not expand:
        return Plan(question, frozenset(pairwise(words(question))), figures=False)
    plain = _FISCAL.sub(lambda year: year[1] if len(year[1]) == 4 else f"20{year[1]}", question)
    other = meanings(plain)
    own = _telling(plain)
    kept = [word for word in own if stem(word) not in _INSTRUCTION_WORDS] if _INSTRUCTS.search(plain) else own
    chosen: dict[str, str] = {}
    for word in (*(kept or own), *(word for meaning in other for word in _telling(meaning))):
        chosen.setdefault(stem(word), word)
    phrases = frozenset(pair for text in (plain, *other) for pair in pairwise(words(text)))
    return Plan(" ".join(chosen.values()) or question, phrases, asks_for_figures(plain))


def _telling(text: str) -> list[str]:
    """The words of a text as the index cuts them, in lower case, without stop words; hyphenated ones also joined."""
    joined = [word.lower() for word in hyphenated(text)]
    named = {word.lower() for word in named_words(text)}
    return [word for word in plain_words(text) if not is_stop_word(word) or word in named] + joined


def without(text: str, names: Iterable[str]) -> str:
    """Return a plan's words without those that name the documents which are searched anyway."""
    named = tuple(names)
    left = [
        word for word in text.split() if not any(word == name or (len(word) > 3 and word in name) for name in named)
    ]
    return " ".join(left) or text
