"""How a spreadsheet shows a number: thousands, decimals, percentages, currencies, fractions, powers of ten. Pure.

Colours and the room that a format leaves are dropped. What of a format is not understood is never shown: the number
then comes in its general form. Codes are read in `xlsx_codes.py`, dates shown in `xlsx_dates.py`.
"""

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation
from fractions import Fraction

from pincite.guard.adapters.xlsx_codes import Kind, Places, Section, Token, sections_of
from pincite.guard.adapters.xlsx_dates import is_clock, show_clock

BUILT_IN = {
    "1": "0", "2": "0.00", "3": "#,##0", "4": "#,##0.00", "9": "0%", "10": "0.00%", "11": "0.00E+00", "12": "# ?/?",
    "13": "# ??/??", "14": "yyyy-mm-dd",
    "15": "d-mmm-yy", "16": "d-mmm", "17": "mmm-yy", "18": "h:mm AM/PM", "19": "h:mm:ss AM/PM", "20": "h:mm",
    "21": "h:mm:ss", "22": "yyyy-mm-dd h:mm", "37": "#,##0;(#,##0)", "38": "#,##0;(#,##0)", "39": "#,##0.00;(#,##0.00)",
    "40": "#,##0.00;(#,##0.00)", "41": '#,##0;(#,##0);"-"', "43": '#,##0.00;(#,##0.00);"-"', "45": "mm:ss",
    "46": "[h]:mm:ss", "47": "mm:ss.0", "48": "##0.0E+0", "49": "@",
}  # fmt: skip

_GENERAL = frozenset({"General", "@", ""})
_LONGEST = 25  # digits that a number is written out with
_IN_FULL = 15  # digits of a number that a spreadsheet keeps, and shows at most
_UNITS = tuple(Decimal(1).scaleb(-places) for places in range(_LONGEST + 1))
_WITHOUT = {"0": "0", "?": " ", "#": ""}
_MOST_OVER = 7  # digits below a fraction's line


def show(raw: str, code: str, *, from_1904: bool = False) -> str:
    """Return a number as a format code shows it; in its general form where the code is not understood.

    What is no number comes back as it is.
    """
    try:
        stored = Decimal(raw)
    except InvalidOperation:
        return raw
    if not stored.is_finite() or abs(stored.adjusted()) > 300:
        return raw
    value = stored if len(raw) <= _IN_FULL else Context(prec=_IN_FULL).plus(stored)
    section, shown = _chosen(sections_of(code), value) if code not in _GENERAL else (None, value)
    if section is None:
        return _general(value)
    if is_clock(section):
        said = show_clock(section, stored, from_1904=from_1904)
    else:
        said = _number(section, abs(shown))
        said = f"-{said.strip()}" if said and shown < 0 and said.strip() != "0" else said
    return _general(value) if said is None else " ".join(said.split())


def _general(value: Decimal) -> str:
    """Show 11 significant digits, which hides what binary fractions leave behind, and whole numbers in full."""
    full = value.adjusted() >= 10
    text = f"{float(value):.{_IN_FULL if full else 11}g}"
    mantissa, power, exponent = text.partition("e")
    return f"{mantissa}E{exponent}" if power else text


def _chosen(sections: Sequence[Section], value: Decimal) -> tuple[Section | None, Decimal]:
    """Return the section for a number, None without one, and the number with the sign that is still to be shown.

    A section that only numbers below zero have shows its own sign, or none.
    """
    count, plain = len(sections), all(each.condition is None for each in sections)
    if plain and count and (count == 1 or value > 0):
        return sections[0], value
    implied = ((count == 1, value >= 0 and count == 2, value > 0), (count == 2, value < 0), (True,))
    for at, section in enumerate(sections):
        if section.holds(value) or (section.condition is None and any(implied[at])):
            below = at == 1 and (plain or (section.is_signed and section.condition is None and count > 2))
            below = below or (section.is_below and section.is_signed)
            return section, abs(value) if below else value
    return None, value


def _number(section: Section, value: Decimal) -> str | None:
    """Return a number above zero as a section shows it, None where the section is not understood."""
    tokens = section.tokens
    if section.has(Kind.UNKNOWN):
        return None
    if section.has(Kind.GENERAL, Kind.SHOWN):
        if section.has(Kind.DIGIT, Kind.POWER, Kind.PERCENT):
            return None
        general = _general(value)
        return "".join(general if token.kind in {Kind.GENERAL, Kind.SHOWN} else token.text for token in tokens)
    if not section.has(Kind.DIGIT):
        return None if section.has(Kind.POWER, Kind.PERCENT) else "".join(token.text for token in tokens)
    if section.has(Kind.POWER):
        return _power(tokens, value)
    if section.has(Kind.SLASH):
        line = next(at for at, token in enumerate(tokens) if token.kind is Kind.SLASH)
        if line and tokens[line - 1].kind is Kind.DIGIT:
            return _fraction(tokens, line, value)
    if section.has(Kind.PERCENT):
        value *= 100 ** sum(token.kind is Kind.PERCENT for token in tokens)
    return _digits(section.places, value)


