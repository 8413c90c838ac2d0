"""Every query on users and groups, for a scope. Who may change what is decided in `people.py`.

Proving who asks is in `proofs.py`.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, delete, insert, select, true, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from pincite.accounts.domain import Grantee, Group, Role, User
from pincite.accounts.store.proofs import taken_address_named, user_of, visible_to
from pincite.accounts.tables import (
    CodesRow,
    GroupRow,
    HalfSessionRow,
    IdentityRow,
    KeyRow,
    MemberRow,
    PasswordRow,
    RecoveryRow,
    ScimGroupRow,
    SessionRow,
    SignInTokenRow,
    TenantRow,
    UserRow,
)
from pincite.core import Scope


async def lock(session: AsyncSession, scope: Scope) -> None:
    """Let nobody else change the tenant's people until the transaction ends."""
    await session.execute(select(TenantRow.id).where(TenantRow.id == scope.tenant).with_for_update())


async def list_users(session: AsyncSession, scope: Scope, limit: int, after: str | None) -> list[User]:
    """Return users by id, from the one after `after`."""
    query = select(UserRow).where(visible_to(scope, UserRow)).order_by(UserRow.id).limit(limit)
    if after is not None:
        query = query.where(UserRow.id > after)
    rows = (await session.scalars(query)).all()
    memberships = select(MemberRow.user_id, MemberRow.group_id).where(
        visible_to(scope, MemberRow), MemberRow.user_id.in_([row.id for row in rows])
    )
    groups: dict[str, set[str]] = {}
    for user_id, group_id in (await session.execute(memberships)).all():
        groups.setdefault(user_id, set()).add(group_id)
    return [user_of(row, groups.get(row.id, ())) for row in rows]


async def has_other_owner(session: AsyncSession, scope: Scope, user_id: str) -> bool:
    """Say whether somebody else owns the tenant and is not disabled."""
    others = select(UserRow).where(
        visible_to(scope, UserRow),
        UserRow.id != user_id,
        UserRow.disabled_at.is_(None),
        UserRow.roles.contains(f'"{Role.OWNER}"', autoescape=True),
    )
    return any(Role.OWNER in user_of(row).roles for row in (await session.scalars(others)).all())


async def email_is_taken(session: AsyncSession, email: str) -> bool:
    """Say whether anybody of the installation has an address: people sign in with it before their tenant is known."""
    return (await session.scalar(select(UserRow.id).where(UserRow.email == email))) is not None


async def change_user(session: AsyncSession, scope: Scope, user_id: str, values: dict[str, Any]) -> None:
    """Set columns of a user. Raises: Conflict, the address is taken."""
    with taken_address_named():
        await session.execute(update(UserRow).where(visible_to(scope, UserRow), UserRow.id == user_id).values(**values))


async def drop_access(session: AsyncSession, scope: Scope, user_id: str, *, keys: bool) -> None:
    """End a user's sessions and sign-in links, and with `keys` delete their API keys."""
    rows = (SessionRow, HalfSessionRow, SignInTokenRow, *((KeyRow,) if keys else ()))
    for row in rows:
        await session.execute(delete(row).where(row.tenant == scope.tenant, row.user_id == user_id))


async def drop_links(session: AsyncSession, scope: Scope, user_id: str) -> None:
    """Let the sign-in links of a user that were not used yet sign nobody in."""
    mine = (visible_to(scope, SignInTokenRow), SignInTokenRow.user_id == user_id)
    await session.execute(delete(SignInTokenRow).where(*mine))


async def drop_ways_in(session: AsyncSession, scope: Scope, user_id: str) -> None:
    """Delete what a user signs in with beside links: password, second factor, who they are to providers."""
    for row in (PasswordRow, CodesRow, RecoveryRow, IdentityRow):
        await session.execute(delete(row).where(visible_to(scope, row), row.user_id == user_id))


async def drop_identities(session: AsyncSession, scope: Scope, user_id: str) -> None:
    """Delete who somebody is to providers, with the sessions that these began."""
    for row, which in ((SessionRow, SessionRow.begun_by == "provider"), (IdentityRow, true())):
        await session.execute(delete(row).where(visible_to(scope, row), row.user_id == user_id, which))


async def drop_user(session: AsyncSession, scope: Scope, user_id: str) -> None:
    """Delete a user, who has no access any more."""
    await session.execute(delete(MemberRow).where(visible_to(scope, MemberRow), MemberRow.user_id == user_id))
    await session.execute(delete(UserRow).where(visible_to(scope, UserRow), UserRow.id == user_id))


