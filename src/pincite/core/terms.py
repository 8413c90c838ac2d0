"""Words as word search counts them: stemmed by a text's language, accents folded, pairs of signs where no spaces stand.

Made alike of what is indexed and of what is asked. Which language a text is in is told in `languages.py`.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any, cast

import snowballstemmer  # pyright: ignore[reportMissingTypeStubs]

from pincite.core.languages import UNDETERMINED
from pincite.core.unspaced import IDEOGRAPHS, MARKS, PAIRED, TRIPLED

TERMS_VERSION = 2
"""Grows when terms are made differently: an index is asked in the terms that it was made of."""

_WORD = re.compile(rf"[^\W_](?:[^\W_]|[{MARKS}])*")
_HYPHENATED = re.compile(r"\b[^\W\d_]+(?:-[^\W\d_]+)+\b")
_UNSPACED = re.compile(rf"[{PAIRED}]+|[{TRIPLED}]+|[^{PAIRED}{TRIPLED}]+")
_IS_PAIRED = re.compile(rf"[{PAIRED}]")
_IS_TRIPLED = re.compile(rf"[{TRIPLED}]")
_IDEOGRAPH = re.compile(rf"[{IDEOGRAPHS}]")
_FIRST_UNSPACED = "\u0e00"
_LONGEST = 64
_ACCENTS = re.compile(r"[\u0300-\u036f\u0591-\u05c7\u064b-\u065f\u0670\u0640\u200c\u200d]")
_LETTERS = str.maketrans(
    {"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "ł": "l", "ı": "i", "ħ": "h", "ŧ": "t"}
)

_ALGORITHMS = {
    "ar": "arabic", "ary": "arabic", "arz": "arabic", "hy": "armenian", "eu": "basque", "ca": "catalan",
    "cs": "czech", "da": "danish", "nl": "dutch", "en": "english", "eo": "esperanto", "et": "estonian",
    "fi": "finnish", "fr": "french", "de": "german", "el": "greek", "hi": "hindi", "hu": "hungarian",
    "id": "indonesian", "ga": "irish", "it": "italian", "lt": "lithuanian", "ne": "nepali", "nb": "norwegian",
    "nn": "norwegian", "no": "norwegian", "fa": "persian", "pl": "polish", "pt": "portuguese", "ro": "romanian",
    "ru": "russian", "sr": "serbian", "bs": "serbian", "hr": "serbian", "es": "spanish", "sv": "swedish",
    "ta": "tamil", "tr": "turkish", "yi": "yiddish",
}  # fmt: skip
# Where a script's letters end, and the language that a word in it is stemmed as when its text's is written otherwise.
_SCRIPTS = (
    ("\u0250", "Latn", "en"),
    ("\u0370", "", None),
    ("\u0400", "Grek", "el"),
    ("\u0530", "Cyrl", "ru"),
    ("\u0590", "Armn", "hy"),
    ("\u0600", "Hebr", None),
    ("\u0700", "Arab", "ar"),
    ("\u0900", "", None),
    ("\u0980", "Deva", "hi"),
    ("\u0b80", "", None),
    ("\u0c00", "Taml", "ta"),
    ("\u1e00", "", None),
    ("\u1f00", "Latn", "en"),
    ("\u2000", "Grek", "el"),
)
_WRITTEN_IN = {
    "Grek": "el grc",
    "Cyrl": "ru uk be bg mk kk ky tg tt ba mn cv sr",
    "Armn": "hy",
    "Hebr": "he yi hbo",
    "Arab": "ar ary arz fa ur ps ug sd ckb sdh",
    "Deva": "hi mr ne sa gom bho",
    "Taml": "ta",
    "": "ka te kn ml bn as gu pa or si th lo km my dz bo am zh yue wuu ja ko",
}
_SCRIPT_OF = {language: script for script, languages in _WRITTEN_IN.items() for language in languages.split()}
_BOTH = frozenset({"sr"})


def plain_words(text: str) -> list[str]:
    """Return the words of a text in lower case, in order; a run of a script without spaces is one."""
    return _WORD.findall(unicodedata.normalize("NFKC", text).lower())


def hyphenated(text: str) -> list[str]:
    """Return the hyphenated words of a text, joined: "pass-phrase" is written "passphrase" elsewhere."""
    return [word.replace("-", "") for word in _HYPHENATED.findall(text)]


def terms(text: str, language: str | None = None) -> list[str]:
    """Return the terms of a text in order, again as often as they stand there.

    A word is stemmed by the language of its text (Snowball), one in another script by the commonest language of that;
    then its accents are folded. Where it would be stemmed otherwise if it were typed without them, that stands there
    too. Chinese, Japanese and Korean become pairs of neighbouring signs beside single
    ideographs (bigrams and unigrams together: Nie et al. 2000), Thai and its neighbours triples.

    Args:
        text: any.
        language: BCP-47; None or `und` where it is not known.
    """
    return [term for found in _words(text, language) for term in found if len(term) <= _LONGEST]


def asked_terms(text: str, languages: Iterable[str | None]) -> list[str]:
    """Return the terms of a question as texts in any of those languages would hold them.

    What is said twice is there twice, which weighs more; each word once for all languages that stem it alike.
    """
    readings = zip(*(_words(text, language) for language in languages), strict=True)
    found = (term for reading in readings for term in dict.fromkeys(word[0] for word in reading))
    return [term for term in found if len(term) <= _LONGEST]


def script_stem(word: str) -> str:
    """Return the stem of a lower-case word by the commonest language of its script, its accents folded."""
    return _term(word, UNDETERMINED)[0]


def _words(text: str, language: str | None) -> Iterator[tuple[str, ...]]:
    """Yield, for each word or group of signs, its term and what it would be if it were typed without accents."""
    known = language or UNDETERMINED
    for word in plain_words(text):
        if word.isascii() or max(word) < _FIRST_UNSPACED:
            yield _term(word, known)
        else:
            yield from _parts(word, known)


def _parts(word: str, language: str) -> Iterator[tuple[str, ...]]:
    for run in _UNSPACED.findall(word):
        if _IS_PAIRED.match(run):
            yield from ((gram,) for gram in _grams(run, 2))
            yield from ((sign,) for sign in run if len(run) > 1 and _IDEOGRAPH.match(sign))
        elif _IS_TRIPLED.match(run):
            yield from ((gram,) for gram in _grams(run, 3))
        else:
            yield _term(run, language)


def _grams(run: str, size: int) -> Iterator[str]:
    if len(run) <= size:
        yield run
    for start in range(len(run) - size + 1 if len(run) > size else 0):
        yield run[start : start + size]


@lru_cache(maxsize=131_072)
def _term(word: str, language: str) -> tuple[str, ...]:
    if word.isdigit():
        return (word,)
    algorithm = _ALGORITHMS.get(_stemmed_as(word, language))
    if algorithm is None:
        return (_folded(word) or word,)
    # A stemmer keeps state while it works and threads may stem at once: a new one for each word not seen before.
    stemmer = cast("Any", snowballstemmer).stemmer(algorithm)
    term = _folded(str(stemmer.stemWord(word))) or word
    bare = _folded(word)
    typed = term if bare == word or not bare else _folded(str(stemmer.stemWord(bare)))
    return (term,) if typed in {"", term} else (term, typed)


def _stemmed_as(word: str, language: str) -> str:
    for end, script, usual in _SCRIPTS:
        if word[0] < end:
            own = _SCRIPT_OF.get(language, "Latn")
            known = language != UNDETERMINED and (script == own or language in _BOTH)
            return language if known else usual or UNDETERMINED
    return language


def _folded(word: str) -> str:
    if word.isascii():
        return word
    bare = _ACCENTS.sub("", unicodedata.normalize("NFD", word.translate(_LETTERS)))
    return unicodedata.normalize("NFC", bare)
