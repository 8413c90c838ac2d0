"""What nobody may see is covered before anybody does, however a reply is cut into pieces; all else comes as it is."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pincite.answers.markers import MarkerStream
from pincite.answers.screening import Screen

SECRET = "good-key-1234!"
RULES = "Every sentence of your answer ends with the number of the passage that supports it and nothing else at all."
KEY = "sk-" + "a1" * 20
THEIRS = "AKIA" + "Q7" * 8
HONEST = "The valve opens at 7 bar [1]. It ends with the number of the valve, sk-7 and pin_2 [2]. 阀门在七巴时打开。"


def told(reply: str, cuts: list[int]) -> tuple[list[str], MarkerStream, Screen]:
    """Stream a reply in pieces; returns what was shown after each."""
    screen = Screen([SECRET], RULES, f"The key of the shop is {THEIRS}.")
    stream = MarkerStream(screen)
    places = sorted({0, len(reply), *(cut % (len(reply) + 1) for cut in cuts)})
    shown = [stream.feed(reply[start:end]) for start, end in pairwise(places)]
    return [*shown, stream.finish()], stream, screen


PARTS = st.lists(st.sampled_from([SECRET, RULES, KEY, THEIRS, HONEST, " ", ". ", "[3]", "The ", "\n"]), max_size=6)


@settings(deadline=None)
@given(PARTS, st.lists(st.integers(0, 2_000), max_size=12))
def test_however_it_is_cut_nothing_of_it_is_shown_and_the_rest_is_the_same(parts: list[str], cuts: list[int]) -> None:
    reply = "".join(parts)
    shown, stream, _ = told(reply, cuts)
    whole = "".join(shown)
    assert whole == stream.text == "".join(told(reply, [])[0])
    assert SECRET not in whole
    assert "the number of the passage that supports it and" not in whole
    clean = MarkerStream()
    plain = clean.feed(reply) + clean.finish()
    assert len(whole) == len(plain)
    assert all(one in (other, "█") for one, other in zip(whole, plain, strict=True))


@pytest.mark.parametrize(
    "split", ["It is good-key[1]-1234!, as asked [2].", "good-key-1234! [1]", f"x{SECRET}y", f"{SECRET}{SECRET}"]
)
def test_a_key_that_a_marker_or_letters_cut_is_found(split: str) -> None:
    for size in range(1, 9):
        shown, _, screen = told(split, list(range(0, len(split), size)))
        assert not [piece for piece in shown if any(part in piece for part in ("good", "key", "1234"))]
        assert screen.covered == len(SECRET) * max(1, split.count(SECRET))


def test_a_key_by_its_shape_is_covered_but_for_one_that_the_passages_hold() -> None:
    whole = "".join(told(f"Use {KEY} or {THEIRS}.", [])[0])
    assert whole == f"Use {'█' * len(KEY)} or {THEIRS}."


def test_a_long_token_that_comes_in_pieces_is_covered_from_its_beginning() -> None:
    token = f"eyJ{'a' * 190}.{'b' * 390}.{'c' * 100}"
    screen = Screen([], "", "")
    text = f"It is {token} and no more."
    cuts = [*range(20, len(text), 20), len(text)]
    said = "".join(screen.passed(text[:cut], final=cut == len(text)) for cut in cuts)
    assert len(said) == len(text)
    assert said.startswith("It is █")
    assert "aaa" not in said


def test_honest_text_waits_for_a_word_and_no_more() -> None:
    screen = Screen([SECRET], RULES, "")
    text = shown = ""
    for word in HONEST.split():
        text += f"{word} "
        shown += screen.passed(text, final=False)
        assert text.startswith(shown)
        assert len(text.split()) - len(shown.split()) <= 7  # "ends with the number of the" begins as our rules do


@pytest.mark.parametrize("before", ["\u0663", "é", "阀"])
def test_a_word_that_goes_on_is_the_same_word_wherever_it_is_cut(before: str) -> None:
    reply = f"{before}{RULES}"
    whole = "".join(told(reply, [])[0])
    assert all("".join(told(reply, [at])[0]) == whole for at in range(len(reply)))
