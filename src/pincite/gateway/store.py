"""Every query on kept replies. They are found by the hash of a request, and within the asker's tenant alone.

What may be kept and what a hash is made of is decided in `cache_key.py`.
"""

import json
from datetime import datetime, timedelta
from decimal import Decimal
from typing import cast

from sqlalchemy import ColumnElement, and_, delete, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from pincite.core import Scope
from pincite.gateway.domain import EndReason, KeptReply, ToolCall
from pincite.gateway.tables import ReplyRow

_PICO = 10**12
# A row's own fields beside its text.
_ROW_BYTES = 400
# So often it is written down that a reply was used: which goes first need not be known to the second.
_USED_EVERY = timedelta(minutes=1)
_AT_ONCE = 500


def visible_to(scope: Scope, row: type[ReplyRow]) -> ColumnElement[bool]:
    """Return the predicate of the replies that may be given to the asker: the tenant's that are theirs or anybody's.

    The installation's own work, which makes room and erases, sees all of the tenant.
    """
    within = row.tenant == scope.tenant
    return within if "system" in scope.roles else and_(within, or_(row.actor == "", row.actor == scope.user))


async def kept(session: AsyncSession, scope: Scope, key: str, now: datetime) -> KeptReply | None:
    """Return the reply of that key; None where there is none, or it is too old."""
    row = await session.scalar(
        select(ReplyRow).where(visible_to(scope, ReplyRow), ReplyRow.key == key, ReplyRow.expires_at > now)
    )
    if row is None:
        return None
    calls = tuple(ToolCall(*each) for each in json.loads(row.calls))
    cost = None if row.cost_pico is None else Decimal(row.cost_pico) / _PICO
    is_stale = row.used_at < now - _USED_EVERY
    return KeptReply(row.model, row.text, calls, cast("EndReason", row.reason), cost, to_note=is_stale)


async def note_used(session: AsyncSession, scope: Scope, key: str, now: datetime) -> None:
    """Note that a reply was given again: those that are not go first where there is no room."""
    await session.execute(update(ReplyRow).where(visible_to(scope, ReplyRow), ReplyRow.key == key).values(used_at=now))


async def keep(
    session: AsyncSession, scope: Scope, key: str, reply: KeptReply, *, shared: bool, times: tuple[datetime, datetime]
) -> None:
    """Keep a reply, in place of the one that was kept; `times` are now and when it is too old."""
    calls = json.dumps([[each.id, each.name, each.arguments] for each in reply.calls])
    values = {
        "key": key,
        "tenant": scope.tenant,
        "actor": "" if shared else scope.user,
        "model": reply.model,
        "text": reply.text,
        "calls": calls,
        "reason": reply.reason,
        "cost_pico": None if reply.cost_usd is None else int(reply.cost_usd * _PICO),
        "size_bytes": _ROW_BYTES + len(reply.text.encode()) + len(calls.encode()),
        "created_at": times[0],
        "used_at": times[0],
        "expires_at": times[1],
    }
    kind = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    again = {name: value for name, value in values.items() if name not in {"key", "tenant", "actor"}}
    made = kind(ReplyRow).values(values)
    await session.execute(made.on_conflict_do_update(index_elements=["key"], set_=again))


async def make_room(session: AsyncSession, scope: Scope, most_bytes: int, now: datetime) -> None:
    """Delete what is too old of a scope's replies, and of the rest those that were used longest ago, till they fit."""
    theirs = visible_to(scope, ReplyRow)
    await session.execute(delete(ReplyRow).where(theirs, ReplyRow.expires_at <= now))
    held = await session.scalar(select(func.coalesce(func.sum(ReplyRow.size_bytes), 0)).where(theirs)) or 0
    while held > most_bytes:
        oldest = select(ReplyRow.key, ReplyRow.size_bytes).where(theirs).order_by(ReplyRow.used_at, ReplyRow.key)
        gone: list[str] = []
        for key, size in (await session.execute(oldest.limit(_AT_ONCE))).all():
            if held <= most_bytes:
                break
            gone.append(key)
            held -= size
        if not gone:
            break  # somebody else has deleted them meanwhile
        await session.execute(delete(ReplyRow).where(theirs, ReplyRow.key.in_(gone)))


async def forget(session: AsyncSession, scope: Scope, *, only_count: bool) -> int:
    """Delete all of a scope's replies; returns how many those are."""
    theirs = visible_to(scope, ReplyRow)
    count = await session.scalar(select(func.count()).select_from(ReplyRow).where(theirs)) or 0
    if count and not only_count:
        await session.execute(delete(ReplyRow).where(theirs))
    return count


async def drop_expired(session: AsyncSession, now: datetime) -> None:
    """Delete what is too old, of all tenants."""
    await session.execute(delete(ReplyRow).where(ReplyRow.expires_at <= now))
