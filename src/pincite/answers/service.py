"""Answers as a service: start, tail, wait, cancel, and the conversations they belong to. No web.

Generation belongs to this service, not to the connection that asked: clients come and go, only a cancel stops it.
"""

import asyncio
import time
import unicodedata
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial

from sqlalchemy import ColumnElement, true
from sqlalchemy.ext.asyncio import AsyncSession

from pincite.answers import store
from pincite.answers.assisting import as_set_up, in_charge, named
from pincite.answers.choosing import Drafters
from pincite.answers.domain import (
    Answer,
    AnswerEvent,
    AnswerMode,
    AnswerState,
    AskRequest,
    Conversation,
    Turn,
)
from pincite.answers.drafting import Task
from pincite.answers.log import AGAIN_S, AWAY_S, tail
from pincite.answers.making import Making, SpentOn
from pincite.answers.moderation import Moderation, QuestionRefused
from pincite.answers.replying import STORED_FOR, ReplyDraft, ReplyRequest, said_in
from pincite.answers.shadowing import Shadows
from pincite.answers.shapes import so_far
from pincite.answers.threshold import Learned, cross_validated, judged, pairs_from
from pincite.answers.withholding import WITHHELD, Withholding
from pincite.assistants import BUILT_IN, Assistants
from pincite.core import Conflict, Database, InvalidInput, Scope, Unavailable, new_id, utc_now
from pincite.core.audit import note
from pincite.core.keeping import with_kept
from pincite.core.scope import system_scope
from pincite.core.trail import DENIED
from pincite.ledger import made_for
from pincite.retrieval import checked_question

_LAST_TURNS = 3
_DROPPED_AT_ONCE = 100


