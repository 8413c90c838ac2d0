"""Every query on users and groups as a directory knows them; filters become conditions of SQL.

Which attribute stands for which column is said here. What may be changed is decided in `scim/service.py`.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, delete, exists, func, insert, literal, not_, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from pincite.accounts.domain import Group, printable
from pincite.accounts.scim.domain import (
    NAMES,
    Combined,
    Compare,
    Filter,
    ScimGroup,
    ScimRefused,
    ScimUser,
    UserFacts,
    Wanted,
)
from pincite.accounts.store.proofs import user_of, visible_to
from pincite.accounts.tables import GroupRow, MemberRow, ScimGroupRow, ScimUserRow, UserRow
from pincite.core import Scope

_GROUPS: Mapping[str, Any] = {
    "id": GroupRow.id,
    "displayname": GroupRow.name,
    "externalid": ScimGroupRow.external_id,
}
_EXACT = frozenset({"id", "externalid"})
# These are kept in lower case, of every script: what a database takes for that may be ASCII's alone.
_LOWERED = frozenset({"username", "emails", "emails.value"})


async def list_users(session: AsyncSession, scope: Scope, wanted: Wanted) -> tuple[list[ScimUser], int]:
    """Return people of the tenant in the order in which they came, and how many there are in all."""
    chosen = _users(scope).where(_where(wanted.where, _user_columns(), _of_users))
    total = await session.scalar(select(func.count()).select_from(chosen.subquery()))
    page = chosen.order_by(UserRow.id).offset(wanted.start - 1).limit(wanted.count)
    rows = (await session.execute(page)).all()
    return await _whole(session, scope, [(row[0], row[1]) for row in rows]), total or 0


async def find_user(session: AsyncSession, scope: Scope, user_id: str) -> ScimUser | None:
    """Return a person of the tenant by id."""
    rows = (await session.execute(_users(scope).where(UserRow.id == user_id))).all()
    found = await _whole(session, scope, [(row[0], row[1]) for row in rows])
    return found[0] if found else None


async def name_is_taken(session: AsyncSession, scope: Scope, user_name: str, but: str) -> bool:
    """Say whether somebody of the tenant but one goes by a name."""
    key = user_name.lower()
    by_name = (ScimUserRow.user_key == key) | (ScimUserRow.user_key.is_(None) & (UserRow.email == key))
    return (await session.execute(_users(scope).where(by_name, UserRow.id != but).limit(1))).first() is not None


async def put_user(
    session: AsyncSession, scope: Scope, user_id: str, facts: UserFacts, now: datetime, *, own: bool
) -> None:
    """Record what a directory says of somebody, and whether they are its own."""
    await session.execute(delete(ScimUserRow).where(visible_to(scope, ScimUserRow), ScimUserRow.user_id == user_id))
    values = {
        "user_id": user_id,
        "tenant": scope.tenant,
        "user_name": facts.user_name,
        "user_key": facts.user_name.lower(),
        "external_id": facts.external_id,
        "given_name": facts.given_name,
        "family_name": facts.family_name,
        "own": own,
        "changed_at": now,
    }
    await session.execute(insert(ScimUserRow), [values])


async def list_groups(session: AsyncSession, scope: Scope, wanted: Wanted) -> tuple[list[ScimGroup], int]:
    """Return the directory's groups in the order in which they came, and how many there are in all."""
    chosen = _groups(scope).where(_where(wanted.where, _GROUPS, _of_groups))
    total = await session.scalar(select(func.count()).select_from(chosen.subquery()))
    page = chosen.order_by(GroupRow.id).offset(wanted.start - 1).limit(wanted.count)
    rows = (await session.execute(page)).all()
    return await _with_members(session, scope, [(row[0], row[1]) for row in rows]), total or 0


