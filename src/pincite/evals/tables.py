"""Tables of evaluation: golden sets by version with cases and passages, and kept outcomes. Private to `store.py`."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from pincite.core import Table

NAME_LENGTH, ID_LENGTH = 120, 400


class SetRow(Table):
    """One version of a golden set; `version` names its content."""

    __tablename__ = "evals_sets"
    __table_args__ = (UniqueConstraint("tenant", "name", "version"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    tenant: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    version: Mapped[str] = mapped_column(String(12))
    kind: Mapped[str] = mapped_column(String(16))
    cases: Mapped[int] = mapped_column(Integer)
    created_at: Mapped[datetime]


class CaseRow(Table):
    """One case of a version, in the set's order."""

    __tablename__ = "evals_cases"

    set_id: Mapped[str] = mapped_column(ForeignKey("evals_sets.id", ondelete="CASCADE"), primary_key=True)
    place: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    data: Mapped[dict[str, Any]] = mapped_column(JSON)


class PassageRow(Table):
    """One passage of a set that brings its own."""

    __tablename__ = "evals_passages"

    set_id: Mapped[str] = mapped_column(ForeignKey("evals_sets.id", ondelete="CASCADE"), primary_key=True)
    place: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    passage: Mapped[str] = mapped_column(String(ID_LENGTH))
    title: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text)


class OutcomeRow(Table):
    """What a subject did with a case; `key` names subject, revision and case by a hash."""

    __tablename__ = "evals_outcomes"

    tenant: Mapped[str] = mapped_column(String(64), primary_key=True)
    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    created_at: Mapped[datetime]
    data: Mapped[dict[str, Any]] = mapped_column(JSON)
