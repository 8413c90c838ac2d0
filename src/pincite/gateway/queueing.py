"""Where calls to one provider wait for their turn: in lanes, in order, no longer than they can, and not too many.

How much may be sent is decided by `bucket.py` and, by what the provider says of its limits, `pacing.py`.
"""

import asyncio
import contextlib
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from pincite.gateway.bucket import Bucket
from pincite.gateway.domain import LANES, Lane, Overloaded
from pincite.gateway.pacing import Pace

MOST_WAITING = 200
"""Calls that wait in one lane; more are turned away."""


@dataclass(slots=True)
class _Waiter:
    rank: int
    number: int
    tokens: int
    turn: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def place(self) -> tuple[int, int]:
        return self.rank, self.number


class Queue:
    """Lets calls through one by one, those of a better lane first.

    Args:
        provider: whose, for people.
        buckets: what may be sent.
        now: a clock in seconds that never runs backwards.
        most_waiting: in one lane.
    """

    def __init__(
        self, provider: str, buckets: Sequence[Bucket], now: Callable[[], float], *, most_waiting: int = MOST_WAITING
    ) -> None:
        self._provider = provider
        self._buckets = buckets
        self._now = now
        self._most_waiting = most_waiting
        self._pace = Pace(now)
        self._waiting: list[_Waiter] = []
        self._number = 0
        self._tokens = 1

    def heard(self, status: int, headers: Mapping[str, str], chance: float) -> None:
        """Note what came with an answer of the provider: what is left of its limits, and when to come again."""
        self._pace.answered(headers, self._tokens)
        if status == 429:
            self._pace.refused(headers, 0, chance=chance)

    def look(self, lane: Lane, patience_s: float) -> None:
        """Pass where a call like the last one would have its turn in time. Raises: Overloaded."""
        self._look(LANES.index(lane), self._tokens, patience_s)

    async def turn(self, lane: Lane, tokens: int, patience_s: float) -> float:
        """Wait until a call of so many tokens may be sent; returns the seconds that took.

        Raises:
            Overloaded: it would take longer than `patience_s`, did so, or too many wait already.
        """
        rank, began = LANES.index(lane), self._now()
        self._look(rank, tokens, patience_s)
        waiter = _Waiter(rank, self._number, tokens)
        self._number += 1
        self._waiting.append(waiter)
        self._waiting.sort(key=lambda each: each.place)
        limit = asyncio.timeout(patience_s)
        try:
            async with limit:
                await self._first(waiter)
        except TimeoutError:
            if not limit.expired():
                raise
            raise self._full(self._expected_s(rank, tokens)) from None
        finally:
            self._waiting.remove(waiter)
            if self._waiting:
                self._waiting[0].turn.set()
        return self._now() - began

    def not_sent(self, tokens: int) -> None:
        """Note that a call that had its turn was not made."""
        for bucket in self._buckets:
            bucket.put_back(_much(bucket, tokens))
        if self._waiting:
            self._waiting[0].turn.set()

    async def _first(self, waiter: _Waiter) -> None:
        while True:
            if self._waiting[0] is not waiter:
                waiter.turn.clear()
                await waiter.turn.wait()
                continue
            wait_s = self._wait_s(waiter.tokens)
            if wait_s <= 0:
                self._send(waiter.tokens)
                return
            waiter.turn.clear()
            with contextlib.suppress(TimeoutError):  # sooner, where somebody gives back what was his
                await asyncio.wait_for(waiter.turn.wait(), wait_s)

    def _look(self, rank: int, tokens: int, patience_s: float) -> None:
        waiting = sum(each.rank == rank for each in self._waiting)
        expected_s = self._expected_s(rank, tokens)
        if waiting >= self._most_waiting or expected_s > patience_s or self._pace.is_closed:
            raise self._full(expected_s)

    def _send(self, tokens: int) -> None:
        self._tokens = tokens
        for bucket in self._buckets:
            bucket.take(_much(bucket, tokens))

    def _wait_s(self, tokens: int) -> float:
        return max([self._pace.wait_s(), *(bucket.wait_s(_much(bucket, tokens)) for bucket in self._buckets)])

    def _expected_s(self, rank: int, tokens: int) -> float:
        """Return how long a call of that rank would wait, if nobody better comes."""
        before = [each for each in self._waiting if each.rank <= rank]
        asked = {"requests": len(before) + 1, "tokens": sum(each.tokens for each in before) + tokens}
        queued = [bucket.queue_s(asked[bucket.kind]) if before else 0.0 for bucket in self._buckets]
        return max([self._wait_s(tokens), *queued])

    def _full(self, wait_s: float) -> Overloaded:
        seconds = max(1, math.ceil(wait_s))
        return Overloaded(
            f"More is asked of {self._provider} than it takes just now.",
            remedy=f"Try again in {seconds} s.",
            retry_after_s=seconds,
        )


def _much(bucket: Bucket, tokens: int) -> int:
    return tokens if bucket.kind == "tokens" else 1
