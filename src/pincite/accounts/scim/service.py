"""Use cases of a directory: users and groups are made, changed and removed as it says. No web.

A directory looks after what it made, or was handed (`handing.py`). It sees its own groups alone. It finds all people,
so that it makes nobody twice; of those that are not its own it changes how they are called, and disables them.
It changes no owner, makes nobody an admin and changes no admin's name or address, by which it would become one.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from pincite.accounts.addresses import address_of, checked_email
from pincite.accounts.domain import Group, Permission, Role, User, permissions_of
from pincite.accounts.scim import reading
from pincite.accounts.scim.domain import (
    Found,
    GroupFacts,
    ScimGroup,
    ScimRefused,
    ScimTaken,
    ScimUser,
    UserFacts,
    Wanted,
)
from pincite.accounts.service import cleaned_name
from pincite.accounts.store import people as people_store
from pincite.accounts.store import proofs
from pincite.accounts.store import scim as store
from pincite.core import Database, NotFound, Scope, new_id, utc_now
from pincite.core.audit import note
from pincite.core.errors import Denied

_BY = "SCIM"
_HAND_OVER = "Ask an admin to do it, or to hand them over to the directory (`pincite users hand-over`)."
_ROLES = frozenset({Role.EDITOR, Role.VIEWER, Role.AUDITOR})


class Scim:
    """People and groups of a tenant, as a directory looks after them.

    Args:
        database: where rows are kept.
    """

    def __init__(self, database: Database) -> None:
        self._db = database

    async def users(self, scope: Scope, wanted: Wanted) -> Found:
        """List people; programs are none. Raises: ScimRefused for a filter."""
        async with self._db.read(scope) as session:
            return Found(*await store.list_users(session, scope, wanted))

    async def user(self, scope: Scope, user_id: str) -> ScimUser:
        """Return a person. Raises: NotFound."""
        async with self._db.read(scope) as session:
            return await _user(session, scope, user_id)

    async def create_user(self, scope: Scope, body: Mapping[str, Any]) -> ScimUser:
        """Make a user. Raises: ScimRefused, ScimTaken, InvalidInput."""
        facts = reading.user_facts(body)
        user = User(new_id(), scope.tenant, _name_of(facts), frozenset({_role_of(scope, facts) or Role.VIEWER}))
        async with self._db.transaction(scope) as tx:
            await people_store.lock(tx, scope)
            email = await self._email(tx, scope, None, facts)
            await proofs.add_user(tx, replace(user, email=email), utc_now())
            if facts.active is False:
                await people_store.change_user(tx, scope, user.id, {"disabled_at": utc_now()})
            await store.put_user(tx, scope, user.id, facts, utc_now(), own=True)
            await note(tx, scope, "user.made", ("user", user.id), name=user.name, by=_BY, active=facts.active)
            return await _user(tx, scope, user.id)

    async def replace_user(self, scope: Scope, user_id: str, body: Mapping[str, Any]) -> ScimUser:
        """Let a user be so. Raises: NotFound, ScimRefused, ScimTaken, Denied."""
        facts = reading.user_facts(body)
        async with self._db.transaction(scope) as tx:
            await people_store.lock(tx, scope)
            return await self._put(tx, scope, await _user(tx, scope, user_id), facts)

    async def patch_user(self, scope: Scope, user_id: str, body: Mapping[str, Any]) -> ScimUser:
        """Change a user. Raises: NotFound, ScimRefused, ScimTaken, Denied."""
        async with self._db.transaction(scope) as tx:
            await people_store.lock(tx, scope)
            known = await _user(tx, scope, user_id)
            return await self._put(tx, scope, known, reading.patched_user(known, body))

    async def remove_user(self, scope: Scope, user_id: str) -> None:
        """Delete a user with their keys and sessions. Raises: NotFound, Denied."""
        async with self._db.transaction(scope) as tx:
            await people_store.lock(tx, scope)
            known = await _user(tx, scope, user_id)
            _guard(scope, known, None)
            await people_store.drop_access(tx, scope, user_id, keys=True)
            await people_store.drop_user(tx, scope, user_id)
            await note(tx, scope, "user.removed", ("user", user_id), name=known.user.name, by=_BY)

    async def groups(self, scope: Scope, wanted: Wanted) -> Found:
        """List groups. Raises: ScimRefused for a filter."""
        async with self._db.read(scope) as session:
            return Found(*await store.list_groups(session, scope, wanted))

    async def group(self, scope: Scope, group_id: str) -> ScimGroup:
        """Return a group. Raises: NotFound."""
        async with self._db.read(scope) as session:
            return await _group(session, scope, group_id)

    async def create_group(self, scope: Scope, body: Mapping[str, Any]) -> ScimGroup:
        """Make a group. Raises: ScimRefused, ScimTaken, InvalidInput."""
        facts = reading.group_facts(body)
        made = Group(new_id(), cleaned_name(facts.display), frozenset())
        async with self._db.transaction(scope) as tx:
            await people_store.lock(tx, scope)
            if not await people_store.add_group(tx, scope, made, utc_now()):
                raise await _taken_name(tx, scope, made.name)
            await self._members(tx, scope, made, facts)
            await store.put_group(tx, scope, made.id, facts.external_id, utc_now())
            await note(tx, scope, "group.made", ("group", made.id), name=made.name, by=_BY, members=facts.members)
            return await _group(tx, scope, made.id)

    async def replace_group(self, scope: Scope, group_id: str, body: Mapping[str, Any]) -> ScimGroup:
        """Let a group be so. Raises: NotFound, ScimRefused, ScimTaken."""
        facts = reading.group_facts(body)
        async with self._db.transaction(scope) as tx:
            await people_store.lock(tx, scope)
            return await self._put_group(tx, scope, await _group(tx, scope, group_id), facts)

    async def patch_group(self, scope: Scope, group_id: str, body: Mapping[str, Any]) -> ScimGroup:
        """Change a group. Raises: NotFound, ScimRefused, ScimTaken."""
        async with self._db.transaction(scope) as tx:
            await people_store.lock(tx, scope)
            known = await _group(tx, scope, group_id)
            return await self._put_group(tx, scope, known, reading.patched_group(known, body))

    async def remove_group(self, scope: Scope, group_id: str) -> None:
        """Delete a group; its members lose what was granted to it. Raises: NotFound."""
        async with self._db.transaction(scope) as tx:
            await people_store.lock(tx, scope)
            known = await _group(tx, scope, group_id)
            await people_store.drop_group(tx, scope, group_id)
            await note(tx, scope, "group.removed", ("group", group_id), name=known.group.name, by=_BY)

    async def _put(self, tx: AsyncSession, scope: Scope, known: ScimUser, facts: UserFacts) -> ScimUser:
        _guard(scope, known, facts)
        user, name, role = known.user, _name_of(facts), _role_of(scope, facts)
        values: dict[str, Any] = {"name": name, "email": await self._email(tx, scope, known, facts)}
        if role is not None and user.roles != frozenset({str(role)}):
            values["roles"] = proofs.roles_json({role})
        if facts.active is not None and facts.active == user.disabled:
            values["disabled_at"] = None if facts.active else utc_now()
            await people_store.drop_access(tx, scope, user.id, keys=False)
        await people_store.change_user(tx, scope, user.id, values)
        if user.email is not None and values["email"] != user.email:
            await people_store.drop_links(tx, scope, user.id)  # they went to the address that was theirs
        await store.put_user(tx, scope, user.id, facts, utc_now(), own=known.own)
        changed = await _user(tx, scope, user.id)
        for action, detail in _changes(user, changed.user):
            await note(tx, scope, action, ("user", user.id), **detail, by=_BY)
        return changed

    async def _put_group(self, tx: AsyncSession, scope: Scope, known: ScimGroup, facts: GroupFacts) -> ScimGroup:
        group, name = known.group, cleaned_name(facts.display)
        if name != group.name:
            if await store.group_named(tx, scope, name) is not None:
                raise await _taken_name(tx, scope, name)
            await people_store.rename_group(tx, scope, group.id, name)
        await self._members(tx, scope, group, facts)
        await store.put_group(tx, scope, group.id, facts.external_id, utc_now())
        came, left = facts.members - group.members, group.members - facts.members
        told: dict[str, Any] = {"name": name, "members": len(facts.members), "came": came, "left": left, "by": _BY}
        await note(tx, scope, "group.members-set", ("group", group.id), **told)
        return await _group(tx, scope, group.id)

    async def _members(self, tx: AsyncSession, scope: Scope, group: Group, facts: GroupFacts) -> None:
        if len(facts.members) > reading.MOST_MEMBERS:
            raise ScimRefused(f"A group has at most {reading.MOST_MEMBERS:,} members.", scim_type="tooMany")
        came = sorted(facts.members - group.members)
        if strangers := sorted(set(came) - await people_store.existing_users(tx, scope, came)):
            raise ScimRefused(f"There is no user {strangers[0][:64]!r}.", remedy="Make the user first.")
        if facts.members != group.members:
            await people_store.set_members(tx, scope, group.id, sorted(facts.members))

    async def _email(self, tx: AsyncSession, scope: Scope, known: ScimUser | None, facts: UserFacts) -> str | None:
        """Return the address that somebody is to have, where it and the name are nobody else's. Raises: ScimTaken."""
        address = _address_of(facts)
        if await store.name_is_taken(tx, scope, facts.user_name, "" if known is None else known.user.id):
            raise _taken("userName")
        before = None if known is None else known.user.email
        if address is not None and address != before and await people_store.email_is_taken(tx, address):
            raise _taken("e-mail address")
        return address


