"""Reads a text into what claims are compared by: stems, figures, dates, names, units and what is negated. Pure.

Comparing two texts is not done here.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from itertools import pairwise

from pincite.answers.verdicts.elsewhere import (
    COUNTED_UNSPACED,
    NEGATES_UNSPACED,
    NEGATES_WITHIN,
    NOT_BEHIND,
    number_of,
)
from pincite.answers.verdicts.lexicon import (
    CURRENCY,
    MONTHS,
    NEGATORS,
    NUMBER_WORDS,
    SCALES,
    SHORT_MONTHS,
    UNITS,
    WEEKDAYS,
)
from pincite.core.unspaced import MARKS, UNSPACED_RUN, has_unspaced, telling_pieces
from pincite.core.words import GROUPED, content_words, plain_figure, stem, western_digits

_TOKEN = re.compile(
    r"(?P<iso>\b(?P<year>\d{4})-(?P<month>0[1-9]|1[0-2])-(?P<day>[0-3]\d)\b)"
    r"|(?P<time>\b(?P<hour>\d{1,2})(?::(?P<minute>\d\d))?\s?(?P<half>[AaPp])\.?[Mm]\b\.?"
    r"|\b(?P<hour24>\d{1,2}):(?P<minute24>\d\d)\b(?::\d\d)?)"
    rf"|(?P<figure>{GROUPED}|\d+(?:[.,\u066b\u066c]\d+)*)(?P<ordinal>(?:st|nd|rd|th)\b)?"
    r"|(?P<sign>[%€$£¥₹])"
    rf"|(?P<word>[^\W\d_](?:[^\W\d_]|[{MARKS}])*(?:['’][^\W\d_]+)*\d*)"
)
_VOWELS = re.compile(r"[\u0591-\u05c7\u064b-\u065f\u0670\u0640]")
_SENTENCE_BREAK = re.compile(r"[.!?:;\n\"“|•]")
_PAUSE = re.compile(r"[,;:.()\[\]!?\u2013\u2014\n|]")
_MORE = "more|longer|greater|higher|larger|later|over"
_LESS = "less|fewer|shorter|smaller|lower|earlier|sooner"
_LIMIT = re.compile(
    rf"\b(?:(?P<least>not? (?:{_LESS}) than|at least|minimum of)"
    rf"|(?P<most>not? (?:{_MORE}) than|at most|up to|maximum of|within|(?:cannot|not) exceed(?:ing)?)"
    rf"|(?P<above>(?:{_MORE}) than|exceed(?:s|ing)?|after)|(?P<below>(?:{_LESS}) than|before))"
    r"\s+(?:the |an? |about )?[$\u20ac\u00a3\u00a5\u20b9]?$",
    re.IGNORECASE,
)
_LIMIT_AFTER = re.compile(
    r"[\w%\u20ac ]{0,12}?(?:(?P<least>(?:or|and) (?:more|over|longer|above|upwards)|upwards|at least|or later)"
    r"|(?P<most>(?:or|and) (?:less|fewer|under|below|shorter)|at (?:the )?most))\b",
    re.IGNORECASE,
)
_LIMIT_REACH = 30
_COMPARED = frozenset([*_MORE.split("|"), *_LESS.split("|")])
_DECIMAL = re.compile(r"\d+(?:\.\d+)?")
_NEGATION_REACH = 6
_TENS = frozenset(str(number) for number in range(20, 100, 10))
_HYPHENS = frozenset({"-", "\u2010", "\u2011", "\ufffe", " "})
# Units that stand before their figure: "€ 5", "EUR 5".
_BEFORE = frozenset(["euro", "dollar", "pound", "yen", "rupee", "franc", "krone", "yuan", "zloty"])


class Limit(StrEnum):
    """What a figure is the limit of: "at least 5", "up to 5", "more than" or "after 5", "less than" or "before 5"."""

    LEAST = "least"
    MOST = "most"
    ABOVE = "above"
    BELOW = "below"


@dataclass(frozen=True, slots=True)
class Terms:
    """A text's tokens in order and what they say.

    Args:
        stems: one for each token: a stem, a plain figure ("1577"), a month ("jan"), a unit's name.
        words: the tokens in lower case.
        spans: where each token stands in the text.
        content: places of the tokens that carry meaning.
        figures: figures written in digits, times as "17:00".
        counts: figures written as words, from two on.
        months: months and weekdays that are named, in three letters.
        names: places of capitalised words inside a sentence.
        openers: places of capitalised words that begin a sentence, so may be no names.
        measures: (figure, unit) pairs.
        negated: stems that a "not" or "no" stands before.
        negators: places of the "not" and "no".
        limits: (figure, limit) for figures that are one.
        pauses: places of the tokens before which a comma or another stop stands.
    """

    stems: tuple[str, ...]
    words: tuple[str, ...]
    spans: tuple[tuple[int, int], ...]
    content: tuple[int, ...]
    figures: frozenset[str]
    counts: frozenset[str]
    months: frozenset[str]
    names: tuple[int, ...]
    openers: tuple[int, ...]
    measures: frozenset[tuple[str, str]]
    negated: frozenset[str]
    negators: frozenset[int]
    limits: frozenset[tuple[str, Limit]]
    pauses: frozenset[int]

    @property
    def denies(self) -> bool:
        """Whether anything is negated."""
        return bool(self.negators)


@dataclass(slots=True)
class _Token:
    stem: str
    word: str
    span: tuple[int, int]
    kind: str
    opens: bool = False


@lru_cache(maxsize=4_096)
def read(text: str) -> Terms:
    """Return the terms of a text; those of late are kept, as a sentence is read for its words and for its claims."""
    tokens = _scaled(_compounded(text, list(_tokens(text))))
    negators = [place for place in range(len(tokens)) if _negates(tokens, place)]
    content = tuple(place for place, token in enumerate(tokens) if token.kind != "word" or _carries(token.word))
    capitals = [(place, token) for place, token in enumerate(tokens) if _is_capital(text, token)]
    return Terms(
        stems=tuple(token.stem for token in tokens),
        words=tuple(token.word for token in tokens),
        spans=tuple(token.span for token in tokens),
        content=content,
        figures=frozenset(token.stem for token in tokens if token.kind == "figure"),
        counts=frozenset(token.stem for token in tokens if token.kind == "count"),
        months=frozenset(token.stem for token in tokens if token.kind == "month"),
        names=tuple(place for place, token in capitals if not token.opens),
        openers=tuple(place for place, token in capitals if token.opens),
        measures=frozenset(_measures(tokens)),
        negated=frozenset(_negated(tokens, negators)),
        negators=frozenset(negators),
        limits=frozenset(_limits(text, tokens)),
        pauses=frozenset(_pauses(text, tokens)),
    )


def _tokens(text: str) -> Iterator[_Token]:
    if not has_unspaced(text):
        return _spaced(text)
    # What is cut is blanked, so that the rest keeps its place.
    rest = _spaced(UNSPACED_RUN.sub(lambda run: " " * len(run[0]), text))
    return iter(sorted((*rest, *_unspaced(text)), key=lambda token: token.span))


def _unspaced(text: str) -> Iterator[_Token]:
    """Yield the pieces of a text's runs of scripts without spaces that say something, and what negates there."""
    for found in UNSPACED_RUN.finditer(text):
        for negator in NEGATES_UNSPACED.finditer(text, found.start(), found.end()):
            if negator["must"] is None:
                word = "not" if negator["behind"] is None else NOT_BEHIND
                yield _Token(word, word, negator.span(), "word")
    for counted in COUNTED_UNSPACED.finditer(text):
        yield _Token(str(number_of(counted[0])), counted[0], counted.span(), "count")
    for start, end in telling_pieces(text):
        piece = text[start:end]
        yield _Token(UNITS.get(piece) or stem(piece), piece, (start, end), "unit" if piece in UNITS else "word")


