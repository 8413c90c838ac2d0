"""Intervals, ranks and curves, against definitions written out the slow way."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pincite.evals.statistics import (
    auroc,
    balanced_accuracy,
    bootstrap,
    f1,
    mean_over_groups,
    paired_difference,
    risk_coverage,
    risk_coverage_area,
)

SCORED = st.lists(st.tuples(st.booleans(), st.integers(0, 5).map(lambda each: each / 5)), min_size=1, max_size=40)


def test_an_interval_holds_the_mean_and_shrinks_with_more_cases() -> None:
    few, many = bootstrap([0.0, 1.0] * 10), bootstrap([0.0, 1.0] * 1000)
    assert few.low < few.mean == 0.5 < few.high
    assert many.high - many.low < (few.high - few.low) / 5
    assert bootstrap([0.0, 1.0] * 10) == few
    # The textbook's standard error of a share of 20 cases is .112: the interval is about 3.9 of those wide.
    assert few.high - few.low == pytest.approx(0.44, abs=0.06)


def test_no_values_have_no_mean() -> None:
    assert math.isnan(bootstrap([]).mean)
    assert bootstrap([]).cases == 0


def test_a_paired_difference_is_narrower_than_two_intervals() -> None:
    theirs = [(place % 10) / 10 for place in range(200)]
    ours = [value + 0.05 for value in theirs]
    found = paired_difference(ours, theirs)
    assert found.low == pytest.approx(0.05)
    assert found.high == pytest.approx(0.05)
    with pytest.raises(ValueError, match="same cases"):
        paired_difference([1.0], [])


def test_the_mean_over_groups_counts_each_group_once() -> None:
    found = mean_over_groups([[1.0] * 100, [0.0] * 2, []])
    assert found.mean == 0.5
    assert found.cases == 102


@given(SCORED)
def test_auroc_is_the_share_of_pairs_in_order(scored: list[tuple[bool, float]]) -> None:
    labels, scores = [label for label, _ in scored], [score for _, score in scored]
    pairs = [(one, other) for label, one in scored if label for second, other in scored if not second]
    found = auroc(labels, scores)
    if not pairs:
        assert math.isnan(found)
        return
    assert found == pytest.approx(sum(1.0 if a > b else 0.5 if a == b else 0.0 for a, b in pairs) / len(pairs))


def test_f1_and_balanced_accuracy_of_a_worked_example() -> None:
    labels = [True, True, True, False, False, False, False, False]
    decided = [True, True, False, True, False, False, False, False]
    assert f1(labels, decided) == pytest.approx(2 / 3)
    assert balanced_accuracy(labels, decided) == pytest.approx((2 / 3 + 4 / 5) / 2)
    assert f1([False], [False]) == 0.0
    assert math.isnan(balanced_accuracy([True], [True]))


@given(SCORED)
def test_the_area_is_the_mean_risk_however_ties_are_broken(scored: list[tuple[bool, float]]) -> None:
    wrong, confidence = [each for each, _ in scored], [score for _, score in scored]
    area = risk_coverage_area(wrong, confidence)
    best = sorted(scored, key=lambda each: (-each[1], each[0]))
    worst = sorted(scored, key=lambda each: (-each[1], not each[0]))
    low, high = (
        sum(sum(each for each, _ in order[:count]) / count for count in range(1, len(order) + 1)) / len(order)
        for order in (best, worst)
    )
    assert low - 1e-9 <= area <= high + 1e-9
    assert risk_coverage(wrong, confidence)[-1] == (1.0, sum(wrong) / len(wrong))


def test_right_before_wrong_is_the_best_curve() -> None:
    wrong = [False, False, True]
    assert risk_coverage_area(wrong, [0.9, 0.8, 0.1]) == pytest.approx((0 + 0 + 1 / 3) / 3)
    assert risk_coverage_area(wrong, [0.1, 0.2, 0.9]) == pytest.approx((1 + 1 / 2 + 1 / 3) / 3)
    assert math.isnan(risk_coverage_area([], []))
