"""Answers in the making: each is a task of this process whose events go to the log, whether or not anybody watches.

A process says every second of which answers it is the maker; what a process that is gone has left is ended by others.
How a draft comes about is its drafter's business; what may be asked and by whom, the services'.
"""

import asyncio
import contextlib
import itertools
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import timedelta
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from pincite.answers import store
from pincite.answers.domain import Answer, AnswerEvent, AnswerProblem, AnswerState
from pincite.answers.drafting import Draft
from pincite.answers.held import Held
from pincite.answers.journal import Journal
from pincite.answers.log import AGAIN_S, AWAY_S, LogWriter, undisturbed
from pincite.answers.moderation import Moderation
from pincite.answers.remembering import RecalledDraft
from pincite.answers.shapes import last_event, so_far
from pincite.core import Database, ErrorKind, PinciteError, Scope, StorageFull, Unavailable, get_logger, new_id
from pincite.core.scope import EVERY_TENANT
from pincite.gateway import Usage
from pincite.ledger import Spent

BEAT_S = 1.0
SILENT_S = 15.0
_WAKES = 5  # beats
_CLOSE_S = 5
_TOLD_S = 3
_END_TRIED_S = 600.0

SpentOn = Callable[[Scope, str], Awaitable[Spent | None]]

log = get_logger(__name__)


