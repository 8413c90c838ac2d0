"""Queries that erase whole conversations: those that quote a document, and those of a user. All of the tenant's.

For the installation's own work and for owners and admins; what the asker of a conversation may delete is in `store.py`.
"""

from sqlalchemy import ColumnElement, delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from pincite.answers.tables import AnswerRow, BasisRow, ConversationRow, EventRow
from pincite.core import Scope


def quoting(scope: Scope, document_id: str) -> ColumnElement[bool]:
    """Return the predicate of the tenant's conversations in which an answer rests on a document."""
    resting = (
        select(AnswerRow.conversation)
        .join(BasisRow, BasisRow.answer == AnswerRow.id)
        .where(AnswerRow.tenant == scope.tenant, BasisRow.document == document_id)
    )
    return (ConversationRow.tenant == scope.tenant) & ConversationRow.id.in_(resting)


def of_user(scope: Scope, user_id: str) -> ColumnElement[bool]:
    """Return the predicate of a user's conversations."""
    return (ConversationRow.tenant == scope.tenant) & (ConversationRow.user == user_id)


async def count(session: AsyncSession, which: ColumnElement[bool]) -> dict[str, int]:
    """Return how many rows of each table are of such conversations."""
    answers = select(AnswerRow.id).where(AnswerRow.conversation.in_(select(ConversationRow.id).where(which)))
    asked = {
        "answers_conversations": select(func.count()).select_from(ConversationRow).where(which),
        "answers_answers": select(func.count()).select_from(answers.subquery()),
        "answers_events": select(func.count()).select_from(EventRow).where(EventRow.answer.in_(answers)),
        "answers_basis": select(func.count()).select_from(BasisRow).where(BasisRow.answer.in_(answers)),
    }
    return {table: await session.scalar(query) or 0 for table, query in asked.items()}


async def erase(session: AsyncSession, which: ColumnElement[bool]) -> None:
    """Delete such conversations with their answers and the logs of these."""
    await session.execute(delete(ConversationRow).where(which).execution_options(synchronize_session=False))
