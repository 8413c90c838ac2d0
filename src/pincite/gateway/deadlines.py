"""The deadlines of a call: connecting, its first piece, between two pieces, the whole. Each says which it was.

What they are is in `settings.py`; the one for connecting is kept by the HTTP client.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager


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

    @asynccontextmanager
    async def first(self) -> AsyncGenerator[None]:
        """Bound what comes before anything has. Raises: DeadlinePassed."""
        late = DeadlinePassed(f"for the first piece ({self._first_s:g} s)", telling=True)
        async with self._until(self._began + self._first_s, late):
            yield

    @asynccontextmanager
    async def next(self) -> AsyncGenerator[None]:
        """Bound the wait for what comes next; who thinks has as long as for the first. Raises: DeadlinePassed."""
        limit_s = self._idle_s if self._written else self._first_s
        late = DeadlinePassed(f"between two pieces ({limit_s:g} s)", telling=True)
        async with self._until(asyncio.get_running_loop().time() + limit_s, late):
            yield

    @asynccontextmanager
    async def _until(self, at: float, late: DeadlinePassed) -> AsyncGenerator[None]:
        if at >= self._ends_at:
            at, late = self._ends_at, DeadlinePassed("for the whole reply", telling=False)
        timer = asyncio.timeout_at(at)
        try:
            async with timer:
                yield
        except TimeoutError as error:
            if not timer.expired():
                raise
            raise late from error
