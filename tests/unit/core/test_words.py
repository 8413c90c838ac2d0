"""Words of a text for comparing texts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pincite.core.words import content_words, whole_words, words


def test_stop_words_go_and_the_rest_is_stemmed():
    assert content_words("What were the engines running on?") == ["engin", "run"]
    assert words("What were the engines") == ["what", "were", "the", "engin"]


def test_numbers_stay_whole():
    assert content_words("$1,577.0 million in FY2018, 45p and 300S") == ["1577.0", "million", "fy2018", "45p", "300s"]


def test_a_hyphenated_word_is_its_parts_and_one():
    assert content_words("pass-phrases") == ["pass", "phrase", "passphras"]


def test_a_code_is_its_parts_and_one():
    assert content_words("the V-03, a 12-month term") == ["v", "03", "12", "month", "term", "v03"]


def test_what_capitals_make_a_name_is_one():
    assert content_words("How many defects in May?") == ["defect", "may"]
    assert content_words("May | 12") == ["may", "12"]
    assert content_words("May I bring a dog?") == content_words("may i bring a dog?") == ["bring", "dog"]
    assert content_words("Who is the head of IT in the US?") == ["head", "it", "us"]
    assert content_words("Is it ours? Tell us.") == content_words("WHO TOLD US IT MAY?")[:0] == []


def test_a_word_that_a_lines_end_cut_in_two_is_whole():
    assert whole_words("the docu\ufffement and re\u00adport") == "the document and report"
    assert content_words("docu\ufffements") == content_words("documents")
    assert words("docu\ufffements") == words("documents")


@given(st.text("aB1 -.é", max_size=60))
def test_case_does_not_count(text: str):
    assert content_words(text.upper()) == content_words(text.lower())


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("人事部長は誰ですか？", ["人事", "事部", "部長"]),
        ("年假有几天？", ["年假"]),
        ("연차 휴가는 며칠인가요?", ["연차", "휴가"]),
        ("USB端口 １２個", ["usb", "端口", "12", "個"]),
        ("1 250,50 €", ["1250.50"]),
        ("9\u00a0850,00 zł", ["9850.00", "zł"]),
        ("CHF 1'234.50", ["chf", "1234.50"]),
        ("rows 12 345 678", ["row", "12", "345", "678"]),
        ("٤٥٠ ريالًا", ["450", "ريال"]),
        ("İSTANBUL", ["istanbul"]),
    ],
)
def test_words_of_other_scripts_and_figures_of_other_countries(text: str, found: list[str]):
    assert content_words(text) == found
