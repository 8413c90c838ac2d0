"""Every query that looks at the audit log, for a scope. Nothing here writes: that is `core/audit.py`'s.

What an entry's hash is made of is in `core/trail.py`.
"""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, or_, select, union
from sqlalchemy.ext.asyncio import AsyncSession

from pincite.accounts.audit_chain import Wanted
from pincite.accounts.tables import TenantRow
from pincite.core import Scope
from pincite.core.audit import AuditHeadRow, AuditRow
from pincite.core.trail import Entry, Head


def _visible_to(scope: Scope, row: type[AuditRow] | type[AuditHeadRow]) -> ColumnElement[bool]:
    """Return the predicate of the rows that the asker may see."""
    return row.tenant == scope.tenant


async def newest(session: AsyncSession, scope: Scope, wanted: Wanted, limit: int, before: int | None) -> list[Entry]:
    """Return entries that match, newest first, from the one before `before`."""
    query = (
        select(AuditRow)
        .where(_visible_to(scope, AuditRow), *_matching(wanted))
        .order_by(AuditRow.seq.desc())
        .limit(limit)
    )
    if before is not None:
        query = query.where(AuditRow.seq < before)
    return [_entry_of(row) for row in (await session.scalars(query)).all()]


async def oldest(session: AsyncSession, scope: Scope, wanted: Wanted, limit: int, after: int | None) -> list[Entry]:
    """Return entries that match in their order, from the one after `after`."""
    query = select(AuditRow).where(_visible_to(scope, AuditRow), *_matching(wanted)).order_by(AuditRow.seq).limit(limit)
    if after is not None:
        query = query.where(AuditRow.seq > after)
    return [_entry_of(row) for row in (await session.scalars(query)).all()]


async def find_head(session: AsyncSession, scope: Scope) -> Head | None:
    """Return where the tenant's log is said to end; None where nothing says it."""
    query = select(AuditHeadRow.seq, AuditHeadRow.hash).where(_visible_to(scope, AuditHeadRow))
    found = (await session.execute(query)).first()
    return None if found is None else Head(found.seq, found.hash)


async def tenants(session: AsyncSession) -> Sequence[str]:
    """Return every tenant that has a log or should have one. For the installation's own check."""
    query = union(select(TenantRow.id), select(AuditHeadRow.tenant), select(AuditRow.tenant).distinct())
    return sorted((await session.scalars(query)).all())


def _matching(wanted: Wanted) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.actor is not None:
        found.append(or_(AuditRow.actor == wanted.actor, AuditRow.actor_name == wanted.actor))
    if wanted.action is not None:
        found.append(AuditRow.action.startswith(wanted.action, autoescape=True))
    if wanted.object is not None:
        found.append(AuditRow.object_id == wanted.object)
    if wanted.since is not None:
        found.append(AuditRow.at >= wanted.since)
    if wanted.until is not None:
        found.append(AuditRow.at < wanted.until)
    return found


def _entry_of(row: AuditRow) -> Entry:
    return Entry(
        tenant=row.tenant,
        seq=row.seq,
        at=row.at,
        actor=row.actor,
        actor_name=row.actor_name,
        key=row.key_id,
        action=row.action,
        object_kind=row.object_kind,
        object_id=row.object_id,
        detail=row.detail,
        client=row.client,
        agent=row.agent,
        request=row.request,
        outcome=row.outcome,
        hash=row.hash,
    )
