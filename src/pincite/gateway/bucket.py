"""Token buckets: how much may be sent now, and when so much may be. Pure but for the clock that it is given.

Source: Turner 1986, "New Directions in Communications" (the leaky bucket as a meter). What is in a bucket is requests
or tokens; who waits for it is decided in `queueing.py`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from pincite.gateway.domain import ModelNotConfigured

KINDS = ("requests", "tokens")
_SECONDS = {"s": 1.0, "min": 60.0, "h": 3600.0}
# A sixth may go at once; with what comes in meanwhile, no period sees more than its limit.
_BURST = 1 / 6
_HOW = "Write requests=500/min,tokens=200000/min (per s, min or h); PROVIDER:requests=... is for one provider."


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `most` of `kind` in each `period_s`; of one provider, or of any where `provider` is empty."""

    kind: str
    most: float
    period_s: float
    provider: str = ""


class Bucket:
    """What may be sent by one limit: within any period at most the limit, and one call that is larger than the burst.

    Args:
        limit: the limit.
        now: a clock in seconds that never runs backwards.
    """

    def __init__(self, limit: Limit, now: Callable[[], float]) -> None:
        self.kind = limit.kind
        self._now = now
        self._burst = max(1.0, limit.most * _BURST)
        self._a_second = max(limit.most - self._burst, limit.most * _BURST) / limit.period_s
        self._level = self._burst
        self._at = now()

    def wait_s(self, much: float) -> float:
        """Return the seconds until so much may be sent; what is larger than the burst waits for a whole one."""
        self._fill()
        return max(0.0, min(much, self._burst) - self._level) / self._a_second

    def queue_s(self, much: float) -> float:
        """Return the seconds until so much has been sent, of several calls."""
        self._fill()
        return max(0.0, much - self._level) / self._a_second

    def take(self, much: float) -> None:
        """Note that so much is sent; what is larger than the burst is owed."""
        self._fill()
        self._level -= much

    def put_back(self, much: float) -> None:
        """Note that so much was not sent after all."""
        self._fill()
        self._level = min(self._burst, self._level + much)

    def _fill(self) -> None:
        now = self._now()
        self._level = min(self._burst, self._level + (now - self._at) * self._a_second)
        self._at = now


def buckets_of(limits: Sequence[Limit], provider: str, now: Callable[[], float]) -> tuple[Bucket, ...]:
    """Return the buckets of a provider's key: by its own limits, else by those of any."""
    chosen: Mapping[str, Limit] = {each.kind: each for each in limits if not each.provider} | {
        each.kind: each for each in limits if each.provider == provider
    }
    return tuple(Bucket(each, now) for each in chosen.values())


def limits_of(text: str) -> tuple[Limit, ...]:
    """Read `requests=500/min,tokens=200000/min`. Raises: ModelNotConfigured."""
    return tuple(_limit(part.strip()) for part in text.split(",") if part.strip())


def _limit(said: str) -> Limit:
    name, _, amount = said.partition("=")
    provider, _, kind = name.strip().rpartition(":")
    number, _, unit = (part.strip() for part in amount.partition("/"))
    plain = number.replace("_", "")
    whole = int(plain[:15]) if plain.isascii() and plain.isdigit() else 0
    if kind not in KINDS or unit not in _SECONDS or not whole:
        raise ModelNotConfigured(f"PINCITE_MODEL_LIMITS: {said[:80]!r} is no limit.", remedy=_HOW)
    return Limit(kind, float(whole), _SECONDS[unit], provider)
