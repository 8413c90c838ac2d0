"""What all calls to one provider share: whether it may be called, and how many calls may be made once more.

A line is a provider's address with a key. The rules are in files of their own; `retrying.py` keeps to them.
"""

import time
from collections.abc import Callable, Mapping

from pincite.core import get_logger
from pincite.gateway.breaker import Breaker, BreakerPolicy, Permit, State
from pincite.gateway.domain import ModelError, Sign
from pincite.gateway.retry_budget import RetryBudget

Note = Callable[[str, Mapping[str, str | int | float]], None]
"""Is told each decision: its name, and why."""
log = get_logger(__name__)


class Line:
    """One provider as one client of it.

    Args:
        name: of the provider.
        now: a clock in seconds that never runs backwards.
        policy: when it is left alone.
    """

    def __init__(
        self, name: str, now: Callable[[], float] = time.monotonic, policy: BreakerPolicy | None = None
    ) -> None:
        self.name = name
        self._budget = RetryBudget(now)
        self._breaker = Breaker(now, policy)

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
