"""Codes by the clock: the vectors of RFC 6238, drift, and that a code is good once."""

from urllib.parse import parse_qs, urlsplit

import pytest

from pincite.accounts.totp import base32_of, code_of, matching_step, uri_of

SECRET = b"12345678901234567890"


@pytest.mark.parametrize(
    ("at_s", "code"),
    [
        (59, "94287082"),
        (1111111109, "07081804"),
        (1111111111, "14050471"),
        (1234567890, "89005924"),
        (2000000000, "69279037"),
        (20000000000, "65353130"),
    ],
)
def test_the_vectors_of_rfc_6238(at_s: int, code: str) -> None:
    assert code_of(SECRET, at_s // 30, digits=8) == code
    assert code_of(SECRET, at_s // 30) == code[2:]


@pytest.mark.parametrize(("drift", "found"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_one_step_of_drift_is_allowed(drift: int, *, found: bool) -> None:
    now = 1111111109
    step = now // 30 + drift
    assert matching_step(SECRET, code_of(SECRET, step), now, after=-1) == (step if found else None)


@pytest.mark.parametrize("code", ["", "12345", "1234567", "０５０４７１", "abcdef", "-81804"])
def test_what_is_no_code_matches_nothing(code: str) -> None:
    assert matching_step(SECRET, code, 1111111109, after=-1) is None


def test_a_step_that_was_used_and_those_before_it_are_good_no_more() -> None:
    now = 1111111109
    step = now // 30
    for each in (step - 1, step):
        assert matching_step(SECRET, code_of(SECRET, each), now, after=step) is None
    assert matching_step(SECRET, code_of(SECRET, step + 1), now, after=step) == step + 1


def test_apps_get_the_secret_and_whose_it_is() -> None:
    uri = urlsplit(uri_of(SECRET, "ada@example.com"))
    assert (uri.scheme, uri.netloc, uri.path) == ("otpauth", "totp", "/Pincite%3Aada%40example.com")
    assert parse_qs(uri.query)["secret"] == [base32_of(SECRET)]
