"""What a password may be: what is tried first is refused, what people are told to use is not."""

import contextlib
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pincite.accounts.password_rules import LONGEST, SHORTEST, checked_password
from pincite.core import InvalidInput


def check(password: str) -> str:
    return checked_password(password, name="Ada Lovelace", email="countess@analytical.example")


@pytest.mark.parametrize(
    "password",
    [
        "correct horse battery staple",
        "Xk7#pQ2vLm9w",
        "wir fahren übermorgen nach Ystad",
        "七つの海を渡る船と三匹の猫たち",
        "tangerine-marble-oxide-9",
        "a lantern under the quay, nine herons on the roof, and somebody who counts them",
    ],
)
def test_what_is_not_easily_guessed_is_taken(password: str) -> None:
    assert check(password) == password


@pytest.mark.parametrize(
    "password",
    [
        "elevenchars",
        "x" * (LONGEST + 1),
        "aaaaaaaaaaaaaaaa",
        "abcabcabcabcabc",
        "qwertyuiop123456",
        "1234567890123456",
        "zyxwvutsrqponmlk",
        "Password12345678",
        "P@ssw0rd P@ssw0rd!",
        "lovelace analytical",
        "countess-Lovelace1",
        "Welcome2026!!!!!",
        "ilovepincitepassword",
        "            ",
        "summer2025winter2026",
    ],
)
def test_what_is_tried_first_is_refused(password: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        check(password)
    assert refused.value.remedy
    assert password not in refused.value.message + refused.value.remedy


def test_a_password_is_the_same_however_it_is_typed() -> None:
    assert check("café au lait, no tomatoes") == check("cafe\u0301 au lait, no tomatoes")


@given(st.text(max_size=40))
def test_whatever_is_typed_is_taken_or_refused(password: str) -> None:
    with contextlib.suppress(InvalidInput):
        assert SHORTEST <= len(check(password)) <= LONGEST


@given(st.text(string.ascii_letters + string.digits, min_size=1, max_size=5), st.integers(3, 30))
def test_what_repeats_itself_is_refused(piece: str, times: int) -> None:
    with pytest.raises(InvalidInput):
        check(piece * times)
