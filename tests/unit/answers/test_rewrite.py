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


@pytest.mark.parametrize(
    ("first", "then", "alone"),
    [
        ("How high is the limit for a hotel in London?", "And in Amsterdam?", "And in Amsterdam? (limit hotel)"),
        ("What were Apple's net sales?", "What about Microsoft?", "What about Microsoft? (net sales)"),
        ("What were the net sales in 2019?", "And in 2020?", "And in 2020? (net sales)"),
        ("What were the 2019 net sales?", "And in 2020?", "And in 2020? (net sales)"),
        ("What do I get per mile for my car?", "And for motorcycles?", "And for motorcycles? (per mile)"),
        ("Wie hoch ist die Grenze für ein Hotel in London?", "Und in Wien?", "Und in Wien? (Grenze Hotel)"),
    ],
)
def test_what_goes_on_stands_in_the_place_of_what_was(first: str, then: str, alone: str) -> None:
    assert standalone(then, [Turn(first, "")]) == alone


@pytest.mark.parametrize(
    ("first", "then", "kept"),
    [
        ("What does Amazon sell?", "And in Germany?", "Amazon"),
        ("How far is London from Paris?", "And how far from Rome?", "London"),
        ("How many days of leave are there in London?", "And for managers?", "London"),
        ("How high is the limit in London?", "Is it higher in Paris?", "London"),
        ("What were the net sales in 2019?", "And in Germany?", "2019"),
    ],
)
def test_what_is_of_another_kind_or_in_another_place_is_kept(first: str, then: str, kept: str) -> None:
    assert kept in standalone(then, [Turn(first, "")])


def test_a_third_question_goes_on_from_the_second() -> None:
    turns = [Turn("How high is the limit for a hotel in London?", ""), Turn("And in Amsterdam?", "")]
    assert standalone("And in Berlin?", turns) == "And in Berlin? (limit hotel)"


@pytest.mark.parametrize(
    ("first", "then", "alone"),
    [
        ("有給休暇は何日ですか?", "日当はいくらですか?", True),
        ("年假有几天?", "宿舍可以养宠物吗?", True),
        ("年假有几天?", "婚假呢?", False),
        ("Сколько дней составляет отпуск?", "Когда выплата зарплаты?", True),
        ("¿Cuánto es la renta?", "¿Y la fianza?", False),
    ],
)
def test_what_asks_in_another_language_is_a_whole_question(first: str, then: str, alone: bool) -> None:
    assert (standalone(then, [Turn(first, "")]) == then) is alone