class Making:
    """The answers that this process makes.

    Args:
        database: where they are kept.
        moderation: what may be shown.
        spent: says what the calls of models for an answer came to.
    """

    def __init__(self, database: Database, moderation: Moderation, spent: SpentOn | None = None) -> None:
        self._db = database
        self._moderation = moderation
        self._spent = spent
        self.journal = Journal(database)
        self.worker = new_id()
        self._running: dict[str, asyncio.Task[None]] = {}
        self._beating: asyncio.Task[None] | None = None
        self._closing = False
        self._deaf_until = 0.0

    async def open(self) -> None:
        """End the answers of processes that are gone, and go on looking for them until `close`."""
        await self.recover()
        self._beating = asyncio.create_task(self._beat(), name="answers-beat")

    def begin(self, scope: Scope, draft: Draft, after: Callable[[Answer], None] | None = None) -> None:
        """Begin to make an answer, which stands in the database as running; `after` is told how it has ended.

        What it is made for, and what may be done with what was kept, is as the caller's context says.
        """
        answer_id = draft.answer.id
        self.journal.begin(answer_id)
        task = asyncio.create_task(self._run(scope, draft, after), name=f"answer-{answer_id}")
        self._running[answer_id] = task
        task.add_done_callback(lambda _: self._over(answer_id))

    def cancel(self, answer_id: str) -> None:
        """Stop an answer, if it is made here."""
        task = self._running.get(answer_id)
        if task is not None:
            task.cancel()

    async def stop(self, answer_id: str) -> None:
        """Stop an answer, if it is made here, and wait until it has ended."""
        task = self._running.get(answer_id)
        if task is not None:
            task.cancel()
            await asyncio.wait([task])

    async def recover(self) -> int:
        """End the answers whose process is gone; returns how many there were."""
        async with self._db.read(EVERY_TENANT) as session:
            orphans = await store.orphans(session, timedelta(seconds=SILENT_S))
            found = [
                (scope, so_far(answer, await store.events(session, scope, answer.id, 0)), seq)
                for scope, answer, seq in orphans
            ]
        for scope, answer, seq in found:
            problem = AnswerProblem("interrupted", "The server stopped while it answered.", "Ask again.")
            writer = LogWriter(self.journal, scope, answer.id, seq)
            ended = replace(answer, state=AnswerState.FAILED, problem=problem)
            async with writer.closing(*last_event(ended)) as last:
                await self._store_end(scope, ended, last)
        return len(found)

    async def close(self) -> None:
        """End what is still being answered, as failed, and stop."""
        self._closing = True
        tasks = list(self._running.values())
        for task in tasks:
            task.cancel()
        if self._beating is not None:
            self._beating.cancel()
            tasks.append(self._beating)
        if tasks:
            await asyncio.wait(tasks, timeout=_CLOSE_S)

    async def _run(self, scope: Scope, draft: Draft, after: Callable[[Answer], None] | None) -> None:
        answer, began = draft.answer, time.perf_counter()
        held = Held(draft, self._moderation, scope)
        writer = LogWriter(self.journal, scope, answer.id)
        try:
            await writer.write(
                "answer.started",
                {
                    "id": answer.id,
                    "conversation": answer.conversation,
                    "question": answer.question,
                    "mode": answer.mode.value,
                    "model": answer.model,
                    "assistant": None if answer.assistant is None else asdict(answer.assistant),
                },
            )
            async with contextlib.aclosing(held.events()) as events:
                async for name, data in events:
                    if name == "retrieval.completed":
                        await self._note_basis(scope, answer.id, data["passages"])
                    await _written(writer, name, data)
            final = replace(held.answer, state=AnswerState.COMPLETED)
        except asyncio.CancelledError:
            final = _stopped(held.answer, closing=self._closing)
        except PinciteError as error:
            log.info("answer.failed", answer=answer.id, code=error.code, problem=error.message)
            problem = AnswerProblem.of(error)
            final = replace(held.answer, state=AnswerState.FAILED, problem=problem)
        except Exception:
            log.exception("answer.failed", answer=answer.id)
            problem = AnswerProblem("internal", "Something went wrong on our side.", "Ask again.")
            final = replace(held.answer, state=AnswerState.FAILED, problem=problem)
        timings = {**final.timings_ms, "total": round((time.perf_counter() - began) * 1000, 3)}
        ended = final.ended if final.state is AnswerState.COMPLETED else None
        final = replace(final, timings_ms=timings, ended=ended)
        await undisturbed(self._kept_and_ended(scope, draft, final, writer))
        if after is not None:
            after(final)

    async def _note_basis(self, scope: Scope, answer_id: str, passages: Sequence[Mapping[str, Any]]) -> None:
        async with self._db.transaction(scope) as session:
            await store.note_basis(session, answer_id, {each["document"] for each in passages})

    async def _kept_and_ended(self, scope: Scope, draft: Draft, final: Answer, writer: LogWriter) -> None:
        if isinstance(draft, RecalledDraft):
            await draft.keep(final)
        if final.state is not AnswerState.COMPLETED:
            final = await self._with_costs(scope, final)
        await self._end_at_last(scope, final, writer)

    async def _with_costs(self, scope: Scope, broken: Answer) -> Answer:
        """Return an answer that came to no end, with what was spent on it all the same, as the ledger has it."""
        if self._spent is None:
            return broken
        try:
            async with asyncio.timeout(_TOLD_S):
                spent = await self._spent(scope, broken.id)
        except (PinciteError, SQLAlchemyError, TimeoutError) as error:
            log.warning("answer.cost.unknown", answer=broken.id, problem=str(error))
            return broken
        if spent is None:
            return broken
        usage = Usage(spent.input_tokens, spent.output_tokens, spent.estimated, spent.cached_tokens)
        return replace(broken, usage=usage, cost_usd=spent.usd)

    async def _end_at_last(self, scope: Scope, final: Answer, writer: LogWriter) -> None:
        """Store an answer's end, however long the database is away: it is all that is left of what was paid."""
        until = time.monotonic() + _END_TRIED_S
        name, body = last_event(final)
        async with writer.closing(name, body) as last:
            while True:
                try:
                    return await self._store_end(scope, final, last)
                except (Unavailable, StorageFull) as error:
                    log.warning("answers.end.late", answer=final.id, problem=str(error))
                    if self._closing or time.monotonic() > until:
                        last.clear()
                        return None  # it is found as one that nobody makes
                await asyncio.sleep(AGAIN_S)

    async def _store_end(self, scope: Scope, final: Answer, last: list[AnswerEvent]) -> None:
        async with self._db.transaction(scope) as session:
            if await store.finish(session, scope, final):
                # Older versions are found last, and need be none of the passages that were noted before.
                await store.note_basis(session, final.id, {each.span.document for each in final.older})
                await store.append(session, final.id, last)
                return
        last.clear()  # another process has ended it, or we did and were not told: what is written is what counts

    async def _beat(self) -> None:
        for beat in itertools.count(1):
            await asyncio.sleep(BEAT_S)
            self.journal.wake(beat % _WAKES, _WAKES)
            try:
                await self._beat_once()
                # After an outage all who live have been silent as long as it lasted: they get the time to say so.
                if time.monotonic() > self._deaf_until:
                    await self.recover()
                else:
                    await self._db.ping()
            except (PinciteError, SQLAlchemyError) as error:  # the next beat comes in a second
                self._deaf_until = time.monotonic() + SILENT_S
                log.warning("answers.beat.missed", problem=str(error))

    async def _beat_once(self) -> None:
        if not self._running:
            return
        async with self._db.transaction(EVERY_TENANT) as session:
            stop = await store.beat(session, self.worker, list(self._running))
        for answer_id in stop & self._running.keys():
            self._running[answer_id].cancel()

    def _over(self, answer_id: str) -> None:
        self._running.pop(answer_id, None)
        self.journal.end(answer_id)  # whoever listens in vain looks again, and nothing of the answer stays in memory


async def _written(writer: LogWriter, name: str, data: Mapping[str, Any]) -> None:
    """Write an event; a database that restarts is waited for: what a model has said so far was paid.

    Raises: as `LogWriter.write`.
    """
    until = time.monotonic() + AWAY_S
    writing: Awaitable[None] = writer.write(name, data)
    while True:
        try:
            return await writing
        except Unavailable:
            if time.monotonic() > until:
                raise
        await asyncio.sleep(AGAIN_S)
        writing = writer.flush()  # what could not be stored waits


def _stopped(answer: Answer, *, closing: bool) -> Answer:
    if closing:
        problem = AnswerProblem("interrupted", "The server stopped while it answered.", "Ask again.")
        return replace(answer, state=AnswerState.FAILED, problem=problem)
    problem = AnswerProblem("cancelled", "The answer was stopped.", kind=ErrorKind.MALFORMED)
    return replace(answer, state=AnswerState.CANCELLED, problem=problem)
