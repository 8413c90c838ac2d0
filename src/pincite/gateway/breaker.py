"""A circuit breaker: a provider that fails and fails is left alone for a while, then asked by a single call.

Source: Nygard 2018, "Release It!", 2nd edition, chapter 5. Pure but for the clock it is given; what counts as a
failure is said in `failures.py`.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

_REMEMBERED = 500


class State(StrEnum):
    """Whether calls pass: all, none, or one to see whether the provider is back."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half-open"


@dataclass(frozen=True, slots=True)
class BreakerPolicy:
    """When it opens, and for how long.

    Args:
        least: failures within `window_s` without which it never opens.
        share: of the outcomes within `window_s` that must be failures, in 0..1, unless the last `in_a_row` all are:
            where many calls went well just now, it would take half of the window to see that none does any more.
        window_s: how long an outcome counts.
        open_s: how long it stays open; and how long a probe that says nothing keeps others from being one.
    """

    least: int = 5
    share: float = 0.5
    in_a_row: int = 10
    window_s: float = 10.0
    open_s: float = 5.0


class Permit:
    """That one call may be made; says once what became of it. What it says after the state has changed is nothing."""

    def __init__(self, breaker: "Breaker", era: int) -> None:
        self._breaker = breaker
        self._era = era
        self._open = True

    def succeeded(self) -> None:
        """The provider answered."""
        self._say(good=True)

    def failed(self) -> None:
        """The provider is not what it should be."""
        self._say(good=False)

    def dropped(self) -> None:
        """Nothing is known of the provider by this call: it was not made, or given up. No harm after another word."""
        self._say(good=None)

    def _say(self, *, good: bool | None) -> None:
        if self._open:
            self._open = False
            self._breaker.told(self._era, good=good)


class Breaker:
    """Decides whether a provider may be called.

    Args:
        now: a clock in seconds that never runs backwards.
        policy: when it opens, and for how long.
    """

    def __init__(self, now: Callable[[], float], policy: BreakerPolicy | None = None) -> None:
        self._now = now
        self._policy = policy or BreakerPolicy()
        self._outcomes: deque[tuple[float, bool]] = deque(maxlen=_REMEMBERED)
        self._state = State.CLOSED
        self._era = 0
        self._next_at = 0.0

    @property
    def state(self) -> State:
        """Whether calls pass."""
        return self._state

    def wait_s(self) -> float:
        """Return the seconds until a call may pass; 0 where one may pass now."""
        return 0.0 if self._state is State.CLOSED else max(0.0, self._next_at - self._now())

    def admit(self) -> Permit | None:
        """Return a permit for one call, or None where none may be made now."""
        if self._state is State.CLOSED:
            return Permit(self, self._era)
        if self._now() < self._next_at:
            return None
        # Each probe is of an era of its own: one that speaks after its place was given away is not heard.
        self._turn(State.HALF_OPEN)
        self._next_at = self._now() + self._policy.open_s
        return Permit(self, self._era)

    def told(self, era: int, *, good: bool | None) -> None:
        """Note what became of a call that was permitted in an era; `good` is None where that says nothing."""
        if era != self._era:
            return
        if self._state is State.CLOSED:
            if good is not None:
                self._outcomes.append((self._now(), good))
            if good is False and self._fails():
                self._open()
        elif good is None:
            self._next_at = self._now()
        elif good:
            self._outcomes.clear()
            self._turn(State.CLOSED)
        else:
            self._open()

    def _fails(self) -> bool:
        since = self._now() - self._policy.window_s
        lately = [good for at, good in self._outcomes if at > since]
        failures, last = lately.count(False), lately[-self._policy.in_a_row :]
        in_a_row = len(last) == self._policy.in_a_row and not any(last)
        return failures >= self._policy.least and (in_a_row or failures >= self._policy.share * len(lately))

    def _open(self) -> None:
        self._turn(State.OPEN)
        self._next_at = self._now() + self._policy.open_s

    def _turn(self, state: State) -> None:
        self._state = state
        self._era += 1
