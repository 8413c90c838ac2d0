"""What a question's terms count for at a sentence, by where they stand around it. Pure.

Which sentence answers is decided in `extractive.py`.
"""

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from pincite.answers.candidates import Candidate
from pincite.answers.question_kind import Question
from pincite.answers.synonyms import opposites, synonyms
from pincite.core.words import content_pairs, content_words, words
from pincite.retrieval import ScoredPassage

Vectors = Mapping[str, NDArray[np.float32]]

# What a question term counts for by where it stands, relative to the sentence itself: what a row's columns are called,
# where the parsers know the table; a section that is called "Annual leave", whose sentences need not say so again; ...
IN_HEAD = 0.95
IN_TITLE = 0.9
IN_HEADER = 0.75
IN_HEADINGS = 0.65
IN_NEAR = 0.45
IN_PASSAGE = 0.25
# Two different words whose vectors are closer than this say something alike ("laptop", "computer").
_ALIKE_FROM, _ALIKE_FULL, _ALIKE_WORTH = 0.35, 0.75, 0.7

# Letters of other scripts than the Latin one: Greek and what comes behind it, but for Latin letters with more signs.
_OTHER_LETTERS = re.compile(r"[\u0370-\u1dff\u1f00-\u1fff\u2e80-\uffff\U00010000-\U0003ffff]")

_BELOW = " > "
_ARTICLES = frozenset({"the", "a", "an", "your", "our"})


class Zones:
    """The stems of each candidate's surroundings, and how telling each stem is among the candidates."""

    def __init__(self, found: Sequence[Candidate], passages: Sequence[ScoredPassage], asked: Question) -> None:
        self.words = [content_pairs(candidate.said) for candidate in found]
        self.own = [frozenset(stem for stem, _ in pairs) for pairs in self.words]
        outer: dict[str, frozenset[str]] = {}

        def stems(text: str) -> frozenset[str]:
            if text not in outer:
                outer[text] = frozenset(content_words(text))
            return outer[text]

        about: dict[str, frozenset[str]] = {}

        def asked_about(text: str) -> frozenset[str]:
            if text not in about:
                about[text] = _asked_about(text, asked)
            return about[text]

        self._above = [
            (
                (IN_TITLE, asked_about(candidate.headings)),
                (IN_HEADER if candidate.row is None else IN_HEAD, stems(candidate.header)),
                (IN_HEADINGS, stems(candidate.headings)),
            )
            for candidate in found
        ]
        self._around = [
            (
                (IN_NEAR, stems(candidate.near)),
                (IN_PASSAGE, stems(passages[candidate.passage].passage.chunk.text)),
            )
            for candidate in found
        ]
        self._called = ["" if candidate.row is None else candidate.row.cells[0] for candidate in found]
        self._counts = Counter(stem for own in self.own for stem in own)

    def weights(self, terms: Mapping[str, str]) -> dict[str, float]:
        """Inverse document frequency of the terms over the candidates, scaled to a sum of 1."""
        total = len(self.own)
        raw = {term: math.log(1 + (total + 0.5) / (self._counts[term] + 0.5)) for term in terms}
        whole = sum(raw.values())
        return {term: weight / whole for term, weight in raw.items()}

    def credit(self, place: int, term: str, alike: "Alike") -> float:
        """What a question term counts for at a candidate, 0..1: most in its own text, less further away."""
        if term in self.own[place]:
            return 1.0
        zones = (*self._above[place], *self._around[place])
        credit = max((worth for worth, stems in zones if term in stems), default=0.0)
        return max(credit, alike.credit(term, self.words[place]))

    def about(self, place: int, terms: Mapping[str, str]) -> float:
        """How much a row of a table is about what is asked for, 0..1: its first cell beside the terms not above it.

        Both have few words: less than half of them in common is nothing.
        """
        called = frozenset(content_words(self._called[place]))
        above = frozenset[str]().union(*(stems for _, stems in self._above[place]))
        rest = terms.keys() - (above - called)
        both = called & rest
        return max(0.0, 2 * len(both) / len(called | rest) - 1) if both else 0.0

    def says_opposite(self, place: int, terms: Mapping[str, str]) -> bool:
        """Whether a candidate says the opposite of a term, and neither that nor a word that means the same."""
        own = self.own[place]
        return any(
            own & opposites().get(term, frozenset()) and not own & {term, *synonyms().get(term, ())} for term in terms
        )

    def titled(self, place: int, terms: Mapping[str, str]) -> bool:
        """Whether a candidate stands below headings that are called all that is asked for."""
        (_, title), *_ = self._above[place]
        return terms.keys() <= title


def _asked_about(headings: str, asked: Question) -> frozenset[str]:
    """Return the question's terms that are all that a heading says."""
    found: set[str] = set()
    for title in headings.split(_BELOW)[1:]:
        told = frozenset(stem for stem in words(title) if not stem.isdigit()) - _ARTICLES
        if told <= asked.terms.keys():
            found |= told
    return frozenset(found)


class Alike:
    """Credit for a word that means something close to a question's word."""

    def __init__(self, terms: Mapping[str, str], vectors: Vectors) -> None:
        self._terms = terms
        self._vectors = vectors
        self._known: dict[tuple[str, str], float] = {}

    def credit(self, term: str, words: Sequence[tuple[str, str]]) -> float:
        """What the likest of some words (each after its stem) counts for, 0..1."""
        return max((self._pair(term, stem, word) for stem, word in words), default=0.0)

    def _pair(self, term: str, stem: str, word: str) -> float:
        key = (term, word)
        if key not in self._known:
            self._known[key] = self._worth(term, stem, word)
        return self._known[key]

    def _worth(self, term: str, stem: str, word: str) -> float:
        if stem in synonyms().get(term, ()):
            return _ALIKE_WORTH
        # Numbers lie close together in the vector space and mean different things; so do opposites.
        if word[0].isdigit() or stem in opposites().get(term, ()):
            return 0.0
        near = cosine(self._vectors.get(self._terms[term]), self._vectors.get(word))
        return _ALIKE_WORTH * min(1.0, max(0.0, (near - _ALIKE_FROM) / (_ALIKE_FULL - _ALIKE_FROM)))


def comparable(texts: Iterable[str]) -> list[str]:
    """Return those texts whose vectors say something: the built-in embedder knows words of the Latin script.

    Of other scripts it knows single letters, so that all their texts lie close together.
    """
    return [text for text in texts if text.isascii() or 2 * len(_OTHER_LETTERS.findall(text)) <= len(text)]


def cosine(left: NDArray[np.float32] | None, right: NDArray[np.float32] | None) -> float:
    """Return how alike two unit vectors are, 0..1; 0 where one is not known."""
    return 0.0 if left is None or right is None else max(0.0, float(left @ right))
