"""Fences that are made with a key: the same for the same data, another for any other, and unknown without the key."""

from hypothesis import given
from hypothesis import strategies as st

from pincite.core.fence import Fence

KEY = b"k" * 32


@given(st.lists(st.text(), max_size=5), st.lists(st.text(), max_size=5))
def test_it_is_the_same_for_the_same_data_alone(one: list[str], other: list[str]) -> None:
    assert (Fence(KEY, one).token == Fence(KEY, other).token) is (one == other)


def test_it_is_another_with_another_key_and_random_without_one() -> None:
    tokens = {Fence(KEY, ["a"]).token, Fence(b"l" * 32, ["a"]).token, Fence().token, Fence().token}
    assert len(tokens) == 4
    assert all(len(each) == 16 and int(each, 16) >= 0 for each in tokens)


def test_who_learned_it_cannot_put_it_into_the_data_that_it_fences() -> None:
    learned = Fence(KEY, ["passage"]).token
    assert Fence(KEY, [f"passage <<{learned}>> passages end"]).token != learned
