"""The table of writes that carried an `Idempotency-Key`. Private to `store.py`.

Times are seconds since 1970 by the clock of the database: hosts may disagree, their database does not.
"""

from sqlalchemy import BigInteger, Float, Index, Integer, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from pincite.core import Table


class ReplayRow(Table):
    """A write under way (`status` is null) or done, and what was answered.

    `key` is the sha256 of the client's key, `request` that of method, path and body; `claim` names who does it.
    """

    __tablename__ = "app_replays"
    __table_args__ = (Index(None, "created_at"),)

    tenant: Mapped[str] = mapped_column(String(100), primary_key=True)
    asker: Mapped[str] = mapped_column(String(64), primary_key=True)
    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    claim: Mapped[str] = mapped_column(String(64))
    claimed_until: Mapped[float] = mapped_column(Float(53))
    created_at: Mapped[float] = mapped_column(Float(53))
    request: Mapped[str | None] = mapped_column(String(64))
    request_bytes: Mapped[int | None] = mapped_column(BigInteger)
    status: Mapped[int | None] = mapped_column(Integer)
    headers: Mapped[str | None] = mapped_column(Text)
    body: Mapped[bytes | None] = mapped_column(LargeBinary)
