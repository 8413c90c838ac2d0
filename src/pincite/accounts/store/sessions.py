"""Queries of one user's sessions. Whom a session stands for is looked up in `proofs.py`.

Rows of others are out of reach: each query names the asker.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from pincite.accounts.store.proofs import visible_to
from pincite.accounts.tables import SessionRow
from pincite.core import Scope


@dataclass(frozen=True, slots=True)
class KeptSession:
    """A session as it is kept: by what its secret is known, how it was begun, by which browser, and when."""

    secret_hash: str
    begun_by: str
    agent: str | None
    created_at: datetime
    last_used_at: datetime


async def sessions_of(session: AsyncSession, scope: Scope, now: datetime) -> list[KeptSession]:
    """Return the asker's sessions that are good, the last used first."""
    query = (
        select(SessionRow)
        .where(visible_to(scope, SessionRow), SessionRow.user_id == scope.user, SessionRow.expires_at > now)
        .order_by(SessionRow.last_used_at.desc(), SessionRow.secret_hash)
    )
    return [
        KeptSession(row.secret_hash, row.begun_by, row.agent, row.created_at, row.last_used_at)
        for row in (await session.scalars(query)).all()
    ]


async def end_sessions_of(session: AsyncSession, scope: Scope, hashes: Sequence[str]) -> None:
    """Delete sessions of the asker's."""
    await session.execute(
        delete(SessionRow).where(
            visible_to(scope, SessionRow), SessionRow.user_id == scope.user, SessionRow.secret_hash.in_(hashes)
        )
    )


async def set_agent(session: AsyncSession, secret_hash: str, agent: str) -> None:
    """Note what the browser of a session calls itself."""
    await session.execute(update(SessionRow).where(SessionRow.secret_hash == secret_hash).values(agent=agent))
