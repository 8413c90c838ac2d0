"""Every query on the table of replays. A claim is taken by one of many, on SQLite and PostgreSQL alike."""

import json

from sqlalchemy import ColumnElement, and_, delete, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from pincite.app.replays.domain import Answered, Fingerprint, UnderWay
from pincite.app.replays.tables import ReplayRow
from pincite.core import Scope
from pincite.core.database import clock


def visible_to(scope: Scope) -> ColumnElement[bool]:
    """Return the predicate of the asker's own rows; another user of the tenant has others."""
    return (ReplayRow.tenant == scope.tenant) & (ReplayRow.asker == scope.user)


async def claim(session: AsyncSession, scope: Scope, key: str, mine: str, lease_s: float, keep_s: float) -> bool:
    """Take the right to do a request; True for one caller. What is older than `keep_s` counts for nothing."""
    now = clock(session)
    begun = {"claim": mine, "claimed_until": now + lease_s, "created_at": now}
    kind = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    added = await session.execute(
        kind(ReplayRow)
        .values(tenant=scope.tenant, asker=scope.user, key=key, **begun)
        .on_conflict_do_nothing(index_elements=["tenant", "asker", "key"])
        .returning(ReplayRow.key)
    )
    if added.first() is not None:
        return True
    nothing = dict.fromkeys(("request", "request_bytes", "status", "headers", "body"))
    taken = await session.execute(
        update(ReplayRow)
        .where(visible_to(scope), ReplayRow.key == key)
        .where(or_(ReplayRow.status.is_(None) & (ReplayRow.claimed_until < now), ReplayRow.created_at < now - keep_s))
        .values(**begun, **nothing)
        .returning(ReplayRow.key)
        .execution_options(synchronize_session=False)
    )
    return taken.first() is not None


async def find(session: AsyncSession, scope: Scope, key: str, keep_s: float) -> Answered | UnderWay | None:
    """Return what is known of a key, None where nothing is."""
    now = clock(session)
    query = select(ReplayRow, ReplayRow.claimed_until < now).where(
        visible_to(scope), ReplayRow.key == key, ReplayRow.created_at >= now - keep_s
    )
    found = (await session.execute(query)).first()
    if found is None:
        return None
    row: ReplayRow = found[0]
    if row.status is None or row.request is None or row.request_bytes is None:
        return UnderWay(abandoned=bool(found[1]))
    headers = json.loads(row.headers or "{}")
    return Answered(Fingerprint(row.request, row.request_bytes), row.status, headers, row.body)


async def renew(session: AsyncSession, scope: Scope, key: str, mine: str, lease_s: float) -> None:
    """Say that the request is still being done."""
    await session.execute(
        update(ReplayRow)
        .where(visible_to(scope), ReplayRow.key == key, ReplayRow.claim == mine)
        .values(claimed_until=clock(session) + lease_s)
        .execution_options(synchronize_session=False)
    )


async def keep(session: AsyncSession, scope: Scope, key: str, mine: str, answered: Answered) -> None:
    """Record what was answered, unless somebody else took the request over."""
    await session.execute(
        update(ReplayRow)
        .where(visible_to(scope), ReplayRow.key == key, ReplayRow.claim == mine)
        .values(
            request=answered.request.digest,
            request_bytes=answered.request.size_bytes,
            status=answered.status,
            headers=json.dumps(dict(answered.headers)),
            body=answered.body,
        )
        .execution_options(synchronize_session=False)
    )


async def release(session: AsyncSession, scope: Scope, key: str, mine: str) -> None:
    """Forget a request that came to nothing, so that it may be sent again."""
    await session.execute(
        delete(ReplayRow).where(
            visible_to(scope), ReplayRow.key == key, ReplayRow.claim == mine, ReplayRow.status.is_(None)
        )
    )


async def forget(session: AsyncSession, scope: Scope, asker: str | None, *, only_count: bool) -> int:
    """Delete what was answered to the tenant's requests, or to one user's; returns how many there were."""
    which = ReplayRow.tenant == scope.tenant
    if asker is not None:
        which = and_(which, ReplayRow.asker == asker)
    found = await session.scalar(select(func.count()).select_from(ReplayRow).where(which))
    if not only_count:
        await session.execute(delete(ReplayRow).where(which))
    return found or 0


async def forget_old(session: AsyncSession, keep_s: float) -> None:
    """Delete what is older, of all tenants. For the installation's own work."""
    await session.execute(delete(ReplayRow).where(ReplayRow.created_at < clock(session) - keep_s))
