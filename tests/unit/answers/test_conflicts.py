"""Two documents that say otherwise are both shown; two that agree, or speak of something else, are not."""

import pytest
from tests.unit.answers.test_extractive import ask, passage

from pincite.answers.conflicts import disagree
from pincite.answers.question_kind import analyse


@pytest.mark.parametrize(
    ("question", "one", "other", "differ"),
    [
        ("How many people live in Broken Bow?", "It has 3,559 people.", "It has 10,000 people.", True),
        ("How many people live in Broken Bow?", "It had 3,559 people in 2010.", "In 2020 it had 3,559.", False),
        ("How many people live in Broken Bow?", "3,559 people in 1,575 households.", "It has 3,559 people.", False),
        ("When does the ferry leave?", "It leaves at 9.", "It leaves at 10.", True),
        ("When does the ferry leave?", "It leaves on Monday.", "It leaves on Friday.", True),
        ("When does the ferry leave in June?", "In June it leaves at 9.", "It leaves at 9.00.", False),
        ("How many days is it open?", "It is open three days.", "It is open two days.", True),
        ("How many days is it open?", "It is open three days.", "It is open 3 days.", False),
        ("What does a bicycle cost?", "A bicycle costs 4,50 euros.", "A bicycle costs 4.5 euros.", False),
        ("Who runs the ferry?", "Ada runs it.", "Bo runs it.", False),
        ("What does a bicycle cost?", "A bicycle costs 4.50 euros.", "A bicycle costs 4.5 euros.", False),
    ],
)
def test_other_figures_and_times_disagree(question: str, one: str, other: str, differ: bool) -> None:
    asked = analyse(question)
    assert disagree(asked, one, other) is differ
    assert disagree(asked, other, one) is differ


def test_what_another_thing_is_given_is_no_contradiction() -> None:
    one = passage("r1", "Invoice of Nordmark\nTotal: EUR 4,310.00. Payable within 14 days.", source="nordmark.md")
    two = passage("r2", "Invoice of Delsey\nTotal: EUR 990.00. Payable within 30 days.", source="delsey.md")
    assert not ask("When is the invoice of Nordmark payable?", one, two).conflict


def test_the_answer_shows_both_documents() -> None:
    question = "How many days may be carried into the next year?"
    leave = passage("r1", "Up to 5 days may be carried into the next year.", source="leave.md")
    memo = passage("r2", "Up to 8 days may be carried into the next year.", source="memo.md")
    found = ask(question, leave, memo)
    assert found.conflict
    assert {each.passage for each in found.sentences} == {0, 1}
    same = passage("r2", "Staff: up to 5 days may be carried into the next year.", source="memo.md")
    assert not ask(question, leave, same).conflict
    beside = passage("r1", "Up to 8 days may be carried into the next year.", source="leave.md")
    assert not ask(question, leave, beside).conflict
