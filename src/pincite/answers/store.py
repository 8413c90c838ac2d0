"""Every query of answers. A conversation is seen by the user who began it, and by no other user.

Translation between rows and the values of `domain.py` is in `shapes.py`.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import ColumnElement, and_, delete, func, insert, select, update
from sqlalchemy import Table as SqlTable
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from pincite.answers.domain import Answer, AnswerEvent, AnswerState, Asked, Conversation
from pincite.answers.shapes import answer_from, answer_to
from pincite.answers.tables import AnswerRow, AskedRow, BasisRow, ConversationRow, EventRow, ShadowRow
from pincite.core import Conflict, NotFound, Scope
from pincite.core.database import database_now

TITLE_CHARS = 120
_BEHIND_THE_WALL = "42501"


def visible_to(scope: Scope, row: type[AnswerRow] | type[ConversationRow] | type[AskedRow]) -> ColumnElement[bool]:
    """Return the predicate of the rows that the asker may see: the one place where that is decided.

    The installation's own work, which erases, sees all of the tenant; nobody can be given its role.
    """
    within = row.tenant == scope.tenant
    return within if "system" in scope.roles else and_(within, row.user == scope.user)


async def add_conversation(session: AsyncSession, scope: Scope, conversation: Conversation) -> None:
    """Begin a conversation."""
    session.add(
        ConversationRow(
            id=conversation.id,
            tenant=scope.tenant,
            user=scope.user,
            title=conversation.title[:TITLE_CHARS],
            created_at=conversation.created_at,
            updated_at=conversation.updated_at,
            listed=conversation.listed,
        )
    )
    await session.flush()


async def change_conversation(
    session: AsyncSession, scope: Scope, conversation_id: str, **values: str | datetime
) -> None:
    """Set the `title` of a conversation, or by `updated_at` that it has a new turn. Raises: NotFound."""
    changed = await session.execute(
        update(ConversationRow)
        .where(visible_to(scope, ConversationRow), ConversationRow.listed, ConversationRow.id == conversation_id)
        .values(**values)
        .returning(ConversationRow.id)
    )
    if changed.scalar_one_or_none() is None:
        raise NotFound("There is no such conversation.")


async def conversations(session: AsyncSession, scope: Scope, *, before: str | None, limit: int) -> list[Conversation]:
    """Return the asker's conversations, newest first, from after the id `before`."""
    turns = (
        select(func.count()).where(AnswerRow.conversation == ConversationRow.id).correlate(ConversationRow)
    ).scalar_subquery()
    query = select(ConversationRow, turns).where(visible_to(scope, ConversationRow), ConversationRow.listed)
    if before is not None:
        query = query.where(ConversationRow.id < before)
    rows = await session.execute(query.order_by(ConversationRow.id.desc()).limit(limit))
    return [Conversation(row.id, row.title, row.created_at, row.updated_at, count) for row, count in rows.all()]


async def conversation(session: AsyncSession, scope: Scope, conversation_id: str) -> Conversation:
    """Return one conversation. Raises: NotFound."""
    row = await session.scalar(
        select(ConversationRow).where(
            visible_to(scope, ConversationRow), ConversationRow.listed, ConversationRow.id == conversation_id
        )
    )
    if row is None:
        raise NotFound("There is no such conversation.")
    turns = await session.scalar(select(func.count()).where(AnswerRow.conversation == row.id)) or 0
    return Conversation(row.id, row.title, row.created_at, row.updated_at, turns)


async def delete_conversation(session: AsyncSession, scope: Scope, conversation_id: str) -> None:
    """Delete a conversation with its answers and their logs. Raises: NotFound."""
    gone = await session.execute(
        delete(ConversationRow)
        .where(visible_to(scope, ConversationRow), ConversationRow.id == conversation_id)
        .returning(ConversationRow.id)
    )
    if gone.scalar_one_or_none() is None:
        raise NotFound("There is no such conversation.")


async def add_answer(session: AsyncSession, scope: Scope, answer: Answer, worker: str) -> None:
    """Write a running answer down."""
    session.add(
        AnswerRow(
            id=answer.id,
            tenant=scope.tenant,
            user=scope.user,
            conversation=answer.conversation,
            question=answer.question,
            state=answer.state.value,
            worker=worker,
            beat_at=await database_now(session),
            created_at=answer.created_at,
            body=answer_to(answer),
        )
    )
    await session.flush()


async def answer(session: AsyncSession, scope: Scope, answer_id: str) -> Answer:
    """Return one answer. Raises: NotFound."""
    row = await session.scalar(select(AnswerRow).where(visible_to(scope, AnswerRow), AnswerRow.id == answer_id))
    if row is None:
        raise NotFound("There is no such answer.")
    return answer_from(row.body or {})


async def answers(session: AsyncSession, scope: Scope, conversation_id: str) -> list[Answer]:
    """Return a conversation's answers in order."""
    rows = await session.scalars(
        select(AnswerRow)
        .where(visible_to(scope, AnswerRow), AnswerRow.conversation == conversation_id)
        .order_by(AnswerRow.id)
    )
    return [answer_from(row.body or {}) for row in rows]


