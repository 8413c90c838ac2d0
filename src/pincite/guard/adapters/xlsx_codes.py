"""Reads the format codes of numbers in spreadsheets into sections of tokens. Pure; what they show is elsewhere.

Source of the rules: ECMA-376 part 1, 18.8.30 and 18.8.31.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache

_MAX_CODE = 1_000  # characters; Excel has 255
_MOST_SECTIONS = 3  # for numbers: above zero, below, and the rest
_TOKEN = re.compile(
    r'"(?P<quoted>[^"]*)"?|\\(?P<escaped>.)|[_*].?|\[(?P<bracket>[^\]]*)\]|(?P<general>General)|(?P<half>AM/PM|A/P)'
    r"|(?P<power>E[+-])|(?P<clock>y+|m+|d+|h+|s+|e+|b+|g+|a{3,4})|(?P<digit>[0#?])|(?P<other>.)",
    re.IGNORECASE | re.DOTALL,
)
_ELAPSED = re.compile(r"h+|m+|s+", re.IGNORECASE)
_CONDITION = re.compile(r"([<>=]{1,2})\s*(-?\d{1,20}(?:\.\d{1,20})?)")


class Kind(StrEnum):
    """What a token of a format code stands for."""

    TEXT = "text"
    GENERAL = "general"
    DIGIT = "digit"
    POINT = "."
    COMMA = ","
    PERCENT = "%"
    SLASH = "/"
    POWER = "power"
    CLOCK = "clock"
    HALF = "half"
    ELAPSED = "elapsed"
    SHOWN = "@"
    """The text of a cell; of a number, the number in its general form."""
    UNKNOWN = "unknown"


_SIGNS = frozenset({Kind.POINT, Kind.COMMA, Kind.PERCENT, Kind.SLASH, Kind.SHOWN})


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of a format code: what it is, and its text, of clocks in small letters."""

    kind: Kind
    text: str


@dataclass(frozen=True, slots=True)
class Places:
    """Where the digits of a number go.

    Args:
        whole: the tokens that are places for digits before the point.
        fraction: those behind it.
        point: the token that is the point; the number of tokens where there is none.
        thousands: how often the number is divided by a thousand.
        grouped: whether commas stand between thousands.
        marks: the places' own marks, in the order of `whole` and `fraction`: "0", "#", "?".
        texts: of each token what is shown of it as it is; "" for places and commas that are none.
    """

    whole: tuple[int, ...]
    fraction: tuple[int, ...]
    point: int
    thousands: int
    grouped: bool
    marks: tuple[str, ...]
    texts: tuple[str, ...]

    @classmethod
    def of(cls, tokens: Sequence[Token]) -> "Places":
        """Find them in a section or a part of one."""
        point = next((at for at, token in enumerate(tokens) if token.kind is Kind.POINT), len(tokens))
        figures = [at for at, token in enumerate(tokens) if token.kind is Kind.DIGIT]
        whole, fraction = [at for at in figures if at < point], [at for at in figures if at > point]
        between = range(whole[0], whole[-1]) if whole else range(0)
        grouping = [at for at in between if tokens[at].kind is Kind.COMMA]
        scaling = [*_commas_behind(tokens, whole), *_commas_behind(tokens, fraction)]
        blank = {*figures, *grouping, *scaling}
        return cls(
            tuple(whole),
            tuple(fraction),
            point,
            len(scaling),
            bool(grouping),
            tuple(tokens[at].text for at in figures),
            tuple("" if at in blank else token.text for at, token in enumerate(tokens)),
        )


def _commas_behind(tokens: Sequence[Token], figures: Sequence[int]) -> Iterator[int]:
    at = figures[-1] + 1 if figures else len(tokens)
    while at < len(tokens) and tokens[at].kind is Kind.COMMA:
        yield at
        at += 1


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a format code between semicolons, and for which numbers it is where it says so: (">=", 1000)."""

    tokens: tuple[Token, ...]
    condition: tuple[str, Decimal] | None
    places: Places
    kinds: frozenset[Kind]
    is_signed: bool

    @classmethod
    def of(cls, tokens: Sequence[Token], condition: tuple[str, Decimal] | None) -> "Section":
        """Make one of its tokens."""
        signed = any(token.kind is Kind.TEXT and token.text.startswith(("-", "(")) for token in tokens)
        kinds = frozenset(token.kind for token in tokens)
        return cls(tuple(tokens), condition, Places.of(tokens), kinds, signed)

    def has(self, *kinds: Kind) -> bool:
        """Say whether any of its tokens is of one of these kinds."""
        return not self.kinds.isdisjoint(kinds)

    @property
    def is_below(self) -> bool:
        """Whether its condition lets only numbers below zero through."""
        return self.condition is not None and self.condition[0] in {"<", "<="} and self.condition[1] <= 0

    def holds(self, value: Decimal) -> bool:
        """Say whether its condition holds for a number; False without one."""
        if self.condition is None:
            return False
        sign, limit = self.condition
        return ("<" in sign and value < limit) or (">" in sign and value > limit) or ("=" in sign and value == limit)


@lru_cache(maxsize=512)
def sections_of(code: str) -> tuple[Section, ...]:
    """Return the sections of a format code that are for numbers; none of one that is longer than any program's."""
    if len(code) > _MAX_CODE:
        return ()
    found: list[Section] = []
    tokens: list[Token] = []
    condition: tuple[str, Decimal] | None = None
    for each in _tokens(code):
        if isinstance(each, Token):
            tokens.append(each)
        elif each is None:
            found.append(Section.of(tokens, condition))
            tokens, condition = [], None
        else:
            condition = each
    found.append(Section.of(tokens, condition))
    if len(found) > 1 and found[-1].has(Kind.SHOWN):  # for text
        found.pop()
    return tuple(found[:_MOST_SECTIONS])


def _tokens(code: str) -> Iterator[Token | tuple[str, Decimal] | None]:
    """Yield tokens, conditions, and None between sections; what only makes room or colour is left out."""
    for found in _TOKEN.finditer(code):
        name, text = found.lastgroup, found.group(found.lastgroup) if found.lastgroup else ""
        if name in {"quoted", "escaped"}:
            yield Token(Kind.TEXT, text)
        elif name == "bracket":
            yield from _bracketed(text)
        elif name == "other":
            yield None if text == ";" else Token(_kind(text), text)
        elif name:
            yield Token(Kind(name), text.casefold())


def _bracketed(text: str) -> Iterator[Token | tuple[str, Decimal]]:
    condition = _CONDITION.fullmatch(text.strip())
    if condition:
        yield condition[1], Decimal(condition[2])
    elif _ELAPSED.fullmatch(text):
        yield Token(Kind.ELAPSED, text.casefold())
    elif text.startswith("$"):
        yield Token(Kind.TEXT, text[1:].partition("-")[0])


def _kind(sign: str) -> Kind:
    """Return what a sign of its own is: letters have to be quoted, so that others are no code that is known."""
    if sign in _SIGNS:
        return Kind(sign)
    return Kind.UNKNOWN if sign.isascii() and (sign.isalpha() or sign in "[]\\") else Kind.TEXT
