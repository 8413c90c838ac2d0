"""The durable log of an answer: written in small groups, tailed by any number of clients in any process.

A client that tails holds nothing that the answer needs: it may drop and come back with the last number it saw.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from sqlalchemy.exc import SQLAlchemyError

from pincite.answers import store
from pincite.answers.domain import AnswerEvent
from pincite.core import Database, PinciteError, Scope, get_logger

T = TypeVar("T")

GROUP_S = 0.025
# An answer of this process rings; the log of another process's must be looked at again and again.
POLL_OURS_S, POLL_OTHERS_S = 5.0, 0.25
TERMINAL = frozenset({"answer.completed", "answer.failed"})

log = get_logger(__name__)


class Bell:
    """Wakes the clients of this process that tail an answer."""

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


async def undisturbed(work: Coroutine[Any, Any, T]) -> T:
    """Run `work` to its end even if the caller is cancelled meanwhile; the cancellation is passed on afterwards."""
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        raise


class LogWriter:
    """Appends one answer's events in order; text that comes within `GROUP_S` becomes one event.

    A cancelled writer leaves no gap: what was numbered is stored, and what could not be stored waits on.

    Args:
        database: where the log is.
        bell: rung after each commit.
        scope: whose answer it is.
        answer_id: whose log.
        seq: the last number that is taken.
    """

    def __init__(self, database: Database, bell: Bell, scope: Scope, answer_id: str, seq: int = 0) -> None:
        self._db = database
        self._bell = bell
        self._scope = scope
        self._answer = answer_id
        self._seq = seq
        self._waiting: list[tuple[str, dict[str, Any]]] = []
        self._storing = asyncio.Lock()
        self._flushed_at = 0.0
        self._later: asyncio.Task[None] | None = None

    async def write(self, name: str, data: Mapping[str, Any]) -> None:
        """Add an event; a delta may wait `GROUP_S` for more, anything else is stored when this returns."""
        self._add(name, data)
        due_s = GROUP_S - (asyncio.get_running_loop().time() - self._flushed_at)
        if name != "answer.delta" or due_s <= 0:
            await self.flush()
        elif self._later is None or self._later.done():
            self._later = asyncio.create_task(self._flush_after(due_s), name=f"log-{self._answer}")

    async def flush(self) -> None:
        """Store what waits."""
        await undisturbed(self._flush())

    @contextlib.asynccontextmanager
    async def closing(self, name: str, data: Mapping[str, Any]) -> AsyncIterator[list[AnswerEvent]]:
        """Give the last events, the named one at the end, to a caller that stores them in a transaction of its own."""
        if self._later is not None:
            await asyncio.wait([self._later])
        async with self._storing:
            self._add(name, data)
            yield self._take()
        self._bell.ring(self._answer)

    async def _flush_after(self, wait_s: float) -> None:
        await asyncio.sleep(wait_s)
        try:
            await self._flush()
        except (PinciteError, SQLAlchemyError) as error:  # what waits is tried again by the next write, which raises
            log.warning("answer.log.late", answer=self._answer, problem=str(error))

    async def _flush(self) -> None:
        async with self._storing:
            group = self._take()
            if group:
                with self._put_back(group):
                    async with self._db.transaction(self._scope) as session:
                        await store.append(session, self._answer, group)
        self._flushed_at = asyncio.get_running_loop().time()
        self._bell.ring(self._answer)

    @contextlib.contextmanager
    def _put_back(self, group: Sequence[AnswerEvent]) -> Iterator[None]:
        try:
            yield
        except BaseException:
            self._seq -= len(group)
            self._waiting[:0] = [(event.name, dict(event.data)) for event in group]
            raise

    def _add(self, name: str, data: Mapping[str, Any]) -> None:
        if name == "answer.delta" and self._waiting and self._waiting[-1][0] == name:
            self._waiting[-1][1]["text"] += data["text"]
        else:
            self._waiting.append((name, dict(data)))

    def _take(self) -> list[AnswerEvent]:
        group = [AnswerEvent(self._seq + n, name, data) for n, (name, data) in enumerate(self._waiting, 1)]
        self._seq += len(group)
        self._waiting = []
        return group


async def tail(
    database: Database, bell: Bell, is_ours: Callable[[str], bool], scope: Scope, answer_id: str, after: int
) -> AsyncIterator[AnswerEvent]:
    """Yield the log from after `after` until its terminal event, or until the answer is deleted.

    Raises:
        NotFound: there is no such answer; at the first step only.
    """
    async with database.read(scope) as session:
        await store.answer(session, scope, answer_id)
    while True:
        rung = bell.listen(answer_id) if is_ours(answer_id) else None
        async with database.read(scope) as session:
            # Asked before its events: an answer that is over has all of them.
            over = await store.is_over(session, scope, answer_id)
            found = await store.events(session, scope, answer_id, after)
        for event in found:
            yield event
            after = event.seq
            if event.name in TERMINAL:
                return
        if not found and over:
            return  # the client has seen the end, or the answer is gone
        if not found:
            await _rung(rung)


async def _rung(rung: asyncio.Event | None) -> None:
    if rung is None:
        await asyncio.sleep(POLL_OTHERS_S)
        return
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(rung.wait(), POLL_OURS_S)