def _spaced(text: str) -> Iterator[_Token]:
    last = 0
    for found in _TOKEN.finditer(text):
        opens = last == 0 or bool(_SENTENCE_BREAK.search(text, last, found.start()))
        span, last = found.span(), found.end()
        if found["iso"]:
            yield _Token(_plain(found["year"]), found["year"], span, "figure")
            yield _Token(SHORT_MONTHS[int(found["month"]) - 1], SHORT_MONTHS[int(found["month"]) - 1], span, "month")
            yield _Token(_plain(found["day"]), found["day"], span, "figure")
        elif found["time"]:
            yield _Token(_clock(found), found[0].lower(), span, "figure")
        elif found["figure"]:
            yield _Token(_plain(found["figure"]), found["figure"], span, "figure")
        elif found["sign"]:
            yield _Token(CURRENCY[found["sign"]], found["sign"], span, "unit")
        else:
            yield _word(found["word"], span, opens)


def _word(raw: str, span: tuple[int, int], opens: bool) -> _Token:
    word = raw.lower().replace("’", "'")
    word = (word if word.isascii() else _VOWELS.sub("", word)).removesuffix("'s")
    if word in MONTHS and (raw[0].isupper() or word not in {"may", "march", "mar", "sun", "sat"}):
        return _Token(MONTHS[word], word, span, "month")
    if word in WEEKDAYS and raw[0].isupper():
        return _Token(WEEKDAYS[word], word, span, "month")
    if word in NUMBER_WORDS:
        return _Token(NUMBER_WORDS[word], word, span, "count")
    unit = UNITS.get(word)
    if unit is not None and len(word) > 1:
        return _Token(unit, word, span, "unit", opens)
    return _Token(stem(word.replace("'", "")), word, span, "word", opens)


def _clock(found: re.Match[str]) -> str:
    if found["half"] is None:
        return f"{int(found['hour24']):02d}:{found['minute24']}"
    hour = int(found["hour"]) % 12 + (12 if found["half"] in "pP" else 0)
    return f"{hour:02d}:{found['minute'] or '00'}"


