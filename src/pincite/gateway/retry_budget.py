"""How many calls may be made once more, and after how long. Pure but for the clock and the chance that it is given.

Sources: Finagle's RetryBudget (each request deposits a tenth of a retry, so that an outage is not answered with a
multiple of the load); "Exponential Backoff and Jitter", AWS Architecture Blog 2015 (full jitter).
"""

from collections.abc import Callable

BASE_S, CAP_S = 0.5, 8.0


class RetryBudget:
    """Retries that may be made: at most `reserve`, a `ratio` of the requests, and one more each `trickle_s`.

    Args:
        now: a clock in seconds that never runs backwards.
        ratio: of a retry that each request deposits.
        reserve: the most that is kept, and what there is at first.
        trickle_s: after so many seconds there is one more, so that a seldom used installation is not without.
    """

    def __init__(
        self, now: Callable[[], float], *, ratio: float = 0.1, reserve: float = 10.0, trickle_s: float = 60.0
    ) -> None:
        self._now = now
        self._ratio = ratio
        self._reserve = reserve
        self._trickle_s = trickle_s
        self._kept = reserve
        self._at = now()

    def deposit(self) -> None:
        """Note a request, when its first attempt is made."""
        self._add(self._ratio)

    def withdraw(self) -> bool:
        """Say whether one more attempt may be made, and take it."""
        self._add(0.0)
        if self._kept < 1:
            return False
        self._kept -= 1
        return True

    def _add(self, much: float) -> None:
        now = self._now()
        self._kept = min(self._reserve, self._kept + much + (now - self._at) / self._trickle_s)
        self._at = now


def full_jitter_s(attempt: int, chance: float, *, base_s: float = BASE_S, cap_s: float = CAP_S) -> float:
    """Return the seconds to wait before another attempt: anywhere from none to a bound that doubles with each.

    Args:
        attempt: how many were made before the one that failed.
        chance: in 0..1.
        base_s: the first bound.
        cap_s: no bound is higher.
    """
    return chance * min(cap_s, base_s * 2.0 ** min(attempt, 30))
