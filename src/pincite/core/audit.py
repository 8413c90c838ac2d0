"""Writes down what is done, in the transaction that does it: the audit log's tables, and the one call that adds to it.

It is here and not in `accounts` because services of every room call it, and services know no web. Looking and checking
are in `accounts`, what an entry is in `trail.py`.
"""

from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Index, String, Text, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from pincite.core.ids import utc_now
from pincite.core.origin import SYSTEM, Origin, origin
from pincite.core.schema import Table
from pincite.core.scope import Scope
from pincite.core.trail import DONE, GENESIS, Entry, Head, cleaned, detail_json, hash_of_entry

_ID = String(64)
_HASH = String(64)


class AuditRow(Table):
    """What somebody did or was refused. Rows are only ever added, and a trigger of migration 0012 refuses the rest.

    No foreign key: it would take locks on the tenant's row, which others hold while they wait for the head, and the log
    outlives what it tells of.
    """

    __tablename__ = "audit_entries"
    __table_args__ = (
        Index(None, "tenant", "at"),
        Index(None, "tenant", "actor", "seq"),
        Index(None, "tenant", "object_id", "seq"),
    )

    tenant: Mapped[str] = mapped_column(String(100), primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(_ID)
    actor_name: Mapped[str] = mapped_column(String(200))
    key_id: Mapped[str | None] = mapped_column(_ID)
    action: Mapped[str] = mapped_column(String(60))
    object_kind: Mapped[str] = mapped_column(String(20))
    object_id: Mapped[str] = mapped_column(String(200))
    detail: Mapped[str] = mapped_column(Text)
    client: Mapped[str] = mapped_column(String(100))
    agent: Mapped[str] = mapped_column(String(200))
    request: Mapped[str] = mapped_column(_ID)
    outcome: Mapped[str] = mapped_column(String(10))
    hash: Mapped[str] = mapped_column(_HASH)


class AuditHeadRow(Table):
    """How far a tenant's log goes. Whoever adds to it locks this row, last of all that their transaction locks."""

    __tablename__ = "audit_heads"

    tenant: Mapped[str] = mapped_column(String(100), primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger)
    hash: Mapped[str] = mapped_column(_HASH)


async def note(
    tx: AsyncSession, scope: Scope, action: str, about: tuple[str, str], /, *, outcome: str = DONE, **detail: Any
) -> int:
    """Write down that the scope's user did something, in the transaction that does it.

    Call it last: it locks the end of the tenant's log until the transaction ends, and whoever locks anything else after
    that can wait in a circle with somebody else.

    Args:
        tx: the transaction.
        scope: who does it.
        action: what, as a stable dotted name: `document.removed`.
        about: to what, as a kind and an id.
        outcome: `done`, or `denied` for what was refused.
        detail: what else there is to say, in few words: never what a document says, never a secret.

    Returns: the entry's number.
    """
    where = Origin() if scope.user == SYSTEM else origin()
    head = await _lock_head(tx, scope)
    entry = Entry(
        tenant=scope.tenant,
        seq=head.seq + 1,
        at=utc_now(),
        actor=scope.user,
        actor_name=scope.name or scope.user,
        key=scope.key,
        action=action,
        object_kind=about[0],
        object_id=cleaned(about[1], 200),
        detail=detail_json(detail),
        client=cleaned(where.client, 100),
        agent=cleaned(where.agent, 200),
        request=cleaned(where.request, 64),
        outcome=outcome,
    )
    await _append(tx, replace(entry, hash=hash_of_entry(entry, head.hash)))
    return entry.seq


async def _lock_head(session: AsyncSession, scope: Scope) -> Head:
    """Return where the tenant's log ends, and let nobody else add to it until the transaction ends."""
    query = select(AuditHeadRow.seq, AuditHeadRow.hash).where(AuditHeadRow.tenant == scope.tenant).with_for_update()
    found = (await session.execute(query)).first()
    if found is None:
        kind = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
        first = kind(AuditHeadRow).values(tenant=scope.tenant, seq=0, hash=GENESIS)
        await session.execute(first.on_conflict_do_nothing(index_elements=["tenant"]))
        found = (await session.execute(query)).one()
    return Head(found.seq, found.hash)


async def _append(session: AsyncSession, entry: Entry) -> None:
    """Add an entry behind the head that is locked, and let the head be it."""
    values = {
        "tenant": entry.tenant,
        "seq": entry.seq,
        "at": entry.at,
        "actor": entry.actor,
        "actor_name": entry.actor_name,
        "key_id": entry.key,
        "action": entry.action,
        "object_kind": entry.object_kind,
        "object_id": entry.object_id,
        "detail": entry.detail,
        "client": entry.client,
        "agent": entry.agent,
        "request": entry.request,
        "outcome": entry.outcome,
        "hash": entry.hash,
    }
    await session.execute(insert(AuditRow), [values])
    await session.execute(
        update(AuditHeadRow).where(AuditHeadRow.tenant == entry.tenant).values(seq=entry.seq, hash=entry.hash)
    )