async def finish(session: AsyncSession, scope: Scope, answer: Answer) -> bool:
    """Write the final answer; False if it was final already, so that there is one end only."""
    changed = await session.execute(
        update(AnswerRow)
        .where(visible_to(scope, AnswerRow), AnswerRow.id == answer.id, AnswerRow.state == AnswerState.RUNNING.value)
        .values(state=answer.state.value, body=answer_to(answer))
        .returning(AnswerRow.id)
    )
    return changed.scalar_one_or_none() is not None


async def ask_to_cancel(session: AsyncSession, scope: Scope, answer_id: str) -> None:
    """Note that the asker wants it stopped; whichever process has it looks. Raises: NotFound."""
    changed = await session.execute(
        update(AnswerRow)
        .where(visible_to(scope, AnswerRow), AnswerRow.id == answer_id)
        .values(cancel=True)
        .returning(AnswerRow.id)
    )
    if changed.scalar_one_or_none() is None:
        raise NotFound("There is no such answer.")


async def is_over(session: AsyncSession, scope: Scope, answer_id: str) -> bool:
    """Say whether nothing will be added to an answer's log: it is final, or not there."""
    state = await session.scalar(select(AnswerRow.state).where(visible_to(scope, AnswerRow), AnswerRow.id == answer_id))
    return state != AnswerState.RUNNING.value


async def append(session: AsyncSession, answer_id: str, events: Sequence[AnswerEvent]) -> None:
    """Add entries to an answer's log; the answer was found for its scope before."""
    await append_all(session, [(answer_id, event) for event in events])


async def append_all(session: AsyncSession, events: Sequence[tuple[str, AnswerEvent]]) -> None:
    """Add entries to the logs of answers, each with its answer's id; these were found for their scopes before.

    Raises: Conflict, where an answer is gone.
    """
    rows = [{"answer": id_, "seq": each.seq, "name": each.name, "data": dict(each.data)} for id_, each in events]
    with _gone_named():
        await session.execute(insert(cast("SqlTable", EventRow.__table__)), rows)


async def events(session: AsyncSession, scope: Scope, answer_id: str, after: int) -> list[AnswerEvent]:
    """Return the log's entries after `after`."""
    # Columns and no objects: a log has hundreds of entries, and who comes back reads it anew.
    rows = await session.execute(
        select(EventRow.seq, EventRow.name, EventRow.data)
        .join(AnswerRow, AnswerRow.id == EventRow.answer)
        .where(visible_to(scope, AnswerRow), EventRow.answer == answer_id, EventRow.seq > after)
        .order_by(EventRow.seq)
    )
    return [AnswerEvent(seq, name, data) for seq, name, data in rows.tuples()]


async def note_basis(session: AsyncSession, answer_id: str, documents: Collection[str]) -> None:
    """Note that an answer rests on documents; before anything of them is in its log."""
    if not documents:
        return
    kind = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    rows = [{"answer": answer_id, "document": each} for each in sorted(documents)]
    with _gone_named():
        await session.execute(kind(BasisRow).on_conflict_do_nothing(), rows)


@contextmanager
def _gone_named() -> Iterator[None]:
    """Say that an answer is gone where PostgreSQL's wall says it: it looks for the answer before any key does."""
    try:
        yield
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) != _BEHIND_THE_WALL:
            raise
        raise Conflict("The answer was deleted meanwhile.", remedy="Ask again.") from error


async def basis(session: AsyncSession, scope: Scope, answer_ids: Collection[str]) -> dict[str, frozenset[str]]:
    """Return the documents that answers rest on, by answer."""
    query = (
        select(BasisRow.answer, BasisRow.document)
        .join(AnswerRow, AnswerRow.id == BasisRow.answer)
        .where(visible_to(scope, AnswerRow), BasisRow.answer.in_(answer_ids))
    )
    found: dict[str, set[str]] = {}
    for answer_id, document in (await session.execute(query)).all():
        found.setdefault(answer_id, set()).add(document)
    return {answer_id: frozenset(documents) for answer_id, documents in found.items()}


async def add_shadow(
    session: AsyncSession, scope: Scope, answer_id: str, pair: Mapping[str, Any], at: datetime
) -> None:
    """Keep how an answer and its shadow measure, unless the answer is gone."""
    known = await session.scalar(select(AnswerRow.id).where(visible_to(scope, AnswerRow), AnswerRow.id == answer_id))
    if known is not None:
        row = {"answer": answer_id, "tenant": scope.tenant, "body": dict(pair), "created_at": at}
        await session.execute(insert(ShadowRow), [row])


async def shadows(session: AsyncSession, scope: Scope, since: datetime, *, most: int) -> list[Mapping[str, Any]]:
    """Return how answers and their shadows measure, the newest first."""
    query = (
        select(ShadowRow.body)
        .join(AnswerRow, AnswerRow.id == ShadowRow.answer)
        .where(visible_to(scope, AnswerRow), ShadowRow.created_at >= since)
        .order_by(ShadowRow.created_at.desc())
        .limit(most)
    )
    return list(await session.scalars(query))


