"""Telephone numbers: by their international prefix, by a format that nothing else has, or by words near them. Pure.

They have no check digit: what is written like many other numbers needs words that say that it is one.
"""

import re
from collections.abc import Iterator

from pincite.privacy.domain import Finding, Kind
from pincite.privacy.plain import UNSEEN, said_near

_NUMBER = re.compile(
    rf"[+(\d](?<![\w./\-+($€£].)(?<!\+ .)(?<!\d,.)(?:[ .\-/()+{UNSEEN}]{{0,3}}\d){{5,20}}+"
    r"(?: ?(?:x|ext\.?|#) ?\d{1,6})?(?!\w)"
)
_SAID = (
    r"\b(?:tele)?(?:phone|fon|fax)\w*|\btel\b|\bt[ée]l(?:[ée]phone)?\b|\bt[ée]l\.|\bmobil\w*|\bm[óo]vil|\bcell\w*|\bdesk\b"
    r"|\boffice\b|\bhandy\b|whatsapp|signal|\bsms\b|\btext(?:ed)?\b|\bcall\w*|\bdial\w*|\bring\b|\breach\w*|answering"
    r"|messages?\b|contact|hotline|helpline|\bline\b|ruf|anrufen|num[ée]ro|registered"
)
_WORDS = re.compile(_SAID)
_NAMED = re.compile(rf"(?:{_SAID})[ \t:.#\-]{{0,3}}$")
_NAMED_REACH = 24
_NANP = re.compile(
    r"(?:\+?1[ .\-])?(?:\([2-9]\d\d\) ?|[2-9]\d\d([.\- ]))\d{3}[.\- ]\d{4}(?: ?(?:x|ext\.?|#) ?\d{1,6})?"
)
_EXTENDED = re.compile(r"[\d)] ?(?:x|ext\.?) ?\d{1,6}$")
_DATE = re.compile(
    r"(?:19|20)\d\d[.\-/ ][01]?\d[.\-/ ][0-3]?\d(?: [0-2]?\d)?"
    r"|[0-3]?\d[.\-/ ][0-3]?\d[.\-/ ](?:19|20)\d\d(?: [0-2]?\d)?"
    r"|(?:19|20)\d{6}|(?:(?:19|20)\d\d[ .\-/]*)+"
)
_ROW = re.compile(r"(?:(?:19|20)\d\d|\([1-9]\))[ \r\n]+\d")  # of a table: a year or a footnote, and cells
_DECIMAL = re.compile(r"(?<![\d.])0\.\d")
_DIGIT = re.compile(r"\d")
_FEWEST, _MOST = 6, 15
_TRUNK = (9, 11)


def find_phones(text: str) -> Iterator[Finding]:
    """Yield telephone numbers. `text` is as `plain` returns it."""
    for match in _NUMBER.finditer(text):
        score = _score(text, match)
        if score:
            opened = match[0].startswith("(") and ")" not in match[0]
            yield Finding(Kind.PHONE, match.start() + opened, match.end(), score)


def _score(text: str, match: re.Match[str]) -> float:
    written = match[0]
    digits = _DIGIT.findall(written)
    if not _FEWEST <= len(digits) <= _MOST + _FEWEST or _DATE.fullmatch(written):
        return 0.0
    if _DECIMAL.search(written):
        return 0.0
    if written.startswith(("+", "(+")):
        return 0.9 if digits[0] != "0" and 8 <= len(digits) <= _MOST else 0.0
    if _NANP.fullmatch(written) or (_EXTENDED.search(written) and len(digits) > _TRUNK[0]):
        return 0.85
    if _ROW.match(written) and not _NAMED.search(text[max(0, match.start() - _NAMED_REACH) : match.start()].lower()):
        return 0.0
    if _FEWEST < len(digits) <= _MOST and said_near(text, match.start(), match.end(), _WORDS):
        return 0.7
    trunk = digits[0] == "0" != digits[1] and _TRUNK[0] <= len(digits) <= _TRUNK[1]
    return 0.5 if trunk and len(re.findall(r"\d+", written)) > 1 else 0.0
