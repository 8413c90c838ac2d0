"""When a reranker can be spared: learned from cases ranked both ways, through evaluations and subjects."""

import random

import pytest

from pincite.evals.domain import BadGoldenSet
from pincite.evals.margins import LOSS_BELOW, Ranked, learn_margin


def test_clear_questions_are_spared_and_unclear_ones_are_not() -> None:
    clear = [Ranked(0.6 + place / 1000, 0.9, 0.9) for place in range(100)]
    unclear = [Ranked(0.2 + place / 1000, 0.4, 0.7) for place in range(100)]
    learned = learn_margin({"all": [row for pair in zip(clear, unclear, strict=True) for row in pair]})
    assert learned.margin is not None
    assert 0.3 < learned.margin <= 0.6
    assert learned.skipped.mean == pytest.approx(0.5)
    assert learned.loss.mean == pytest.approx(0.0)
    assert learned.gain.mean == pytest.approx(0.15)


def test_nothing_is_spared_where_the_reranker_always_helps() -> None:
    dice = random.Random(3)
    learned = learn_margin({"all": [Ranked(dice.random(), 0.4, 0.7) for _ in range(200)]})
    assert learned.margin is None or learned.skipped.mean < 0.02
    assert learned.loss.mean < LOSS_BELOW * 3


def test_a_margin_that_only_fits_is_not_proposed() -> None:
    dice = random.Random(11)
    noise = [Ranked(dice.random(), dice.random(), dice.random() + 0.05) for _ in range(50)]
    learned = learn_margin({"noise": noise})
    assert learned.skipped.mean > 0
    assert learned.loss.mean >= LOSS_BELOW
    assert learned.margin is None


def test_a_short_list_is_never_spared() -> None:
    learned = learn_margin({"all": [Ranked(-1.0, 0.4, 0.4)] * 10 + [Ranked(0.1, 0.2, 0.9)] * 10})
    assert learned.margin is None
    assert learned.skipped.mean == 0.0


def test_a_reranker_that_changed_nothing_teaches_nothing() -> None:
    with pytest.raises(BadGoldenSet, match="changed no question"):
        learn_margin({"all": [Ranked(0.5, 0.4, 0.4)] * 10})