def _address_of(facts: UserFacts) -> str | None:
    return address_of(facts.user_name) if facts.email is None else checked_email(facts.email)


def _guard(scope: Scope, known: ScimUser, facts: UserFacts | None) -> None:
    """Let nobody change an owner, nor by a directory's key become an admin or whom it did not make. Raises: Denied."""
    user, is_admin = known.user, Role.ADMIN in known.user.roles
    if Role.OWNER in user.roles:
        raise Denied("An owner is changed by owners alone.", remedy="Ask an owner of this installation.")
    if Permission.ADMIN in permissions_of(scope) or (known.own and (facts is None or not is_admin)):
        return
    if facts is None:
        raise Denied("A directory's key removes nobody whom it did not make.", remedy=_HAND_OVER)
    same_name = not is_admin or (facts.user_name, _name_of(facts)) == (known.user_name, user.name)
    same_role = facts.role is None or facts.role.lower() in user.roles
    if same_name and same_role and _address_of(facts) == user.email and not (facts.active and user.disabled):
        return
    if is_admin:
        raise Denied(
            "A directory's key changes no admin's address, name or role, and enables none.",
            remedy="Ask an admin to do it.",
        )
    raise Denied(
        "Of somebody whom it did not make a directory's key changes neither address nor role, and enables none.",
        remedy=_HAND_OVER,
    )