async def find_group(session: AsyncSession, scope: Scope, group_id: str) -> ScimGroup | None:
    """Return a group of the directory's by id."""
    rows = (await session.execute(_groups(scope).where(GroupRow.id == group_id))).all()
    found = await _with_members(session, scope, [(row[0], row[1]) for row in rows])
    return found[0] if found else None


async def group_named(session: AsyncSession, scope: Scope, name: str) -> str | None:
    """Return the id of the group of a name, whosever it is."""
    return await session.scalar(select(GroupRow.id).where(visible_to(scope, GroupRow), GroupRow.name == name))


async def put_group(session: AsyncSession, scope: Scope, group_id: str, external_id: str | None, now: datetime) -> None:
    """Record what a directory says of a group, which is its own from then on."""
    await drop_group(session, scope, group_id)
    values = {"group_id": group_id, "tenant": scope.tenant, "external_id": external_id, "changed_at": now}
    await session.execute(insert(ScimGroupRow), [values])


async def drop_group(session: AsyncSession, scope: Scope, group_id: str) -> None:
    """Let a group be the directory's no more; it stays."""
    mine = (visible_to(scope, ScimGroupRow), ScimGroupRow.group_id == group_id)
    await session.execute(delete(ScimGroupRow).where(*mine))


def _user_columns() -> Mapping[str, Any]:
    return {
        "id": UserRow.id,
        "username": func.coalesce(ScimUserRow.user_key, UserRow.email, UserRow.id),
        "externalid": ScimUserRow.external_id,
        "displayname": UserRow.name,
        "name.formatted": UserRow.name,
        "name.givenname": ScimUserRow.given_name,
        "name.familyname": ScimUserRow.family_name,
        "emails": UserRow.email,
        "emails.value": UserRow.email,
        "emails.type": literal("work"),
    }


def _users(scope: Scope) -> Select[UserRow, ScimUserRow]:
    joined = select(UserRow, ScimUserRow).outerjoin(ScimUserRow, ScimUserRow.user_id == UserRow.id)
    return joined.where(visible_to(scope, UserRow), UserRow.service.is_(False))


def _groups(scope: Scope) -> Select[GroupRow, ScimGroupRow]:
    joined = select(GroupRow, ScimGroupRow).join(ScimGroupRow, ScimGroupRow.group_id == GroupRow.id)
    return joined.where(visible_to(scope, GroupRow))


async def _whole(
    session: AsyncSession, scope: Scope, rows: Sequence[tuple[UserRow, ScimUserRow | None]]
) -> list[ScimUser]:
    query = (
        select(MemberRow.user_id, GroupRow.id, GroupRow.name)
        .join(GroupRow, GroupRow.id == MemberRow.group_id)
        .join(ScimGroupRow, ScimGroupRow.group_id == MemberRow.group_id)
        .where(visible_to(scope, MemberRow), MemberRow.user_id.in_([row[0].id for row in rows]))
        .order_by(GroupRow.name)
    )
    groups: dict[str, list[tuple[str, str]]] = {}
    for user_id, group_id, name in (await session.execute(query)).all():
        groups.setdefault(user_id, []).append((group_id, name))
    return [_user_of(row, told, tuple(groups.get(row.id, ()))) for row, told in rows]


def _user_of(row: UserRow, told: ScimUserRow | None, groups: tuple[tuple[str, str], ...]) -> ScimUser:
    return ScimUser(
        user=user_of(row, [each[0] for each in groups]),
        user_name=told.user_name if told else row.email or row.id,
        external_id=told.external_id if told else None,
        given_name=told.given_name if told else None,
        family_name=told.family_name if told else None,
        created_at=row.created_at,
        changed_at=told.changed_at if told else row.created_at,
        own=told is not None and told.own,
        group_names=groups,
    )


