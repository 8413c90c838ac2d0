"""What is written with letters: e-mail and web addresses, IP addresses, accounts, ids, licences, dates of birth. Pure.

Each search begins at something rare (an "@", digits beside letters, a word) and looks a bounded way around it, so that
all of them take linear time.
"""

import ipaddress
import re
from collections.abc import Iterator

from pincite.privacy import checksums
from pincite.privacy.domain import Finding, Kind
from pincite.privacy.plain import UNSEEN, places_of, said_near

_LOCAL = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]{1,64}\Z")
_DOMAIN = re.compile(r"(?:[\w](?:[\w-]{0,62})\.){1,8}[^\W\d_]{2,24}(?![\w])|\[[\d.:a-fA-F]{3,45}\]")
_URL = re.compile(r"(?:://|[wW]{3}\.(?<![\w.]....))[^\s<>\"'`{}|\\^]{2,2000}")
_SCHEME = re.compile(r"[a-zA-Z][a-zA-Z+.-]{1,15}\Z")
_IPV4 = re.compile(r"\d(?<![\d.]\d)\d{0,2}\.\d{1,3}\.\d{1,3}\.\d{1,3}(?!\d|\.\d)")
_COLON = re.compile(r":(?=[0-9a-fA-F:])")
_HEX = re.compile(r"[0-9a-fA-F]{0,4}\Z")
_IPV6 = re.compile(r"[0-9a-fA-F]{0,4}(?::[0-9a-fA-F]{0,4}){2,7}(?:\.\d{1,3}){0,3}(?![\w:])")
_VERSION = re.compile(r"\bv(?:er(?:sion)?)?\.? ?$|release|section|chapter|§|clause|build")
_IBAN = re.compile(r"\d(?<=[A-Za-z]{2}\d)\d")
_ACCOUNT = re.compile(rf"(?:[ \-\r\n{UNSEEN}]{{0,2}}[A-Za-z0-9]){{11,30}}")
_NINO = re.compile(r"\d(?<!\d\d)\d ?\d\d ?\d\d ?[A-Da-d](?![A-Za-z0-9])")
_NINO_WORDS = re.compile(r"\bnino\b|national insurance|\bni (?:no|number)")
_DNI = re.compile(r"[\dXYZxyz](?<![A-Za-z0-9.,].)-?\d{7}-?[A-Za-z](?![A-Za-z0-9])")
_FISCAL = re.compile(r"\d(?<=[A-Za-z]{6}\d)\d[A-EHLMPRSTa-ehlmprst]\d\d[A-Za-z]\d{3}[A-Za-z](?![A-Za-z0-9])")
_NIR = re.compile(r"[1-478](?<![A-Za-z0-9].) ?\d\d ?\d\d ?2[ABab] ?\d{3} ?\d{3} ?\d\d(?!\d)")
_PAPERS = (
    *("licence", "license", "licencia", "führerschein", "fuhrerschein", "permis de conduire", "patente di guida"),
    *("passport", "reisepass", "passeport", "pasaporte", "passaporto"),
)
_DRIVES = re.compile(r"driv\w{0,7}['’]?s? $|driving $")
_PAPER = re.compile(
    r"(?:(?:plate|number|no|num|nr|id|card|is|was|has|the|n)\b|[\s:#.=°º'’(-]){0,8}"
    r"((?=[A-Za-z0-9-]{0,8}\d)[A-Za-z0-9]{1,20}(?:[ -](?=[A-Za-z]{0,4}\d)[A-Za-z0-9]{1,12}){0,4})(?![A-Za-z0-9])",
    re.IGNORECASE,
)
_BIRTH = (
    *("born", "birth", "dob", "d.o.b", "geboren", "geburtsdatum", "geburtstag", "né le", "née le", "date de naissance"),
    *("nacido", "nacida", "nacimiento", "nato il", "nata il", "geboortedatum"),
)
_DAY = re.compile(
    r"\b(?:[0-3]?\d([./ -])[0-3]?\d\1(?:19|20)?\d\d|(?:19|20)\d\d[./-]\d{1,2}[./-]\d{1,2}"
    r"|\d{1,2}(?:st|nd|rd|th|\.)? (?:of )?[^\W\d_]{3,10}\.?,? (?:19|20)\d\d"
    r"|[^\W\d_]{3,10}\.? \d{1,2}(?:st|nd|rd|th)?,? (?:19|20)\d\d)\b"
)
_BIRTH_REACH = 40
_SHORT, _SHORTEST_PAPER = 6, 5


def find_names(text: str) -> Iterator[Finding]:
    """Yield what is written with letters. `text` is as `plain` returns it."""
    yield from _emails(text)
    yield from _addresses(text)
    yield from _accounts(text)
    yield from _lettered_ids(text)
    yield from _papers(text)
    yield from _births(text)


