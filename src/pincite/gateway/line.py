"""What all calls to one provider share: whether and when it may be called, and how many calls are made once more.

A line is a provider's address with a key. The rules are in files of their own; `retrying.py` keeps to them.
"""

import random
import time
from collections.abc import Callable, Mapping, Sequence

from pincite.core import get_logger
from pincite.gateway.breaker import Breaker, BreakerPolicy, Permit, State
from pincite.gateway.bucket import Limit, buckets_of
from pincite.gateway.domain import ChatRequest, Lane, ModelError, Overloaded, Sign
from pincite.gateway.metering import EXPECTED_REPLY_TOKENS, expected_tokens
from pincite.gateway.queueing import Queue
from pincite.gateway.retry_budget import RetryBudget

Note = Callable[[str, Mapping[str, str | int | float]], None]
"""Is told each decision: its name, and why."""
_NOTED_S = 0.01
log = get_logger(__name__)


class Line:
    """One provider as one client of it.

    Args:
        name: of the provider.
        limits: what may be sent to it.
        now: a clock in seconds that never runs backwards.
        policy: when it is left alone.
    """

    def __init__(
        self,
        name: str,
        limits: Sequence[Limit] = (),
        *,
        now: Callable[[], float] = time.monotonic,
        policy: BreakerPolicy | None = None,
    ) -> None:
        self.name = name
        self._budget = RetryBudget(now)
        self._breaker = Breaker(now, policy)
        self._queue = Queue(name, buckets_of(limits, name, now), now)

    def heard(self, status: int, headers: Mapping[str, str]) -> None:
        """Note what came with an answer of the provider."""
        self._queue.heard(status, headers, random.random())  # noqa: S311 - no secret

    def look(self, lane: Lane, patience_s: float) -> None:
        """Pass where a call would have its turn in time. Raises: Overloaded."""
        self._queue.look(lane, patience_s)

    async def turn(self, request: ChatRequest, patience_s: float, note: Note) -> None:
        """Wait for the turn of a request.

        Raises:
            Overloaded: it would take longer than `patience_s`, or too many wait.
            ModelError: the provider is left alone.
        """
        if self._breaker.wait_s() > 0:
            raise self._closed(self._breaker.wait_s())
        try:
            waited_s = await self._queue.turn(request.lane, _tokens(request), patience_s)
        except Overloaded as error:
            note("shed", {"provider": self.name, "lane": request.lane, "reason": error.message})
            raise
        if waited_s > _NOTED_S:
            why = "the provider's limits"
            note("queued", {"provider": self.name, "lane": request.lane, "reason": why, "wait_s": round(waited_s, 3)})

    def not_made(self, request: ChatRequest) -> None:
        """Give back the turn of a request that somebody else stands against, so that it takes nobody's."""
        self._queue.not_sent(_tokens(request))

    def why_not_again(self) -> str | None:
        """Take one of the calls that may be made once more; return why there is none."""
        if self._breaker.state is not State.CLOSED:
            return "the provider is left alone"
        return None if self._budget.withdraw() else "too many calls were made once more lately"

    def admit(self, *, again: bool) -> Permit:
        """Return a permit for one call, the first of its request or `again`. Raises: ModelError (it is left alone)."""
        permit = self._breaker.admit()
        if permit is None:
            raise self._closed(self._breaker.wait_s())
        if not again:
            self._budget.deposit()
        return permit

    def answered(self, permit: Permit, note: Note, *, whole: bool = False) -> None:
        """Note that the provider answers: with a whole reply, or with a piece, which is enough of a probe."""
        if whole or self._breaker.state is State.HALF_OPEN:
            self._said(permit.succeeded, note)

    def failed(self, permit: Permit, error: ModelError, note: Note) -> None:
        """Note a failure, which is one of the provider or not: who refuses a request is there."""
        self._said(permit.failed if error.sign is Sign.DOWN else permit.succeeded, note)

    def _said(self, say: Callable[[], None], note: Note) -> None:
        before = self._breaker.state
        say()
        after = self._breaker.state
        if after is before:
            return
        note("breaker", {"provider": self.name, "state": after.value, "reason": f"it was {before.value}"})
        tell = log.info if after is State.CLOSED else log.warning
        tell("model.breaker", provider=self.name, state=after.value)

    def _closed(self, wait_s: float) -> ModelError:
        return ModelError(
            f"The provider {self.name} has failed again and again, and is left alone for a moment.",
            remedy=f"Try again in {max(1, round(wait_s))} s.",
            billed=False,
            sign=Sign.UNFIT,
            retry_after_s=wait_s,
        )


def _tokens(request: ChatRequest) -> int:
    """Return how many tokens a request is expected to take, reply and all."""
    return expected_tokens(request) + (request.max_tokens or EXPECTED_REPLY_TOKENS)
