"""Answers as a service: start, tail, wait, cancel, and the conversations they belong to. No web.

Generation belongs to this service, not to the connection that asked: clients come and go, only a cancel stops it.
"""

import asyncio
import contextlib
import itertools
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

from sqlalchemy import ColumnElement, true
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from pincite.answers import store
from pincite.answers.choosing import Drafters
from pincite.answers.domain import (
    Answer,
    AnswerEvent,
    AnswerProblem,
    AnswerState,
    AskRequest,
    Conversation,
    Turn,
)
from pincite.answers.drafting import Draft, Task
from pincite.answers.held import Held
from pincite.answers.journal import Journal
from pincite.answers.log import LogWriter, tail, undisturbed
from pincite.answers.moderation import Moderation, QuestionRefused
from pincite.answers.remembering import RecalledDraft
from pincite.answers.shadowing import Shadows
from pincite.answers.shapes import last_event, so_far
from pincite.answers.withholding import WITHHELD, Withholding
from pincite.core import Database, PinciteError, Scope, get_logger, new_id, utc_now
from pincite.core.audit import note
from pincite.core.keeping import with_kept
from pincite.core.scope import EVERY_TENANT, system_scope
from pincite.core.trail import DENIED
from pincite.ledger import made_for
from pincite.retrieval import checked_question

BEAT_S = 1.0
SILENT_S = 15.0
_WAKES = 5  # beats
_LAST_TURNS = 3
_CLOSE_S = 5

log = get_logger(__name__)


