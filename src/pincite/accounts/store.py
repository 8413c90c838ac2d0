"""Every query on accounts. Those that take a secret's hash run before anybody is known, so they take no scope.

Hashes come from `service.py`; no secret gets here.
"""

import json
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, delete, exists, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from pincite.accounts.domain import ApiKey, User
from pincite.accounts.tables import KeyRow, SessionRow, SignInTokenRow, TenantRow, UserRow
from pincite.core import Scope

FIRST_TENANT = "main"


@dataclass(frozen=True, slots=True)
class Proof:
    """Whom a key or a session stands for, with the stored hash, when it was last used and until when it is good."""

    user: User
    secret_hash: str
    last_used_at: datetime | None
    expires_at: datetime | None


def visible_to(scope: Scope, row: type[UserRow] | type[KeyRow]) -> ColumnElement[bool]:
    """Return the predicate of the rows that the asker may see."""
    return row.tenant == scope.tenant


async def add_first_tenant(session: AsyncSession, tenant_id: str, name: str, now: datetime) -> bool:
    """Add the installation's tenant; False if there is one. Of two processes that try at once, one gets True."""
    kind = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    statement = (
        kind(TenantRow)
        .values(id=tenant_id, slug=FIRST_TENANT, name=name, created_at=now)
        .on_conflict_do_nothing(index_elements=["slug"])
        .returning(TenantRow.id)
    )
    return (await session.execute(statement)).first() is not None


async def add_user(session: AsyncSession, user: User, now: datetime) -> None:
    """Insert a user."""
    values = {
        "id": user.id,
        "tenant": user.tenant,
        "name": user.name,
        "roles": json.dumps(sorted(user.roles)),
        "created_at": now,
        "signed_in_at": None,
    }
    await session.execute(insert(UserRow), [values])


async def find_user(session: AsyncSession, scope: Scope, user_id: str) -> User | None:
    """Return a user of the asker's tenant."""
    row = (await session.scalars(select(UserRow).where(visible_to(scope, UserRow), UserRow.id == user_id))).first()
    return None if row is None else _user_of(row)


async def find_owner(session: AsyncSession) -> User | None:
    """Return the first owner of the installation's own tenant."""
    query = (
        select(UserRow)
        .join(TenantRow, TenantRow.id == UserRow.tenant)
        .where(TenantRow.slug == FIRST_TENANT)
        .order_by(UserRow.created_at, UserRow.id)
    )
    users = [_user_of(row) for row in (await session.scalars(query)).all()]
    return next((user for user in users if "owner" in user.roles), None)


async def anybody_signed_in(session: AsyncSession) -> bool:
    """Say whether anybody ever signed in to this installation."""
    return bool(await session.scalar(select(exists().where(UserRow.signed_in_at.is_not(None)))))


async def add_token(session: AsyncSession, scope: Scope, secret_hash: str, now: datetime, expires_at: datetime) -> None:
    """Record a one-time token for the scope's user."""
    values = {
        "secret_hash": secret_hash,
        "tenant": scope.tenant,
        "user_id": scope.user,
        "created_at": now,
        "expires_at": expires_at,
    }
    await session.execute(insert(SignInTokenRow), [values])


async def use_token(session: AsyncSession, secret_hash: str, now: datetime) -> User | None:
    """Delete a one-time token and return whom it signs in; None if it is unknown, used or too old."""
    used = await session.execute(
        delete(SignInTokenRow)
        .where(SignInTokenRow.secret_hash == secret_hash, SignInTokenRow.expires_at > now)
        .returning(SignInTokenRow.user_id)
    )
    user_id = used.scalar()
    if user_id is None:
        return None
    row = (await session.scalars(select(UserRow).where(UserRow.id == user_id))).one()
    row.signed_in_at = now
    return _user_of(row)


async def drop_expired(session: AsyncSession, now: datetime) -> None:
    """Delete tokens and sessions that are too old."""
    await session.execute(delete(SignInTokenRow).where(SignInTokenRow.expires_at <= now))
    await session.execute(delete(SessionRow).where(SessionRow.expires_at <= now))


async def add_session(session: AsyncSession, user: User, secret_hash: str, now: datetime, expires_at: datetime) -> None:
    """Record that a browser is signed in."""
    values = {
        "secret_hash": secret_hash,
        "tenant": user.tenant,
        "user_id": user.id,
        "created_at": now,
        "last_used_at": now,
        "expires_at": expires_at,
    }
    await session.execute(insert(SessionRow), [values])


async def find_session(session: AsyncSession, secret_hash: str) -> Proof | None:
    """Return whom a session stands for, expired or not."""
    query = (
        select(SessionRow, UserRow)
        .join(UserRow, UserRow.id == SessionRow.user_id)
        .where(SessionRow.secret_hash == secret_hash)
    )
    row = (await session.execute(query)).first()
    if row is None:
        return None
    return Proof(_user_of(row[1]), row[0].secret_hash, row[0].last_used_at, row[0].expires_at)


async def find_key(session: AsyncSession, secret_hash: str) -> Proof | None:
    """Return whom a key stands for."""
    query = select(KeyRow, UserRow).join(UserRow, UserRow.id == KeyRow.user_id).where(KeyRow.secret_hash == secret_hash)
    row = (await session.execute(query)).first()
    return None if row is None else Proof(_user_of(row[1]), row[0].secret_hash, row[0].last_used_at, None)


async def extend_session(session: AsyncSession, secret_hash: str, now: datetime, expires_at: datetime) -> None:
    """Note that a session was used, and until when it is good now."""
    await session.execute(
        update(SessionRow).where(SessionRow.secret_hash == secret_hash).values(last_used_at=now, expires_at=expires_at)
    )


async def note_key_used(session: AsyncSession, secret_hash: str, now: datetime) -> None:
    """Note that a key was used."""
    await session.execute(update(KeyRow).where(KeyRow.secret_hash == secret_hash).values(last_used_at=now))


async def drop_session(session: AsyncSession, secret_hash: str) -> None:
    """Delete a session; none is not an error."""
    await session.execute(delete(SessionRow).where(SessionRow.secret_hash == secret_hash))


async def add_key(session: AsyncSession, scope: Scope, key: ApiKey, secret_hash: str) -> None:
    """Record a key that acts as the scope's user."""
    values = {
        "id": key.id,
        "tenant": scope.tenant,
        "user_id": scope.user,
        "name": key.name,
        "prefix": key.prefix,
        "secret_hash": secret_hash,
        "created_at": key.created_at,
        "last_used_at": None,
    }
    await session.execute(insert(KeyRow), [values])


async def list_keys(session: AsyncSession, scope: Scope) -> list[ApiKey]:
    """Return the tenant's keys, newest first."""
    query = select(KeyRow).where(visible_to(scope, KeyRow)).order_by(KeyRow.id.desc())
    return [
        ApiKey(row.id, row.name, row.prefix, row.created_at, row.last_used_at)
        for row in (await session.scalars(query)).all()
    ]


async def drop_key(session: AsyncSession, scope: Scope, key_id: str) -> bool:
    """Delete a key; False if there is none."""
    dropped = await session.execute(
        delete(KeyRow).where(visible_to(scope, KeyRow), KeyRow.id == key_id).returning(KeyRow.id)
    )
    return dropped.first() is not None


def _user_of(row: UserRow) -> User:
    return User(row.id, row.tenant, row.name, frozenset(json.loads(row.roles)))
