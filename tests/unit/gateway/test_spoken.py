"""What a model thought before it speaks is no part of what it says, however its text is cut."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pincite.gateway.adapters.spoken import Spoken

PARTS = st.sampled_from(["<think>", "</think>", "<thi", "nk>", "</", ">", "Hello ", "\n", " ", "a", "<b>"])


def said(pieces: list[str]) -> str:
    spoken = Spoken()
    return "".join([*map(spoken, pieces), spoken("", final=True)])


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Hello.", "Hello."),
        ("<think>Well, <b>.</think>\n\nHello.", "Hello."),
        ("\n<think>\n</think>Hello. <think>No.</think>", "Hello. <think>No.</think>"),
        ("<think>and on and on", ""),
        ("<think></think>", ""),
        ("<thinking>Hello.", "<thinking>Hello."),
        ("  <th", "  <th"),
        (" Hello.", " Hello."),
        ("", ""),
    ],
)
def test_what_is_thought_first_is_left_out(text: str, left: str) -> None:
    assert said([text]) == left
    assert said(list(text)) == left


@given(st.lists(PARTS, max_size=12))
def test_how_a_text_is_cut_does_not_count(pieces: list[str]) -> None:
    assert said(pieces) == said(["".join(pieces)]) == said(list("".join(pieces)))
