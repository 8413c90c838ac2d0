"""The durable log of an answer: written in small groups, tailed by any number of clients in any process.

A client that tails holds nothing that the answer needs: it may drop and come back with the last number it saw. What is
shown is stored.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Coroutine, Mapping, Sequence
from typing import Any, TypeVar

from pincite.answers import store
from pincite.answers.domain import AnswerEvent
from pincite.answers.journal import Journal, Kept
from pincite.core import Conflict, Database, Scope

T = TypeVar("T")

# An answer of this process tells of its news; the log of another process's must be looked at again and again.
POLL_OTHERS_S = 0.25
AWAY_S, AGAIN_S = 30.0, 0.5
"""So long a database that is away is waited for by answers and who waits for their end, and how often it is tried."""
TERMINAL = frozenset({"answer.completed", "answer.failed"})


async def undisturbed(work: Coroutine[Any, Any, T]) -> T:
    """Run `work` to its end even if the caller is cancelled meanwhile; the cancellation is passed on afterwards."""
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        raise


class LogWriter:
    """Appends one answer's events in order; text that comes before the journal's next turn becomes one event.

    A cancelled writer leaves no gap: what was numbered is stored, and what could not be stored waits on.

    Args:
        journal: stores them.
        scope: whose answer it is.
        answer_id: whose log.
        seq: the last number that is taken.
    """

    def __init__(self, journal: Journal, scope: Scope, answer_id: str, seq: int = 0) -> None:
        self._journal = journal
        self.scope = scope
        self.answer_id = answer_id
        self._seq = seq
        self._waiting: list[tuple[str, dict[str, Any]]] = []
        self._taken: Sequence[AnswerEvent] = ()
        self._gone: Conflict | None = None
        self._turn: asyncio.Future[None] | None = None
        self._flushing: asyncio.Future[None] | None = None
        self._flushed: asyncio.Future[None] | None = None

    async def write(self, name: str, data: Mapping[str, Any]) -> None:
        """Add an event; a delta may wait for the journal's turn, anything else is stored when this returns.

        Raises: what the database does; Conflict, where the answer is gone.
        """
        if self._gone is not None:
            raise self._gone
        self._add(name, data)
        if name == "answer.delta":
            self._journal.stir(self)
        else:
            await self.flush()

    async def flush(self) -> None:
        """Store what waits. Raises: what the database does."""
        if self._flushing is None:
            self._flushing = asyncio.get_running_loop().create_future()
        self._journal.stir(self)
        await asyncio.shield(self._flushing)

    @contextlib.asynccontextmanager
    async def closing(self, name: str, data: Mapping[str, Any]) -> AsyncIterator[list[AnswerEvent]]:
        """Give the last events, the named one at the end, to a caller that stores them in a transaction of its own.

        One that does not store them takes them out of the list.
        """
        while self._turn is not None:
            await asyncio.wait([self._turn])
        self._journal.calm(self)
        self._add(name, data)
        last = self._numbered()
        yield last
        self._journal.published(self.answer_id, last)

    def take(self) -> Sequence[AnswerEvent]:
        """Hand over what waits, numbered; the journal alone calls this and the next two."""
        self._turn = asyncio.get_running_loop().create_future()
        self._flushed, self._flushing = self._flushing, None
        self._taken = self._numbered()
        return self._taken

    def stored(self) -> None:
        """Note that all of it is in the log."""
        self._over(None)

    def failed(self, error: Exception) -> None:
        """Put it back: it is tried again with what comes next."""
        self._seq -= len(self._taken)
        self._waiting[:0] = [(event.name, dict(event.data)) for event in self._taken]
        self._gone = error if isinstance(error, Conflict) else self._gone
        self._over(error)

    def _over(self, error: Exception | None) -> None:
        self._taken = ()
        flushed, turn = self._flushed, self._turn
        self._flushed = self._turn = None
        if flushed is not None and error is not None:
            flushed.set_exception(error)
            flushed.exception()  # whoever waited may be gone
        elif flushed is not None:
            flushed.set_result(None)
        if turn is not None:
            turn.set_result(None)

    def _add(self, name: str, data: Mapping[str, Any]) -> None:
        if name == "answer.delta" and self._waiting and self._waiting[-1][0] == name:
            self._waiting[-1][1]["text"] += data["text"]
        else:
            self._waiting.append((name, dict(data)))

    def _numbered(self) -> list[AnswerEvent]:
        group = [AnswerEvent(self._seq + n, name, data) for n, (name, data) in enumerate(self._waiting, 1)]
        self._seq += len(group)
        self._waiting = []
        return group


async def tail(
    database: Database, journal: Journal, scope: Scope, answer_id: str, after: int
) -> AsyncIterator[AnswerEvent]:
    """Yield the log from after `after` until its terminal event, or until the answer is deleted.

    Raises:
        NotFound: there is no such answer; at the first step only.
    """
    async with database.read(scope) as session:
        await store.answer(session, scope, answer_id)
    in_vain = False
    while True:
        kept = journal.kept(answer_id)
        news = None if kept is None else kept.news()
        # Who was woken for nothing looks whether another process has ended it, which took this one for dead.
        over, found = await _look(database, None if in_vain else kept, scope, answer_id, after)
        for event in found:
            yield event
            after = event.seq
            if event.name in TERMINAL:
                return
        if not found and over:
            return  # the client has seen the end, or the answer is gone
        in_vain = False
        if not found and news is not None:
            await news.wait()
            in_vain = not (kept is None or kept.after(after))
        elif not found:
            await asyncio.sleep(POLL_OTHERS_S)


async def _look(
    database: Database, kept: Kept | None, scope: Scope, answer_id: str, after: int
) -> tuple[bool, Sequence[AnswerEvent]]:
    """Return whether nothing will be added, and what is there after a number."""
    found = None if kept is None else kept.after(after)
    if found is not None:
        return False, found
    async with database.read(scope) as session:
        # Asked before its events: an answer that is over has all of them.
        over = await store.is_over(session, scope, answer_id)
        return over, await store.events(session, scope, answer_id, after)