def _plain(figure: str) -> str:
    plain = plain_figure(western_digits(figure))
    if plain.count(".") == 1:
        plain = plain.rstrip("0").rstrip(".")
    return plain.lstrip("0") or "0" if not plain.startswith("0.") else plain


def _compounded(text: str, tokens: list[_Token]) -> list[_Token]:
    """Join "twenty-one" to one count, 21, and "non-refundable" to one word."""
    joined: list[_Token] = []
    for token in tokens:
        before = joined[-1] if joined else None
        hyphened = before is not None and text[before.span[1] : token.span[0]] in _HYPHENS - {" "}
        if before is not None and hyphened and before.word == "non" and token.kind == "word":
            before.word = f"non{token.word}"
            before.stem, before.span = stem(before.word.replace("'", "")), (before.span[0], token.span[1])
            continue
        one = "1" if token.word == "one" else token.stem if token.kind == "count" else ""
        tens = before is not None and before.kind == "count" and before.stem in _TENS and len(one) == 1
        if before is None or not tens or text[before.span[1] : token.span[0]] not in _HYPHENS:
            joined.append(token)
            continue
        before.stem, before.word = str(int(before.stem) + int(one)), f"{before.word}-{token.word}"
        before.span = (before.span[0], token.span[1])
    return joined


def _scaled(tokens: list[_Token]) -> list[_Token]:
    """Join "1.3 million" to one figure, 1300000."""
    joined: list[_Token] = []
    for token in tokens:
        before = joined[-1] if joined else None
        factor = SCALES.get(token.word)
        if before is None or factor is None or not _DECIMAL.fullmatch(before.stem):
            joined.append(token)
            continue
        before.stem = _plain(f"{float(before.stem) * factor:f}")
        before.kind, before.span = "figure", (before.span[0], token.span[1])
    return joined


@lru_cache(maxsize=65_536)
def _carries(word: str) -> bool:
    return bool(content_words(word))


def _is_capital(text: str, token: _Token) -> bool:
    return token.kind == "word" and len(token.word) > 1 and text[token.span[0]].isupper() and _carries(token.word)


def _measures(tokens: list[_Token]) -> Iterator[tuple[str, str]]:
    for place, token in enumerate(tokens):
        if token.kind not in {"figure", "count"}:
            continue
        before = tokens[place - 1] if place else None
        if before is not None and before.kind == "unit" and before.stem in _BEFORE:
            yield token.stem, before.stem
            continue
        for after in tokens[place + 1 : place + 4]:
            if after.kind in {"figure", "count", "month"}:
                break
            unit = after.stem if after.kind == "unit" else UNITS.get(after.word)
            if unit is not None:
                yield token.stem, unit
                break


def _negates(tokens: list[_Token], place: int) -> bool:
    """Whether a token negates; in "no more than five" it sets a limit."""
    word = tokens[place].word
    if word not in {"no", "not", "cannot"}:
        return is_negator(word)
    after = tokens[place + 1 : place + 5]
    words = [each.word for each in after]
    if words[1:2] == ["than"] and words[0] in _COMPARED:
        after = after[2:4]
    elif words[:1] in (["exceed"], ["exceeding"]):
        after = after[1:3]
    else:
        return True
    return not any(each.kind in {"figure", "count"} for each in after)


def _negated(tokens: list[_Token], negators: Iterable[int]) -> Iterator[str]:
    for place in negators:
        begin = place + 1
        if tokens[place].word == "no" and tokens[begin : begin + 1] and tokens[begin].word == "longer":
            begin += 1
        after = [each for each in tokens[begin : begin + _NEGATION_REACH] if _has_meaning(each)]
        before = [each for each in tokens[:place] if _has_meaning(each)]
        if after and tokens[place].word != NOT_BEHIND:
            yield after[0].stem
        elif before:
            yield before[-1].stem


def _limits(text: str, tokens: list[_Token]) -> Iterator[tuple[str, Limit]]:
    for token in tokens:
        if token.kind not in {"figure", "count"}:
            continue
        start, end = token.span
        found = _LIMIT.search(text[max(0, start - _LIMIT_REACH) : start]) or _LIMIT_AFTER.match(text, end)
        if found:
            yield token.stem, Limit(found.lastgroup)


def _pauses(text: str, tokens: list[_Token]) -> Iterator[int]:
    for place, (before, token) in enumerate(pairwise(tokens), 1):
        gap = text[before.span[1] : token.span[0]]
        if gap != " " and _PAUSE.search(gap):
            yield place


def _has_meaning(token: _Token) -> bool:
    return token.kind != "word" or _carries(token.word)


def is_negator(word: str) -> bool:
    """Whether a lower-case word negates."""
    if word in NEGATORS or word.endswith("n't") or word.startswith("n'"):
        return True
    return NEGATES_WITHIN.search(word) is not None
