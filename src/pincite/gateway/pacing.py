"""Reads a provider's rate limits from its headers and says how long to wait. Pure but for the clock it is given.

Who sends what is decided in the adapters.
"""

import email.utils
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|h|m|s)")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}


LONGEST_WAIT_S = 60.0


class Pace:
    """What a provider last said about its limits, as the time from which it takes the next request.

    Args:
        now: a clock in seconds that never runs backwards.
        longest_s: no wait is longer; a provider that asks for more is tried again then.
    """

    def __init__(self, now: Callable[[], float], *, longest_s: float = LONGEST_WAIT_S) -> None:
        self._now = now
        self._longest_s = longest_s
        self._clear_at = self._until = 0.0

    def wait_s(self) -> float:
        """Return the seconds until the next request may be sent."""
        return max(0.0, min(self._clear_at, self._until) - self._now())

    @property
    def is_closed(self) -> bool:
        """Whether the provider asked for a longer wait than there is, so that one in vain is likely behind it."""
        return self._clear_at > self._until > self._now()

    def answered(self, headers: Mapping[str, str], tokens: int) -> None:
        """Note the limits that came with an answer; `tokens` is what a request like it needs."""
        for kind, needed in (("requests", 1), ("tokens", tokens), ("input-tokens", tokens), ("output-tokens", 1)):
            left, reset_s = _told(headers, kind)
            if left is not None and reset_s is not None and left < needed:
                self._wait(reset_s)

    def refused(self, headers: Mapping[str, str], attempt: int, *, chance: float) -> float:
        """Note a refusal; returns the seconds to wait: what Retry-After says, or half a second doubled each attempt.

        Args:
            headers: of the refusal; names in lower case.
            attempt: how many came before it.
            chance: in 0..1; spreads clients that were refused together over half the wait again.
        """
        asked = retry_after_s(headers)
        wait_s = asked if asked is not None else 0.5 * 2**attempt * (1 + chance / 2)
        self._wait(wait_s)
        return wait_s

    def _wait(self, wait_s: float) -> None:
        now = self._now()
        if now >= self._until or now + wait_s > self._clear_at:  # what was asked for before has been waited for
            self._clear_at, self._until = now + wait_s, now + self._longest_s


def _told(headers: Mapping[str, str], kind: str) -> tuple[float | None, float | None]:
    """Return what is left of a limit and after how many seconds it is whole again, as OpenAI or Anthropic say it."""
    if f"anthropic-ratelimit-{kind}-remaining" in headers:
        left = headers.get(f"anthropic-ratelimit-{kind}-remaining")
        return _number(left), _until_s(headers.get(f"anthropic-ratelimit-{kind}-reset"))
    left = headers.get(f"x-ratelimit-remaining-{kind}")
    return _number(left), duration_s(headers.get(f"x-ratelimit-reset-{kind}"))


def _until_s(text: str | None) -> float | None:
    """Return the seconds until a time in RFC 3339's words; 0 where it is past, None for anything else."""
    try:
        until = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    if until.tzinfo is None:
        return None
    return max(0.0, (until - datetime.now(UTC)).total_seconds())


def duration_s(text: str | None) -> float | None:
    """Return the seconds of `6m0s`, `1.5s`, `20ms` or a bare number of seconds; None for anything else."""
    if text is None:
        return None
    plain = _number(text)
    if plain is not None:
        return plain
    parts = _PART.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text.strip():
        return None
    return sum(float(number) * _SECONDS[unit] for number, unit in parts)


def retry_after_s(headers: Mapping[str, str]) -> float | None:
    """Return what `retry-after-ms` or `Retry-After` (seconds or a date) asks for, in seconds; None if neither does."""
    fine = _number(headers.get("retry-after-ms"))
    if fine is not None:
        return fine / 1000
    text = headers.get("retry-after")
    plain = _number(text)
    if plain is not None or text is None:
        return plain
    try:
        until = email.utils.parsedate_to_datetime(text)
    except ValueError:
        return None
    return max(0.0, (until.astimezone(UTC) - datetime.now(UTC)).total_seconds())


def portions(sizes: Sequence[int], *, most: int, most_size: int) -> list[range]:
    """Cut a list into runs of at most `most` items and `most_size` in sum; an item that is too large stands alone."""
    cuts: list[range] = []
    start, size = 0, 0
    for place, each in enumerate(sizes):
        if place > start and (place - start == most or size + each > most_size):
            cuts.append(range(start, place))
            start, size = place, 0
        size += each
    if start < len(sizes):
        cuts.append(range(start, len(sizes)))
    return cuts


def _number(text: str | None) -> float | None:
    try:
        found = float(text or "")
    except ValueError:
        return None
    return found if 0 <= found < float("inf") else None
