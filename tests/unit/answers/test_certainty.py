"""What speaks for an answer never makes it less certain, and does not decide whether there is one."""

from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pincite.answers.certainty import CERTAINTY, Signs, lead_of, standing_of
from pincite.answers.extractive import THRESHOLD
from pincite.library import Chunk, Passage
from pincite.retrieval import ScoredPassage

SHARE = st.floats(0, 1)
SIGNS = st.builds(Signs, SHARE, SHARE, SHARE, SHARE)


def _passages(*scores: float) -> list[ScoredPassage]:
    chunk = Chunk("c", "r", "d", "k", 0, "Text.", (), 1, 0, 1, 5)
    return [ScoredPassage(Passage(chunk, "a.md"), score, None, None) for score in scores]


@given(SIGNS, st.sampled_from([each.name for each in fields(Signs)]), SHARE)
def test_it_rises_with_every_sign_and_stays_a_chance(signs: Signs, name: str, value: float) -> None:
    other = replace(signs, **{name: value})
    low, high = sorted((signs, other), key=lambda each: getattr(each, name))
    assert 0.0 <= CERTAINTY.of(low) <= CERTAINTY.of(high) <= 1.0


def test_a_sentence_that_barely_fits_is_surer_where_its_passage_leads() -> None:
    tied, ahead = (Signs(THRESHOLD, 0.4, lead, 1.0) for lead in (0.05, 0.7))
    assert CERTAINTY.of(tied) < 0.3 < 0.5 < CERTAINTY.of(ahead)


@given(st.lists(SHARE, min_size=1, max_size=12))
def test_lead_and_standing_are_shares(scores: list[float]) -> None:
    passages = _passages(*scores)
    assert 0.0 <= lead_of(passages) <= 1.0
    assert all(0.0 <= standing_of(place, passages) <= 1.0 for place in range(len(scores)))
    if max(scores) > 0:
        assert standing_of(scores.index(max(scores)), passages) == pytest.approx(1.0)


def test_the_lead_is_over_the_others() -> None:
    assert lead_of(_passages(0.9, 0.5, 0.1)) == pytest.approx(0.6)
    assert lead_of(_passages(0.7)) == pytest.approx(0.7)
    assert lead_of([]) == 0.0
    assert standing_of(1, _passages(0.8, 0.4)) == pytest.approx(0.5)
