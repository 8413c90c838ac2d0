"""How a spreadsheet shows a number: dates, percentages, thousands, currencies, decimals. Pure.

A subset of the format codes of ECMA-376 part 1, 18.8.30 and 18.8.31: sections by sign, colours and conditions are
recognised and dropped, fractions are shown as decimals.
"""

import re
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

BUILT_IN = {
    "1": "0", "2": "0.00", "3": "#,##0", "4": "#,##0.00", "9": "0%", "10": "0.00%", "11": "0.00E+00",
    "14": "yyyy-mm-dd",
    "15": "d-mmm-yy", "16": "d-mmm", "17": "mmm-yy", "18": "h:mm AM/PM", "19": "h:mm:ss AM/PM", "20": "h:mm",
    "21": "h:mm:ss", "22": "yyyy-mm-dd h:mm", "37": "#,##0;(#,##0)", "38": "#,##0;(#,##0)", "39": "#,##0.00;(#,##0.00)",
    "40": "#,##0.00;(#,##0.00)", "45": "mm:ss", "46": "[h]:mm:ss", "47": "mm:ss.0", "49": "@",
}  # fmt: skip

_BRACKETS = re.compile(r"\[(?!h+\]|m+\]|s+\])(?:\$([^\]-]*)(?:-[^\]]*)?|[^\]]*)\]", re.IGNORECASE)
_TOKEN = re.compile(
    r'"([^"]*)"|\\(.)|_.|\*.|(AM/PM|A/P)|(\[h+\]|\[m+\]|\[s+\])|([ymdhs]+)|(.)', re.IGNORECASE | re.DOTALL
)
_DATE_LETTERS = re.compile(
    r'"[^"]*"|\\.|\[(?:red|blue|black|white|green|cyan|magenta|yellow|color\s*\d+|\$[^\]]*)\]', re.IGNORECASE
)
_DIGITS = re.compile(r"[#0?][#0?,.]*")
_MAX_DAYS = 2_958_465
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
           "December")  # fmt: skip


def show(raw: str, code: str, *, from_1904: bool = False) -> str:
    """Return a number as a format code shows it; the number as it is stored when either makes no sense."""
    try:
        value = Decimal(raw)
    except InvalidOperation:
        return raw
    if not value.is_finite() or abs(value.adjusted()) > 300:
        return raw
    if code in {"General", "@", ""}:
        return _general(value)
    bare = _DATE_LETTERS.sub("", code.split(";", maxsplit=1)[0])
    if re.search(r"[ymdhs]", bare, re.IGNORECASE) and not re.search(r"[#0?]\.?[#0?]", bare.replace(".0", "")):
        return _date(value, code.split(";", maxsplit=1)[0], from_1904=from_1904)
    return _number(value, code)


def _general(value: Decimal) -> str:
    """Show at most 11 significant digits, which also hides what binary fractions leave behind."""
    text = f"{float(value):.11g}"
    if "e" in text:
        mantissa, exponent = text.split("e")
        return f"{mantissa}E{exponent}"
    return text


def _number(value: Decimal, code: str) -> str:
    sections = code.split(";")
    section = sections[0]
    if value < 0 and len(sections) > 1:
        section, value = sections[1], -value
    elif value == 0 and len(sections) > 2:
        section = sections[2]
    section = _BRACKETS.sub(lambda found: found[1] or "", section)
    template, literals = _hide_literals(section)
    digits = _DIGITS.search(template)
    if digits is None:
        return _restore(template, literals).strip() if template.strip() else ""
    if "E+" in template.upper() or "E-" in template.upper():
        return f"{float(value):.{_decimals(digits[0])}E}"
    scaled = value * 100 if "%" in template else value
    shown = _digits(scaled, digits[0])
    sign = "-" if shown.startswith("-") else ""
    before, after = template[: digits.start()], template[digits.end() :]
    return sign + _restore(before, literals).lstrip() + shown.removeprefix("-") + _restore(after, literals).rstrip()


