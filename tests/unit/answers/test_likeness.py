"""Questions that mean the same and questions that nearly do: no near miss passes at the threshold that ships."""

import pytest
from bench.semantic_cache import HELD_OUT, LEARN, SCOPE, at_most, read
from hypothesis import given
from hypothesis import strategies as st

from pincite.answers.likeness import THRESHOLD, alike, difference, is_personal
from pincite.answers.threshold import Judged, judged, threshold_of
from pincite.gateway import StaticEmbedder


@pytest.fixture(scope="module")
def embedder() -> StaticEmbedder:
    return StaticEmbedder()


async def test_at_the_threshold_that_ships_nothing_wrong_is_given(embedder: StaticEmbedder) -> None:
    found = await judged(embedder, SCOPE, [*read(LEARN), *read(HELD_OUT)])
    assert sum(not each.pair.same for each in found) >= 100
    hits = [each for each in found if each.passes and each.cosine >= THRESHOLD]
    assert [each.pair for each in hits if not each.pair.same] == []
    same = sum(each.pair.same for each in found)
    assert len(hits) / same > 0.6, "or there would be no use in it"


async def test_the_threshold_that_ships_is_the_one_that_is_learned(embedder: StaticEmbedder) -> None:
    assert threshold_of(await judged(embedder, SCOPE, read(LEARN))) == THRESHOLD


def test_no_question_is_in_both_parts() -> None:
    parts = [{question for pair in read(part) for question in (pair.asked, pair.other)} for part in (LEARN, HELD_OUT)]
    assert not parts[0] & parts[1]
    assert len(read(LEARN)) + len(read(HELD_OUT)) >= 200


SAME = [
    ("What's the notice period in Norway?", "In Norway, what is the notice period?"),
    ("Can I carry over 5 days of leave?", "May I carry over five days of leave?"),
    ("How much does a seat cost?", "What does a seat cost?"),
    ("Please tell me when the office opens.", "When the office opens?"),
    ("Who signs orders above £5,000?", "Who signs orders above 5,000 pounds?"),
]
OTHER = [
    ("Does the landlord pay the tenant?", "Does the tenant pay the landlord?"),
    ("Who pays Acme?", "Who does Acme pay?"),
    ("Is A4 larger than A5?", "Is A5 larger than A4?"),
    ("Is it paid before or after tax?", "Is it paid before tax?"),
    ("What changed in version 2.1?", "What changed in version 2.10?"),
    ("Which errors does parse_file raise?", "Which errors does parse_files raise?"),
    ("What is the limit?", "What was the limit?"),
    ("Can visitors park here?", "Must visitors park here?"),
    ("Can visitors park here?", "Can only visitors park here?"),
    ("Is the canteen open?", "Isn't the canteen open?"),
    ("Do trains run from Bonn to Ulm?", "Do trains run from Ulm to Bonn?"),
    ("How long is the break?", "How often is the break?"),
    ("What is the fee in 2024?", "What is the fee?"),
    ("How much notice must an employee give?", "How much notice must an employee get?"),
    ("Who asks the manager and the director?", "Who asks the manager or the director?"),
    ("What is paid by the employer?", "What is paid for the employer?"),
    ("How is overtime paid in May?", "How is overtime paid?"),
    ("Must it be sent by Friday?", "Must it be sent on Friday?"),
    ("Is it open with a badge?", "Is it open without a badge?"),
    ("Who pays if a laptop is lost?", "Who pays a lost laptop?"),
    ("Wie lange dauert die Pause?", "Wann beginnt die Pause?"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_the_same_put_otherwise_is_the_same(one: str, other: str) -> None:
    assert difference(one, other) is None
    assert difference(other, one) is None


@pytest.mark.parametrize(("one", "other"), OTHER)
def test_what_asks_something_else_is_another(one: str, other: str) -> None:
    assert difference(one, other) is not None
    assert difference(other, one) is not None


@given(st.text(max_size=200))
def test_every_text_is_the_same_as_itself(text: str) -> None:
    assert difference(text, text) is None


@given(st.text(max_size=60), st.text(max_size=60))
def test_which_of_two_comes_first_makes_no_difference(one: str, other: str) -> None:
    assert (difference(one, other) is None) is (difference(other, one) is None)


@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_two_numbers_are_never_one(one: int, other: int) -> None:
    first, second = (f"Who approves an order of {number} pounds?" for number in (one, other))
    assert (difference(first, second) is None) is (one == other)


def test_the_nearest_comes_first_and_nothing_below_the_threshold() -> None:
    asked = [(0.7, "When is lunch served?"), (0.9, "At what time is lunch served?"), (0.5, "When is lunch served?")]
    assert alike("When is lunch served?", asked, 0.6) == [1, 0]


@pytest.mark.parametrize(
    "question", ["What is my salary?", "Is it ours?", "Tell me about myself", "I'm ill. Who to call?"]
)
def test_what_is_somebodys_own_is_told(question: str) -> None:
    assert is_personal(question)
    assert not is_personal("Who is the manager of mining in Wyoming?")  # these are words within others


def test_a_share_that_was_never_seen_may_still_be_as_large_as_this() -> None:
    assert at_most(0, 100) == pytest.approx(0.0362, abs=1e-4)  # 1 - 0.025 ** (1 / 100)
    assert at_most(5, 100) == pytest.approx(0.1128, abs=1e-4)


def test_a_near_miss_that_passes_the_words_raises_the_threshold() -> None:
    pairs = read(LEARN)
    wrong, right = (next(each for each in pairs if each.same is same) for same in (False, True))
    found = [Judged(wrong, 0.8, passes=True), Judged(right, 0.7, passes=True), Judged(right, 0.9, passes=True)]
    assert threshold_of(found) == 0.9
