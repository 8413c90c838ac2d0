"""Markers never reach the reader, whole or in part, however the reply is cut into pieces."""

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.adversary.cases import cut
from tests.adversary.fuzz_answers import streamed

REPLIES = [
    "The ferry leaves at nine [1]. It is blue [2][3]. Nobody knows why.",
    "The ferry leaves at nine. [1] It is blue. [2, 3] Nobody knows why.",
    "Costs rose to 4.5 million [12]. See section [a] and item [not a marker].",
    "- First point [1].\n- Second point [2].\n\nA last word [9].",
    "No marker at all",
    "[1] at the start, and an open bracket at the end [",
    "Fares rose [1]–[3], then fell 【4】. They said “never.” [5] A dash follows [6] - so what [7",
]


@given(st.sampled_from(REPLIES), st.lists(st.integers(0, 500), max_size=12))
def test_any_cutting_gives_what_the_whole_gives(reply: str, places: list[int]) -> None:
    assert streamed(cut(reply, places)) == streamed([reply])


@given(st.lists(st.sampled_from(["A fact is here", " [1]", "[2, 3]", ". ", "\n", " [x]", "[", "4.5"]), max_size=20))
def test_no_marker_is_left_and_claims_slice_the_text(parts: list[str]) -> None:
    text, sentences = streamed(parts)
    assert not re.search(r"\[\d{1,3}(?:\s*[,;]\s*\d{1,3})*\]", text)
    end = 0
    for sentence in sentences:
        assert end <= sentence.start < sentence.end
        assert text[sentence.start : sentence.end] == sentence.text
        end = sentence.end
    covered = "".join(text[each.start : each.end] for each in sentences)
    assert covered.replace(" ", "").replace("\n", "") == text.replace(" ", "").replace("\n", "")


def test_a_marker_belongs_to_its_sentence_on_either_side_of_the_stop() -> None:
    for reply in REPLIES[:2]:
        _, sentences = streamed([reply])
        assert [sentence.numbers for sentence in sentences] == [(1,), (2, 3), ()]


@pytest.mark.parametrize(
    ("reply", "text", "numbers"),
    [
        ("Fares rose [1]–[3].", "Fares rose.", [(1, 2, 3)]),
        ("Fares rose [2-4].", "Fares rose.", [(2, 3, 4)]),
        ("Fares rose [1], [3].", "Fares rose.", [(1, 3)]),
        ("Fares rose 【4】.", "Fares rose.", [(4,)]),
        ("[1] Fares rose. They fell [2].", "Fares rose. They fell.", [(1,), (2,)]),
        ("They said “never.” [5] Fares rose.", "They said “never.” Fares rose.", [(5,), ()]),
        ("- Fares rose [1]\n- They fell [2]", "- Fares rose\n- They fell", [(1,), (2,)]),
        ("Fares rose [1] - slowly.", "Fares rose - slowly.", [(1,)]),
        ("Fares rose [1-999].", "Fares rose.", [(1, 999)]),
        ("Fares rose [[1]].", "Fares rose.", [(1,)]),
        ("Fares rose [[1], [2]].", "Fares rose.", [(1, 2)]),
        ("Fares rose [1[2]3].", "Fares rose.", [(2, 13)]),
        ("Fares rose [ 1 ].", "Fares rose.", [(1,)]),
        ("Fares rose [1,\n2].", "Fares rose.", [(1, 2)]),
        (f"Fares rose [{', '.join(map(str, range(1, 41)))}].", "Fares rose.", [tuple(range(1, 41))]),
        ("Fares rose [a[1]].", "Fares rose [a].", [(1,)]),
        ("Fares rose [2026].", "Fares rose [2026].", [()]),
    ],
)
def test_every_way_of_marking_is_read(reply: str, text: str, numbers: list[tuple[int, ...]]) -> None:
    clean, sentences = streamed(list(reply))
    assert clean.strip() == text
    assert [sentence.numbers for sentence in sentences] == numbers


AGAIN = ["[1] ", "[1]      ", "[1], ", "[", "[[1]", "[1", "          ", "e.g. ", "[\n", "- a\n"]


@pytest.mark.parametrize("again", AGAIN)
def test_time_grows_with_length(again: str) -> None:
    """A model that repeats itself, or was told to, may not stop the process that reads it."""
    for reply in (again * (2_000 // len(again)) + "x", again * 12 + "x"):
        began_s = time.process_time()
        streamed([reply])
        assert time.process_time() - began_s < 1


def test_pieces_cost_no_more_than_their_text() -> None:
    def cost_s(length: int) -> float:
        began_s = time.process_time()
        streamed(list("[" * length + "x"))
        return time.process_time() - began_s

    short = min(cost_s(1_000) for _ in range(3))
    assert cost_s(16_000) < 60 * short


def test_a_sentence_without_end_is_cut_between_words() -> None:
    text, sentences = streamed(["word " * 600])
    assert [len(each.text) for each in sentences] == [1039, 1039, 919]
    assert all(set(each.text.split()) == {"word"} for each in sentences)
    assert sum(len(each.text.split()) for each in sentences) == 600 == len(text.split())
