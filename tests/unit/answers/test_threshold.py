"""The threshold that is learned on pairs of one's own, and what it says of those that did not choose it."""

import json

import pytest

from pincite.answers.threshold import Judged, Pair, cross_validated, pairs_from, threshold_of
from pincite.core import InvalidInput


def judged(cosine: float, *, same: bool, passes: bool = True) -> Judged:
    return Judged(Pair("a", "b", same), cosine, passes)


def line(**given: object) -> str:
    return json.dumps({"asked": "When?", "other": "At what time?", "same": True, **given})


def test_it_is_the_least_that_lets_nothing_wrong_pass() -> None:
    assert threshold_of([judged(0.9, same=True), judged(0.7, same=True), judged(0.6, same=False)]) == 0.7
    assert threshold_of([judged(0.9, same=True), judged(0.95, same=False), judged(0.2, same=True)]) > 0.95
    assert threshold_of([judged(0.9, same=True), judged(0.95, same=False, passes=False)]) == 0.9


def test_what_it_does_is_counted_on_pairs_that_did_not_choose_it() -> None:
    told = [judged(0.8, same=True)] * 10 + [judged(0.5, same=False)] * 10
    learned = cross_validated(told)
    assert (learned.threshold, learned.same, learned.found, learned.different, learned.wrong) == (0.8, 10, 10, 10, 0)
    # The one near miss that would have raised it is tried against what was learned without it.
    learned = cross_validated([*told, judged(0.9, same=False)])
    assert learned.threshold > 0.9
    assert learned.wrong == 1


@pytest.mark.parametrize(
    "wrong",
    ["no json", "[]", "{}", line(same="yes"), line(asked=1), line(other=""), line(asked="x" * 501), '{"asked":' * 2000],
)
def test_a_line_that_is_no_pair_is_named(wrong: str) -> None:
    text = "\n".join([*[line(), line(same=False)] * 10, "", wrong])
    with pytest.raises(InvalidInput, match="22"):
        pairs_from(text)


def test_too_few_pairs_or_all_of_one_kind_teach_nothing() -> None:
    assert len(pairs_from("\n".join([line(), line(same=False)] * 10))) == 20
    for text in ("", line(), "\n".join([line()] * 30)):
        with pytest.raises(InvalidInput, match="learned"):
            pairs_from(text)