def _power(tokens: Sequence[Token], value: Decimal) -> str | None:
    """Show a number times a power of ten, which is a multiple of as many digits as stand before the point."""
    at = next(at for at, token in enumerate(tokens) if token.kind is Kind.POWER)
    after = at + 1
    while after < len(tokens) and tokens[after].kind is Kind.DIGIT:
        after += 1
    mantissa, width = tokens[:at], sum(token.text == "0" for token in tokens[at + 1 : after])
    places = Places.of(mantissa)
    whole, fraction = places.whole, places.fraction
    step = len(whole)
    if not _is_text(tokens[after:]) or after == at + 1 or not 0 < step <= _LONGEST - len(fraction):
        return None
    exponent = (value.adjusted() if value else 0) // step * step
    if value.scaleb(-exponent).quantize(_UNITS[len(fraction)], ROUND_HALF_UP) >= 10**step:
        exponent += step
    shown = _digits(places, value.scaleb(-exponent))
    sign = "-" if exponent < 0 else "+" if tokens[at].text.endswith("+") else ""
    rest = "".join(token.text for token in tokens[after:])
    return None if shown is None else f"{shown}E{sign}{abs(exponent):0{width}d}{rest}"


def _fraction(tokens: Sequence[Token], line: int, value: Decimal) -> str | None:
    """Show a number as a fraction, behind a whole number where the format has one."""
    begin, end = line, line + 1
    while begin and tokens[begin - 1].kind is Kind.DIGIT:
        begin -= 1
    while end < len(tokens) and (tokens[end].kind is Kind.DIGIT or tokens[end].text.isdecimal()):
        end += 1
    below = "".join(token.text for token in tokens[line + 1 : end])
    mixed = any(token.kind is Kind.DIGIT for token in tokens[:begin])
    plain = _is_text(tokens[end:]) and (mixed or _is_text(tokens[:begin]))
    if not plain or not 0 < len(below) <= _MOST_OVER or value.adjusted() > _IN_FULL:
        return None
    whole = int(value) if mixed else 0
    part = Fraction(value) - whole
    if below.isdecimal() and int(below):
        over, under = round(part * int(below)), int(below)
    else:
        nearest = part.limit_denominator(10 ** len(below) - 1)
        over, under = nearest.numerator, nearest.denominator
    if mixed and over == under:
        whole, over = whole + 1, 0
    rest = "".join(token.text for token in tokens[end:])
    if not mixed:
        before = "".join(token.text for token in tokens[:begin])
        return f"{before}{over}/{under}{rest}"
    before = _digits(Places.of(tokens[:begin]), Decimal(whole))
    if before is None or not over:
        return None if before is None else f"{before if whole else before.strip() or 0}{rest}"
    return f"{before}{over}/{under}{rest}"


def _is_text(tokens: Sequence[Token]) -> bool:
    return all(token.kind is Kind.TEXT for token in tokens)


def _digits(places: Places, value: Decimal) -> str | None:
    """Show a number of no sign in the places that a format has for its digits, with what stands between them."""
    whole, fraction = places.whole, places.fraction
    value = value.scaleb(-3 * places.thousands) if places.thousands else value
    if max(value.adjusted(), 0) + len(fraction) > _LONGEST:
        return None
    text = f"{value.quantize(_UNITS[len(fraction)], ROUND_HALF_UP):f}"
    before, _, behind = text.partition(".")
    before = before.lstrip("0")
    shown = list(places.texts)
    if whole:
        _put_whole(shown, places, before)
    elif fraction:
        shown[places.point] = f"{before}."
    # A point that ends up with nothing behind it is only shown where the format wants none behind it.
    if fraction and not _put_fraction(shown, places, behind):
        shown[places.point] = before if not whole else ""
    return "".join(shown)


def _put_whole(shown: list[str], places: Places, digits: str) -> None:
    """Put digits into the places before the point, from the right; the first place has all that are left.

    A place without a digit shows a nought, a blank or nothing.
    """
    count = len(places.whole)
    for rank, at in enumerate(reversed(places.whole)):
        last = rank == count - 1
        if rank < len(digits):
            own = digits[: len(digits) - rank] if last else digits[-1 - rank]
        else:
            own = _WITHOUT[places.marks[count - 1 - rank]]
        if places.grouped:
            own = "".join(
                digit + ("," if (rank + right) % 3 == 0 and rank + right and digit != " " else "")
                for right, digit in zip(range(len(own) - 1, -1, -1), own, strict=True)
            )
        shown[at] = own


def _put_fraction(shown: list[str], places: Places, digits: str) -> bool:
    """Put digits into the places behind the point, and say whether there are any.

    Noughts at the end are only shown where the format insists on them.
    """
    needed = False
    for at, mark, digit in zip(reversed(places.fraction), reversed(places.marks), reversed(digits), strict=False):
        needed = needed or digit != "0" or mark == "0"
        shown[at] = digit if needed else " " if mark == "?" else ""
    return needed
