"""Finds out whether two documents answer a question differently: another figure or date for the same thing. Pure.

Which sentences answer at all is decided in `extractive.py`. Only questions that ask for a figure or a time are judged:
what else two sentences say differently, other names too, may well be true of both.
"""

import re

from pincite.answers.question_kind import Question, Wants
from pincite.answers.verdicts.lexicon import NUMBER_WORDS
from pincite.core.words import plain_figure

_FIGURE = re.compile(r"\d+(?:[.,]\d+)*")
_WORD = re.compile(r"[a-z]+")
_YEAR = re.compile(r"(?:1[5-9]|20)\d\d")
_CALENDAR = re.compile(
    r"\b(?:january|february|march|april|may|june|july|august|september|october|november|december|"
    r"monday|tuesday|wednesday|thursday|friday|saturday|sunday|noon|midnight)\b",
    re.IGNORECASE,
)
_FIGURES = frozenset({Wants.NUMBER, Wants.MONEY, Wants.DURATION})
JUDGED = _FIGURES | {Wants.TIME}


def values(asked: Question, text: str) -> frozenset[str]:
    """Return what a sentence gives for the kind of thing asked for, beyond what the question itself says."""
    figures = _figures(text) - _figures(asked.text)
    if asked.wants in _FIGURES:
        # "1,577 people in 2010": the year says when, unless it is all there is.
        return frozenset({each for each in figures if not _YEAR.fullmatch(each)} or figures)
    if asked.wants is Wants.TIME:
        said = {word.lower() for word in _CALENDAR.findall(asked.text)}
        return frozenset(figures | ({word.lower() for word in _CALENDAR.findall(text)} - said))
    return frozenset()


def disagree(asked: Question, one: str, other: str) -> bool:
    """Say whether two sentences that answer the same question give different things for it.

    One that says all that the other says, and more, does not disagree.
    """
    ours, theirs = values(asked, one), values(asked, other)
    return bool(ours) and bool(theirs) and ours.isdisjoint(theirs)


def _figures(text: str) -> set[str]:
    """Return a text's figures, those in words too from two on."""
    words = {NUMBER_WORDS[word] for word in _WORD.findall(text.lower()) if word in NUMBER_WORDS}
    return words | {_plain(figure) for figure in _FIGURE.findall(text)}


def _plain(figure: str) -> str:
    plain = plain_figure(figure)
    return plain.rstrip("0").rstrip(".") if "." in plain else plain
