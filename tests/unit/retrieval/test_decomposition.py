"""Questions of several parts are cut where they can be, and only there; parts stand alone; each gets its share."""

import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pincite.retrieval.decomposition import MOST_PARTS, interleaved, parts_of
from pincite.retrieval.pairs import pair_of


@pytest.mark.parametrize(
    ("question", "parts"),
    [
        (
            "What was Acme's revenue in 2018 and who is its auditor?",
            ("What was Acme's revenue in 2018", "who is its auditor? (Acme's 2018)"),
        ),
        ("How many days of leave are there? Who approves them?", None),
        (
            "Compare the sick leave and the parental leave on notice periods",
            ("the sick leave on notice periods", "the parental leave on notice periods"),
        ),
        ("What is the difference between per diem and lodging allowance?", ("per diem", "lodging allowance")),
        ("Compare Boeing's and Airbus's backlog", ("Boeing's backlog", "Airbus's backlog")),
        ("PTO vs sick leave in the first year", ("PTO in the first year", "sick leave in the first year")),
        ("Where is the office in Lund, and when does it open on Sundays?", None),
    ],
)
def test_several_parts_are_cut(question: str, parts: tuple[str, ...] | None) -> None:
    found = parts_of(question)
    assert len(found) == 2
    if parts is not None:
        assert found == parts


def test_a_part_that_has_its_own_names_is_given_no_others() -> None:
    first, second = "Did Pfizer grow in 2021?", "Has Verizon increased its debt?"
    assert parts_of(f"{first} {second}") == (first, second)
    assert parts_of(f"{first} Who audits it?") == (first, "Who audits it? (Pfizer 2021)")


def test_a_name_may_lead_into_the_next_question() -> None:
    first, second = "Who are the customers of Boeing", "for Pfizer, which region had the biggest drop?"
    assert parts_of(f"{first}, and {second}") == (first, second)


def test_a_part_about_something_else_is_not_given_words_of_the_first() -> None:
    first, second = "What arrangement is there after leave", "within how many days do claims have to be entered?"
    assert parts_of(f"{first}, and {second}") == (first, second)


@pytest.mark.parametrize(
    "question",
    [
        "What is the capital of France?",
        "How and when do I file expenses?",
        "Does Pfizer expect to spin off any segments? If so, which one and when?",
        "What is the FY2018 capital expenditure for 3M? Give a response relying on the cash flow statement.",
        "Who mapped the St. Johns River in 1562?",
        "What impact did the overturning of Roe v. Wade have according to the speech?",
        "How many points did the Broncos score in the last minutes of the game versus Pittsburgh?",
        "What contract is given when the contractor has a specification and must undertake the project?",
        "Which terms and conditions apply to research and development?",
        "x vs y " * 400,
    ],
)
def test_one_question_stays_whole(question: str) -> None:
    assert parts_of(question) == ()


@pytest.mark.parametrize(
    ("question", "pair"),
    [
        (
            "What is the dinner limit in Norway and Portugal?",
            ("What is the dinner limit in Norway?", "What is the dinner limit in Portugal?"),
        ),
        (
            "What are the hotel limit and the dinner limit in Oslo?",
            ("What are the hotel limit in Oslo?", "What are the dinner limit in Oslo?"),
        ),
        (
            "How does Boeing's tax rate compare to Pfizer's tax rate?",
            ("Boeing's tax rate", "Pfizer's tax rate"),
        ),
    ],
)
def test_one_question_about_two_things_is_cut_where_that_is_wished(question: str, pair: tuple[str, str]) -> None:
    assert parts_of(question, pairs=True) == pair
    assert parts_of(question) == ()


@pytest.mark.parametrize(
    "question",
    [
        "How does Boeing's tax rate in FY2022 compare to FY2021?",
        "What was spent on research and development in 2020?",
        "What is the link between the parent and the child?",
        "The board of Esch and Voes met.",
        "What was sold by Johnson and Johnson?",
        "in Aa and Aa " * 200,
    ],
)
def test_what_may_be_one_thing_stays_whole(question: str) -> None:
    assert pair_of(question) == ()


@example("? ?")
@given(st.text("aA ?.,;vs andcompwhti\n", max_size=400))
def test_any_text_is_cut_into_few_parts_or_none_and_at_once(text: str) -> None:
    began = time.perf_counter()
    found = parts_of(text, pairs=True)
    assert time.perf_counter() - began < 1.0
    assert len(found) != 1
    assert len(found) <= MOST_PARTS
    assert all(part.strip() for part in found)


@given(st.lists(st.lists(st.integers(0, 30), unique=True, max_size=10), max_size=5), st.integers(0, 20))
def test_each_list_gets_its_share(lists: list[list[int]], limit: int) -> None:
    chosen = interleaved(lists, str, limit)
    assert len(chosen) == len(set(chosen)) == min(limit, len({each for one in lists for each in one}))
    for one in lists:
        for rank, each in enumerate(one):
            if (rank + 1) * len(lists) <= limit:
                assert each in chosen
