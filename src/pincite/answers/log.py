"""The durable log of an answer: written in small groups, tailed by any number of clients in any process.

A client that tails holds nothing that the answer needs: it may drop and come back with the last number it saw.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from typing import Any

from pincite.answers import store
from pincite.answers.domain import AnswerEvent
from pincite.core import Database, Scope

GROUP_S = 0.025
POLL_S = 0.25
TERMINAL = frozenset({"answer.completed", "answer.failed"})


class Bell:
    """Wakes the clients of this process that tail an answer; others poll."""

    def __init__(self) -> None:
        self._events: dict[str, asyncio.Event] = {}

    def ring(self, answer_id: str) -> None:
        """Wake everybody who waits on this answer."""
        event = self._events.pop(answer_id, None)
        if event is not None:
            event.set()

    def listen(self, answer_id: str) -> asyncio.Event:
        """Return what the next ring sets; take it before looking, so that nothing is missed in between."""
        return self._events.setdefault(answer_id, asyncio.Event())


class LogWriter:
    """Appends one answer's events in order; text that comes within `GROUP_S` becomes one event.

    Args:
        database: where the log is.
        bell: rung after each commit.
        answer_id: whose log.
        seq: the last number that is taken.
    """

    def __init__(self, database: Database, bell: Bell, answer_id: str, seq: int = 0) -> None:
        self._db = database
        self._bell = bell
        self._answer = answer_id
        self._seq = seq
        self._waiting: list[tuple[str, dict[str, Any]]] = []
        self._flushed_at = 0.0

    async def write(self, name: str, data: Mapping[str, Any]) -> None:
        """Add an event; deltas may wait for the next group, anything else is stored when this returns."""
        if name == "answer.delta" and self._waiting and self._waiting[-1][0] == name:
            self._waiting[-1][1]["text"] += data["text"]
        else:
            self._waiting.append((name, dict(data)))
        due = asyncio.get_running_loop().time() - self._flushed_at >= GROUP_S
        if name != "answer.delta" or due:
            await self.flush()

    async def flush(self) -> None:
        """Store what waits."""
        if not self._waiting:
            return
        group = self.take()
        async with self._db.transaction() as session:
            await store.append(session, self._answer, group)
        self.stored()

    def take(self) -> list[AnswerEvent]:
        """Number what waits, for a caller that stores it in a transaction of its own and then calls `stored`."""
        group = [AnswerEvent(self._seq + n, name, data) for n, (name, data) in enumerate(self._waiting, 1)]
        self._seq += len(group)
        self._waiting = []
        return group

    def add(self, name: str, data: Mapping[str, Any]) -> None:
        """Add an event without storing it yet; see `take`."""
        self._waiting.append((name, dict(data)))

    def stored(self) -> None:
        """Tell the clients that there is more."""
        self._flushed_at = asyncio.get_running_loop().time()
        self._bell.ring(self._answer)


async def tail(database: Database, bell: Bell, scope: Scope, answer_id: str, after: int) -> AsyncIterator[AnswerEvent]:
    """Yield the log from after `after` until its terminal event. Raises: NotFound, at the first step."""
    async with database.read() as session:
        await store.answer(session, scope, answer_id)
    while True:
        rung = bell.listen(answer_id)
        async with database.read() as session:
            found = await store.events(session, scope, answer_id, after)
        for event in found:
            yield event
            after = event.seq
            if event.name in TERMINAL:
                return
        if not found:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(rung.wait(), POLL_S)
