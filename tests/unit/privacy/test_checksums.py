"""Check digits against naive oracles: written once more by another way, or tried out by changing a digit."""

import random
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pincite.privacy import checksums

DIGITS = st.text("0123456789", min_size=2, max_size=19)
# A published or constructed example of each, and the length that its check takes.
VALID: tuple[tuple[Callable[[str], bool], str], ...] = (
    (checksums.luhn, "4111111111111111"),
    (checksums.luhn, "378282246310005"),
    (checksums.iban, "GB82WEST12345698765432"),
    (checksums.iban, "DE89370400440532013000"),
    (checksums.iban, "FR1420041010050500013M02606"),
    (checksums.iban, "NO9386011117947"),
    (checksums.verhoeff, "2363"),
    (checksums.de_tax_id, "86095742719"),
    (checksums.de_tax_id, "47036892816"),
    (checksums.fr_nir, "185057800608491"),
    (checksums.es_dni, "12345678Z"),
    (checksums.es_dni, "X1234567L"),
    (checksums.it_fiscal_code, "RSSMRA85T10A562S"),
    (checksums.nl_bsn, "111222333"),
    (checksums.br_cpf, "11144477735"),
    (checksums.au_tfn, "123456782"),
    (checksums.ch_ahv, "7569217076985"),
    (checksums.ca_sin, "130692544"),
    (checksums.in_aadhaar, "234123412346"),
    (checksums.uk_nino, "AB123456C"),
    (checksums.us_ssn, "536901234"),
)
WITHOUT_CHECK_DIGIT = {checksums.uk_nino, checksums.us_ssn}


@pytest.mark.parametrize(("check", "number"), VALID)
def test_examples_hold_and_one_digit_changed_does_not(check: Callable[[str], bool], number: str) -> None:
    assert check(number)
    if check in WITHOUT_CHECK_DIGIT:
        return
    at = len(number) - 2 if number[-1].isalpha() else len(number) - 1
    others = [number[:at] + digit + number[at + 1 :] for digit in "0123456789" if digit != number[at]]
    assert not any(check(other) for other in others)


@settings(max_examples=60, deadline=None)
@given(DIGITS)
def test_luhn_is_the_sum_of_digits_as_the_standard_says(digits: str) -> None:
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 else 1)
        total += value // 10 + value % 10
    assert checksums.luhn(digits) == (total % 10 == 0 and int(digits) > 0)


@settings(max_examples=60, deadline=None)
@given(st.text("0123456789", min_size=18, max_size=18), st.integers(2, 98))
def test_iban_is_97_by_long_division(account: str, tried: int) -> None:
    remainder = 0
    for digit in f"{account}131400":  # D is 13, E is 14
        remainder = (remainder * 10 + int(digit)) % 97
    check = 98 - remainder
    assert checksums.iban(f"DE{check:02}{account}")
    assert checksums.iban(f"DE{tried:02}{account}") == (tried == check)


@settings(max_examples=60, deadline=None)
@given(st.text("0123456789", min_size=3, max_size=12), st.data())
def test_verhoeff_has_one_digit_for_each_number_and_sees_two_swapped(digits: str, data: st.DataObject) -> None:
    fitting = [digit for digit in "0123456789" if checksums.verhoeff(digits + digit)]
    assert len(fitting) == 1
    whole = digits + fitting[0]
    at = data.draw(st.integers(0, len(whole) - 2))
    swapped = whole[:at] + whole[at + 1] + whole[at] + whole[at + 2 :]
    assert swapped == whole or not checksums.verhoeff(swapped)


def test_a_chance_number_passes_as_seldom_as_its_check_has_digits() -> None:
    chance = random.Random(3)
    for check, length, share in (
        (checksums.luhn, 16, 0.1),
        (checksums.verhoeff, 12, 0.1),
        (checksums.nl_bsn, 9, 1 / 11),
        (checksums.au_tfn, 9, 1 / 11),
        (checksums.br_cpf, 11, 0.01),
        (checksums.ch_ahv, 13, 0.0001),
        (checksums.de_tax_id, 11, 0.02),
    ):
        tried = ["".join(chance.choices("0123456789", k=length)) for _ in range(4000)]
        assert sum(map(check, tried)) / len(tried) < share * 1.5 + 0.002


def test_what_authorities_never_issue_is_no_number() -> None:
    assert not any(map(checksums.us_ssn, ("000121234", "666121234", "900121234", "123001234", "123120000")))
    assert not any(map(checksums.uk_nino, ("BG123456C", "DA123456C", "AB123456E", "AO123456A")))
    assert not checksums.br_cpf("11111111111")
    assert not checksums.in_aadhaar("134123412346")
    assert not checksums.luhn("0" * 16)
