"""Tables of sources: the places with their newest run, and what is known of each item. Private to `store.py`."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Boolean, ForeignKey, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from pincite.core import Table


class SourceRow(Table):
    """A place and its newest run; see `domain.Source`. `lost` counts jobs in a row that ended without a word."""

    __tablename__ = "sources_sources"
    __table_args__ = (UniqueConstraint("tenant", "name"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    tenant: Mapped[str] = mapped_column(String(100))
    name: Mapped[str] = mapped_column(String(100))
    kind: Mapped[str] = mapped_column(String(20))
    location: Mapped[str] = mapped_column(Text)
    options: Mapped[dict[str, Any]] = mapped_column(JSON)
    collection: Mapped[str] = mapped_column(String(64))
    every_s: Mapped[int | None] = mapped_column(Integer)
    state: Mapped[str] = mapped_column(String(16))
    created_at: Mapped[datetime]
    next_at: Mapped[datetime | None]
    run: Mapped[int] = mapped_column(Integer)
    portion: Mapped[int] = mapped_column(Integer)
    lost: Mapped[int] = mapped_column(Integer)
    run_state: Mapped[str] = mapped_column(String(16))
    forced: Mapped[bool] = mapped_column(Boolean)
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    counts: Mapped[dict[str, int]] = mapped_column(JSON)
    trouble: Mapped[dict[str, str] | None] = mapped_column(JSON(none_as_null=True))


class ItemRow(Table):
    """An item of a place. `seen_run` is the last run that found it, `tried_run` the last that read it or tried to."""

    __tablename__ = "sources_items"
    __table_args__ = (Index("ix_sources_items_source_id_seen_run", "source_id", "seen_run"),)

    source_id: Mapped[str] = mapped_column(ForeignKey("sources_sources.id", ondelete="CASCADE"), primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    tenant: Mapped[str] = mapped_column(String(100))
    key: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    mark: Mapped[str] = mapped_column(Text)
    document_id: Mapped[str | None] = mapped_column(String(64))
    seen_run: Mapped[int] = mapped_column(Integer)
    tried_run: Mapped[int] = mapped_column(Integer)
    memory: Mapped[dict[str, Any]] = mapped_column(JSON)
    trouble: Mapped[dict[str, str] | None] = mapped_column(JSON(none_as_null=True))
