"""Takes what is asked and told of one tenant's ledger in turns: all that waits goes into one transaction.

So a hundred calls at once cost two writes to the disk and not two hundred. Who cannot be served yet waits, in order.
What is to be noted of those who ask goes with them.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from sqlalchemy.exc import SQLAlchemyError

from pincite.core import PinciteError, StorageFull, Unavailable, get_logger
from pincite.core.audit import Deed
from pincite.ledger.book import Ask, Refused, Tell
from pincite.ledger.domain import Reservation, Spent

MOST_AT_ONCE = 200
# How often those that wait are looked at although nobody settled here: another process may have.
LOOK_S = 0.2
# So long a note, and what a call came to, wait for a call to be written down with.
_SOON_S = 0.05
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.05, 5.0
log = get_logger(__name__)

# What a value that is none of its kind comes to on its way to the database.
_BROKEN = (AttributeError, TypeError, LookupError, ArithmeticError, ValueError)
_UNKNOWN = Unavailable("What models may cost could not be looked up.", remedy="See `pincite doctor`.")
Answer = Reservation | Refused
Write = Callable[[Sequence[Ask], Sequence[Tell], Sequence[Deed]], Awaitable[Sequence[Answer]]]
"""Runs one transaction; returns what came of each that asked, in order."""


@dataclass(slots=True, eq=False)
class _Waiting:
    ask: Ask
    until: float  # by the loop's clock
    answer: "asyncio.Future[Answer]"


@dataclass(slots=True)
class _Queue:
    asking: "deque[_Waiting]" = field(default_factory=deque["_Waiting"])
    later: "list[_Waiting]" = field(default_factory=list["_Waiting"])
    tells: "deque[Tell]" = field(default_factory=deque[Tell])
    deeds: "list[Deed]" = field(default_factory=list[Deed])

    @property
    def has_news(self) -> bool:
        """Whether anything waits that has to be written down whoever asks."""
        return bool(self.tells or self.deeds)


class Turns:
    """The queue of one tenant's ledger in this process.

    Args:
        write: runs one transaction.
    """

    def __init__(self, write: Write) -> None:
        self._write = write
        self._queue = _Queue()
        self._stirred = asyncio.Event()
        self._settled = asyncio.Event()
        self._settled.set()
        self._task: asyncio.Task[None] | None = None
        self._soon: asyncio.TimerHandle | None = None
        self._awaited = 0  # by how many it is waited for that all is written down

    @property
    def idle(self) -> bool:
        """Whether nothing waits."""
        return self._task is None and not self._queue.has_news and not self._queue.asking

    async def ask(self, ask: Ask, patience_s: float) -> Answer:
        """Return what came of asking; where only others' reservations stand against it, after waiting so long for them.

        Raises: Unavailable, StorageFull: it could not be found out, and nothing is reserved.
        """
        loop = asyncio.get_running_loop()
        waiting = _Waiting(ask, loop.time() + patience_s, loop.create_future())
        self._queue.asking.append(waiting)
        self._go_on()
        try:
            return await waiting.answer
        except asyncio.CancelledError:
            if waiting.answer.done() and not waiting.answer.cancelled() and waiting.answer.exception() is None:
                self._give_back(waiting.answer.result())
            raise

    def tell(self, tell: Tell) -> None:
        """Have it written down with what is asked next, at once where somebody waits for it, and at any rate soon.

        It is for certain while the process lives.
        """
        self._queue.tells.append(tell)
        self._settled.clear()
        if self._queue.asking or self._queue.later or self._awaited:
            self._go_on()
        else:
            self._go_on_soon()

    def note(self, deed: Deed) -> None:
        """Have it noted that somebody did something: with what is asked next, and at any rate soon."""
        self._queue.deeds.append(deed)
        self._settled.clear()
        self._go_on_soon()

    async def settled(self) -> None:
        """Wait until all that was told or is to be noted is written down."""
        self._awaited += 1
        try:
            if self._queue.has_news:
                self._go_on()
            await self._settled.wait()
        finally:
            self._awaited -= 1

    def _go_on_soon(self) -> None:
        if self._soon is None:
            self._soon = asyncio.get_running_loop().call_later(_SOON_S, self._go_on_now)

    def _go_on_now(self) -> None:
        self._soon = None
        if self._queue.has_news:
            self._go_on()

    def _go_on(self) -> None:
        self._stirred.set()
        if self._task is None:
            self._task = asyncio.create_task(self._run(), name="ledger-turns")

    async def _run(self) -> None:
        pause_s = _FIRST_PAUSE_S
        try:
            while self._drop_gone() or self._queue.has_news:
                self._stirred.clear()
                if await self._turn():
                    pause_s = _FIRST_PAUSE_S
                else:
                    await asyncio.sleep(pause_s)
                    pause_s = min(_LONGEST_PAUSE_S, pause_s * 2)
                if not self._queue.asking and not self._queue.has_news and self._queue.later:
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(self._stirred.wait(), LOOK_S)
        finally:
            self._task = None
            if not self._queue.has_news:
                self._settled.set()

    def _drop_gone(self) -> int:
        """Forget who no longer waits; returns how many do."""
        queue = self._queue
        queue.later = [each for each in queue.later if not each.answer.done()]
        return len(queue.later) + len(queue.asking)

    async def _turn(self) -> bool:
        """Write down what waits, as much as one transaction takes; says whether that could be done."""
        queue = self._queue
        tells = [queue.tells.popleft() for _ in range(min(len(queue.tells), MOST_AT_ONCE))]
        deeds, queue.deeds = queue.deeds, []
        asked = queue.later
        asked += [queue.asking.popleft() for _ in range(min(len(queue.asking), MOST_AT_ONCE))]
        queue.later = []
        asked = [each for each in asked if not each.answer.done()]
        failure: PinciteError | None = _UNKNOWN
        answers: Sequence[Answer] = ()
        try:
            answers = await self._write([each.ask for each in asked], tells, deeds)
            failure = None
        except PinciteError as error:
            failure = error
        except SQLAlchemyError as error:
            log.warning("ledger failed", problem=str(error))
        except _BROKEN:
            log.exception("ledger broken")
        finally:
            if failure is not None:
                queue.deeds = [*deeds, *queue.deeds]
                self._put_back(asked, tells, failure)
        if deeds and (failure is _UNKNOWN or not isinstance(failure, Unavailable | StorageFull | None)):
            await self._note_apart()
        if failure is not None:
            return False
        for waiting, answer in zip(asked, answers, strict=True):
            self._hand(waiting, answer)
        if not queue.has_news:
            self._settled.set()
        return True

    async def _note_apart(self) -> None:
        """Write what is to be noted alone, one by one: what cannot be would hold up every call for ever.

        It is given up where the database takes a write without it.
        """
        queue = self._queue
        for each in list(queue.deeds):
            if not await self._takes([each]):
                if not await self._takes([]):
                    return  # it is not the note's fault
                log.error("audit entry lost", action=each.action, about=each.about[1], actor=each.scope.user)
            queue.deeds.remove(each)

    async def _takes(self, deeds: Sequence[Deed]) -> bool:
        """Say whether something could be noted."""
        try:
            await self._write((), (), deeds)
        except (PinciteError, SQLAlchemyError, *_BROKEN) as error:
            log.warning("not noted", problem=str(error), notes=len(deeds))
            return False
        return True

    def _hand(self, waiting: _Waiting, answer: Answer) -> None:
        if waiting.answer.done():  # whoever asked has gone meanwhile
            self._give_back(answer)
        elif isinstance(answer, Refused) and answer.later and asyncio.get_running_loop().time() < waiting.until:
            self._queue.later.append(waiting)
        else:
            waiting.answer.set_result(answer)

    def _give_back(self, answer: Answer) -> None:
        if isinstance(answer, Reservation):
            self.tell(Tell(answer.id, Spent()))

    def _put_back(self, asked: Sequence[_Waiting], tells: Sequence[Tell], failure: PinciteError) -> None:
        """Tell those that asked that it failed; what was told is tried again."""
        log.warning("ledger not written", problem=failure.message, asked=len(asked), told=len(tells))
        self._queue.tells.extendleft(reversed(tells))
        # It may have been written although nobody could say so; none of these calls is made.
        for waiting in asked:
            self.tell(Tell(waiting.ask.id, Spent()))
            if not waiting.answer.done():
                waiting.answer.set_exception(failure)