def _emails(text: str) -> Iterator[Finding]:
    at = text.find("@")
    while at >= 0:
        before = _LOCAL.search(text, max(0, at - 64), at)
        after = _DOMAIN.match(text, at + 1)
        if before is not None and after is not None:
            yield Finding(Kind.EMAIL, before.start(), after.end(), 0.99)
        at = text.find("@", at + 1)


def _addresses(text: str) -> Iterator[Finding]:
    for match in _URL.finditer(text) if "://" in text or "www." in text.lower() else ():
        scheme = _SCHEME.search(text, max(0, match.start() - 16), match.start())
        start = match.start() if scheme is None else scheme.start()
        yield Finding(Kind.URL, start, match.start() + len(match[0].rstrip(".,;:!?)]")), 0.9)
    for match in _IPV4.finditer(text):
        if all(int(part) < 256 for part in match[0].split(".")) and not _VERSION.search(
            text[max(0, match.start() - 12) : match.start()].lower()
        ):
            yield Finding(Kind.IP, match.start(), match.end(), 0.9)
    yield from _long_addresses(text)


def _long_addresses(text: str) -> Iterator[Finding]:
    if "::" not in text and text.count(":") < 7:
        return
    done = 0
    for colon in _COLON.finditer(text):
        if colon.start() < done:
            continue
        first = _HEX.search(text, max(0, colon.start() - 4), colon.start())
        start = colon.start() if first is None else first.start()
        match = _IPV6.match(text, start)
        done = start if match is None else match.end()
        if match is not None and not text[start - 1 : start].isalnum() and _is_ipv6(match[0]):
            yield Finding(Kind.IP, start, match.end(), 0.95)


def _is_ipv6(written: str) -> bool:
    if len(written) < _SHORT or not any(letter.isdigit() for letter in written):
        return False  # "::1" is everybody's, and "a::b" a name in a program
    try:
        ipaddress.IPv6Address(written)
    except ValueError:
        return False
    return True


def _accounts(text: str) -> Iterator[Finding]:
    for match in _IBAN.finditer(text):
        start = match.start() - 2
        length = checksums.IBAN_LENGTHS.get(text[start : start + 2].upper())
        account = None if length is None else _ACCOUNT.match(text, match.end())
        if length is None or account is None or text[start - 1 : start].isalnum():
            continue
        bare, at = "", start
        while at < account.end() and len(bare) < length:
            bare += text[at] if text[at].isalnum() else ""
            at += 1
        if checksums.iban(bare.upper()) and not text[at : at + 1].isalnum():
            yield Finding(Kind.IBAN, start, at, 0.99)


def _lettered_ids(text: str) -> Iterator[Finding]:
    for match in _NINO.finditer(text):
        start = match.start() - (3 if text[match.start() - 1 : match.start()] == " " else 2)
        written = text[max(0, start) : match.end()]
        bare = written.replace(" ", "").upper()
        letters = start >= 0 and bare[:2].isalpha() and bare.isascii() and not text[max(0, start - 1) : start].isalnum()
        if not letters or len(bare) != 9 or not checksums.uk_nino(bare):
            continue
        named = said_near(text, start, match.end(), _NINO_WORDS)
        if named or written.isupper():
            yield Finding(Kind.NATIONAL_ID, start, match.end(), 0.95 if named else 0.7)
    for match in _DNI.finditer(text):
        bare = match[0].replace("-", "").upper()
        if (bare[0].isalpha() or "-" not in match[0][:-2]) and checksums.es_dni(bare):
            yield Finding(Kind.NATIONAL_ID, match.start(), match.end(), 0.85)
    for match in _FISCAL.finditer(text):
        start = match.start() - 6
        if not text[start - 1 : start].isalnum() and checksums.it_fiscal_code(text[start : match.end()].upper()):
            yield Finding(Kind.NATIONAL_ID, start, match.end(), 0.99)
    for match in _NIR.finditer(text):
        if checksums.fr_nir(match[0].replace(" ", "").upper()):
            yield Finding(Kind.NATIONAL_ID, match.start(), match.end(), 0.99)


def _papers(text: str) -> Iterator[Finding]:
    for word, start, end in places_of(text, _PAPERS):
        if word.startswith("licen") and not _DRIVES.search(text[max(0, start - 12) : start].lower()):
            continue  # of software, mostly
        number = _PAPER.match(text, end)
        if number is not None and len(number[1]) >= _SHORTEST_PAPER:
            kind = Kind.PASSPORT if word.startswith(("pass", "reise", "pasa")) else Kind.LICENCE
            yield Finding(kind, number.start(1), number.end(1), 0.8)


def _births(text: str) -> Iterator[Finding]:
    for _, _, end in places_of(text, _BIRTH):
        day = _DAY.search(text, end, end + _BIRTH_REACH)
        if day is not None:
            yield Finding(Kind.BORN, day.start(), day.end(), 0.8)
