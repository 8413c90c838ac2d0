"""The table of replies that models gave and that are kept to be given again. Private to `store.py`."""

from datetime import datetime

from sqlalchemy import BigInteger, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from pincite.core import Table


class ReplyRow(Table):
    """A whole reply, under the hash of all that shaped it; the request itself is not kept.

    `actor` is who may be given it, "" for anybody of the tenant whose request is the same. `calls` is JSON: [[id, name,
    arguments], ...]. `cost_pico` is in picodollars, NULL where the model has no known price.
    """

    __tablename__ = "gateway_replies"
    __table_args__ = (Index(None, "tenant", "used_at"), Index(None, "expires_at"))

    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    tenant: Mapped[str] = mapped_column(String(100))
    actor: Mapped[str] = mapped_column(String(64))
    model: Mapped[str] = mapped_column(String(200))
    text: Mapped[str] = mapped_column(Text)
    calls: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(String(20))
    cost_pico: Mapped[int | None] = mapped_column(BigInteger)
    size_bytes: Mapped[int] = mapped_column(Integer)
    created_at: Mapped[datetime]
    used_at: Mapped[datetime]
    expires_at: Mapped[datetime]
