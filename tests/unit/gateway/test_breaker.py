"""The circuit breaker against a clock of the test's own: when it opens, whom it lets through, when it closes."""

from dataclasses import dataclass

from hypothesis import given, settings
from hypothesis import strategies as st

from pincite.gateway.breaker import Breaker, BreakerPolicy, Permit, State


@dataclass
class Clock:
    at: float = 100.0

    def __call__(self) -> float:
        return self.at


def _failing(breaker: Breaker, times: int) -> None:
    for _ in range(times):
        permit = breaker.admit()
        assert permit is not None
        permit.failed()


def test_it_opens_after_so_many_failures_and_not_before():
    breaker = Breaker(Clock())
    _failing(breaker, 4)
    assert breaker.state is State.CLOSED
    _failing(breaker, 1)
    assert breaker.state is State.OPEN
    assert breaker.admit() is None
    assert breaker.wait_s() == 5.0


def test_failures_among_twice_as_many_successes_do_not_open_it():
    breaker = Breaker(Clock())
    for _ in range(50):
        for _ in range(2):
            permit = breaker.admit()
            assert permit is not None
            permit.succeeded()
        _failing(breaker, 1)
    assert breaker.state is State.CLOSED


def test_ten_in_a_row_open_it_however_many_went_well_before():
    breaker = Breaker(Clock())
    for _ in range(400):
        permit = breaker.admit()
        assert permit is not None
        permit.succeeded()
    _failing(breaker, 9)
    assert breaker.state is State.CLOSED
    _failing(breaker, 1)
    assert breaker.state is State.OPEN


def test_failures_long_ago_do_not_count():
    clock = Clock()
    breaker = Breaker(clock)
    for _ in range(20):
        _failing(breaker, 1)
        clock.at += 3
    assert breaker.state is State.CLOSED


def test_a_single_probe_closes_it_or_opens_it_again():
    clock = Clock()
    breaker = Breaker(clock)
    _failing(breaker, 5)
    clock.at += 5
    probe = breaker.admit()
    assert probe is not None
    assert breaker.state is State.HALF_OPEN
    assert breaker.admit() is None
    probe.failed()
    assert breaker.state is State.OPEN
    clock.at += 4.9
    assert breaker.admit() is None
    clock.at += 0.1
    probe = breaker.admit()
    assert probe is not None
    probe.succeeded()
    assert breaker.state is State.CLOSED
    _failing(breaker, 4)
    assert breaker.state is State.CLOSED, "what was before it opened is forgotten"


def test_a_probe_that_was_not_made_leaves_its_place_and_one_that_hangs_loses_it():
    clock = Clock()
    breaker = Breaker(clock)
    _failing(breaker, 5)
    clock.at += 5
    first = breaker.admit()
    assert first is not None
    first.dropped()
    hangs = breaker.admit()
    assert hangs is not None
    assert breaker.admit() is None
    clock.at += 5
    other = breaker.admit()
    assert other is not None
    hangs.failed()
    assert breaker.state is State.HALF_OPEN, "nobody hears one whose place is another's"
    other.succeeded()
    assert breaker.state is State.CLOSED


def test_those_who_began_before_it_opened_are_not_heard():
    clock = Clock()
    breaker = Breaker(clock)
    early = [breaker.admit() for _ in range(9)]
    for permit in early[:5]:
        assert permit is not None
        permit.failed()
    clock.at += 3
    for permit in early[5:]:
        assert permit is not None
        permit.succeeded()
    assert breaker.state is State.OPEN
    assert breaker.wait_s() == 2.0


WORDS = st.sampled_from(["succeeded", "failed", "dropped", "later"])


@settings(deadline=None)
@given(st.lists(st.tuples(WORDS, st.floats(0, 7), st.booleans()), max_size=120))
def test_whatever_happens_one_probe_at_most_and_none_before_its_time(steps: list[tuple[str, float, bool]]):
    clock, policy = Clock(), BreakerPolicy()
    breaker = Breaker(clock, policy)
    held: list[Permit] = []
    opened_at = float("-inf")
    for word, passes_s, hears in steps:
        clock.at += passes_s
        before = breaker.state
        if hears and held:
            held.pop(0).failed()
        if before is not State.OPEN and breaker.state is State.OPEN:
            opened_at = clock.at
        permit = breaker.admit()
        if permit is None:
            assert breaker.state is not State.CLOSED
            assert 0 < breaker.wait_s() <= policy.open_s + 1e-9
            continue
        assert clock.at >= opened_at + policy.open_s - 1e-9 or breaker.state is not State.OPEN
        if breaker.state is State.HALF_OPEN:
            assert clock.at >= opened_at + policy.open_s - 1e-9
            assert breaker.admit() is None, "one at a time"
        if word == "later":
            held.append(permit)
            continue
        getattr(permit, word)()
        permit.failed()  # the first word counts
        if breaker.state is State.OPEN:
            assert word == "failed"
            opened_at = clock.at


@settings(deadline=None)
@given(st.integers(0, 30), st.integers(0, 4))
def test_it_never_opens_for_fewer_failures_than_it_takes(good: int, bad: int):
    breaker = Breaker(Clock())
    for outcome in [True] * good + [False] * bad:
        permit = breaker.admit()
        assert permit is not None
        (permit.succeeded if outcome else permit.failed)()
    assert breaker.state is State.CLOSED
