"""The table of requests counted. Private to `store.py`.

Times are seconds since 1970 by the clock of the database: hosts may disagree, their database does not.
"""

from sqlalchemy import Float, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from pincite.core import Table


class LimitRow(Table):
    """What was taken of one policy by one address, key or user in the window that ends at `ends_at`.

    `key` is a hash, so that no address is in the table; `granted` is what the last taking came to. Of no tenant:
    addresses are counted before anybody is known. It may be lost: PostgreSQL keeps it out of its log.
    """

    __tablename__ = "app_limits"
    __table_args__ = (Index(None, "ends_at"),)

    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    ends_at: Mapped[float] = mapped_column(Float(53))
    used: Mapped[int] = mapped_column(Integer)
    granted: Mapped[int] = mapped_column(Integer)
    refused: Mapped[int] = mapped_column(Integer)
