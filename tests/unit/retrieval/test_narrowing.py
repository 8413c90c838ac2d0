"""Passages that hold the years and figures of a question come first, where enough of them do."""

from hypothesis import given
from hypothesis import strategies as st

from pincite.library import Chunk, Passage
from pincite.retrieval.domain import ScoredPassage
from pincite.retrieval.narrowing import figures_of, holding_first


def passage(key: str, score: float, text: str = "", source: str = "a.txt") -> ScoredPassage:
    chunk = Chunk(key, "r", "d", "c", 0, text, (), 1, 0, 1, len(text))
    return ScoredPassage(Passage(chunk, source), score, None, None)


def keys(passages: list[ScoredPassage]) -> list[str]:
    return [each.passage.chunk.id for each in passages]


def test_figures_are_years_amounts_and_numbered_places() -> None:
    assert figures_of("What was net income of 1,577 million in FY22 under § 4.2?") == {"1577", "2022", "4.2"}
    assert figures_of("Which 3 segments are there?") == frozenset()


def test_passages_that_hold_them_come_first_and_scores_never_rise() -> None:
    sold = [passage("b", 0.8, "sales of 1,577"), passage("c", 0.7, "1577 in 2022"), passage("d", 0.6, "of 1,577.")]
    found = holding_first([passage("a", 0.9), *sold], frozenset({"1577"}))
    assert keys(found) == ["b", "c", "d", "a"]
    assert [each.score for each in found] == [0.8, 0.7, 0.6, 0.6]


def test_a_filter_that_leaves_too_little_is_not_used() -> None:
    passages = [passage("a", 0.9), passage("b", 0.8, "sales of 1,577"), passage("c", 0.7, "costs of 11,577")]
    assert holding_first(passages, frozenset({"1577"})) == passages


def test_the_year_may_stand_in_the_name_of_the_document() -> None:
    reports = [passage(key, 0.5, "sales", "ACME_2022_10K.pdf") for key in "bcd"]
    assert keys(holding_first([passage("a", 0.9), *reports], frozenset({"2022"}))) == ["b", "c", "d", "a"]


@given(st.lists(st.tuples(st.floats(0, 1), st.text("12 a", max_size=12)), max_size=12), st.text("12 a.", max_size=20))
def test_nothing_is_lost_and_what_holds_them_keeps_its_order(rows: list[tuple[float, str]], question: str) -> None:
    passages = [passage(str(place), score, text) for place, (score, text) in enumerate(sorted(rows, reverse=True))]
    found = holding_first(passages, figures_of(question))
    assert sorted(keys(found)) == sorted(keys(passages))
    scores = [each.score for each in found]
    assert scores == sorted(scores, reverse=True)