async def _with_members(
    session: AsyncSession, scope: Scope, rows: Sequence[tuple[GroupRow, ScimGroupRow]]
) -> list[ScimGroup]:
    query = (
        select(MemberRow.group_id, UserRow.id, UserRow.name)
        .join(UserRow, UserRow.id == MemberRow.user_id)
        .where(visible_to(scope, MemberRow), MemberRow.group_id.in_([row[0].id for row in rows]))
        .order_by(UserRow.id)
    )
    members: dict[str, list[tuple[str, str]]] = {}
    for group_id, user_id, name in (await session.execute(query)).all():
        members.setdefault(group_id, []).append((user_id, name))
    return [_group_of(row, told, tuple(members.get(row.id, ()))) for row, told in rows]


def _group_of(row: GroupRow, told: ScimGroupRow, members: tuple[tuple[str, str], ...]) -> ScimGroup:
    return ScimGroup(
        group=Group(row.id, row.name, frozenset(each[0] for each in members), directory=True),
        external_id=told.external_id,
        created_at=row.created_at,
        changed_at=told.changed_at,
        names=members,
    )


_Special = Callable[[Compare], ColumnElement[bool] | None]


def _where(wanted: Filter | None, columns: Mapping[str, Any], special: _Special) -> ColumnElement[bool]:
    if wanted is None:
        return true()
    if isinstance(wanted, Combined):
        parts = [_where(each, columns, special) for each in wanted.parts]
        return not_(parts[0]) if wanted.how == "not" else and_(*parts) if wanted.how == "and" else or_(*parts)
    found = special(wanted)
    if found is not None:
        return found
    if wanted.attribute not in columns:
        raise ScimRefused(f"Nothing is filtered by {wanted.attribute[:60]!r}.", scim_type="invalidFilter")
    return _compared(columns[wanted.attribute], wanted)


def _of_users(wanted: Compare) -> ColumnElement[bool] | None:
    if wanted.attribute == "active":
        return _yes_or_no(UserRow.disabled_at.is_(None), wanted)
    if wanted.attribute == "emails.primary":
        return _yes_or_no(UserRow.email.is_not(None), wanted)
    if wanted.attribute in {"groups", "groups.value"}:
        theirs = exists().where(ScimGroupRow.group_id == MemberRow.group_id)
        return exists().where(MemberRow.user_id == UserRow.id, theirs, _compared(MemberRow.group_id, wanted))
    return None


def _of_groups(wanted: Compare) -> ColumnElement[bool] | None:
    if wanted.attribute in {"members", "members.value"}:
        return exists().where(MemberRow.group_id == GroupRow.id, _compared(MemberRow.user_id, wanted))
    return None


def _yes_or_no(condition: ColumnElement[bool], wanted: Compare) -> ColumnElement[bool]:
    value = wanted.value.lower() == "true" if isinstance(wanted.value, str) else bool(wanted.value)
    if wanted.how == "pr":
        return true()
    if wanted.how not in {"eq", "ne"}:
        raise ScimRefused("What is true or false is compared by eq and ne.", scim_type="invalidFilter")
    return condition if value == (wanted.how == "eq") else not_(condition)


def _compared(column: Any, wanted: Compare) -> ColumnElement[bool]:
    """Compare texts, whatever their case but for ids; what is not there equals nothing."""
    value, text = str(wanted.value), func.coalesce(column, "")
    if wanted.how == "pr":
        return text != ""
    if wanted.value is None:
        return text == "" if wanted.how == "eq" else text != ""
    if wanted.attribute in _LOWERED:
        value = value.lower()
    if wanted.attribute in NAMES:
        value = printable(value)
    exact = wanted.attribute in _EXACT
    match wanted.how:
        case "eq" | "ne":
            same = text == value if exact else func.lower(text) == func.lower(value)
            return same if wanted.how == "eq" else not_(same)
        case "co":
            return (text.contains if exact else text.icontains)(value, autoescape=True)
        case "sw":
            return (text.startswith if exact else text.istartswith)(value, autoescape=True)
        case _:
            return (text.endswith if exact else text.iendswith)(value, autoescape=True)
