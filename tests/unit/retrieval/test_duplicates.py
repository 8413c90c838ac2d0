"""Near-duplicates among passages."""

from hypothesis import given
from hypothesis import strategies as st

from pincite.retrieval.duplicates import similarity, twins_of

LONG = " ".join(f"word{number} says something about matter {number % 7}" for number in range(60))
TEXTS = st.lists(st.text("ab cd", max_size=40), max_size=8)


def kept(texts: list[str]) -> list[str]:
    return [str(place) for place, twin in enumerate(twins_of(texts)) if twin is None]


def test_the_better_of_two_copies_stays():
    assert kept([LONG, "Something else entirely, in other words.", LONG.upper() + "."]) == ["0", "1"]


def test_a_copy_with_a_few_words_changed_is_a_copy():
    assert kept([LONG, LONG.replace("word3 ", "term3 ")]) == ["0"]


def test_neighbours_that_overlap_a_little_both_stay():
    words = LONG.split()
    assert kept([" ".join(words[:200]), " ".join(words[160:])]) == ["0", "1"]


def test_a_changed_number_in_a_short_text_is_not_a_copy():
    assert kept(["The limit is 165 pounds a night.", "The limit is 190 pounds a night."]) == ["0", "1"]


def test_a_copy_is_known_by_the_first_of_its_kind():
    assert twins_of([LONG, "one thing", LONG, LONG.upper()]) == [None, None, 0, 0]


@given(TEXTS, st.integers(1, 4))
def test_looking_at_enough_finds_the_same(texts: list[str], enough: int):
    some = twins_of(texts, 0.8, enough)
    assert some == twins_of(texts, 0.8)[: len(some)]
    assert some.count(None) == enough or len(some) == len(texts)


@given(TEXTS)
def test_nothing_kept_is_like_anything_kept_before(texts: list[str]):
    twins = twins_of(texts, 0.8)
    found = [text for text, twin in zip(texts, twins, strict=True) if twin is None]
    assert all(similarity(one, other) < 0.8 for place, one in enumerate(found) for other in found[:place])
    for text, twin in zip(texts, twins, strict=True):
        assert twin is None or similarity(text, texts[twin]) >= 0.8


@given(st.text(max_size=60), st.text(max_size=60))
def test_similarity_is_symmetric_and_bounded(left: str, right: str):
    assert 0.0 <= similarity(left, right) == similarity(right, left) <= 1.0
