"""Writes the logs of all answers of this process: what waits goes into one transaction for each tenant and turn.

What was stored lately stays in memory while an answer is made, so that whoever follows it need not ask the database. Of
what is in an event and when an answer ends it knows nothing.
"""

import asyncio
import time
from collections import deque
from collections.abc import Iterator, Sequence
from typing import Protocol

from sqlalchemy.exc import SQLAlchemyError

from pincite.answers import store
from pincite.answers.domain import AnswerEvent
from pincite.core import Database, PinciteError, Scope, StorageFull, Unavailable, get_logger
from pincite.core.together import all_of

TURN_S = 0.02
"""From one turn to the next; text that comes meanwhile becomes one event."""
KEPT = 256
"""Events of a running answer that are in memory; whoever is behind them reads the database."""
_UNSTORED = (PinciteError, SQLAlchemyError)
_UNKNOWN = (AttributeError, TypeError, LookupError, AssertionError, RuntimeError, ArithmeticError, ValueError, OSError)

log = get_logger(__name__)


class Writes(Protocol):
    """One answer's writer, as the journal sees it."""

    @property
    def scope(self) -> Scope:
        """Whose answer it is."""
        ...

    @property
    def answer_id(self) -> str:
        """Which one."""
        ...

    def take(self) -> Sequence[AnswerEvent]:
        """Hand over what waits, numbered; nothing more is asked for before one of the next two was called."""
        ...

    def stored(self) -> None:
        """All of it is in the log."""
        ...

    def failed(self, error: Exception) -> None:
        """Nothing of it is."""
        ...


class Kept:
    """The last stored events of an answer that is made in this process, and who waits for the next."""

    def __init__(self) -> None:
        self._events: deque[AnswerEvent] = deque(maxlen=KEPT)
        self._news = asyncio.Event()

    def after(self, seq: int) -> Sequence[AnswerEvent] | None:
        """Return the events after a number, none where there are none yet; None where their first is forgotten."""
        last = self._events[-1].seq if self._events else seq
        if last <= seq:
            return ()
        at = len(self._events) - (last - seq)
        return None if at < 0 else [self._events[place] for place in range(at, len(self._events))]

    def news(self) -> asyncio.Event:
        """Return what is set when there is more; take it before looking, so that nothing is missed in between."""
        return self._news

    def add(self, events: Sequence[AnswerEvent]) -> None:
        """Keep what was stored, and wake who waits."""
        self._events.extend(events)
        news, self._news = self._news, asyncio.Event()
        news.set()


class Journal:
    """The log of every answer that is made in this process.

    Args:
        database: where it is.
    """

    def __init__(self, database: Database) -> None:
        self._db = database
        self._stirred: dict[Writes, None] = {}
        self._kept: dict[str, Kept] = {}
        self._turning: asyncio.Task[None] | None = None
        self._turned_at = 0.0

    def begin(self, answer_id: str) -> None:
        """Keep the events of an answer from its first on."""
        self._kept[answer_id] = Kept()

    def end(self, answer_id: str) -> None:
        """Forget an answer; who waits for it looks into the database."""
        kept = self._kept.pop(answer_id, None)
        if kept is not None:
            kept.add(())

    def kept(self, answer_id: str) -> Kept | None:
        """Return what is kept of an answer; None where it is not made here."""
        return self._kept.get(answer_id)

    def wake(self, part: int = 0, of: int = 1) -> None:
        """Have a part of those who wait look into the database: another process may have written what is not told.

        Not all at once: writers need its connections as well.
        """
        for each in list(self._kept.values())[part::of]:
            each.add(())

    def stir(self, writer: Writes) -> None:
        """Have what waits with a writer stored soon."""
        self._stirred[writer] = None
        if self._turning is None:
            self._turning = asyncio.create_task(self._turn_on(), name="answers-journal")

    def calm(self, writer: Writes) -> None:
        """Have nothing of a writer stored any more."""
        self._stirred.pop(writer, None)

    def published(self, answer_id: str, events: Sequence[AnswerEvent]) -> None:
        """Tell who follows an answer of events that are stored."""
        kept = self._kept.get(answer_id)
        if kept is not None:
            kept.add(events)

    async def _turn_on(self) -> None:
        try:
            while self._stirred:
                await asyncio.sleep(max(0.0, self._turned_at + TURN_S - time.monotonic()))
                self._turned_at = time.monotonic()
                writers, self._stirred = list(self._stirred), {}
                await all_of(self._store(some) for some in _by_tenant(writers))
        finally:
            self._turning = None

    async def _store(self, writers: Sequence[Writes]) -> None:
        """Store what waits with the writers of one tenant, all of it or nothing; what spoils it for others, alone."""
        groups = [(writer, writer.take()) for writer in writers]
        error = await self._stored(groups)
        if error is None or len(groups) == 1 or isinstance(error, Unavailable | StorageFull):
            _tell(groups, error)
            return
        for group in groups:
            _tell([group], await self._stored([group]))

    async def _stored(self, groups: Sequence[tuple[Writes, Sequence[AnswerEvent]]]) -> Exception | None:
        rows = [(writer.answer_id, event) for writer, events in groups for event in events]
        if not rows:
            return None
        try:
            async with self._db.transaction(groups[0][0].scope) as session:
                await store.append_all(session, rows)
        except _UNSTORED as error:
            log.warning("answer.log.late", answers=len(groups), problem=str(error)[:500])
            return error
        except _UNKNOWN as error:  # whatever it is: nobody waits for ever
            log.exception("answer.log.broken", answers=len(groups))
            return error
        for writer, events in groups:
            self.published(writer.answer_id, events)
        return None


def _tell(groups: Sequence[tuple[Writes, Sequence[AnswerEvent]]], error: Exception | None) -> None:
    for writer, _ in groups:
        if error is None:
            writer.stored()
        else:
            writer.failed(error)


def _by_tenant(writers: Sequence[Writes]) -> Iterator[Sequence[Writes]]:
    for tenant in dict.fromkeys(each.scope.tenant for each in writers):
        yield [each for each in writers if each.scope.tenant == tenant]
