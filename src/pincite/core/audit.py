"""Writes down what is done, in the transaction that does it: the audit log's tables, and the one call that adds to it.

It is here and not in `accounts` because services of every room call it, and services know no web. Looking and checking
are in `accounts`, what an entry is in `trail.py`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from typing import Any, cast

from sqlalchemy import BigInteger, Executable, Index, Insert, String, Text, Update, bindparam, insert, select, update
from sqlalchemy import Table as SqlTable
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


@dataclass(frozen=True, slots=True)
class _Statements:
    """What most of what is done runs, on the bare tables."""

    lock_head: Executable
    move_head: Update
    add_entry: Insert


@cache
def _statements() -> _Statements:
    """Return them, built once: to build them takes longer than to run them."""
    entries, heads = cast("SqlTable", AuditRow.__table__), cast("SqlTable", AuditHeadRow.__table__)
    of_tenant = heads.c.tenant == bindparam("of_tenant")
    return _Statements(
        lock_head=select(heads.c.seq, heads.c.hash).where(of_tenant).with_for_update(),
        move_head=update(heads).where(of_tenant),
        add_entry=insert(entries),
    )


@dataclass(frozen=True, slots=True)
class Deed:
    """What somebody did, as it is noted: said when it is done, and written down then or soon; see `note`."""

    scope: Scope
    action: str
    about: tuple[str, str]
    outcome: str
    detail: str
    where: Origin
    at: datetime


def deed(scope: Scope, action: str, about: tuple[str, str], /, *, outcome: str = DONE, **detail: Any) -> Deed:
    """Return what the scope's user does now, from where they do it. Arguments as those of `note`."""
    where = Origin() if scope.user == SYSTEM else origin()
    return Deed(scope, action, about, outcome, detail_json(detail), where, utc_now())


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
    return await note_all(tx, scope, [deed(scope, action, about, outcome=outcome, **detail)])


async def note_all(tx: AsyncSession, scope: Scope, deeds: Sequence[Deed]) -> int:
    """Write down what several users of one tenant did, in order; see `note`. Returns the last entry's number."""
    head = await _lock_head(tx, scope)
    entries: list[Entry] = []
    for each in deeds:
        entry = _entry_of(each, scope.tenant, head.seq + 1)
        entries.append(replace(entry, hash=hash_of_entry(entry, head.hash)))
        head = Head(entries[-1].seq, entries[-1].hash)
    if entries:
        await _append(tx, entries)
    return head.seq


def _entry_of(deed: Deed, tenant: str, seq: int) -> Entry:
    return Entry(
        tenant=tenant,
        seq=seq,
        at=deed.at,
        actor=deed.scope.user,
        actor_name=deed.scope.name or deed.scope.user,
        key=deed.scope.key,
        action=deed.action,
        object_kind=deed.about[0],
        object_id=cleaned(deed.about[1], 200),
        detail=deed.detail,
        client=cleaned(deed.where.client, 100),
        agent=cleaned(deed.where.agent, 200),
        request=cleaned(deed.where.request, 64),
        outcome=deed.outcome,
    )


async def _lock_head(session: AsyncSession, scope: Scope) -> Head:
    """Return where the tenant's log ends, and let nobody else add to it until the transaction ends."""
    connection, whose = await session.connection(), {"of_tenant": scope.tenant}
    found = (await connection.execute(_statements().lock_head, whose)).first()
    if found is None:
        kind = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
        first = kind(AuditHeadRow).values(tenant=scope.tenant, seq=0, hash=GENESIS)
        await session.execute(first.on_conflict_do_nothing(index_elements=["tenant"]))
        found = (await connection.execute(_statements().lock_head, whose)).one()
    return Head(found.seq, found.hash)


async def _append(session: AsyncSession, entries: Sequence[Entry]) -> None:
    """Add entries behind the head that is locked, and let the head be the last of them.

    It goes there step by step: a trigger lets it go forward by one entry and no more.
    """
    connection = await session.connection()
    await connection.execute(_statements().add_entry, [_values_of(each) for each in entries])
    moves = [{"of_tenant": each.tenant, "seq": each.seq, "hash": each.hash} for each in entries]
    await connection.execute(_statements().move_head, moves)


def _values_of(entry: Entry) -> dict[str, Any]:
    return {
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
