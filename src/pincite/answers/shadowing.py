"""Shadow mode: a share of the answers is made once more by another route, measured beside the first, and never shown.

Which route, and how large a share, the file of routes says. Of a shadow's text nothing is kept.
"""

import asyncio
import time
from collections.abc import Mapping, Sequence
from contextlib import aclosing
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from pincite.answers import store
from pincite.answers.choosing import Drafters
from pincite.answers.domain import Answer, AnswerMode, AnswerState, Verdict
from pincite.answers.drafting import Drafter, Task
from pincite.core import Database, PinciteError, Scope, get_logger, utc_now
from pincite.core.keeping import with_kept
from pincite.core.scope import system_scope
from pincite.ledger import made_for

_AT_ONCE = 4
_CLOSE_S = 5
_MOST = 10_000
log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Measured:
    """How an answer measures. `supported` of its `sentences` a passage carries, `unsupported` none does.

    `problem` is the code of why it failed, None where it is whole; `cost_usd` is None where nobody knows it.
    """

    model: str | None
    sentences: int = 0
    supported: int = 0
    unsupported: int = 0
    abstained: bool = False
    tokens: int = 0
    cost_usd: float | None = None
    seconds: float = 0.0
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Pair:
    """The answer that was shown, and the one that was not."""

    shown: Measured
    shadow: Measured


class Shadows:
    """Makes and keeps shadows; where too many are being made, an answer has none.

    Args:
        database: where they are kept.
        drafters: says who makes them.
    """

    def __init__(self, database: Database, drafters: Drafters) -> None:
        self._db = database
        self._drafters = drafters
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._is_closed = False

    def follow(self, task: Task, final: Answer) -> None:
        """Make an answer once more, in the background, if it is one of the share."""
        is_made = final.state is AnswerState.COMPLETED and final.mode is AnswerMode.MODEL and not final.cached
        if not is_made or task.tier is not None or self._is_closed or len(self._tasks) >= _AT_ONCE:
            return
        try:
            drafter = self._drafters.shadow(_chance(final.id))
        except PinciteError as error:
            log.warning("shadow not made", problem=error.message)
            return
        if drafter is None:
            return
        with made_for(None, stage="shadow"), with_kept("avoid"):  # what is given again is not measured
            made = asyncio.create_task(self._made(drafter, task, final), name=f"shadow-{final.id}")
        self._tasks[final.id] = made
        made.add_done_callback(partial(self._over, final.id))

    def drop(self, answer_id: str) -> None:
        """Give up the shadow of an answer that goes."""
        if answer_id in self._tasks:
            self._tasks[answer_id].cancel()

    def _over(self, answer_id: str, made: asyncio.Task[None]) -> None:
        self._tasks.pop(answer_id, None)
        if not made.cancelled() and made.exception() is not None:
            log.error("shadow.failed", answer=answer_id, exc_info=made.exception())

    async def settled(self) -> None:
        """Wait until those that are being made are kept."""
        if self._tasks:
            await asyncio.wait(list(self._tasks.values()))

    async def close(self) -> None:
        """Give up what is being made, and make no more."""
        self._is_closed = True
        for each in self._tasks.values():
            each.cancel()
        if self._tasks:
            await asyncio.wait(list(self._tasks.values()), timeout=_CLOSE_S)

    async def pairs(self, scope: Scope, since: datetime) -> Sequence[Pair]:
        """Return how the tenant's answers and their shadows measure, whoever asked; the newest first."""
        system = system_scope(scope.tenant)
        async with self._db.read(system) as session:
            found = await store.shadows(session, system, since, most=_MOST)
        return [Pair(Measured(**each["shown"]), Measured(**each["shadow"])) for each in found]

    async def _made(self, drafter: Drafter, task: Task, final: Answer) -> None:
        blank = Answer(
            id=final.id,
            conversation=final.conversation,
            question=final.question,
            created_at=utc_now(),
            mode=drafter.mode,
            model=drafter.model_name,
        )
        draft, began = drafter.begin(replace(task, answer=blank, steady=False, lane="batch")), time.perf_counter()
        problem: str | None = None
        try:
            async with aclosing(draft.events()) as events:
                async for _ in events:
                    pass
        except PinciteError as error:
            problem = error.code
        measured = measured_of(draft.answer, time.perf_counter() - began, problem)
        pair = Pair(measured_of(final, final.timings_ms.get("total", 0.0) / 1000), measured)
        try:
            async with self._db.transaction(task.scope) as session:
                await store.add_shadow(session, task.scope, final.id, _told(pair), utc_now())
        except (PinciteError, SQLAlchemyError) as error:
            log.warning("shadow not kept", answer=final.id, problem=str(error))


def measured_of(answer: Answer, seconds: float, problem: str | None = None) -> Measured:
    """Return how an answer measures."""
    verdicts = [pin.verdict for pin in answer.pins]
    return Measured(
        model=answer.model,
        sentences=len(verdicts) + answer.dropped_sentences,
        supported=verdicts.count(Verdict.SUPPORTED),
        unsupported=verdicts.count(Verdict.UNSUPPORTED) + answer.dropped_sentences,
        abstained=answer.abstained,
        tokens=answer.usage.input_tokens + answer.usage.output_tokens,
        cost_usd=None if answer.cost_usd is None else float(answer.cost_usd),
        seconds=round(seconds, 3),
        problem=problem,
    )


def _told(pair: Pair) -> Mapping[str, Any]:
    return {"shown": asdict(pair.shown), "shadow": asdict(pair.shadow)}


def _chance(answer_id: str) -> float:
    """Return a number in 0..1 that an answer's id has, so that each process chooses alike."""
    return int(answer_id[-8:], 16) / 2**32
