"""Follow-ups lean on the turn before; a question with a subject of its own is left alone."""

import pytest

from pincite.answers.drafting import Turn
from pincite.answers.rewrite import standalone

TURNS = [Turn("How many days of parental leave does the second carer get?", "12 weeks.")]


@pytest.mark.parametrize("question", ["And at what pay?", "What about part-time staff?", "Is it paid?", "Why?"])
def test_a_follow_up_carries_the_subject(question: str) -> None:
    alone = standalone(question, TURNS)
    assert alone.startswith(question)
    assert "parental" in alone
    assert "carer" in alone


@pytest.mark.parametrize(
    "question",
    ["Which hotels may be booked in London during a trade fair?", "Who approves purchases above 50,000 euros?"],
)
def test_a_new_topic_is_not_polluted(question: str) -> None:
    assert standalone(question, TURNS) == question


@pytest.mark.parametrize(
    "question", ["Und für Teilzeitkräfte?", "et pour les enfants ?", "In which city?", "Until when?"]
)
def test_a_few_words_go_on_in_other_languages_too(question: str) -> None:
    assert "parental" in standalone(question, TURNS)


@pytest.mark.parametrize(
    "question",
    ["How do employees report their absence?", "Can the tenant extend his contract?", "Does Oslo run its buses?"],
)
def test_whose_it_is_may_be_said_in_the_question_itself(question: str) -> None:
    assert standalone(question, TURNS) == question


def test_a_first_question_is_left_alone() -> None:
    assert standalone("Is it paid?", []) == "Is it paid?"
