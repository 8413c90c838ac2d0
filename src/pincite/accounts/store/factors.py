"""Every query on passwords and on tries of secrets; whoever signs in has no scope yet.

What a password may be and how it is hashed is decided above; second factors are in `codes.py`, sessions in `proofs.py`.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from pincite.accounts.domain import User
from pincite.accounts.store.proofs import visible_to, whole_user
from pincite.accounts.tables import CodesRow, HalfSessionRow, PasswordRow, SessionRow, SignInTokenRow, TriesRow, UserRow
from pincite.core import Scope

_FORGOTTEN_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class Tries:
    """How often something was tried in vain, when last, and until when it is not to be tried again."""

    failures: int
    last_at: datetime
    until: datetime | None


async def find_password(session: AsyncSession, email: str) -> tuple[str, str] | None:
    """Return the id and the password's hash of whoever signs in with an address; None for programs and disabled."""
    query = (
        select(UserRow.id, PasswordRow.hash)
        .join(PasswordRow, PasswordRow.user_id == UserRow.id)
        .where(UserRow.email == email, UserRow.disabled_at.is_(None), UserRow.service.is_(False))
    )
    row = (await session.execute(query)).first()
    return None if row is None else (row[0], row[1])


async def rehash(session: AsyncSession, user_id: str, password_hash: str, anew: str) -> None:
    """Keep a password as another hash of it, unless it was changed meanwhile."""
    query = update(PasswordRow).where(PasswordRow.user_id == user_id, PasswordRow.hash == password_hash)
    await session.execute(query.values(hash=anew))


async def enter(session: AsyncSession, user_id: str, password_hash: str, now: datetime) -> tuple[User, bool] | None:
    """Note that somebody signed in; returns them, and whether they owe a code and are not signed in yet.

    None where they were disabled or have another password by now.
    """
    query = (
        select(UserRow, CodesRow.confirmed_at)
        .join(PasswordRow, PasswordRow.user_id == UserRow.id)
        .outerjoin(CodesRow, CodesRow.user_id == UserRow.id)
        .where(UserRow.id == user_id, UserRow.disabled_at.is_(None), PasswordRow.hash == password_hash)
    )
    found = (await session.execute(query)).first()
    if found is None:
        return None
    row, confirmed_at = found
    if confirmed_at is None:
        row.signed_in_at = now
    return await whole_user(session, row), confirmed_at is not None


async def password_hash(session: AsyncSession, scope: Scope) -> str | None:
    """Return what the asker's password is kept as; None where they have none."""
    query = select(PasswordRow.hash).where(visible_to(scope, PasswordRow), PasswordRow.user_id == scope.user)
    return (await session.scalars(query)).first()


async def set_password(session: AsyncSession, scope: Scope, hashed: str, now: datetime) -> None:
    """Let the asker have this password and no other."""
    kind = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    values = {"user_id": scope.user, "tenant": scope.tenant, "hash": hashed, "changed_at": now}
    statement = kind(PasswordRow).values(**values)
    await session.execute(
        statement.on_conflict_do_update(index_elements=["user_id"], set_={"hash": hashed, "changed_at": now})
    )


async def drop_other_sessions(session: AsyncSession, scope: Scope, kept_hash: str) -> None:
    """End the asker's sessions but one, and the links that would begin another."""
    await session.execute(
        delete(SessionRow).where(
            visible_to(scope, SessionRow), SessionRow.user_id == scope.user, SessionRow.secret_hash != kept_hash
        )
    )
    for row in (SignInTokenRow, HalfSessionRow):
        await session.execute(delete(row).where(row.tenant == scope.tenant, row.user_id == scope.user))


async def locked_tries(session: AsyncSession, key: str, now: datetime) -> Tries:
    """Return what was tried with a key; nobody else counts it until the transaction ends."""
    kind = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    values = {"key": key, "failures": 0, "last_at": now, "until": None}
    await session.execute(kind(TriesRow).values(**values).on_conflict_do_nothing(index_elements=["key"]))
    row = (await session.scalars(select(TriesRow).where(TriesRow.key == key).with_for_update())).one()
    return Tries(row.failures, row.last_at, row.until)


async def note_tries(session: AsyncSession, key: str, tries: Tries) -> None:
    """Write down what was tried with a key."""
    values = {"failures": tries.failures, "last_at": tries.last_at, "until": tries.until}
    await session.execute(update(TriesRow).where(TriesRow.key == key).values(**values))


async def forgive(session: AsyncSession, key: str, *, everything: bool) -> None:
    """Take the last failure of a key back, or all of them, with the wait that it brought: it was none."""
    left = 0 if everything else TriesRow.failures - 1
    await session.execute(
        update(TriesRow).where(TriesRow.key == key, TriesRow.failures > 0).values(failures=left, until=None)
    )


async def forget_tries(session: AsyncSession, before: datetime) -> None:
    """Delete what was tried long ago; waits for nobody who is counting."""
    old = (
        select(TriesRow.key)
        .where(TriesRow.last_at < before)
        .limit(_FORGOTTEN_AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    await session.execute(delete(TriesRow).where(TriesRow.key.in_(old)))