def _hide_literals(section: str) -> tuple[str, list[str]]:
    """Replace quoted and escaped text by private-use marks, so that it is not read as a format."""
    literals: list[str] = []

    def hide(found: re.Match[str]) -> str:
        literals.append(found[1] if found[1] is not None else found[2] or "")
        return chr(0xE000 + len(literals) - 1)

    template = re.sub(r'"([^"]*)"|\\(.)', hide, section)
    return re.sub(r"_.|\*.", "", template), literals


def _restore(template: str, literals: list[str]) -> str:
    return "".join(
        literals[ord(char) - 0xE000] if 0 <= ord(char) - 0xE000 < len(literals) else char for char in template
    )


def _decimals(digits: str) -> int:
    return sum(mark in "0?#" for mark in digits.partition(".")[2])


def _digits(value: Decimal, digits: str) -> str:
    whole, _, fraction = digits.partition(".")
    stripped = (fraction or whole).rstrip(",")
    value = value / (Decimal(1000) ** (len(fraction or whole) - len(stripped)))
    places = sum(mark in "0?#" for mark in fraction)
    rounded = value.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)
    text = f"{rounded:,f}" if "," in whole.rstrip(",") else f"{rounded:f}"
    optional = len(fraction) - len(fraction.rstrip("#"))
    if optional and "." in text:
        kept = text[: len(text) - optional] + text[len(text) - optional :].rstrip("0")
        text = kept.rstrip(".")
    if "." not in text and whole.count("0") > len(text.lstrip("-")):
        text = ("-" if text.startswith("-") else "") + text.lstrip("-").zfill(whole.count("0"))
    return "0" if text == "-0" else text


def _date(value: Decimal, code: str, *, from_1904: bool) -> str:
    days = float(value) + (1462 if from_1904 else 0)
    if not 0 <= days <= _MAX_DAYS:
        return _general(value)
    # Day 60 of 1900 never was: serials before it count from one day later.
    moment = datetime(1899, 12, 31 if days < 60 else 30) + timedelta(days=days)  # noqa: DTZ001
    moment = (moment + timedelta(microseconds=500_000)).replace(microsecond=0)
    code = _BRACKETS.sub("", code)
    half = re.search(r"AM/PM|A/P", code, re.IGNORECASE) is not None
    parts: list[str] = []
    after_hour = False
    for found in _TOKEN.finditer(code):
        quoted, escaped, noon, elapsed, letters, other = found.groups()
        if letters:
            minutes = after_hour or bool(re.match(r"[:.]s", code[found.end() :], re.IGNORECASE))
            parts.append(_date_part(letters.casefold(), moment, half=half, minutes=minutes))
            after_hour = letters[0] in "hH"
        elif elapsed:
            parts.append(_elapsed(elapsed[1].casefold(), days))
            after_hour = elapsed[1] in "hH"
        elif noon:
            parts.append("AM" if moment.hour < 12 else "PM")
        else:
            parts.append(quoted or escaped or ("" if other is None or other in "0#?" else other))
    return "".join(parts).rstrip(". ").strip()


def _elapsed(unit: str, days: float) -> str:
    return str(int(days * {"h": 24, "m": 1440, "s": 86_400}[unit] + 1e-6))


def _date_part(letters: str, moment: datetime, *, half: bool, minutes: bool) -> str:
    first, width = letters[0], len(letters)
    if first == "y":
        return f"{moment.year:04d}" if width > 2 else f"{moment.year % 100:02d}"
    if first == "d" and width > 2:
        name = _DAYS[moment.weekday()]
        return name if width > 3 else name[:3]
    if first == "m" and not minutes:
        if width > 2:
            name = _MONTHS[moment.month - 1]
            return name[0] if width == 5 else name if width == 4 else name[:3]
        return f"{moment.month:0{width}d}"
    hour = (moment.hour % 12 or 12) if half else moment.hour
    value = {"d": moment.day, "h": hour, "m": moment.minute, "s": moment.second}[first]
    return f"{value:0{min(width, 2)}d}"
