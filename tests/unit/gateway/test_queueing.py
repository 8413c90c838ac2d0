"""What waits for a provider: by its limits never more than they say, in lanes and in order, and not too much of it."""

import asyncio
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pincite.gateway.bucket import Bucket, Limit, buckets_of, limits_of
from pincite.gateway.domain import Lane, ModelNotConfigured, Overloaded
from pincite.gateway.queueing import Queue


@settings(deadline=None)
@given(st.integers(1, 600), st.lists(st.tuples(st.floats(0, 20), st.integers(1, 40)), max_size=80))
def test_no_period_sees_more_than_its_limit(most: int, steps: list[tuple[float, int]]):
    at = [0.0]
    bucket = Bucket(Limit("tokens", most, 60.0), lambda: at[0])
    sent: list[tuple[float, float]] = []
    largest = 0
    for passes_s, much in steps:
        at[0] += passes_s
        if bucket.wait_s(much) <= 0:
            bucket.take(much)
            sent.append((at[0], much))
            largest = max(largest, much)
    for since, _ in sent:
        within = sum(much for when, much in sent if since <= when < since + 60)
        assert within <= max(most, 1) + largest


@settings(deadline=None)
@given(st.integers(60, 600), st.lists(st.floats(0, 3), max_size=60))
def test_single_requests_keep_exactly_to_their_limit(most: int, steps: list[float]):
    at = [0.0]
    bucket = Bucket(Limit("requests", most, 60.0), lambda: at[0])
    times: list[float] = []
    for passes_s in steps:
        at[0] += passes_s
        while bucket.wait_s(1) <= 0:
            bucket.take(1)
            times.append(at[0])
    for since in times:
        assert sum(since <= each < since + 60 for each in times) <= most + 1


@settings(deadline=None)
@given(st.floats(0.1, 1e4), st.floats(0, 1e5))
def test_after_the_wait_there_is_enough(most: float, much: float):
    at = [0.0]
    bucket = Bucket(Limit("tokens", most, 60.0), lambda: at[0])
    bucket.take(most)
    at[0] += bucket.wait_s(much)
    assert bucket.wait_s(much) <= 1e-6 * max(1.0, at[0])


def test_limits_are_read_and_those_of_a_provider_come_first():
    limits = limits_of("requests=500/min, tokens=200_000/min,anthropic:requests=50/min")
    assert limits[1] == Limit("tokens", 200_000, 60)
    assert limits[2] == Limit("requests", 50, 60, "anthropic")
    assert [each.kind for each in buckets_of(limits, "anthropic", lambda: 0.0)] == ["requests", "tokens"]
    assert buckets_of(limits, "anthropic", lambda: 0.0)[0].queue_s(9) > 0
    assert buckets_of(limits, "openai", lambda: 0.0)[0].queue_s(9) == 0
    assert limits_of("") == ()


@pytest.mark.parametrize(
    "said", ["500", "requests", "requests=0/min", "requests=5", "cents=5/min", "tokens=-5/s", "tokens=5/day"]
)
def test_a_limit_that_is_none_is_said(said: str):
    with pytest.raises(ModelNotConfigured, match="PINCITE_MODEL_LIMITS") as caught:
        limits_of(said)
    assert "requests=500/min" in caught.value.remedy


def _queue(limit: str, **given: int) -> Queue:
    clock = asyncio.get_running_loop().time
    return Queue("openai", buckets_of(limits_of(limit), "openai", clock), clock, **given)


async def test_better_lanes_come_first_and_each_in_order():
    queue = _queue("requests=20/s")
    for _ in range(3):
        await queue.turn("interactive", 1, 1.0)
    order: list[str] = []

    async def one(lane: Lane, number: int) -> None:
        await queue.turn(lane, 1, 5.0)
        order.append(f"{lane} {number}")

    asked: tuple[Lane, ...] = ("batch", "batch", "interactive", "interactive", "premium", "batch", "premium")
    await asyncio.gather(*(one(lane, number) for number, lane in enumerate(asked)))
    assert order == ["premium 4", "premium 6", "interactive 2", "interactive 3", "batch 0", "batch 1", "batch 5"]


async def test_who_would_wait_too_long_is_told_at_once_when_to_come_again():
    queue = _queue("requests=6/min")
    await queue.turn("interactive", 1, 1.0)
    began = asyncio.get_running_loop().time()
    with pytest.raises(Overloaded) as caught:
        await queue.turn("interactive", 1, 5.0)
    assert asyncio.get_running_loop().time() - began < 0.1
    queue.look("interactive", 15.0)
    with pytest.raises(Overloaded):
        queue.look("interactive", 5.0)
    assert caught.value.retry_after_s == 12
    assert caught.value.remedy == "Try again in 12 s."


async def test_who_is_overtaken_gives_up_in_time():
    queue = _queue("requests=5/s")
    await queue.turn("interactive", 1, 1.0)
    late = asyncio.create_task(queue.turn("batch", 1, 0.4))
    await asyncio.sleep(0)
    overtaking = [asyncio.create_task(queue.turn("interactive", 1, 5.0)) for _ in range(4)]
    began = asyncio.get_running_loop().time()
    with pytest.raises(Overloaded):
        await late
    assert 0.3 < asyncio.get_running_loop().time() - began < 0.6
    await asyncio.gather(*overtaking)


async def test_a_lane_is_bounded_and_others_are_not_kept_out_by_it():
    queue = _queue("requests=30/s", most_waiting=3)
    for _ in range(5):
        await queue.turn("interactive", 1, 1.0)
    waiting = [asyncio.create_task(queue.turn("batch", 1, 5.0)) for _ in range(3)]
    await asyncio.sleep(0)
    with pytest.raises(Overloaded):
        await queue.turn("batch", 1, 5.0)
    with pytest.raises(Overloaded):
        queue.look("batch", 5.0)
    assert await queue.turn("interactive", 1, 5.0) < 0.2
    await asyncio.gather(*waiting)


async def test_who_leaves_makes_room():
    queue = _queue("requests=10/s")
    await queue.turn("interactive", 1, 1.0)
    first = asyncio.create_task(queue.turn("interactive", 1, 5.0))
    second = asyncio.create_task(queue.turn("interactive", 1, 5.0))
    await asyncio.sleep(0)
    first.cancel()
    assert await second < 0.4


async def test_what_a_provider_says_holds_back_who_comes_later():
    queue = _queue("")
    assert await queue.turn("interactive", 100, 1.0) < 0.05
    queue.heard(429, {"retry-after-ms": "300"}, 0.0)
    assert 0.25 < await queue.turn("interactive", 1, 1.0) < 0.6
    queue.heard(200, {"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "300ms"}, 0.0)
    assert 0.25 < await queue.turn("interactive", 1, 1.0) < 0.6
    queue.heard(429, {"retry-after": "30"}, 0.0)
    with pytest.raises(Overloaded) as caught:
        await queue.turn("interactive", 1, 1.0)
    assert caught.value.retry_after_s == 30


async def test_who_waits_goes_on_when_another_gives_back_what_was_his() -> None:
    queue = Queue("p", buckets_of(limits_of("requests=6/h"), "p", time.monotonic), time.monotonic)
    await queue.turn("interactive", 1, 1.0)
    waiting = asyncio.create_task(queue.turn("interactive", 1, 4_000.0))
    await asyncio.sleep(0.05)
    assert not waiting.done()
    queue.not_sent(1)
    await asyncio.wait_for(waiting, 1.0)
