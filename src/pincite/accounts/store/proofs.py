"""Queries that prove who asks. Those that take a secret's hash run before anybody is known, so they take no scope.

Hashes come from `service.py`; no secret gets here. Users and groups are looked after in `people.py`.
"""

import json
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, cast

from sqlalchemy import ColumnElement, Row, Select, bindparam, delete, exists, insert, or_, select, update
from sqlalchemy import Table as SqlTable
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from pincite.accounts.domain import ApiKey, Role, Tenant, User
from pincite.accounts.tables import (
    CodesRow,
    GroupRow,
    IdentityRow,
    KeyRow,
    MemberRow,
    PasswordRow,
    ProviderRow,
    RecoveryRow,
    ScimGroupRow,
    ScimUserRow,
    SessionRow,
    SignInTokenRow,
    TenantRow,
    UserRow,
)
from pincite.core import Conflict, Scope

FIRST_TENANT = "main"
_OF_USER = ("tenant", "name", "roles", "email", "service", "signed_in_at")


@dataclass(frozen=True, slots=True)
class Proof:
    """Whom a key or a session stands for, with the stored hash, when it was last used and until when it is good.

    `permissions` are those that a key is narrowed to, `key` is its id; a session was begun at `created_at` by a link, a
    password or a provider, and is good until `ends_at` at the longest where that is said.
    """

    user: User
    secret_hash: str
    last_used_at: datetime | None
    expires_at: datetime | None
    permissions: frozenset[str] | None = None
    key: str | None = None
    created_at: datetime | None = None
    begun_by: str = ""
    ends_at: datetime | None = None


_Rows = (
    type[UserRow]
    | type[KeyRow]
    | type[GroupRow]
    | type[MemberRow]
    | type[SessionRow]
    | type[SignInTokenRow]
    | type[PasswordRow]
    | type[CodesRow]
    | type[RecoveryRow]
    | type[ProviderRow]
    | type[IdentityRow]
    | type[ScimUserRow]
    | type[ScimGroupRow]
)


def visible_to(scope: Scope, row: _Rows) -> ColumnElement[bool]:
    """Return the predicate of the rows that the asker may see."""
    return row.tenant == scope.tenant


@cache
def _by_key() -> Select[Any]:
    """What each request of a program asks, built once, and one statement: a row for each group of the key's user."""
    keys, users, members = (cast("SqlTable", row.__table__) for row in (KeyRow, UserRow, MemberRow))
    return (
        select(keys, *(users.c[name].label(f"user_{name}") for name in _OF_USER), members.c.group_id)
        .join(users, users.c.id == keys.c.user_id)
        .outerjoin(members, (members.c.tenant == users.c.tenant) & (members.c.user_id == users.c.id))
        .where(keys.c.secret_hash == bindparam("secret"), users.c.disabled_at.is_(None))
    )


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


async def add_tenant(session: AsyncSession, tenant_id: str, name: str, now: datetime) -> None:
    """Add another tenant."""
    await session.execute(insert(TenantRow), [{"id": tenant_id, "slug": tenant_id, "name": name, "created_at": now}])


async def list_tenants(session: AsyncSession) -> list[Tenant]:
    """Return all tenants, oldest first. For the installation's own work."""
    rows = (await session.scalars(select(TenantRow).order_by(TenantRow.created_at, TenantRow.id))).all()
    return [Tenant(row.id, row.name, row.created_at) for row in rows]


@contextmanager
def taken_address_named() -> Iterator[None]:
    """Say that an address is taken where only the database can know: in another tenant, or since it was looked up."""
    try:
        yield
    except IntegrityError as error:
        if "email" not in str(error.orig):
            raise
        raise Conflict("Somebody has this e-mail address already.", remedy="Use another, or none.") from error


async def add_user(session: AsyncSession, user: User, now: datetime) -> None:
    """Insert a user. Raises: Conflict, the address is taken."""
    values = {
        "id": user.id,
        "tenant": user.tenant,
        "name": user.name,
        "roles": roles_json(user.roles),
        "email": user.email,
        "service": user.service,
        "created_at": now,
        "signed_in_at": None,
        "disabled_at": None,
    }
    with taken_address_named():
        await session.execute(insert(UserRow), [values])


async def find_user(session: AsyncSession, scope: Scope, user_id: str) -> User | None:
    """Return a user of the asker's tenant."""
    row = (await session.scalars(select(UserRow).where(visible_to(scope, UserRow), UserRow.id == user_id))).first()
    return None if row is None else await whole_user(session, row)


async def find_person(session: AsyncSession, named: str) -> User | None:
    """Return whoever has that id or that e-mail address, of any tenant, disabled or not."""
    query = select(UserRow).where(or_(UserRow.id == named, UserRow.email == named.lower()))
    row = (await session.scalars(query)).first()
    return None if row is None else await whole_user(session, row)


async def find_owner(session: AsyncSession) -> User | None:
    """Return the first owner of the installation's own tenant."""
    query = (
        select(UserRow)
        .join(TenantRow, TenantRow.id == UserRow.tenant)
        .where(TenantRow.slug == FIRST_TENANT)
        .order_by(UserRow.created_at, UserRow.id)
    )
    users = [user_of(row) for row in (await session.scalars(query)).all()]
    return next((user for user in users if Role.OWNER in user.roles and not user.disabled), None)


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
    """Delete a one-time token and return whom it signs in; None if it is unknown, used or too old, or they disabled."""
    used = await session.execute(
        delete(SignInTokenRow)
        .where(SignInTokenRow.secret_hash == secret_hash, SignInTokenRow.expires_at > now)
        .returning(SignInTokenRow.user_id)
    )
    user_id = used.scalar()
    if user_id is None:
        return None
    row = (await session.scalars(select(UserRow).where(UserRow.id == user_id))).one()
    if row.disabled_at is not None:
        return None
    row.signed_in_at = now
    return await whole_user(session, row)


