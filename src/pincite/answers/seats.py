"""How many streams one server has open at once, of one person and of all: who finds no room is told when to come again.

A stream that is over, however it ended, gives its place back when its request is done.
"""

from collections import Counter
from collections.abc import AsyncGenerator
from typing import Annotated

from fastapi import Depends, Request

from pincite.core import Scope, Unavailable
from pincite.core.errors import TryLater

RETRY_AFTER_S = 5


class TooManyStreams(TryLater):
    """One person has too many streams open at once; answers go on without being watched."""

    code = "too-many-streams"


class StreamsFull(Unavailable):
    """The server has too many streams open at once; answers go on without being watched."""

    code = "streams-full"
    retry_after_s = RETRY_AFTER_S


class Seats:
    """The places of one server.

    Args:
        per_user: most of one person; 0 for any number.
        total: most of all; 0 for any number.
    """

    def __init__(self, per_user: int, total: int) -> None:
        self._per_user = per_user
        self._total = total
        self._taken: Counter[tuple[str, str]] = Counter()

    def take(self, scope: Scope) -> tuple[str, str]:
        """Give a place away; returns what `leave` takes. Raises: TooManyStreams, StreamsFull."""
        who = scope.tenant, scope.user
        if self._per_user and self._taken[who] >= self._per_user:
            raise TooManyStreams(
                f"You have {self._per_user} streams open at once, and may not have more.",
                remedy="Close some, or read the answer when it is done.",
                retry_after_s=RETRY_AFTER_S,
            )
        if self._total and self._taken.total() >= self._total:
            raise StreamsFull("Too many streams are open at once.", remedy="Try again in a moment.")
        self._taken[who] += 1
        return who

    def leave(self, who: tuple[str, str]) -> None:
        """Take a place back."""
        self._taken[who] -= 1
        if not self._taken[who]:
            del self._taken[who]


class Seat:
    """The place of one request, if it takes one."""

    def __init__(self, seats: Seats) -> None:
        self._seats = seats
        self._who: tuple[str, str] | None = None

    def take(self, scope: Scope) -> None:
        """Take it. Raises: TooManyStreams, StreamsFull."""
        self._who = self._seats.take(scope)

    def leave(self) -> None:
        """Give it back, where it was taken."""
        if self._who is not None:
            self._seats.leave(self._who)


async def _seat(request: Request) -> AsyncGenerator[Seat]:
    seat = Seat(request.app.state.seats)
    try:
        yield seat
    finally:
        seat.leave()


Seated = Annotated[Seat, Depends(_seat)]
"""For handlers that may stream: what they take is given back when the response is over. `app` sets `state.seats`."""
