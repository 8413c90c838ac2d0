"""Tables of answers: conversations, answers, what they rest on, what is given again, shadows, and the event log.

Private to `store.py`.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, Integer, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from pincite.core import Table


class ConversationRow(Table):
    """A conversation of one user; `listed` where people see it as one."""

    __tablename__ = "answers_conversations"
    __table_args__ = (Index("ix_answers_conversations_asker", "tenant", "user", "updated_at"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    tenant: Mapped[str] = mapped_column(String(64))
    user: Mapped[str] = mapped_column(String(64))
    title: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    listed: Mapped[bool] = mapped_column(default=True)


class AnswerRow(Table):
    """An answer; `body` is the whole answer once it is final. `worker` and `beat_at` tell whose it is meanwhile."""

    __tablename__ = "answers_answers"
    __table_args__ = (Index("ix_answers_answers_running", "state", "beat_at"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    tenant: Mapped[str] = mapped_column(String(64))
    user: Mapped[str] = mapped_column(String(64))
    conversation: Mapped[str] = mapped_column(ForeignKey("answers_conversations.id", ondelete="CASCADE"), index=True)
    question: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(16))
    worker: Mapped[str] = mapped_column(String(64))
    beat_at: Mapped[datetime]
    cancel: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]
    body: Mapped[dict[str, Any] | None] = mapped_column(JSON)


class BasisRow(Table):
    """That an answer was made with passages of a document in view, be it by what an earlier answer said of it."""

    __tablename__ = "answers_basis"
    __table_args__ = (Index("ix_answers_basis_document", "document"),)

    answer: Mapped[str] = mapped_column(ForeignKey("answers_answers.id", ondelete="CASCADE"), primary_key=True)
    document: Mapped[str] = mapped_column(String(64), primary_key=True)


class ShadowRow(Table):
    """That an answer was made once more by another route, and how both measure; nothing of what it says."""

    __tablename__ = "answers_shadows"
    __table_args__ = (Index("ix_answers_shadows_tenant_created_at", "tenant", "created_at"),)

    answer: Mapped[str] = mapped_column(ForeignKey("answers_answers.id", ondelete="CASCADE"), primary_key=True)
    tenant: Mapped[str] = mapped_column(String(64))
    body: Mapped[dict[str, Any]] = mapped_column(JSON)
    created_at: Mapped[datetime]


class AskedRow(Table):
    """That an answer may be given again to questions that mean the same; goes with it.

    `key` stands for all that its asker saw and that it was made by; `vector` is float32 (LE), of its question.
    """

    __tablename__ = "answers_asked"
    __table_args__ = (Index(None, "tenant", "key", "asked_at"),)

    answer: Mapped[str] = mapped_column(ForeignKey("answers_answers.id", ondelete="CASCADE"), primary_key=True)
    tenant: Mapped[str] = mapped_column(String(64))
    user: Mapped[str] = mapped_column(String(64))
    key: Mapped[str] = mapped_column(String(64))
    vector: Mapped[bytes] = mapped_column(LargeBinary)
    asked_at: Mapped[datetime]


class EventRow(Table):
    """One entry of an answer's log."""

    __tablename__ = "answers_events"

    answer: Mapped[str] = mapped_column(ForeignKey("answers_answers.id", ondelete="CASCADE"), primary_key=True)
    seq: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(String(40))
    data: Mapped[dict[str, Any]] = mapped_column(JSON)
