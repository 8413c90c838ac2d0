"""Every query on second factors, recovery codes, and sessions that owe a code.

What a code is and when it is good is decided in `totp.py` and `second_factor.py`; passwords are in `factors.py`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from pincite.accounts.domain import User
from pincite.accounts.store.proofs import visible_to, whole_user
from pincite.accounts.tables import CodesRow, HalfSessionRow, RecoveryRow, UserRow
from pincite.core import Scope


@dataclass(frozen=True, slots=True)
class Codes:
    """A second factor as it is kept; `confirmed` says that it counts."""

    sealed: str
    confirmed: bool
    last_step: int


async def locked(session: AsyncSession, scope: Scope) -> Codes | None:
    """Return the asker's second factor; nobody else uses it until the transaction ends."""
    query = select(CodesRow).where(visible_to(scope, CodesRow), CodesRow.user_id == scope.user).with_for_update()
    row = (await session.scalars(query)).first()
    return None if row is None else Codes(row.sealed, row.confirmed_at is not None, row.last_step)


async def is_on(session: AsyncSession, scope: Scope) -> bool:
    """Say whether the asker has a second factor that counts."""
    query = select(CodesRow.user_id).where(
        visible_to(scope, CodesRow), CodesRow.user_id == scope.user, CodesRow.confirmed_at.is_not(None)
    )
    return (await session.scalars(query)).first() is not None


async def recovery_left(session: AsyncSession, scope: Scope) -> int:
    """Return how many recovery codes the asker has left."""
    query = select(func.count()).where(visible_to(scope, RecoveryRow), RecoveryRow.user_id == scope.user)
    return (await session.scalars(query)).one()


async def begin(session: AsyncSession, scope: Scope, sealed: str) -> None:
    """Put a second factor in place of what there was; it does not count yet."""
    await drop(session, scope, scope.user)
    values = {"user_id": scope.user, "tenant": scope.tenant, "sealed": sealed, "confirmed_at": None, "last_step": -1}
    await session.execute(insert(CodesRow), [values])


async def confirm(session: AsyncSession, scope: Scope, now: datetime, recovery: Sequence[str]) -> None:
    """Let the second factor count from now on, with these hashes of recovery codes."""
    mine = (visible_to(scope, CodesRow), CodesRow.user_id == scope.user)
    await session.execute(update(CodesRow).where(*mine).values(confirmed_at=now))
    rows = [{"user_id": scope.user, "tenant": scope.tenant, "secret_hash": each} for each in recovery]
    await session.execute(insert(RecoveryRow), rows)


async def use_step(session: AsyncSession, scope: Scope, step: int) -> None:
    """Note which step's code was used: it and earlier ones are good no more."""
    mine = (visible_to(scope, CodesRow), CodesRow.user_id == scope.user)
    await session.execute(update(CodesRow).where(*mine).values(last_step=step))


async def use_recovery(session: AsyncSession, scope: Scope, secret_hash: str) -> bool:
    """Use up a recovery code; False where there is none of that hash."""
    used = await session.execute(
        delete(RecoveryRow)
        .where(
            visible_to(scope, RecoveryRow), RecoveryRow.user_id == scope.user, RecoveryRow.secret_hash == secret_hash
        )
        .returning(RecoveryRow.user_id)
    )
    return used.first() is not None


async def drop(session: AsyncSession, scope: Scope, user_id: str) -> None:
    """Take the second factor of a user of the tenant away, with the recovery codes."""
    await session.execute(delete(RecoveryRow).where(visible_to(scope, RecoveryRow), RecoveryRow.user_id == user_id))
    await session.execute(delete(CodesRow).where(visible_to(scope, CodesRow), CodesRow.user_id == user_id))


async def add_half(session: AsyncSession, user: User, secret_hash: str, expires_at: datetime) -> None:
    """Record that somebody gave their password and owes a code."""
    values = {"secret_hash": secret_hash, "user_id": user.id, "tenant": user.tenant, "expires_at": expires_at}
    await session.execute(insert(HalfSessionRow), [values])


async def find_half(session: AsyncSession, secret_hash: str, now: datetime) -> User | None:
    """Return who owes a code; None where it is too late, or they are disabled."""
    query = (
        select(UserRow)
        .join(HalfSessionRow, HalfSessionRow.user_id == UserRow.id)
        .where(
            HalfSessionRow.secret_hash == secret_hash, HalfSessionRow.expires_at > now, UserRow.disabled_at.is_(None)
        )
    )
    row = (await session.scalars(query)).first()
    return None if row is None else await whole_user(session, row)


async def use_half(session: AsyncSession, secret_hash: str, user_id: str, now: datetime) -> bool:
    """Delete a session that owed a code, and those that came too late, and note the sign-in; False if it is gone."""
    used = await session.execute(
        delete(HalfSessionRow).where(HalfSessionRow.secret_hash == secret_hash).returning(HalfSessionRow.user_id)
    )
    if used.first() is None:
        return False
    await session.execute(delete(HalfSessionRow).where(HalfSessionRow.expires_at <= now))
    await session.execute(update(UserRow).where(UserRow.id == user_id).values(signed_in_at=now))
    return True
