"""The deadlines of a call: connecting, its first piece, between two pieces, the whole. Each says which it was.

What they are is in `settings.py`; the one for connecting is kept by the HTTP client.
"""

import asyncio
from contextlib import AbstractAsyncContextManager
from types import TracebackType


class DeadlinePassed(TimeoutError):
    """A deadline passed.

    Args:
        which: of them.
        telling: whether that says something of the provider.
    """

    def __init__(self, which: str, *, telling: bool) -> None:
        super().__init__(f"the deadline {which} passed")
        self.telling = telling


class Deadlines:
    """The deadlines of one call, which begins now. No timer runs while its caller has the turn.

    Args:
        first_s: until its first piece.
        idle_s: between two pieces.
        total_s: of all of it.
    """

    def __init__(self, first_s: float, idle_s: float, total_s: float) -> None:
        self._first_s = first_s
        self._idle_s = idle_s
        self._began = asyncio.get_running_loop().time()
        self._ends_at = self._began + total_s
        self._written = False

    def wrote(self) -> None:
        """Note that a piece of text has come."""
        self._written = True

    def first(self) -> AbstractAsyncContextManager[None]:
        """Bound what comes before anything has. Raises: DeadlinePassed."""
        return self._until(self._began + self._first_s, "for the first piece", self._first_s)

    def next(self) -> AbstractAsyncContextManager[None]:
        """Bound the wait for what comes next; who thinks has as long as for the first. Raises: DeadlinePassed."""
        limit_s = self._idle_s if self._written else self._first_s
        return self._until(asyncio.get_running_loop().time() + limit_s, "between two pieces", limit_s)

    def _until(self, at: float, which: str, limit_s: float) -> "_Until":
        return _Until(self._ends_at, "for the whole reply", None) if at >= self._ends_at else _Until(at, which, limit_s)


class _Until:
    """A block that has to end by a time of the loop's clock. It is entered for each piece of a reply."""

    __slots__ = ("_limit_s", "_timer", "_which")

    def __init__(self, at: float, which: str, limit_s: float | None) -> None:
        self._timer = asyncio.timeout_at(at)
        self._which = which
        self._limit_s = limit_s

    async def __aenter__(self) -> None:
        await self._timer.__aenter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            await self._timer.__aexit__(kind, error, trace)
        except TimeoutError as passed:
            raise self._late() from passed
        if isinstance(error, TimeoutError) and self._timer.expired():
            raise self._late() from error

    def _late(self) -> DeadlinePassed:
        if self._limit_s is None:
            return DeadlinePassed(self._which, telling=False)
        return DeadlinePassed(f"{self._which} ({self._limit_s:g} s)", telling=True)
