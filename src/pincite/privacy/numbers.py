"""Numbers that must pass a check: cards, social security numbers, national ids. Pure, linear time.

Digits are gathered into chains of groups ("4111 1111 1111 1111"), and each few groups of a chain are held against what
is known of numbers of that length. Letters in ids, accounts and addresses are in `names.py`, phones in `phones.py`.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from pincite.privacy import checksums
from pincite.privacy.domain import Finding, Kind
from pincite.privacy.plain import UNSEEN, said_near

_CHAIN = re.compile(rf"\d(?<!\d\d)(?:[ \t\r\n.\-/_{UNSEEN}]{{0,3}}\d){{7,}}+")
_GROUP = re.compile(r"\d+")
_BLANKS = re.compile(r"[ \t]+")
_YEARS = re.compile(r"(?:(?:19|20)\d\d)+")
_MOST_GROUPS, _MOST_DIGITS = 7, 19
_CARD_GROUPS = frozenset(
    {
        (4, 4, 4, 4),
        (4, 4, 4, 4, 3),
        (4, 6, 5),
        (4, 6, 4),
        (4, 4, 4, 1),
        (4, 4, 4),
        (4, 5, 6),
        (4, 4, 5),
        (8, 8),
        (6, 13),
    }
)
_CARD = re.compile(r"\bcards?\b|credit|debit|\bcc\b|visa|master ?card|amex|karte|carte|tarjeta|carta|cart[aã]o|\bpan\b")
_NO_CARD = re.compile(r"order|invoice|tracking|parcel|shipment|serial|isbn|\bean\b|\bsku\b|imei|ticket|\bhash\b|commit")
# Brands by their first digits, and how long their numbers are.
_BRANDS: tuple[tuple[re.Pattern[str], frozenset[int]], ...] = (
    (re.compile(r"4"), frozenset({13, 16, 19})),
    (re.compile(r"5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720"), frozenset({16})),
    (re.compile(r"3[47]"), frozenset({15})),
    (re.compile(r"3(?:0[0-5]|[689])"), frozenset({14, 16, 19})),
    (re.compile(r"6011|64[4-9]|65|62|81"), frozenset({16, 17, 18, 19})),
    (re.compile(r"35(?:2[89]|[3-8])"), frozenset({16, 17, 18, 19})),
    (re.compile(r"2131|1800"), frozenset({15})),
    (re.compile(r"50|5[6-9]|6[0-9]"), frozenset(range(12, 20))),
)
_MAESTRO = _BRANDS[-1][0]


@dataclass(frozen=True, slots=True)
class _Id:
    """An id of so many digits: how it is usually written, its check, the words that name it, whether it needs them.

    One that needs none where it is written so (`groups`) needs them where it is written in one piece.
    """

    digits: int
    groups: tuple[int, ...]
    check: Callable[[str], bool]
    words: re.Pattern[str]
    needs_words: bool = True
    kind: Kind = Kind.NATIONAL_ID


_IDS = (
    _Id(
        9,
        (3, 2, 4),
        checksums.us_ssn,
        re.compile(r"\bssn\b|social security|soc\.? sec|taxpayer id"),
        needs_words=False,
        kind=Kind.SSN,
    ),
    _Id(9, (3, 3, 3), checksums.ca_sin, re.compile(r"\bsin\b|social insurance|assurance sociale|\bnas\b")),
    _Id(9, (3, 3, 3), checksums.au_tfn, re.compile(r"\btfn\b|tax file")),
    _Id(9, (), checksums.nl_bsn, re.compile(r"\bbsn\b|burgerservice|sofinummer")),
    _Id(11, (2, 3, 3, 3), checksums.de_tax_id, re.compile(r"steuer|\bidnr\b|\btin\b|tax id")),
    _Id(11, (3, 3, 3, 2), checksums.br_cpf, re.compile(r"\bcpf\b"), needs_words=False),
    _Id(12, (4, 4, 4), checksums.in_aadhaar, re.compile(r"aadh?aar|uidai|\buid\b"), needs_words=False),
    _Id(13, (3, 4, 4, 2), checksums.ch_ahv, re.compile(r"\bahv\b|\bavs\b|oasi"), needs_words=False),
    _Id(15, (1, 2, 2, 2, 3, 3, 2), checksums.fr_nir, re.compile(r"\bnir\b|s[ée]curit[ée] sociale|\binsee\b")),
)
_BY_LENGTH = {length: tuple(each for each in _IDS if each.digits == length) for length in {e.digits for e in _IDS}}
# Modulo 97 with a month in the middle, and a prefix that nothing else has: hardly a chance number.
_STRONG = frozenset({checksums.fr_nir, checksums.ch_ahv})


@dataclass(frozen=True, slots=True)
class _Written:
    """Digits, in groups of such lengths; `even` where they stand as one number does and not as cells of a table."""

    digits: str
    lengths: tuple[int, ...]
    even: bool


def find_numbers(text: str) -> Iterator[Finding]:
    """Yield cards and ids of digits. `text` is as `plain` returns it."""
    for chain in _CHAIN.finditer(text):
        groups = [match.span() for match in _GROUP.finditer(text, chain.start(), chain.end())]
        yield from _in_chain(text, groups)


def _in_chain(text: str, groups: Sequence[tuple[int, int]]) -> Iterator[Finding]:
    for first, (start, _) in enumerate(groups):
        if start and (text[start - 1].isalpha() or text[start - 1] == "_"):
            continue
        digits, lengths = "", ()
        between, last = set[str](), start
        for begin, end in groups[first : first + _MOST_GROUPS]:
            digits, lengths = digits + text[begin:end], (*lengths, end - begin)
            if len(lengths) > 1:
                between.add(text[last:begin])
            last = end
            if len(digits) > _MOST_DIGITS:
                break
            if len(digits) < 9 or text[end : end + 1].isalpha() or _is_row_of_years(digits, lengths):
                continue
            written = _Written(digits, lengths, even=_is_even(between))
            yield from _card(text, start, end, written)
            yield from _ids(text, start, end, written)


def _is_even(between: AbstractSet[str]) -> bool:
    """Say whether what stands between groups of digits may stand in one number.

    Cells of a table stand beside each other and in lines: blanks in a number are all alike, and it ends with its line.
    """
    ways = {_BLANKS.sub(" ", each.replace(UNSEEN, "")) for each in between} - {""}
    return not any("\n" in each for each in ways) and (len(ways) < 2 or not any(" " in each for each in ways))


def _is_row_of_years(digits: str, lengths: tuple[int, ...]) -> bool:
    return len(lengths) > 1 and set(lengths) == {4} and _YEARS.fullmatch(digits) is not None


def _card(text: str, start: int, end: int, found: _Written) -> Iterator[Finding]:
    digits, lengths = found.digits, found.lengths
    if len(digits) < 12 or not (len(lengths) == 1 or lengths in _CARD_GROUPS) or not checksums.luhn(digits):
        return
    brand = next((each for each, sizes in _BRANDS if each.match(digits) and len(digits) in sizes), None)
    named = said_near(text, start, end, _CARD)
    if named:
        yield Finding(Kind.CARD, start, end, 0.95 if brand else 0.8)
    elif found.even and brand not in {None, _MAESTRO} and not said_near(text, start, end, _NO_CARD):
        yield Finding(Kind.CARD, start, end, 0.9 if len(lengths) > 1 else 0.75)


def _ids(text: str, start: int, end: int, found: _Written) -> Iterator[Finding]:
    digits, lengths = found.digits, found.lengths
    for each in _BY_LENGTH.get(len(digits), ()):
        written_so = lengths == each.groups
        if not (written_so or len(lengths) == 1 or each.check in _STRONG) or not each.check(digits):
            continue
        if said_near(text, start, end, each.words):
            yield Finding(each.kind, start, end, 0.95)
        elif each.check in _STRONG or (written_so and found.even and not each.needs_words):
            yield Finding(each.kind, start, end, 0.85)
