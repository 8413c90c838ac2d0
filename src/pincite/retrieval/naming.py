"""Which documents a question names: "in the 2022 10-K", "Best Buy's Q2 of FY2024", "the leave policy". Pure.

A document is known by its source name alone, cut into words, years and quarters; what it says is not looked at. A word
names only where it stands out: "Boeing", "3M", "best buy" (one word of the name), "leave policy" (two that stand
together). A single common word does not: who asks about leave need not mean the document called leave-policy.
"""

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

_ABOUT_AS_WELL = 0.9
_SUFFIX = re.compile(r"\.[A-Za-z][A-Za-z0-9]{1,4}$")
_CUT = re.compile(r"[^A-Za-z0-9]+")
_DATED = re.compile(r"((?:19|20)\d\d)(?:q([1-4]))?")
_QUARTER = re.compile(r"q([1-4])")
_NUMBER = re.compile(r"\d{1,2}")
_ASKED_YEAR = re.compile(r"\b(?:FY\s?'?)?((?:19|20)\d\d)\b|\bFY\s?'?(\d\d)\b|\bQ[1-4]\s?'?(20\d\d)", re.IGNORECASE)
_ASKED_QUARTER = re.compile(r"\bQ([1-4])", re.IGNORECASE)
_ASKED_WORD = re.compile(r"[A-Za-z0-9&’'\-]+")
_BEGINS_SENTENCE = re.compile(r"(?:^|[.!?:;\n])[\s\"“”'(]*$")
_POSSESSIVE = re.compile(r"[’']s$")
_LONGEST_NAME_WORDS = 4
# A word that half of all names hold says nothing: log 2.
_LEAST_WEIGHT = 0.6932
# A name counts in full when the question says half of it, by how few names hold each word.
_ENOUGH_OF_NAME = 0.5
# What the right year is worth beside the right name.
_YEAR_SHARE = 0.6


@dataclass(frozen=True, slots=True)
class SourceName:
    """A document's name in parts: words in lower case, their initials, years, a quarter."""

    document_id: str
    words: tuple[str, ...]
    initials: str
    years: frozenset[int]
    quarter: int | None


@dataclass(frozen=True, slots=True)
class Asked:
    """What a question says that could be part of a name: words that stand out, pairs of others, acronyms, times."""

    outstanding: frozenset[str]
    pairs: frozenset[tuple[str, str]]
    acronyms: frozenset[str]
    years: frozenset[int]
    quarters: frozenset[int]


def source_name(document_id: str, source: str) -> SourceName:
    """Cut a source's name into its parts; folders above it count as words."""
    tokens = [token.lower() for token in _CUT.split(_SUFFIX.sub("", source)) if token]
    words: dict[str, None] = {}
    years: set[int] = set()
    quarter: int | None = None
    for token in tokens:
        if dated := _DATED.fullmatch(token):
            years.add(int(dated[1]))
            quarter = int(dated[2]) if dated[2] else quarter
        elif period := _QUARTER.fullmatch(token):
            quarter = int(period[1])
        elif not _NUMBER.fullmatch(token):
            words[token] = None
    initials = "".join(token[0] for token in tokens if token.isalpha())
    return SourceName(document_id, tuple(words), initials, frozenset(years), quarter)


def asked_of(question: str) -> Asked:
    """Return the parts of a question that could name a document; "Coca-Cola" is also "cocacola", "JnJ" is "jj"."""
    found = list(_ASKED_WORD.finditer(question))
    given = [_POSSESSIVE.sub("", word[0]) for word in found]
    plain = [re.sub(r"[^a-z0-9]", "", word.lower()) for word in given]
    outstanding = {
        "".join(plain[start : start + count])
        for count in range(2, _LONGEST_NAME_WORDS + 1)
        for start in range(len(plain) - count + 1)
    }
    outstanding.update(
        word for word, match in zip(plain, found, strict=True) if _stands_out(question, match.start(), match[0])
    )
    capitals = (re.sub(r"[^A-Z]", "", word) for word in given)
    years = {next(part for part in parts if part) for parts in _ASKED_YEAR.findall(question)}
    return Asked(
        frozenset(gram for gram in outstanding if len(gram) > 1),
        frozenset(pairwise(plain)),
        frozenset(letters.lower() for letters in capitals if len(letters) > 1),
        frozenset(int(year) if len(year) == 4 else 2000 + int(year) for year in years),
        frozenset(int(quarter) for quarter in _ASKED_QUARTER.findall(question)),
    )


