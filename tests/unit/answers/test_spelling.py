"""Misspelt words of questions, and what is none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pincite.answers.spelling import Respelt, respelt
from pincite.gateway import StaticEmbedder

USUAL = StaticEmbedder().usual_words
FOUND = (
    "The mooring fee of guests is reimbursed at the office. Professor Hartnell signs for plover-boats.",
    "Unused mooring is paid back. The kilowatt price is another; the accommodation is not.",
)


@pytest.mark.parametrize(
    ("question", "meant"),
    [
        ("What is the morring fee?", "What is the mooring fee?"),
        ("Is unused mooring reimbrused?", "Is unused mooring reimbursed?"),
        ("What is the price of the acomodation?", "What is the price of the accommodation?"),
        ("Acomodation is what for the guests?", "accommodation is what for the guests?"),
        ("Who is told of the prboation?", "Who is told of the probation?"),
        ("How quuickly is the morring paid?", "How quickly is the mooring paid?"),
    ],
)
def test_a_misspelt_word_is_read_as_the_nearest_one_of_the_documents_or_as_a_usual_one(question: str, meant: str):
    found = respelt(question, FOUND, USUAL, guess=True)
    assert found is not None
    assert found.question == meant
    assert all(typed in question and read in meant for typed, read in found.words)


@pytest.mark.parametrize(
    "question",
    [
        "What is the mooring fee?",
        "What is the mourning fee?",  # a usual word, and another thing
        "Where is Professor Hartwell?",  # a name, of somebody else
        "Is the reimbursement paid?",  # not usual, and near to nothing
        "What is the fee for KILOWAT-7 or kilowat7?",
        "What is the fea?",  # too short to be sure of
        "Is it moorings that are reimbursed?",  # of the same stem
        "Wie hoch ist die Gebühr für die Morring?",
        "Quelle est la taxe de morring dans les ports?",
        "morring",
        "",
    ],
)
def test_what_is_no_misspelling_is_left_alone(question: str):
    assert respelt(question, FOUND, USUAL, guess=True) is None


def test_a_usual_word_is_taken_only_where_nothing_answered_before():
    assert respelt("Who is told of the prboation?", FOUND, USUAL, guess=False) is None
    assert respelt("What is the morring fee?", FOUND, USUAL, guess=False) is not None


def test_a_name_that_is_there_is_no_misspelling_however_it_is_typed():
    assert respelt("who is tiller?", ("Tiller signs.",), {"taller": 1}, guess=True) is None
    assert respelt("who is tiller?", ("Miller signs.",), {"taller": 1}, guess=True) is not None


def test_the_more_frequent_of_two_near_words_is_taken():
    texts = ("a spanner, the spanner and a spinner of the boat",)
    assert respelt("Where is the spnner?", texts, {}, guess=False) == Respelt(
        "Where is the spanner?", (("spnner", "spanner"),)
    )


@given(
    st.text(alphabet="abcdefgh -'XYZ?09é", max_size=60),
    st.lists(st.text(alphabet="abcdefgh ", max_size=40), max_size=3),
)
def test_only_words_in_small_letters_change_and_nothing_else(question: str, texts: list[str]):
    found = respelt(f"is {question}", texts, {"abcdef": 1, "fedcba": 2}, guess=True)
    if found is None:
        return
    meant = f"is {question}"
    for typed, read in found.words:
        assert typed in meant
        assert typed != read
        assert read in {"abcdef", "fedcba"} or any(read in text for text in texts)
    assert sum(letter.isupper() for letter in found.question) == sum(letter.isupper() for letter in meant)
    assert [each for each in found.question if not each.isalpha()] == [each for each in meant if not each.isalpha()]
