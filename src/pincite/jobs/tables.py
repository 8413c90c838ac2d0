"""The table of workers that are alive. Private to `store.py`; jobs themselves live in the engine's own database."""

from sqlalchemy import Float, String
from sqlalchemy.orm import Mapped, mapped_column

from pincite.core import Table


class WorkerRow(Table):
    """One start of a worker process. Times are seconds since 1970 by the clock of the database, never of a host."""

    __tablename__ = "jobs_workers"

    id: Mapped[str] = mapped_column(String(80), primary_key=True)
    beat_at: Mapped[float] = mapped_column(Float(53))
    claimed_at: Mapped[float] = mapped_column(Float(53), default=0.0)
