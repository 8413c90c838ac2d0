"""Covers: nothing that was found is left, everything else stays where it was, and marks say nothing without the key."""

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from pincite.privacy import Masker, counted, find

VALUES = (
    "4111 1111 1111 1111",
    "ada@example.com",
    "a@b.co",
    "536-90-1234",
    "GB82WEST12345698765432",
    "203.0.113.7",
    "1.1.1.1",
    "+44 20 7946 0958",
    "AKIAIOSFODNN7EXAMPLE",
)
MASKER = Masker(b"a key of the tests, long enough to be one")
PIECES = st.lists(
    st.one_of(st.sampled_from(VALUES), st.sampled_from(("see", "at noon", "of it", "and then", "ü"))), max_size=14
)


@settings(max_examples=60, deadline=None)
@given(PIECES, st.sampled_from((" , ", "\n", " ; \r\n")))
def test_no_value_is_left_and_the_rest_is_as_it_was(pieces: list[str], between: str) -> None:
    text = between.join(pieces)
    covered = MASKER.covered(text)
    assert len(covered) == len(text)
    assert [at for at, letter in enumerate(text) if letter in "\r\n"] == [
        at for at, letter in enumerate(covered) if letter in "\r\n"
    ]
    assert not [value for value in VALUES if value in covered]
    at = 0
    for each in find(text):
        assert covered[at : each.start] == text[at : each.start]
        at = each.end
    assert covered[at:] == text[at:]


@settings(max_examples=60, deadline=None)
@given(PIECES)
def test_a_covered_text_holds_nothing_more_to_cover(pieces: list[str]) -> None:
    once = MASKER.covered(" , ".join(pieces))
    assert MASKER.covered(once) == once


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=300))
def test_lengths_and_lines_stay_whatever_the_text(text: str) -> None:
    covered = MASKER.covered(text)
    assert len(covered) == len(text)
    assert covered.count("\n") == text.count("\n")


def test_marks_are_the_same_for_a_value_however_written_and_of_one_key() -> None:
    spaced, joined = MASKER.covered("card 4111 1111 1111 1111"), MASKER.covered("card 4111111111111111")
    other = MASKER.covered("card 5500 0000 0000 0004")
    mark = re.search(r"\[card (\w{3})\]", spaced)
    assert mark is not None
    assert mark[0] in joined
    assert mark[0] not in other
    keys = {Masker(bytes([number]) * 32).covered("card 4111 1111 1111 1111") for number in range(20)}
    assert len(keys) > 15


def test_a_short_value_has_a_shorter_cover() -> None:
    assert re.fullmatch(r"go to \[mail\]!", MASKER.covered("go to a@b.co!"))
    assert re.fullmatch(r"from \[ip \w\w\]\.", MASKER.covered("from 1.1.1.1."))


def test_an_address_of_a_page_stays_and_what_is_personal_in_it_goes() -> None:
    text = "see https://example.com/rules and https://example.com/?mail=ada@example.com"
    covered = MASKER.covered(text)
    assert "https://example.com/rules" in covered
    assert "ada@example.com" not in covered
    assert counted(find(text)) == {"url": 1, "mail": 1}
