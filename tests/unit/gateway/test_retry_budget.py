"""Retries are a share of requests, however they come, and waits are spread over the whole of a bound that doubles."""

from hypothesis import given, settings
from hypothesis import strategies as st

from pincite.gateway.retry_budget import CAP_S, RetryBudget, full_jitter_s


@settings(deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.floats(0, 5)), max_size=300))
def test_retries_are_bounded_by_reserve_requests_and_time(steps: list[tuple[bool, float]]):
    at = [50.0]
    budget = RetryBudget(lambda: at[0])
    requests = retries = 0
    for asks, passes_s in steps:
        at[0] += passes_s
        if asks:
            budget.deposit()
            requests += 1
        else:
            retries += budget.withdraw()
    assert retries <= 10 + 0.1 * requests + (at[0] - 50) / 60 + 1e-6


def test_every_request_that_fails_twice_makes_a_tenth_more_attempts_and_no_more():
    budget = RetryBudget(lambda: 0.0)
    retries = 0
    for _ in range(1_000):
        budget.deposit()
        retries += sum(budget.withdraw() for _ in range(2))
    assert 100 <= retries <= 110


def test_what_is_used_up_comes_back_in_time_and_no_more_than_is_kept():
    at = [0.0]
    budget = RetryBudget(lambda: at[0])
    assert [budget.withdraw() for _ in range(11)] == [True] * 10 + [False]
    at[0] = 61.0
    assert [budget.withdraw() for _ in range(2)] == [True, False]
    at[0] = 100_000.0
    assert [budget.withdraw() for _ in range(11)] == [True] * 10 + [False]


@settings(deadline=None)
@given(st.integers(0, 5_000), st.floats(0, 1))
def test_waits_are_within_their_bound(attempt: int, chance: float):
    assert 0 <= full_jitter_s(attempt, chance) <= min(CAP_S, 0.5 * 2 ** min(attempt, 20))


def test_the_bound_doubles_and_the_wait_may_be_any_part_of_it():
    assert [full_jitter_s(attempt, 1.0) for attempt in range(6)] == [0.5, 1.0, 2.0, 4.0, 8.0, 8.0]
    assert full_jitter_s(3, 0.25) == 1.0
    assert full_jitter_s(3, 0.0) == 0.0