class Answers:
    """Pinned answers in conversations.

    Args:
        database: where answers and their logs are kept.
        drafters: what makes an answer's text and pins.
        moderation: what may be asked and shown; everything where None.
    """

    def __init__(self, database: Database, drafters: Drafters, moderation: Moderation | None = None) -> None:
        self._db = database
        self._drafters = drafters
        self.moderation = moderation or Moderation()
        self._withholding = Withholding(database, drafters)
        self._journal = Journal(database)
        self.shadows = Shadows(database, drafters)
        self._worker = new_id()
        self._running: dict[str, asyncio.Task[None]] = {}
        self._beating: asyncio.Task[None] | None = None
        self._closing = False

    async def open(self) -> None:
        """End the answers of processes that are gone, and go on looking for them until `close`."""
        await self.recover()
        self._beating = asyncio.create_task(self._beat(), name="answers-beat")

    @property
    def model_name(self) -> str | None:
        """The model that words the answers, or None where the documents' own sentences do."""
        return self._drafters.choose(None).model_name

    async def start(self, scope: Scope, request: AskRequest) -> Answer:
        """Begin an answer; it goes on whether or not anybody watches.

        Raises:
            InvalidInput: the question is empty or too long.
            NotFound: the conversation or a collection is not there for this asker.
            ModelNotConfigured: the model that was asked for cannot be used.
            QuestionRefused: it is one that is not answered here.
            ModerationFailed: that could not be found out.
            Overloaded: too many wait for the model already.
        """
        question = checked_question(request.question)
        drafter = self._drafters.choose(request.model)
        drafter.look()
        await self.admit(scope, question)
        collections = await self._drafters.collections(scope, request.collections)
        now = utc_now()
        answer = Answer(
            id=new_id(),
            conversation=request.conversation or new_id(),
            question=question,
            created_at=now,
            mode=drafter.mode,
            model=drafter.model_name,
        )
        async with self._db.transaction(scope) as session:
            if request.conversation is None:
                begun = Conversation(answer.conversation, question, now, now, 0)
                await store.add_conversation(session, scope, begun)
                earlier: Sequence[Answer] = ()
            else:
                await store.touch_conversation(session, scope, answer.conversation, now)
                earlier = (await store.answers(session, scope, answer.conversation))[-_LAST_TURNS:]
            await store.add_answer(session, scope, answer, self._worker)
            await note(session, scope, "question.asked", ("answer", answer.id), conversation=answer.conversation)
        turns = (*await self._turns(scope, answer, earlier), *request.turns)[-_LAST_TURNS:]
        work = Task(scope, answer, turns, collections, request.tier, request.steady)
        is_default = request.model in {None, "auto"}
        self._journal.begin(answer.id)
        with made_for(answer.id), with_kept(request.kept):
            making = self._run(scope, drafter.begin(work), work if is_default else None)
            task = asyncio.create_task(making, name=f"answer-{answer.id}")
        self._running[answer.id] = task
        task.add_done_callback(lambda _: self._over(answer.id))
        return answer

    async def admit(self, scope: Scope, question: str) -> None:
        """Let a question pass, or note that one was refused. Raises: QuestionRefused, ModerationFailed."""
        if not self.moderation.active:
            return
        try:
            await self.moderation.question(scope, question)
        except QuestionRefused:
            async with self._db.transaction(scope) as session:
                await note(session, scope, "question.refused", ("user", scope.user), outcome=DENIED)
            raise

    def events(self, scope: Scope, answer_id: str, after: int = 0) -> AsyncIterator[AnswerEvent]:
        """Yield the answer's events after `after` until its end. Raises: NotFound, at the first step."""
        events = tail(self._db, self._journal, scope, answer_id, after)
        return self._withholding.guard(scope, partial(self._found, scope, answer_id), events)

    async def wait(self, scope: Scope, answer_id: str) -> Answer:
        """Wait for the end and return the whole answer. Raises: NotFound."""
        async for _ in self.events(scope, answer_id):
            pass
        return await self.get(scope, answer_id)

    async def get(self, scope: Scope, answer_id: str) -> Answer:
        """Return an answer as far as it is known, or that it is withheld. Raises: NotFound."""
        async with self._db.read(scope) as session:
            found = await store.answer(session, scope, answer_id)
            if found.state is AnswerState.RUNNING:
                found = so_far(found, await store.events(session, scope, answer_id, 0))
        return (await self._withholding.allowed(scope, [found]))[0]

    async def find(self, scope: Scope, answer_id: str) -> str:
        """Return an answer's id, where it is there for this asker. Raises: NotFound."""
        return (await self._found(scope, answer_id)).id

    async def cancel(self, scope: Scope, answer_id: str) -> None:
        """Stop an answer, whichever process is making it; its text so far is kept. Raises: NotFound."""
        async with self._db.transaction(scope) as session:
            await store.ask_to_cancel(session, scope, answer_id)
            await note(session, scope, "answer.cancelled", ("answer", answer_id))
        task = self._running.get(answer_id)
        if task is not None:
            task.cancel()

    async def conversations(self, scope: Scope, *, before: str | None = None, limit: int = 50) -> list[Conversation]:
        """Return the asker's conversations, newest first, from after the id `before`."""
        async with self._db.read(scope) as session:
            return await store.conversations(session, scope, before=before, limit=limit)

    async def conversation(self, scope: Scope, conversation_id: str) -> tuple[Conversation, list[Answer]]:
        """Return a conversation and its answers in order, each as `get` returns it. Raises: NotFound."""
        async with self._db.read(scope) as session:
            found = await store.conversation(session, scope, conversation_id)
            answers = await store.answers(session, scope, conversation_id)
        return found, await self._withholding.allowed(scope, answers)

    async def delete_conversation(self, scope: Scope, conversation_id: str) -> None:
        """Delete a conversation with its answers. Raises: NotFound; OnHold while the whole tenant is on hold."""
        _, answers = await self.conversation(scope, conversation_id)
        await self._drafters.refuse_held(scope)  # so that nothing is cancelled which then stays
        for answer in answers:
            self.shadows.drop(answer.id)
            task = self._running.get(answer.id)
            if task is not None:
                task.cancel()
                await asyncio.wait([task])
        async with self._db.transaction(scope) as session:
            await self._drafters.refuse_held_within(scope, session)
            await store.delete_conversation(session, scope, conversation_id)
            await note(session, scope, "conversation.removed", ("conversation", conversation_id))

    async def erase_quoting(self, scope: Scope, document_id: str, *, only_count: bool = False) -> dict[str, int]:
        """Delete the tenant's conversations in which an answer rests on a document, whoever's they are.

        Returns how many rows of each table those are. For owners and admins, who may not read them.

        Raises: OnHold, unless they are only counted.
        """
        system = system_scope(scope.tenant)
        async with self._db.transaction(system) as tx:
            if not only_count:
                await self._drafters.refuse_held_within(scope, tx, document_id)
            return await _erase(tx, system, store.quoting(system, document_id), only_count=only_count)

    async def erase_of(self, scope: Scope, user_id: str, *, only_count: bool = False) -> dict[str, int]:
        """Delete a user's conversations; returns as `erase_quoting` does. Raises: OnHold, as that does."""
        theirs = Scope(scope.tenant, user_id)
        async with self._db.transaction(theirs) as tx:
            if not only_count:
                await self._drafters.refuse_held_within(scope, tx)
            return await _erase(tx, theirs, true(), only_count=only_count)

    async def recover(self) -> int:
        """End the answers whose process is gone; returns how many there were."""
        async with self._db.read(EVERY_TENANT) as session:
            orphans = await store.orphans(session, utc_now() - timedelta(seconds=SILENT_S))
            found = [
                (scope, so_far(answer, await store.events(session, scope, answer.id, 0)), seq)
                for scope, answer, seq in orphans
            ]
        for scope, answer, seq in found:
            problem = AnswerProblem("interrupted", "The server stopped while it answered.", "Ask again.")
            writer = LogWriter(self._journal, scope, answer.id, seq)
            await self._end(scope, replace(answer, state=AnswerState.FAILED, problem=problem), writer)
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
        await self.shadows.close()

    async def _run(self, scope: Scope, draft: Draft, followed: Task | None) -> None:
        answer, began = draft.answer, time.perf_counter()
        held = Held(draft, self.moderation, scope)
        writer = LogWriter(self._journal, scope, answer.id)
        try:
            await writer.write(
                "answer.started",
                {
                    "id": answer.id,
                    "conversation": answer.conversation,
                    "question": answer.question,
                    "mode": answer.mode.value,
                    "model": answer.model,
                },
            )
            async with contextlib.aclosing(held.events()) as events:
                async for name, data in events:
                    if name == "retrieval.completed":
                        await self._note_basis(scope, answer.id, data["passages"])
                    await writer.write(name, data)
            final = replace(held.answer, state=AnswerState.COMPLETED)
        except asyncio.CancelledError:
            final = _stopped(held.answer, closing=self._closing)
        except PinciteError as error:
            problem = AnswerProblem(error.code, error.message, error.remedy)
            final = replace(held.answer, state=AnswerState.FAILED, problem=problem)
        except Exception:
            log.exception("answer.failed", answer=answer.id)
            problem = AnswerProblem("internal", "Something went wrong on our side.", "Ask again.")
            final = replace(held.answer, state=AnswerState.FAILED, problem=problem)
        timings = {**final.timings_ms, "total": round((time.perf_counter() - began) * 1000, 3)}
        final = replace(final, timings_ms=timings)
        await undisturbed(self._kept_and_ended(scope, draft, final, writer))
        if followed is not None:
            self.shadows.follow(followed, final)

    async def _turns(self, scope: Scope, answer: Answer, earlier: Sequence[Answer]) -> tuple[Turn, ...]:
        """Return the turns that the asker may still read; what those rest on, the new answer rests on too."""
        allowed = await self._withholding.allowed(scope, earlier)
        shown = [each for each in allowed if each.problem is None or each.problem.code != WITHHELD.code]
        async with self._db.transaction(scope) as session:
            basis = await store.basis(session, scope, [each.id for each in shown])
            await store.note_basis(session, answer.id, frozenset[str]().union(*basis.values()))
        return tuple(Turn(each.question, each.text) for each in shown)

    async def _note_basis(self, scope: Scope, answer_id: str, passages: Sequence[Mapping[str, Any]]) -> None:
        async with self._db.transaction(scope) as session:
            await store.note_basis(session, answer_id, {each["document"] for each in passages})

    async def _found(self, scope: Scope, answer_id: str) -> Answer:
        async with self._db.read(scope) as session:
            return await store.answer(session, scope, answer_id)

    async def _kept_and_ended(self, scope: Scope, draft: Draft, final: Answer, writer: LogWriter) -> None:
        if isinstance(draft, RecalledDraft):
            await draft.keep(final)
        await self._end(scope, final, writer)

    async def _end(self, scope: Scope, final: Answer, writer: LogWriter) -> None:
        name, body = last_event(final)
        async with writer.closing(name, body) as last, self._db.transaction(scope) as session:
            if await store.finish(session, scope, final):
                # Older versions are found last, and need be none of the passages that were noted before.
                await store.note_basis(session, final.id, {each.span.document for each in final.older})
                await store.append(session, final.id, last)
            else:
                last.clear()  # another process has ended it: what it wrote is what counts

    async def _beat(self) -> None:
        for beat in itertools.count(1):
            await asyncio.sleep(BEAT_S)
            self._journal.wake(beat % _WAKES, _WAKES)
            try:
                await self._beat_once()
                await self.recover()
            except (PinciteError, SQLAlchemyError) as error:  # the next beat comes in a second
                log.warning("answers.beat.missed", problem=str(error))

    async def _beat_once(self) -> None:
        if not self._running:
            return
        async with self._db.transaction(EVERY_TENANT) as session:
            stop = await store.beat(session, self._worker, list(self._running), utc_now())
        for answer_id in stop & self._running.keys():
            self._running[answer_id].cancel()

    def _over(self, answer_id: str) -> None:
        self._running.pop(answer_id, None)
        self._journal.end(answer_id)  # whoever listens in vain looks again, and nothing of the answer stays in memory


async def _erase(tx: AsyncSession, whose: Scope, which: ColumnElement[bool], *, only_count: bool) -> dict[str, int]:
    found = await store.count_whole(tx, whose, which)
    if not only_count:
        await store.erase_whole(tx, whose, which)
    return found


def _stopped(answer: Answer, *, closing: bool) -> Answer:
    if closing:
        problem = AnswerProblem("interrupted", "The server stopped while it answered.", "Ask again.")
        return replace(answer, state=AnswerState.FAILED, problem=problem)
    return replace(
        answer, state=AnswerState.CANCELLED, problem=AnswerProblem("cancelled", "The answer was stopped.", "")
    )
