"""Rate limits as providers write them, and lists cut into requests."""

import email.utils
import itertools
import time
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pincite.gateway.pacing import Pace, duration_s, portions, retry_after_s


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1s", 1.0),
        ("6m0s", 360.0),
        ("20ms", 0.02),
        ("1h2m3.5s", 3723.5),
        ("7", 7.0),
        ("0.25", 0.25),
        ("", None),
        (None, None),
        ("soon", None),
        ("1s ago", None),
        ("-3", None),
        ("nan", None),
    ],
)
def test_durations(text: str | None, seconds: float | None):
    assert duration_s(text) == (None if seconds is None else pytest.approx(seconds))


def test_retry_after_is_a_number_or_a_date():
    assert retry_after_s({"retry-after": "3"}) == 3.0
    assert retry_after_s({"retry-after": "3", "retry-after-ms": "1500"}) == 1.5
    assert retry_after_s({"retry-after": email.utils.formatdate(time.time() + 30)}) == pytest.approx(30, abs=2)
    assert retry_after_s({"retry-after": email.utils.formatdate(time.time() - 30)}) == 0.0
    assert retry_after_s({"retry-after": "later"}) is None
    assert retry_after_s({}) is None


def test_the_pace_is_that_of_the_limit_that_is_used_up():
    now = [100.0]
    pace = Pace(lambda: now[0], longest_s=60)
    pace.answered({"x-ratelimit-remaining-tokens": "500", "x-ratelimit-reset-tokens": "9s"}, 400)
    assert pace.wait_s() == 0.0
    pace.answered({"x-ratelimit-remaining-tokens": "300", "x-ratelimit-reset-tokens": "9s"}, 400)
    assert pace.wait_s() == pytest.approx(9.0)
    now[0] += 8
    assert pace.wait_s() == pytest.approx(1.0)
    now[0] += 8
    assert pace.wait_s() == 0.0


def test_a_refusal_without_a_time_doubles_the_wait_and_none_is_longer_than_the_longest():
    pace = Pace(lambda: 0.0, longest_s=60)
    assert [pace.refused({}, attempt, chance=0.0) for attempt in range(3)] == [0.5, 1.0, 2.0]
    assert pace.refused({}, 0, chance=1.0) == 0.75
    pace.refused({"retry-after": "86400"}, 0, chance=0.0)
    assert pace.wait_s() == 60


@given(st.lists(st.integers(1, 50), max_size=60), st.integers(1, 9), st.integers(1, 80))
def test_portions_keep_order_and_limits(sizes: list[int], most: int, most_size: int):
    cut = portions(sizes, most=most, most_size=most_size)
    assert [place for portion in cut for place in portion] == list(range(len(sizes)))
    for portion in cut:
        assert 0 < len(portion) <= most
        assert len(portion) == 1 or sum(sizes[place] for place in portion) <= most_size
    for one, following in itertools.pairwise(cut):  # none could have been larger
        first = sizes[following[0]]
        assert len(one) == most or sum(sizes[place] for place in one) + first > most_size


def test_what_anthropic_says_of_its_limits_is_read():
    pace = Pace(lambda: 0.0, longest_s=60)
    soon = (datetime.now(UTC) + timedelta(seconds=20)).strftime("%Y-%m-%dT%H:%M:%SZ")
    told = {"anthropic-ratelimit-input-tokens-remaining": "500", "anthropic-ratelimit-input-tokens-reset": soon}
    pace.answered(told, 400)
    assert pace.wait_s() == 0.0
    pace.answered(told, 600)
    assert pace.wait_s() == pytest.approx(20, abs=2)
    for reset in ("soon", "2026-01-01T00:00:00", ""):
        fresh = Pace(lambda: 0.0)
        fresh.answered({"anthropic-ratelimit-requests-remaining": "0", "anthropic-ratelimit-requests-reset": reset}, 1)
        assert fresh.wait_s() == 0.0


def test_a_wait_ends_however_long_it_was_told() -> None:
    at = [0.0]
    pace = Pace(lambda: at[0])
    pace.refused({"retry-after": "3600"}, 0, chance=0.0)
    assert pace.wait_s() == 60
    assert pace.is_closed
    at[0] = 45.0
    assert pace.wait_s() == 15
    assert pace.is_closed
    at[0] = 60.0
    assert pace.wait_s() == 0
    assert not pace.is_closed
    pace.refused({"retry-after": "30"}, 0, chance=0.0)
    assert pace.wait_s() == 30
    assert not pace.is_closed