async def remember(session: AsyncSession, scope: Scope, answer_id: str, place: tuple[str, bytes, datetime]) -> None:
    """Let an answer be found again: under a key, by the vector of its question, asked at that time."""
    key, vector, at = place
    session.add(AskedRow(answer=answer_id, tenant=scope.tenant, user=scope.user, key=key, vector=vector, asked_at=at))
    await session.flush()


async def asked(session: AsyncSession, scope: Scope, key: str, among: tuple[datetime, int]) -> list[Asked]:
    """Return the questions of a key whose answers are whole, the newest first: since a time, at most so many."""
    query = (
        select(AskedRow.answer, AskedRow.user, AnswerRow.question, AskedRow.vector)
        .join(AnswerRow, AnswerRow.id == AskedRow.answer)
        .where(visible_to(scope, AskedRow), AskedRow.key == key, AskedRow.asked_at >= among[0])
        .where(visible_to(scope, AnswerRow), AnswerRow.state == AnswerState.COMPLETED.value)
        .order_by(AskedRow.asked_at.desc(), AskedRow.answer.desc())
        .limit(among[1])
    )
    return [Asked(*row) for row in (await session.execute(query)).all()]


async def forget_asked(session: AsyncSession, scope: Scope, before: datetime) -> None:
    """Let no answer be found again that was asked for before a time."""
    await session.execute(delete(AskedRow).where(visible_to(scope, AskedRow), AskedRow.asked_at < before))


async def beat(session: AsyncSession, worker: str, ids: Collection[str]) -> set[str]:
    """Say that `worker` is still making the answers `ids`; returns those that are to be stopped, or are gone."""
    running = and_(AnswerRow.worker == worker, AnswerRow.id.in_(ids), AnswerRow.state == AnswerState.RUNNING.value)
    await session.execute(update(AnswerRow).where(running).values(beat_at=await database_now(session)))
    there = await session.execute(select(AnswerRow.id, AnswerRow.cancel).where(AnswerRow.id.in_(ids)))
    cancelled = dict(there.tuples().all())
    return {each for each in ids if cancelled.get(each, True)}


async def orphans(session: AsyncSession, silent: timedelta) -> list[tuple[Scope, Answer, int]]:
    """Return running answers that nobody has beaten for as long as that, with their last sequence number."""
    before = await database_now(session) - silent
    last = (
        select(func.coalesce(func.max(EventRow.seq), 0)).where(EventRow.answer == AnswerRow.id).correlate(AnswerRow)
    ).scalar_subquery()
    rows = await session.execute(
        select(AnswerRow, last).where(AnswerRow.state == AnswerState.RUNNING.value, AnswerRow.beat_at < before)
    )
    return [(Scope(row.tenant, row.user), answer_from(row.body or {}), seq) for row, seq in rows.all()]


def quoting(scope: Scope, document_id: str) -> ColumnElement[bool]:
    """Return the predicate of the conversations in which an answer rests on a document."""
    resting = (
        select(AnswerRow.conversation)
        .join(BasisRow, BasisRow.answer == AnswerRow.id)
        .where(visible_to(scope, AnswerRow), BasisRow.document == document_id)
    )
    return and_(visible_to(scope, ConversationRow), ConversationRow.id.in_(resting))


async def replies_before(session: AsyncSession, scope: Scope, moment: datetime, *, most: int) -> list[str]:
    """Return the conversations of models' own replies that were begun before a time."""
    query = (
        select(ConversationRow.id)
        .where(visible_to(scope, ConversationRow), ConversationRow.listed.is_(False))
        .where(ConversationRow.created_at < moment)
        .limit(most)
    )
    return list(await session.scalars(query))


def among(ids: Collection[str]) -> ColumnElement[bool]:
    """Return the predicate of these conversations."""
    return ConversationRow.id.in_(ids)


async def count_whole(session: AsyncSession, scope: Scope, which: ColumnElement[bool]) -> dict[str, int]:
    """Return how many rows of each table are of such conversations."""
    homes = select(ConversationRow.id).where(visible_to(scope, ConversationRow), which)
    answers = select(AnswerRow.id).where(visible_to(scope, AnswerRow), AnswerRow.conversation.in_(homes))
    asked = {
        "answers_conversations": select(func.count()).select_from(homes.subquery()),
        "answers_answers": select(func.count()).select_from(answers.subquery()),
        "answers_events": select(func.count()).select_from(EventRow).where(EventRow.answer.in_(answers)),
        "answers_asked": select(func.count()).select_from(AskedRow).where(AskedRow.answer.in_(answers)),
        "answers_basis": select(func.count()).select_from(BasisRow).where(BasisRow.answer.in_(answers)),
        "answers_shadows": select(func.count()).select_from(ShadowRow).where(ShadowRow.answer.in_(answers)),
    }
    return {table: await session.scalar(query) or 0 for table, query in asked.items()}


async def erase_whole(session: AsyncSession, scope: Scope, which: ColumnElement[bool]) -> None:
    """Delete such conversations with their answers and the logs of these."""
    await session.execute(
        delete(ConversationRow)
        .where(visible_to(scope, ConversationRow), which)
        .execution_options(synchronize_session=False)
    )