async def drop_expired(session: AsyncSession, now: datetime) -> None:
    """Delete tokens and sessions that are too old."""
    await session.execute(delete(SignInTokenRow).where(SignInTokenRow.expires_at <= now))
    await session.execute(delete(SessionRow).where(SessionRow.expires_at <= now))


async def add_session(
    session: AsyncSession, user: User, secret_hash: str, begun_by: str, now: datetime, expires_at: datetime
) -> None:
    """Record that a browser is signed in, by a link or a password."""
    values = {
        "begun_by": begun_by,
        "secret_hash": secret_hash,
        "tenant": user.tenant,
        "user_id": user.id,
        "created_at": now,
        "last_used_at": now,
        "expires_at": expires_at,
    }
    await session.execute(insert(SessionRow), [values])


async def find_session(session: AsyncSession, secret_hash: str) -> Proof | None:
    """Return whom a session stands for, expired or not; None for somebody who is disabled."""
    query = (
        select(SessionRow, UserRow)
        .join(UserRow, UserRow.id == SessionRow.user_id)
        .where(SessionRow.secret_hash == secret_hash, UserRow.disabled_at.is_(None))
    )
    row = (await session.execute(query)).first()
    if row is None:
        return None
    found: SessionRow = row[0]
    return Proof(
        user=await whole_user(session, row[1]),
        secret_hash=found.secret_hash,
        last_used_at=found.last_used_at,
        expires_at=found.expires_at,
        created_at=found.created_at,
        begun_by=found.begun_by,
        ends_at=found.ends_at,
    )


async def find_key(session: AsyncSession, secret_hash: str) -> Proof | None:
    """Return whom a key stands for; None for somebody who is disabled."""
    connection = await session.connection()
    rows = (await connection.execute(_by_key(), {"secret": secret_hash})).all()
    if not rows:
        return None
    found = rows[0]
    key = _key_of(found)
    user = User(
        id=found.user_id,
        tenant=found.user_tenant,
        name=found.user_name,
        roles=frozenset(json.loads(found.user_roles)),
        email=found.user_email,
        service=found.user_service,
        groups=frozenset(row.group_id for row in rows if row.group_id is not None),
        signed_in_at=found.user_signed_in_at,
    )
    return Proof(user, found.secret_hash, key.last_used_at, key.expires_at, key.permissions, key.id)


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
    """Record a key."""
    values = {
        "id": key.id,
        "tenant": scope.tenant,
        "user_id": key.user,
        "name": key.name,
        "prefix": key.prefix,
        "secret_hash": secret_hash,
        "permissions": None if key.permissions is None else json.dumps(sorted(key.permissions)),
        "created_at": key.created_at,
        "expires_at": key.expires_at,
        "last_used_at": None,
    }
    await session.execute(insert(KeyRow), [values])


async def list_keys(session: AsyncSession, scope: Scope) -> list[ApiKey]:
    """Return the tenant's keys, newest first."""
    query = select(KeyRow).where(visible_to(scope, KeyRow)).order_by(KeyRow.id.desc())
    return [_key_of(row) for row in (await session.scalars(query)).all()]


async def find_key_by_id(session: AsyncSession, scope: Scope, key_id: str) -> ApiKey | None:
    """Return a key of the tenant."""
    row = (await session.scalars(select(KeyRow).where(visible_to(scope, KeyRow), KeyRow.id == key_id))).first()
    return None if row is None else _key_of(row)


async def change_secret(session: AsyncSession, scope: Scope, key: ApiKey, secret_hash: str) -> None:
    """Let a key have another secret; the old one stops working."""
    await session.execute(
        update(KeyRow)
        .where(visible_to(scope, KeyRow), KeyRow.id == key.id)
        .values(secret_hash=secret_hash, prefix=key.prefix)
    )


async def drop_key(session: AsyncSession, scope: Scope, key_id: str) -> None:
    """Delete a key."""
    await session.execute(delete(KeyRow).where(visible_to(scope, KeyRow), KeyRow.id == key_id))


def roles_json(roles: Collection[str]) -> str:
    """Write roles as they are stored."""
    return json.dumps(sorted(roles))


def user_of(row: UserRow, groups: Collection[str] = ()) -> User:
    """Make the value of a user's row."""
    return User(
        id=row.id,
        tenant=row.tenant,
        name=row.name,
        roles=frozenset(json.loads(row.roles)),
        email=row.email,
        service=row.service,
        disabled=row.disabled_at is not None,
        groups=frozenset(groups),
        signed_in_at=row.signed_in_at,
    )


def _key_of(row: KeyRow | Row[Any]) -> ApiKey:
    return ApiKey(
        id=row.id,
        name=row.name,
        prefix=row.prefix,
        created_at=row.created_at,
        last_used_at=row.last_used_at,
        user=row.user_id,
        permissions=None if row.permissions is None else frozenset(json.loads(row.permissions)),
        expires_at=row.expires_at,
    )


async def whole_user(session: AsyncSession, row: UserRow) -> User:
    """Make the value of a user's row, with their groups."""
    query = select(MemberRow.group_id).where(MemberRow.tenant == row.tenant, MemberRow.user_id == row.id)
    return user_of(row, (await session.scalars(query)).all())