async def add_group(session: AsyncSession, scope: Scope, group: Group, now: datetime) -> bool:
    """Add an empty group; False if the name is taken."""
    kind = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    statement = (
        kind(GroupRow)
        .values(id=group.id, tenant=scope.tenant, name=group.name, created_at=now)
        .on_conflict_do_nothing(index_elements=["tenant", "name"])
        .returning(GroupRow.id)
    )
    return (await session.execute(statement)).first() is not None


async def list_groups(session: AsyncSession, scope: Scope) -> list[Group]:
    """Return the tenant's groups by name."""
    rows = (await session.scalars(select(GroupRow).where(visible_to(scope, GroupRow)).order_by(GroupRow.name))).all()
    return await _with_members(session, scope, rows)


async def find_group(session: AsyncSession, scope: Scope, group_id: str) -> Group | None:
    """Return a group by id."""
    query = select(GroupRow).where(visible_to(scope, GroupRow), GroupRow.id == group_id)
    found = await _with_members(session, scope, (await session.scalars(query)).all())
    return found[0] if found else None


async def rename_group(session: AsyncSession, scope: Scope, group_id: str, name: str) -> None:
    """Let a group have another name, which none has."""
    await session.execute(
        update(GroupRow).where(visible_to(scope, GroupRow), GroupRow.id == group_id).values(name=name)
    )


async def drop_group(session: AsyncSession, scope: Scope, group_id: str) -> None:
    """Delete a group; its members stay."""
    await session.execute(delete(MemberRow).where(visible_to(scope, MemberRow), MemberRow.group_id == group_id))
    await session.execute(delete(GroupRow).where(visible_to(scope, GroupRow), GroupRow.id == group_id))


async def set_members(session: AsyncSession, scope: Scope, group_id: str, user_ids: Sequence[str]) -> None:
    """Let a group have exactly these members."""
    await session.execute(delete(MemberRow).where(visible_to(scope, MemberRow), MemberRow.group_id == group_id))
    rows = [{"group_id": group_id, "user_id": each, "tenant": scope.tenant} for each in user_ids]
    if rows:
        await session.execute(insert(MemberRow), rows)


async def existing_users(session: AsyncSession, scope: Scope, user_ids: Sequence[str]) -> frozenset[str]:
    """Return those of the ids that are users of the tenant."""
    query = select(UserRow.id).where(visible_to(scope, UserRow), UserRow.id.in_(user_ids))
    return frozenset((await session.scalars(query)).all())


async def find_grantees(
    session: AsyncSession, scope: Scope, beginning: str, ids: Sequence[str], limit: int
) -> list[Grantee]:
    """Return users and groups whose name or address begins so, whatever its case, or those of the ids."""
    begins, address = _begins(UserRow.name, beginning), _begins(UserRow.email, beginning)
    users = select(UserRow.id, UserRow.name).where(
        visible_to(scope, UserRow), UserRow.id.in_(ids) if ids else (begins | address) & UserRow.disabled_at.is_(None)
    )
    groups = select(GroupRow.id, GroupRow.name).where(
        visible_to(scope, GroupRow), GroupRow.id.in_(ids) if ids else _begins(GroupRow.name, beginning)
    )
    found: list[Grantee] = []
    for kind, query in (("group", groups), ("user", users)):
        rows = (await session.execute(query.order_by("name", "id").limit(limit))).all()
        found += [Grantee(row[0], kind, row[1]) for row in rows]
    return found


def _begins(column: Any, beginning: str) -> ColumnElement[bool]:
    return column.istartswith(beginning, autoescape=True)


async def _with_members(session: AsyncSession, scope: Scope, rows: Sequence[GroupRow]) -> list[Group]:
    query = select(MemberRow.group_id, MemberRow.user_id).where(
        visible_to(scope, MemberRow), MemberRow.group_id.in_([row.id for row in rows])
    )
    members: dict[str, set[str]] = {}
    for group_id, user_id in (await session.execute(query)).all():
        members.setdefault(group_id, set()).add(user_id)
    theirs = select(ScimGroupRow.group_id).where(
        visible_to(scope, ScimGroupRow), ScimGroupRow.group_id.in_([row.id for row in rows])
    )
    directory = frozenset((await session.scalars(theirs)).all())
    return [Group(row.id, row.name, frozenset(members.get(row.id, ())), row.id in directory) for row in rows]
