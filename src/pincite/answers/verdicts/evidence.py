"""What the claims of one answer are compared with: the sentences of its passages, read and counted once.

Comparing is done in `features.py`; where the sentences stand on their pages is known to `candidates.py`.
"""

import json
import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from pincite.answers.candidates import Candidate
from pincite.answers.verdicts.lexicon import NAMELESS
from pincite.answers.verdicts.terms import Terms, read

Vectors = Mapping[str, NDArray[np.float32]]
Matrix = NDArray[np.float64]

_RARITY = Path(__file__).parent / "rarity.json"
_PREFIX = 5
_Term = TypeVar("_Term", str, tuple[str, ...])
_NAME_RUN = re.compile(r"\b[A-Z]\w*(?: (?:(?:of|the|and|for|in) )*[A-Z]\w*){1,7}")
_FIGURE_RARITY, _MONTH_RARITY = 0.8, 0.6


class EvidenceIndex:
    """The sentences of the passages, ready for any number of claims.

    Args:
        found: the sentences and table rows.
        vectors: unit vectors by text, of the sentences and of the words of `vocabulary`; may be empty. It may grow
            afterwards: claims are looked up in it, too.
        question: what was asked; its words need no evidence.
    """

    def __init__(self, found: Sequence[Candidate], vectors: Vectors, question: str = "") -> None:
        self.found = found
        self.vectors = vectors
        self.terms = [read(each.text) for each in found]
        self.stems = [frozenset(_content(terms)) for terms in self.terms]
        self.around = [_around(each) for each in found]
        self.counts = Counter(stem for stems in self.stems for stem in stems)
        self.asked = frozenset(_content(read(question))) if question else frozenset[str]()
        self.lower = frozenset(
            word for terms in self.terms for place, word in enumerate(terms.words) if place not in terms.names
        ) - frozenset(terms.words[place] for terms in self.terms for place in terms.openers)
        self._by_bigram = _places_of([grams(terms.stems, 2) for terms in self.terms])
        self.all_bigrams = frozenset(self._by_bigram)
        self.trigrams = frozenset(gram for terms in self.terms for gram in grams(terms.stems, 3))
        self.pairs = frozenset(gram for terms in self.terms for gram in grams(_content(terms), 2))
        self.letters = [character_grams(each.text) for each in found]
        self.all_letters = frozenset[str]().union(*self.letters)
        self.initials = frozenset(_initials(each.text for each in found))
        self.flat = [f" {' '.join(terms.stems)} " for terms in self.terms]
        self._by_stem = _places_of(self.stems)
        self._by_prefix = _places_of(
            [[stem[:_PREFIX] for stem in stems if len(stem) > _PREFIX] for stems in self.stems]
        )
        self.all_prefixes = frozenset(self._by_prefix)
        self._sentences = stacked([each.text for each in found], vectors)
        self._words, self._flat_words, self._starts = _word_table(self.terms, vectors)

    def idf(self, stem: str) -> float:
        """Return how telling a stem is among these sentences; one that is missing counts as one that stands once."""
        return math.log(1 + (len(self.found) + 1) / (max(1, self.counts[stem]) + 0.5))

    def having(self, stems: Sequence[str]) -> tuple[Matrix, Matrix]:
        """Return, for each stem and sentence, 1 where it stands there, and where one stands that begins as it does."""
        exact, begun = np.zeros((len(stems), len(self.found))), np.zeros((len(stems), len(self.found)))
        for row, stem in enumerate(stems):
            exact[row, self._by_stem.get(stem, [])] = 1.0
            if len(stem) > _PREFIX:
                begun[row, self._by_prefix.get(stem[:_PREFIX], [])] = 1.0
        return exact, begun

    def most_of(self, bigrams: Sequence[tuple[str, ...]]) -> int:
        """Return how many of some bigrams the sentence has that has most of them."""
        had = Counter(place for gram in bigrams for place in self._by_bigram.get(gram, ()))
        return max(had.values(), default=0)

    def likeness(self, text: str) -> Matrix:
        """Return the cosine of a text with each sentence; zeros where there are no vectors."""
        own = self.vectors.get(text)
        if own is None or self._sentences is None:
            return np.zeros(len(self.found))
        return (self._sentences @ own).astype(np.float64)

    def word_likeness(self, words: Sequence[str]) -> Matrix:
        """Return, for each word and sentence, the highest cosine of the word with a word of the sentence."""
        known = [word if word in self.vectors else "" for word in words]
        if self._words is None or not any(known):
            return np.zeros((len(words), len(self.found)))
        zero = np.zeros(self._words.shape[1], dtype=np.float32)
        own = np.stack([self.vectors.get(word, zero) for word in words])
        alike = own @ self._words.T
        return np.maximum.reduceat(alike[:, self._flat_words], self._starts, axis=1).astype(np.float64)

    def trio(self, places: Sequence[int], text: str) -> float:
        """Return the cosine of a text with the sum of some sentences."""
        own = self.vectors.get(text)
        if own is None or self._sentences is None:
            return 0.0
        whole = self._sentences[list(places)].sum(axis=0)
        length = float(np.linalg.norm(whole))
        return float(whole @ own) / length if length else 0.0


