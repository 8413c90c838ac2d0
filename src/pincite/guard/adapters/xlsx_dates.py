"""How a spreadsheet shows a date, a time or a duration, in English names. Pure."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

from pincite.guard.adapters.xlsx_codes import Kind, Section, Token

_MAX_DAYS = 2_958_465
_BUDDHIST = 543  # years ahead
_MOST_PLACES = 6  # of a second
_WRITTEN = frozenset("TZ")  # stand unquoted between date and time, once each
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
           "December")  # fmt: skip


def is_clock(section: Section) -> bool:
    """Say whether a section shows a date, a time or a duration."""
    return section.has(Kind.CLOCK, Kind.HALF, Kind.ELAPSED)


def show_clock(section: Section, days: Decimal, *, from_1904: bool) -> str | None:
    """Return days since the end of 1899 (or the beginning of 1904) as a section shows them; None where it cannot be.

    A fraction of a second is shown where it is asked for; else the nearest second counts.
    """
    days += 1462 if from_1904 else 0
    places = _places(section.tokens) if section.has(Kind.POINT) else {}
    if not 0 <= days <= _MAX_DAYS or not _is_known(section, sum(places.values())):
        return None
    seconds = (days * 86_400).quantize(Decimal(1).scaleb(-max(places.values(), default=0)), ROUND_HALF_UP)
    # Day 60 of 1900 never was: serials before it count from one day later.
    try:
        moment = datetime(1899, 12, 31 if days < 60 else 30) + timedelta(microseconds=int(seconds * 1_000_000))  # noqa: DTZ001
    except OverflowError:
        return None
    half = section.has(Kind.HALF)
    parts: list[str] = []
    for at, token in enumerate(section.tokens):
        if token.kind is Kind.CLOCK:
            minutes = token.text in {"m", "mm"} and _is_minutes(section.tokens, at)
            parts.append(_said(token.text, moment, half=half, minutes=minutes))
        elif token.kind is Kind.ELAPSED:
            unit = {"h": 3_600, "m": 60, "s": 1}[token.text[0]]
            parts.append(f"{int(seconds // unit):0{len(token.text)}d}")
        elif token.kind is Kind.HALF:
            parts.append(("am" if moment.hour < 12 else "pm")[: 1 if token.text == "a/p" else 2].upper())
        elif at in places:
            parts.append(f".{moment.microsecond:06d}"[: places[at] + 1])
        elif token.kind is not Kind.DIGIT:
            parts.append(token.text)
    return "".join(parts)


def _is_known(section: Section, timed: int) -> bool:
    """Say whether there is nothing but clocks and text, and no figures but those `timed` behind seconds."""
    if not section.has(Kind.DIGIT, Kind.UNKNOWN, Kind.GENERAL, Kind.SHOWN, Kind.POWER):
        return True
    unknown = [token.text for token in section.tokens if token.kind is Kind.UNKNOWN]
    digits = sum(token.kind is Kind.DIGIT for token in section.tokens)
    return (
        not section.has(Kind.GENERAL, Kind.SHOWN, Kind.POWER)
        and _WRITTEN.issuperset(unknown)
        and len(set(unknown)) == len(unknown)
        and digits == timed
    )


def _places(tokens: Sequence[Token]) -> dict[int, int]:
    """Return where the points behind seconds stand, and how many figures follow each."""
    found: dict[int, int] = {}
    for at, token in enumerate(tokens):
        timed = at > 0 and tokens[at - 1].kind in {Kind.CLOCK, Kind.ELAPSED} and tokens[at - 1].text[0] == "s"
        if timed and token.kind is Kind.POINT:
            after = at + 1
            while after < len(tokens) and tokens[after] == Token(Kind.DIGIT, "0") and after - at <= _MOST_PLACES:
                after += 1
            if after > at + 1:
                found[at] = after - at - 1
    return found


def _is_minutes(tokens: Sequence[Token], at: int) -> bool:
    """Say whether an "m" stands behind hours or before seconds."""
    before = next((each for each in reversed(tokens[:at]) if each.kind in {Kind.CLOCK, Kind.ELAPSED}), None)
    after = next((each for each in tokens[at + 1 :] if each.kind in {Kind.CLOCK, Kind.ELAPSED}), None)
    return (before is not None and before.text[0] == "h") or (after is not None and after.text[0] == "s")


def _said(letters: str, moment: datetime, *, half: bool, minutes: bool) -> str:
    first, width = letters[0], len(letters)
    if first in "yeb":
        year = moment.year + (_BUDDHIST if first == "b" else 0)
        return f"{year:04d}" if width > 2 or first == "e" else f"{year % 100:02d}"
    if first == "g":  # the name of an era
        return ""
    if first == "a" or (first == "d" and width > 2):
        name = _DAYS[moment.weekday()]
        return name if width > 3 else name[:3]
    if first == "m" and width > 2:
        name = _MONTHS[moment.month - 1]
        return name[0] if width == 5 else name if width > 3 else name[:3]
    if first == "m" and not minutes:
        return f"{moment.month:0{width}d}"
    hour = (moment.hour % 12 or 12) if half else moment.hour
    value = {"d": moment.day, "h": hour, "m": moment.minute, "s": moment.second}[first]
    return f"{value:0{min(width, 2)}d}"