def _stands_out(question: str, start: int, word: str) -> bool:
    """Whether a word is written like a name: with a digit, with capitals within, or with one within a sentence."""
    if any(letter.isdigit() for letter in word) or any(letter.isupper() for letter in word[1:]):
        return True
    begins = _BEGINS_SENTENCE.search(question[:start]) is not None
    return word[0].isupper() and not begins


def most_named(named: Mapping[str, float]) -> list[str]:
    """Return the ids of the documents whose names fit about as well as the best one's."""
    best = max(named.values(), default=0.0)
    return sorted(document_id for document_id, fit in named.items() if fit >= _ABOUT_AS_WELL * best)


class NameIndex:
    """The names of a set of documents, found by their words.

    Args:
        sources: (document id, source name) of each.
    """

    def __init__(self, sources: Iterable[tuple[str, str]]) -> None:
        self._names = {document_id: source_name(document_id, source) for document_id, source in sources}
        self._by_word: dict[str, list[str]] = defaultdict(list)
        self._by_initials: dict[str, list[str]] = defaultdict(list)
        for name in self._names.values():
            for word in name.words:
                self._by_word[word].append(name.document_id)
            for length in range(2, len(name.initials) + 1):
                self._by_initials[name.initials[:length]].append(name.document_id)

    def words_of(self, document_ids: Iterable[str]) -> frozenset[str]:
        """Return the words and years in the names of documents."""
        names = [self._names[document_id] for document_id in document_ids]
        years = {str(year) for name in names for year in name.years}
        return frozenset(years.union(word for name in names for word in name.words))

    def named(self, question: str) -> dict[str, float]:
        """Return how well each document's name fits what the question says, 0..1, for those that it names at all.

        Words count by how few names hold them. The last year asked for fits best; without one, the newest document.
        """
        asked = asked_of(question)
        weights = self._weights(asked)
        best = max(weights.values(), default=0.0)
        if best <= _LEAST_WEIGHT:
            return {}
        newest = max((self._last_year(each) for each, weight in weights.items() if weight == best), default=0)
        return {
            document_id: weight
            / best
            * self._told(document_id, weight)
            * (1 - _YEAR_SHARE + _YEAR_SHARE * self._year(document_id, asked, newest))
            for document_id, weight in weights.items()
        }

    def _told(self, document_id: str, weight: float) -> float:
        """How much of the name the question says, 0..1; kinds and versions ("10k", "v3") need not be said."""
        words = [word for word in self._names[document_id].words if word.isalpha()]
        whole = sum(self._rarity(self._by_word[word]) for word in words)
        share = weight / whole if whole > weight else 1.0
        return min(1.0, share / _ENOUGH_OF_NAME) ** 2

    def _weights(self, asked: Asked) -> Mapping[str, float]:
        weights: dict[str, float] = defaultdict(float)
        for document_id, words in self._said(asked).items():
            weights[document_id] = sum(self._rarity(self._by_word[word]) for word in words)
        for letters in asked.acronyms & self._by_initials.keys():
            for document_id in self._by_initials[letters]:
                weights[document_id] = max(weights[document_id], self._rarity(self._by_initials[letters]))
        return weights

    def _said(self, asked: Asked) -> Mapping[str, set[str]]:
        """The words of each name that the question says."""
        said: dict[str, set[str]] = defaultdict(set)
        for word in asked.outstanding & self._by_word.keys():
            for document_id in self._by_word[word]:
                said[document_id].add(word)
        for pair in asked.pairs:
            for document_id in set(self._by_word.get(pair[0], ())).intersection(self._by_word.get(pair[1], ())):
                said[document_id].update(pair)
        return said

    def _rarity(self, holders: Sequence[str]) -> float:
        count = len(holders)
        return math.log(1 + (len(self._names) - count + 0.5) / (count + 0.5))

    def _last_year(self, document_id: str) -> int:
        return max(self._names[document_id].years, default=0)

    def _year(self, document_id: str, asked: Asked, newest: int) -> float:
        name = self._names[document_id]
        fit = 0.5
        if asked.years and name.years:
            fit = _year_fit(asked.years, name.years)
        elif name.years:
            fit = 0.7 if max(name.years) == newest else 0.5
        if asked.quarters:
            fit = fit * 0.9 if name.quarter is None else fit + 0.2 if name.quarter in asked.quarters else fit * 0.7
        elif name.quarter is not None:
            fit *= 0.8
        return min(1.0, fit)


def _year_fit(asked: frozenset[int], there: frozenset[int]) -> float:
    """A report tells of its year, compares with the one before, and looks ahead to the one after."""
    last = max(asked)
    if last in there:
        return 1.0
    if asked & there:
        return 0.6
    return 0.3 if {last - 1, last + 1} & there else 0.0