def _places_of(found: Sequence[Iterable[_Term]]) -> dict[_Term, list[int]]:
    """Return the places of the sentences that have each term."""
    places: dict[_Term, list[int]] = {}
    for place, terms in enumerate(found):
        for term in set(terms):
            places.setdefault(term, []).append(place)
    return places


def vocabulary(texts: Iterable[str]) -> list[str]:
    """Return the words of texts whose vectors an index and its claims can use, each once."""
    found: dict[str, None] = {}
    for text in texts:
        terms = read(text)
        found.update(dict.fromkeys(terms.words[place] for place in terms.content if terms.words[place].isalpha()))
    return list(found)


def rarity(stem: str) -> float:
    """Return how rare a stem is in English prose, 0 (everywhere) to 1 (not among the commonest 2,500)."""
    if stem[0].isdigit():
        return _FIGURE_RARITY
    return _rarities().get(stem, 100) / 100


def is_common(word_stem: str) -> bool:
    """Whether a stem is among the commonest of English prose, so that a capital alone makes it no name."""
    return word_stem in _rarities()


@lru_cache(maxsize=1)
def _rarities() -> dict[str, int]:
    table: dict[str, int] = json.loads(_RARITY.read_text(encoding="utf-8"))
    return table


def grams(items: Sequence[str], size: int) -> list[tuple[str, ...]]:
    """Return the runs of `size` neighbours."""
    return [tuple(items[place : place + size]) for place in range(len(items) - size + 1)]


def character_grams(text: str) -> frozenset[str]:
    """Return the runs of four characters, in lower case, white space made one."""
    flat = f" {' '.join(text.lower().split())} "
    return frozenset(flat[place : place + 4] for place in range(len(flat) - 3))


def stacked(texts: Sequence[str], vectors: Vectors) -> NDArray[np.float32] | None:
    """Return the texts' vectors as rows, zero where one is missing; None when all are."""
    some = next((vectors[text] for text in texts if text in vectors), None)
    if some is None:
        return None
    zero = np.zeros_like(some)
    return np.stack([vectors.get(text, zero) for text in texts])


def _content(terms: Terms) -> list[str]:
    return [terms.stems[place] for place in terms.content]


def names_in(terms: Terms, index: EvidenceIndex) -> list[int]:
    """Return the places of a claim's names: capitals inside it, and at its start what is no common word."""
    return [
        *terms.names,
        *(
            place
            for place in terms.openers
            if not is_common(terms.stems[place])
            and terms.words[place] not in index.lower
            and terms.words[place] not in NAMELESS
        ),
    ]


def _initials(texts: Iterable[str]) -> Iterator[str]:
    """The letters that capitalised names begin with: "ran" for the Royal Australian Navy, also of parts of a run."""
    for text in texts:
        for run in _NAME_RUN.findall(text):
            letters = "".join(word[0] for word in run.split() if word[0].isupper()).lower()
            yield from (
                letters[start:end] for start in range(len(letters)) for end in range(start + 2, len(letters) + 1)
            )


def _around(candidate: Candidate) -> Terms:
    return read(f"{candidate.headings} . {candidate.header}")


def _word_table(
    terms: Sequence[Terms], vectors: Vectors
) -> tuple[NDArray[np.float32] | None, NDArray[np.intp], NDArray[np.intp]]:
    places: dict[str, int] = {}
    flat: list[int] = []
    starts: list[int] = []
    for each in terms:
        starts.append(len(flat))
        words = [each.words[place] for place in each.content if each.words[place].isalpha()]
        flat += [places.setdefault(word, len(places)) for word in words] or [places.setdefault("", len(places))]
    return stacked(list(places), vectors), np.array(flat, dtype=np.intp), np.array(starts, dtype=np.intp)
