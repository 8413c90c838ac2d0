"""Requests that are the same and under way at once become one: each who asked follows it, and gets all of its events.

It goes on while anybody follows it. What is asked, and of whom, is no business of this file.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine
from typing import Any, Generic, Protocol, TypeVar

Event = TypeVar("Event")
Told_contra = TypeVar("Told_contra", contravariant=True)


class Course(Protocol[Told_contra]):
    """What is under way, to whoever does it."""

    def add(self, event: Told_contra, *, last: bool = False) -> None:
        """Hand an event on to all who follow. What is done after the `last` nobody waits for, and nobody ends."""
        ...


class _Flight(Generic[Event]):
    def __init__(self, work: "Work[Event]") -> None:
        self.events: list[Event] = []
        self.followers = 0
        self.is_told = False
        self.changed = asyncio.Event()
        self.task = asyncio.create_task(work(self), name="flight")
        self.task.add_done_callback(lambda _: self._ring())

    def add(self, event: Event, *, last: bool = False) -> None:
        self.events.append(event)
        self.is_told = self.is_told or last
        self._ring()

    @property
    def is_over(self) -> bool:
        return self.is_told or self.task.done()

    def _ring(self) -> None:
        self.changed.set()
        self.changed = asyncio.Event()


Work = Callable[[Course[Event]], Coroutine[Any, Any, None]]
"""Does what is asked, and hands on each event as it comes."""


class Flights(Generic[Event]):
    """What is under way in this process, by key."""

    def __init__(self) -> None:
        self._under_way: dict[str, _Flight[Event]] = {}

    def has(self, key: str) -> bool:
        """Say whether something is under way under a key."""
        return self._flying(key) is not None

    async def follow(self, key: str, work: "Work[Event]") -> AsyncGenerator[Event]:
        """Yield the events of what is under way under a key, from its first; where nothing is, `work` is begun.

        It is cancelled when its last follower has gone before its last event. Raises: what it raises, to each follower.
        """
        flight = self._flying(key)
        if flight is None:
            flight = self._under_way[key] = _Flight(work)
            flight.task.add_done_callback(lambda _, begun=flight: self._landed(key, begun))
        flight.followers += 1
        told = 0
        try:
            while True:
                changed, is_over = flight.changed, flight.is_over
                while told < len(flight.events):
                    told += 1
                    yield flight.events[told - 1]
                if is_over:
                    break
                await changed.wait()
            if not flight.is_told:
                flight.task.result()
        finally:
            flight.followers -= 1
            if not flight.followers and not flight.is_over:
                self._landed(key, flight)  # nobody joins what is being cancelled
                flight.task.cancel()
                await asyncio.wait([flight.task])

    def _flying(self, key: str) -> "_Flight[Event] | None":
        """Return what is under way; what has just ended is not, though its callback has not run yet."""
        flight = self._under_way.get(key)
        return None if flight is None or flight.task.done() else flight

    def _landed(self, key: str, flight: "_Flight[Event]") -> None:
        if self._under_way.get(key) is flight:
            del self._under_way[key]
