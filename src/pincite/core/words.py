"""Words of a text for comparing texts: lower case, stemmed (Snowball: English, or by their script), numbers kept whole.

The search engine has a tokenizer of its own; this one serves comparisons of a question with sentences.
"""

import re
import unicodedata
from functools import lru_cache
from typing import Any, cast

import snowballstemmer  # pyright: ignore[reportMissingTypeStubs]

from pincite.core.terms import script_stem
from pincite.core.unspaced import MARKS, UNSPACED_RUN, has_unspaced, telling_pieces

# Thousands may be set apart by a blank that does not break, an apostrophe, or a blank before a fraction or a currency.
GROUPED = (
    r"(?<![\d.,])\d{1,3}(?:(?:[\u00a0\u202f'’]\d{3})+(?:[.,]\d+)?"
    r"|(?: \d{3})+(?:,\d{1,2}|(?=\s?(?:€|EUR|CHF|zł|PLN|Kč|kr|руб|₽|₴|лв|Ft|lei)(?!\w))))(?![\d ]\d)"
)
# Without raised figures: "1,234²" is 1,234 with a note.
_LETTER = r"[^\W\d_⁰¹²³⁴-⁹]"
_WORD = re.compile(rf"{GROUPED}|\d+(?:[.,]\d+)*{_LETTER}*|{_LETTER}+(?:\d+)?")
# The same where signs hang on letters.
_MARKED_WORD = re.compile(rf"{GROUPED}|\d+(?:[.,\u066b\u066c]\d+)*{_LETTER}*|{_LETTER}(?:{_LETTER}|[{MARKS}])*(?:\d+)?")
_LAST_LATIN = "\u036f"
_BEYOND_LATIN = re.compile(r"[\u0300-\u1dff\u2e80-\ufaff\uff00-\uffef\U00020000-\U0003ffff]")
_HYPHENATED = re.compile(r"\b[^\W\d_]+(?:-[^\W\d_]+)+\b")
_THOUSANDS = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?")
_APART = re.compile(r"[ \u00a0\u202f'’]")
_POINTED = re.compile(r"\d{1,3}(?:\.\d{3})+,\d+|\d{1,3}(?:\.\d{3}){2,}")
_COMMA = re.compile(r"\d+,\d+")
_CODE = re.compile(r"\b[^\W\d_]{1,5}-\d+\b")
# Words that say nothing in small letters, and are names of their own written so: a month, a department, a country.
_IN_CAPITALS = frozenset({"IT", "US", "WHO"})
_AT_BEGIN = re.compile(r"\W*May\s+(?=[^\W\d_])")
_CUT = str.maketrans("", "", "\u00ad\ufffe")
STOP_WORDS = frozenset(
    """
    a about above across after again against all also am an and any are aren as at be because been before being
    below between both but by can cannot could couldn d did didn do does doesn doing don down during each either
    else ever every few for from further get gets give given had hadn has hasn have haven having he her here hers
    herself him himself his how however i if in into is isn it its itself just let ll m many may me might more most
    much must my myself neither no nor not now of off on once one only or other our ours ourselves out over own
    please re s same say says shall she should shouldn so some such t tell than that the their theirs them
    themselves then there these they this those through to too under until up upon us ve very via was wasn we were
    weren what whatever when where whether which while who whom whose why will with within without won would wouldn
    yes yet you your yours yourself yourselves
    """.split()  # noqa: SIM905 (a list of 150 quoted words is harder to read)
)


def whole_words(text: str) -> str:
    """Return a text with the words whole again that a line's end cut in two.

    pdfium writes U+FFFE for the hyphen and joins the halves; others leave a soft hyphen. For searching, reading and
    showing; where offsets count, the text stays as it is.
    """
    return text if text.isascii() else text.translate(_CUT)


def content_words(text: str) -> list[str]:
    """Return the stems of a text's words without stop words; "1,577.0" is one word, "1577.0"."""
    return [found for found, _ in content_pairs(text)]


def content_pairs(text: str) -> list[tuple[str, str]]:
    """Return (stem, word in lower case) of a text's words without stop words; hyphenated ones come again at the end."""
    text = whole_words(text)
    found = _found(text)
    named = named_words(text)
    # "pass-phrase" is written "passphrase" elsewhere: a hyphenated word counts as its parts and as one; so does "V-03".
    found += [word.replace("-", "") for word in (*_HYPHENATED.findall(text), *_CODE.findall(text))]
    lowered = [(word, word.lower()) for word in found]
    return [(stem(lower), lower) for word, lower in lowered if lower not in STOP_WORDS or word in named]


def named_words(text: str) -> frozenset[str]:
    """Return those words of a text that say something because they are written in capitals: "May", "IT"."""
    found = {word for word in _WORD.findall(text) if word in _IN_CAPITALS or word == "May"}
    if not found:
        return frozenset()
    if _AT_BEGIN.match(text) and text.count("May") == 1:  # "May I bring a dog?"
        found.discard("May")
    return frozenset(found if any(letter.islower() for letter in text) else ())


def is_stop_word(word: str) -> bool:
    """Say whether a word in lower case says nothing by itself."""
    return word in STOP_WORDS


def words(text: str) -> list[str]:
    """Return the stems of all words of a text in order, stop words included."""
    return [stem(word.lower()) for word in _found(whole_words(text))]


def _found(text: str) -> list[str]:
    """Return the words of a text in order; of a script without spaces, the pieces that say something."""
    if text.isascii() or _BEYOND_LATIN.search(text) is None:
        return _WORD.findall(text)
    text = unicodedata.normalize("NFKC", text)
    if not has_unspaced(text):
        return _MARKED_WORD.findall(text)
    pieces = list(telling_pieces(text))
    # What is cut is blanked, so that the rest keeps its place.
    rest = UNSPACED_RUN.sub(lambda run: " " * len(run[0]), text)
    placed = [(found.start(), found[0]) for found in _MARKED_WORD.finditer(rest)]
    placed += [(start, text[start:end]) for start, end in pieces]
    return [word for _, word in sorted(placed, key=lambda each: each[0])]


def western_digits(text: str) -> str:
    """Return a text with the digits of all scripts as 0 to 9, the Arabic marks of fraction and thousands as . and ,."""
    if text.isascii():
        return text
    made = "".join(str(unicodedata.decimal(sign)) if sign.isdecimal() else sign for sign in text)
    return made.replace("\u066b", ".").replace("\u066c", ",")


def plain_figure(figure: str) -> str:
    """Return a figure without what sets its thousands apart, a point before its fraction: "1,577.5", "1.577,5".

    A comma before three digits sets thousands apart; before more or fewer it is what a point is elsewhere.
    """
    figure = _APART.sub("", figure)
    if _THOUSANDS.fullmatch(figure):
        return figure.replace(",", "")
    if _POINTED.fullmatch(figure):
        return figure.replace(".", "").replace(",", ".")
    return figure.replace(",", ".") if _COMMA.fullmatch(figure) else figure.replace(",", "")


@lru_cache(maxsize=65_536)
def stem(word: str) -> str:
    """Return the stem of one lower-case word; a number loses its thousands separators."""
    if not word.isascii():
        # A capital with a dot, as Turkish has it, becomes two characters in lower case.
        word = western_digits(unicodedata.normalize("NFKC", word)).replace("i\u0307", "i") or word
    if word[0].isdigit():
        return plain_figure(word)
    if word[0] > _LAST_LATIN:
        return script_stem(word)
    # A stemmer keeps state while it works and threads may stem at once: a new one for each word not seen before.
    stemmer = cast("Any", snowballstemmer).stemmer("english")
    return str(stemmer.stemWord(word))