class Answers:
    """Pinned answers in conversations.

    Args:
        database: where answers and their logs are kept.
        drafters: what makes an answer's text and pins.
        assistants: those that questions may be put to.
        moderation: what may be asked and shown; everything where None.
        spent: says what the calls of models for an answer came to; where None, one that failed is said to cost nothing.
    """

    def __init__(
        self,
        database: Database,
        drafters: Drafters,
        assistants: Assistants,
        moderation: Moderation | None = None,
        spent: SpentOn | None = None,
    ) -> None:
        self._db = database
        self._drafters = drafters
        self.assistants = assistants
        self.moderation = moderation or Moderation()
        self._withholding = Withholding(database, drafters)
        self._making = Making(database, self.moderation, spent)
        self.shadows = Shadows(database, drafters)

    async def open(self) -> None:
        """End the answers of processes that are gone, and go on looking for them until `close`."""
        await self._making.open()

    async def recover(self) -> int:
        """End the answers whose process is gone; returns how many there were."""
        return await self._making.recover()

    async def close(self) -> None:
        """End what is still being answered, as failed, and stop."""
        await self._making.close()
        await self.shadows.close()

    @property
    def model_name(self) -> str | None:
        """The model that words the answers, or None where the documents' own sentences do."""
        return self._drafters.choose(None).model_name

    async def start(self, scope: Scope, request: AskRequest) -> Answer:
        """Begin an answer; it goes on whether or not anybody watches.

        Raises:
            InvalidInput: the question is empty or too long.
            NotFound: the conversation, its assistant or a collection is not there for this asker.
            ModelNotConfigured: the model that was asked for cannot be used.
            QuestionRefused: it is one that is not answered here.
            ModerationFailed: that could not be found out.
            Overloaded: too many wait for the model already.
        """
        question = checked_question(request.question)
        earlier = await self._earlier(scope, request.conversation)
        assistant = await in_charge(self.assistants, scope, request, earlier)
        by_itself = request.model is None  # and not by a model that whoever asks has chosen
        request = await as_set_up(self._drafters, scope, request, assistant)
        drafter = self._drafters.choose(request.model, kept=by_itself)
        drafter.look(scope)
        by = BUILT_IN if assistant is None else assistant.id
        with made_for(None, assistant=by):
            await self.admit(scope, question)
        now = utc_now()
        answer = Answer(
            id=new_id(),
            conversation=request.conversation or new_id(),
            question=question,
            created_at=now,
            mode=drafter.mode,
            model=drafter.model_name,
            assistant=named(assistant),
            echo=request.echo,
        )
        async with self._db.transaction(scope) as session:
            if request.conversation is None:
                begun = Conversation(answer.conversation, question, now, now, 0)
                await store.add_conversation(session, scope, begun)
            else:
                await store.change_conversation(session, scope, answer.conversation, updated_at=now)
            await store.add_answer(session, scope, answer, self._making.worker)
            about = {"conversation": answer.conversation}
            if assistant is not None:
                about["assistant"] = assistant.id
            await note(session, scope, "question.asked", ("answer", answer.id), **about)
        turns = (*await self._turns(scope, answer, earlier), *request.turns)[-_LAST_TURNS:]
        work = Task(scope, answer, turns, request.collections, request.tier, request.steady)
        if assistant is not None:
            work = replace(work, instructions=assistant.setup.instructions, likeness=assistant.setup.likeness)
        followed = partial(self.shadows.follow, work) if request.model in {None, "auto"} else None
        with made_for(answer.id, assistant=by), with_kept(request.kept):
            self._making.begin(scope, drafter.begin(work), followed)
        return answer

    async def reply(self, scope: Scope, asked: ReplyRequest) -> Answer:
        """Begin a model's own reply, which is stored as answers are, and goes on whether or not anybody watches.

        Its conversation is none that people see, and cannot go on. Raises: QuestionRefused, ModerationFailed,
        Overloaded.
        """
        asked.chat.look(scope, asked.request.lane)
        await self.admit(scope, said_in(asked.request))
        now, question, echo = utc_now(), asked.question, asked.echo
        answer = Answer(new_id(), new_id(), question, now, mode=AnswerMode.REPLY, model=asked.model, echo=echo)
        async with self._db.transaction(scope) as session:
            home = Conversation(answer.conversation, question, now, now, 0, listed=False)
            await store.add_conversation(session, scope, home)
            await store.add_answer(session, scope, answer, self._making.worker)
            about = ("model", asked.model[:200])
            await note(session, scope, "model.asked", about, answer=answer.id)
        with with_kept(asked.request.kept):  # what it costs is its model's: it is no answer
            self._making.begin(scope, ReplyDraft(scope, answer, asked))
        return answer

    async def delete_alone(self, scope: Scope, answer_id: str) -> None:
        """Delete an answer, or a model's own reply, that nothing follows and nothing comes before.

        Raises: NotFound; Conflict, where it is one of a conversation; OnHold.
        """
        async with self._db.read(scope) as session:
            found = await store.answer(session, scope, answer_id)
            together = await store.answers(session, scope, found.conversation)
        _check_alone(found.conversation, together)
        await self._delete(scope, found.conversation, together, alone=True)

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
        events = tail(self._db, self._making.journal, scope, answer_id, after)
        return self._withholding.guard(scope, partial(self._found, scope, answer_id), events)

    async def wait(self, scope: Scope, answer_id: str) -> Answer:
        """Wait for the end and return the whole answer. Raises: NotFound; Unavailable, after `AWAY_S` without it."""
        seen, until = 0, time.monotonic() + AWAY_S
        while True:
            try:
                async for event in self.events(scope, answer_id, seen):
                    seen, until = event.seq, time.monotonic() + AWAY_S
                return await self.get(scope, answer_id)
            except Unavailable:
                if time.monotonic() > until:
                    raise
            await asyncio.sleep(AGAIN_S)

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
        self._making.cancel(answer_id)

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

    async def rename_conversation(self, scope: Scope, conversation_id: str, title: str) -> Conversation:
        """Give a conversation another title than its first question. Raises: NotFound; InvalidInput."""
        cleaned = " ".join("".join(filter(_is_kept, title)).split())
        if not 0 < len(cleaned) <= store.TITLE_CHARS:
            raise InvalidInput(f"A title has 1 to {store.TITLE_CHARS} characters.", remedy="Choose another one.")
        async with self._db.transaction(scope) as session:
            await store.change_conversation(session, scope, conversation_id, title=cleaned)
            found = await store.conversation(session, scope, conversation_id)
            await note(session, scope, "conversation.renamed", ("conversation", conversation_id))
        return found

    async def delete_conversation(self, scope: Scope, conversation_id: str) -> None:
        """Delete a conversation with its answers. Raises: NotFound; OnHold while the whole tenant is on hold."""
        _, answers = await self.conversation(scope, conversation_id)
        await self._delete(scope, conversation_id, answers)

    async def _delete(
        self, scope: Scope, conversation_id: str, answers: Sequence[Answer], *, alone: bool = False
    ) -> None:
        await self._drafters.refuse_held(scope)  # so that nothing is cancelled which then stays
        for answer in answers:
            self.shadows.drop(answer.id)
            await self._making.stop(answer.id)
        async with self._db.transaction(scope) as session:
            await self._drafters.refuse_held_within(scope, session)
            ids = [each.id for each in await store.answers(session, scope, conversation_id)]
            if alone:
                _check_alone(conversation_id, ids)
            await store.delete_conversation(session, scope, conversation_id)
            about = ("conversation", conversation_id)
            await note(session, scope, "conversation.removed", about, answers=ids)

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

    async def learn_likeness(self, scope: Scope, text: str) -> Learned:
        """Learn how alike two questions must be to be given the same answer, on pairs in lines of JSON.

        Raises: InvalidInput.
        """
        pairs = pairs_from(text)
        return await asyncio.to_thread(cross_validated, await judged(self._drafters.embedder, scope, pairs))

    async def drop_old_replies(self, scope: Scope, now: datetime) -> int:
        """Delete the tenant's replies of models that were stored too long ago; returns how many. Raises: OnHold."""
        system, dropped = system_scope(scope.tenant), 0
        while True:
            async with self._db.read(system) as session:
                old = await store.replies_before(session, system, now - STORED_FOR, most=_DROPPED_AT_ONCE)
            if not old:
                return dropped
            async with self._db.transaction(system) as tx:
                await self._drafters.refuse_held_within(scope, tx)
                await store.erase_whole(tx, system, store.among(old))
            dropped += len(old)

    async def _turns(self, scope: Scope, answer: Answer, earlier: Sequence[Answer]) -> tuple[Turn, ...]:
        """Return the turns that the asker may still read; what those rest on, the new answer rests on too."""
        allowed = await self._withholding.allowed(scope, earlier)
        shown = [each for each in allowed if each.problem is None or each.problem.code != WITHHELD.code]
        async with self._db.transaction(scope) as session:
            basis = await store.basis(session, scope, [each.id for each in shown])
            await store.note_basis(session, answer.id, frozenset[str]().union(*basis.values()))
        return tuple(Turn(each.question, each.text) for each in shown)

    async def _earlier(self, scope: Scope, conversation_id: str | None) -> Sequence[Answer]:
        """Return the last answers of a conversation."""
        if conversation_id is None:
            return ()
        async with self._db.read(scope) as session:
            return (await store.answers(session, scope, conversation_id))[-_LAST_TURNS:]

    async def _found(self, scope: Scope, answer_id: str) -> Answer:
        async with self._db.read(scope) as session:
            return await store.answer(session, scope, answer_id)


def _is_kept(char: str) -> bool:
    return char.isspace() or unicodedata.category(char) not in {"Cc", "Cs"}


def _check_alone(conversation_id: str, answers: Sequence[object]) -> None:
    """Pass the only answer of a conversation. Raises: Conflict."""
    if len(answers) > 1:
        raise Conflict(
            "It is one of several answers in a conversation, which goes as a whole.",
            remedy=f"Use DELETE /v1/conversations/{conversation_id}.",
        )


async def _erase(tx: AsyncSession, whose: Scope, which: ColumnElement[bool], *, only_count: bool) -> dict[str, int]:
    found = await store.count_whole(tx, whose, which)
    if not only_count:
        await store.erase_whole(tx, whose, which)
    return found