def _role_of(scope: Scope, facts: UserFacts) -> Role | None:
    if facts.role is None:
        return None
    allowed = _ROLES | ({Role.ADMIN} if Permission.ADMIN in permissions_of(scope) else set[Role]())
    found = next((each for each in allowed if each.value == facts.role.lower()), None)
    if found is None and facts.role != Role.ADMIN:
        raise ScimRefused(
            f"{facts.role[:40]!r} is no role that can be given here.", remedy="viewer, editor or auditor."
        )
    if found is None:
        raise Denied("A directory's key makes nobody an admin.", remedy="Ask an admin to do it.")
    return found


def _name_of(facts: UserFacts) -> str:
    return cleaned_name((facts.display or facts.user_name)[:100])


def _changes(before: User, after: User) -> list[tuple[str, dict[str, Any]]]:
    """Return what a change did, as actions of the audit log; one that left all as it was is told, too."""
    done: list[tuple[str, dict[str, Any]]] = []
    if before.disabled != after.disabled:
        done.append(("user.disabled" if after.disabled else "user.enabled", {}))
    if before.roles != after.roles:
        done.append(("user.role-changed", {"before": before.roles, "after": after.roles}))
    if before.email != after.email:
        done.append(("user.address-changed", {}))
    if before.name != after.name or not done:
        done.append(("user.renamed", {"before": before.name, "after": after.name}))
    return done


async def _user(session: AsyncSession, scope: Scope, user_id: str) -> ScimUser:
    found = await store.find_user(session, scope, user_id)
    if found is None:
        raise NotFound("There is no such user.")
    return found


async def _group(session: AsyncSession, scope: Scope, group_id: str) -> ScimGroup:
    found = await store.find_group(session, scope, group_id)
    if found is None:
        raise NotFound("There is no such group.")
    return found


async def _taken_name(session: AsyncSession, scope: Scope, name: str) -> ScimTaken:
    """Return the error of who would give a group the name of another."""
    there = await store.group_named(session, scope, name)
    if there is not None and await store.find_group(session, scope, there) is not None:
        return _taken("displayName")
    return ScimTaken(
        f"A group named {name!r} was made in Pincite.",
        remedy="Ask an admin to hand it over to the directory (`pincite groups hand-over`), or choose another name.",
    )


def _taken(what: str) -> ScimTaken:
    return ScimTaken(f"This {what} is somebody's already.", remedy="Look for them with a filter, and change them.")
