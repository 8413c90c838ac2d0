"""Near-duplicates among passages."""

from hypothesis import given
from hypothesis import strategies as st

from pincite.library import Chunk, Passage
from pincite.retrieval import ScoredPassage
from pincite.retrieval.duplicates import drop_near_duplicates, similarity

LONG = " ".join(f"word{number} says something about matter {number % 7}" for number in range(60))
TEXTS = st.lists(st.text("ab cd", max_size=40), max_size=8)


def passage(name: str, text: str) -> ScoredPassage:
    return ScoredPassage(Passage(Chunk(name, "r", "d", "c", 0, text, (), 1, 0, 1, len(text)), "a"), 0.5, None, None)


def kept(texts: list[str], limit: int = 10) -> list[str]:
    found = drop_near_duplicates([passage(str(place), text) for place, text in enumerate(texts)], limit)
    return [each.passage.chunk.id for each in found]


def test_the_better_of_two_copies_stays():
    assert kept([LONG, "Something else entirely, in other words.", LONG.upper() + "."]) == ["0", "1"]


def test_a_copy_with_a_few_words_changed_is_a_copy():
    assert kept([LONG, LONG.replace("word3 ", "term3 ")]) == ["0"]


def test_neighbours_that_overlap_a_little_both_stay():
    words = LONG.split()
    assert kept([" ".join(words[:200]), " ".join(words[160:])]) == ["0", "1"]


def test_a_changed_number_in_a_short_text_is_not_a_copy():
    assert kept(["The limit is 165 pounds a night.", "The limit is 190 pounds a night."]) == ["0", "1"]


def test_the_limit_counts_what_is_kept():
    assert kept([LONG, LONG, "one thing", "another thing", "a third thing"], limit=3) == ["0", "2", "3"]


@given(TEXTS)
def test_nothing_kept_is_like_anything_kept_before(texts: list[str]):
    found = [each.passage.chunk.text for each in drop_near_duplicates([passage("k", text) for text in texts], 10)]
    assert all(similarity(one, other) < 0.8 for place, one in enumerate(found) for other in found[:place])


@given(st.text(max_size=60), st.text(max_size=60))
def test_similarity_is_symmetric_and_bounded(left: str, right: str):
    assert 0.0 <= similarity(left, right) == similarity(right, left) <= 1.0
