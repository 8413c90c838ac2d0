"""The tables of the ledger. Private to `store.py`; nothing of what was asked or answered is in them.

Amounts of money are whole picodollars. No foreign keys: the ledger outlives users, keys and answers.
"""

from datetime import datetime

from sqlalchemy import BigInteger, Boolean, Index, Integer, String, Text, false
from sqlalchemy.orm import Mapped, mapped_column

from pincite.core import Table

_ID = String(64)
_TENANT = String(100)


class EntryRow(Table):
    """One call of a model: what was reserved for it and, once it is over, what it came to.

    `holds` is a JSON list of the budgets' windows that its reservation stands in, each `[budget, seconds since 1970]`.
    `cost_pico` is NULL where the model has no known price. A `hit` is none: a reply that was kept was given again.
    """

    __tablename__ = "ledger_entries"
    __table_args__ = (
        Index(None, "tenant", "created_at"),
        Index(None, "answer", "tenant"),
        Index(None, "state", "expires_at"),
    )

    id: Mapped[str] = mapped_column(_ID, primary_key=True)
    tenant: Mapped[str] = mapped_column(_TENANT)
    actor: Mapped[str] = mapped_column(_ID)
    key_id: Mapped[str | None] = mapped_column(_ID)
    assistant: Mapped[str | None] = mapped_column(_ID)
    answer: Mapped[str | None] = mapped_column(_ID)
    kind: Mapped[str] = mapped_column(String(20))
    stage: Mapped[str] = mapped_column(String(30))
    model: Mapped[str] = mapped_column(String(200))
    state: Mapped[str] = mapped_column(String(10))
    holds: Mapped[str] = mapped_column(Text)
    reserved_pico: Mapped[int] = mapped_column(BigInteger)
    reserved_tokens: Mapped[int] = mapped_column(BigInteger)
    input_tokens: Mapped[int] = mapped_column(BigInteger)
    cached_tokens: Mapped[int] = mapped_column(BigInteger)
    output_tokens: Mapped[int] = mapped_column(BigInteger)
    cost_pico: Mapped[int | None] = mapped_column(BigInteger)
    estimated: Mapped[bool] = mapped_column(Boolean, server_default=false())
    hit: Mapped[bool] = mapped_column(Boolean, server_default=false())
    saved_pico: Mapped[int] = mapped_column(BigInteger, server_default="0")
    routed_pico: Mapped[int] = mapped_column(BigInteger, server_default="0")
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class BudgetRow(Table):
    """The most that somebody may spend in a period."""

    __tablename__ = "ledger_budgets"
    __table_args__ = (Index(None, "tenant"),)

    id: Mapped[str] = mapped_column(_ID, primary_key=True)
    tenant: Mapped[str] = mapped_column(_TENANT)
    subject: Mapped[str] = mapped_column(String(10))
    subject_id: Mapped[str] = mapped_column(_ID)
    period: Mapped[str] = mapped_column(String(10))
    limit_pico: Mapped[int | None] = mapped_column(BigInteger)
    limit_tokens: Mapped[int | None] = mapped_column(BigInteger)
    warn_percent: Mapped[int] = mapped_column(Integer)
    cheaper_percent: Mapped[int | None] = mapped_column(Integer)
    created_at: Mapped[datetime]


class WindowRow(Table):
    """What was spent in one window of a budget, and what is reserved; `began` is in seconds since 1970."""

    __tablename__ = "ledger_windows"

    budget: Mapped[str] = mapped_column(_ID, primary_key=True)
    began: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    tenant: Mapped[str] = mapped_column(_TENANT)
    spent_pico: Mapped[int] = mapped_column(BigInteger)
    spent_tokens: Mapped[int] = mapped_column(BigInteger)
    reserved_pico: Mapped[int] = mapped_column(BigInteger)
    reserved_tokens: Mapped[int] = mapped_column(BigInteger)
    warned: Mapped[bool] = mapped_column(Boolean, server_default=false())
