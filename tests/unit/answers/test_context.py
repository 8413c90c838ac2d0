"""What fits into a model's context: budgets kept, nothing cut in silence, the best at the edges."""

import re
import string

from hypothesis import given
from hypothesis import strategies as st

from pincite.answers.context import Excerpt, Room, at_edges, filled, latest, shares
from pincite.answers.drafting import Turn
from pincite.answers.prompt import answer_request, context_of
from pincite.core.fence import Fence
from pincite.core.tokens import estimate_tokens
from pincite.library import Chunk, Passage
from pincite.retrieval import ScoredPassage

WORDS = st.lists(
    st.text(string.ascii_letters + string.digits + "äß会社.,;$%-\n", min_size=1, max_size=12), min_size=1, max_size=120
)
TEXTS = WORDS.map(" ".join)
EXCERPTS = st.lists(TEXTS, min_size=1, max_size=10).map(
    lambda texts: [Excerpt(number, f"file-{number}.pdf, page 3.", text) for number, text in enumerate(texts, 1)]
)


def _found(text: str, number: int) -> ScoredPassage:
    chunk = Chunk(f"r-{number}", "r", "d", "c", number, text, ("Terms",), 1, 0, 1, len(text))
    return ScoredPassage(Passage(chunk, f"file-{number}.txt"), 1 / number, None, None)


@given(EXCERPTS, st.integers(100, 2_000))
def test_what_is_shown_fits_the_budget_is_a_beginning_and_says_so(excerpts: list[Excerpt], budget: int) -> None:
    shown = filled(excerpts, budget)
    assert sum(estimate_tokens(each.text) for each in shown) <= budget
    assert [each.number for each in shown] == list(range(1, len(shown) + 1))
    for each, whole in zip(shown, excerpts, strict=False):
        assert each.text
        assert whole.text.startswith(each.text)
        assert each.whole == (each.text == whole.text)
    assert all(each.whole for each in shown[:-1])


@given(EXCERPTS)
def test_everything_is_shown_whole_when_there_is_room(excerpts: list[Excerpt]) -> None:
    assert filled(excerpts, 1_000_000) == excerpts


@given(st.lists(st.integers(), unique=True, max_size=20))
def test_the_best_stand_at_the_edges(ranked: list[int]) -> None:
    ordered = at_edges(ranked)
    assert sorted(ordered) == sorted(ranked)
    if len(ranked) > 1:
        assert (ordered[0], ordered[-1]) == (ranked[0], ranked[1])
    places = [min(ordered.index(each), len(ranked) - 1 - ordered.index(each)) for each in ranked]
    assert places == sorted(places)  # the worse, the nearer to the middle


@given(st.integers(1_024, 200_000), st.integers(0, 3_000), st.integers(0, 20_000))
def test_shares_never_exceed_the_window(window: int, fixed: int, turns: int) -> None:
    share = shares(Room(window), fixed, turns, 1_024)
    assert share.turns is not None
    assert share.turns <= turns
    assert share.reply <= window // 4
    if fixed < window // 3:
        assert fixed + share.turns + share.passages + share.reply <= window


@given(st.lists(st.integers(1, 500), max_size=8), st.integers(0, 1_000))
def test_the_latest_turns_are_kept(costs: list[int], budget: int) -> None:
    turns = list(range(len(costs)))
    kept = latest(turns, costs, budget)
    assert kept == turns[len(turns) - len(kept) :]
    assert sum(costs[turn] for turn in kept) <= budget


@given(TEXTS)
def test_an_estimate_is_no_less_than_a_token_for_six_letters(text: str) -> None:
    letters = re.sub(r"[^A-Za-z]", "", text)
    assert estimate_tokens(text) >= len(letters) / 6
    assert estimate_tokens(text) <= len(text)


def test_a_small_window_shows_fewer_passages_and_marks_the_cut_one() -> None:
    text = "The ferry to Hven leaves the northern quay at nine every morning. " * 30
    passages = [_found(text, number) for number in range(1, 9)]
    turns: list[Turn] = [Turn("What of the ferry?" * 60, "It leaves. " * 100)] * 3
    wide = answer_request("When?", context_of("When?", turns, passages, Room(200_000)), Fence())
    small = answer_request("When?", context_of("When?", turns, passages, Room(4_096)), Fence())
    assert len(wide.messages) == 7
    assert len(small.messages) < 7
    assert "only the beginning" not in wide.messages[-1].text
    shown = small.messages[len(small.messages) - 1].text
    assert shown.count("only the beginning of this passage") == 1
    asked = small.system + "".join(message.text for message in small.messages)
    assert small.max_tokens is not None
    assert estimate_tokens(asked) + small.max_tokens <= 4_096


def test_the_second_best_passage_stands_last() -> None:
    passages = [_found(f"Text {number}.", number) for number in range(1, 6)]
    request = answer_request("When?", context_of("When?", [], passages, Room()), Fence())
    assert re.findall(r"\[(\d)\] file", request.messages[-1].text) == ["1", "3", "5", "4", "2"]
