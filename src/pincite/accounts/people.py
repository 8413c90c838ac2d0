"""Use cases of users and groups: inviting, changing, disabling and removing. No web.

Proving who asks, by keys and sessions, is in `service.py`; what people may see of documents is the library's.
"""

import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from pincite.accounts.addresses import checked_email, refuse_taken
from pincite.accounts.domain import ROLE_PERMISSIONS, Grantee, Group, Permission, Role, User, hash_of, permissions_of
from pincite.accounts.scim.handing import Handing
from pincite.accounts.scim.service import Scim
from pincite.accounts.service import cleaned_name
from pincite.accounts.store import codes
from pincite.accounts.store import federation as federation_store
from pincite.accounts.store import people as people_store
from pincite.accounts.store import proofs as store
from pincite.core import Conflict, Database, InvalidInput, NotFound, Scope, new_id, utc_now
from pincite.core.audit import note
from pincite.core.errors import Denied

INVITATION_DAYS = 7
MOST_MEMBERS = 10_000
MOST_GRANTEES = 20


class People:
    """Looks after the users and groups of a tenant. The asker may be anybody whom a route let pass; see `_guarded`.

    Args:
        database: where rows are kept.
    """

    def __init__(self, database: Database) -> None:
        self._db = database
        self.scim = Scim(database)
        self.handing = Handing(database)

    async def invite(
        self, scope: Scope, *, name: str, role: str, email: str | None = None, service: bool = False
    ) -> tuple[User, str | None]:
        """Make a user; returns them with the token of a sign-in link that is good for a week, None for a program.

        Raises:
            InvalidInput: a bad name, address or role.
            Denied: one who is no owner makes an owner, or a narrowed key somebody who may do more.
            Conflict: the address is taken.
        """
        address = None if email is None else checked_email(email)
        user = User(new_id(), scope.tenant, cleaned_name(name), frozenset({_checked_role(role)}), address, service)
        token, now = secrets.token_urlsafe(32), utc_now()
        _only_owners_make_owners(scope, user.roles)
        _no_more_than_theirs(scope, user.roles)
        if service and Role.OWNER in user.roles:
            raise InvalidInput("A program cannot own a tenant.", remedy="Give it another role.")
        async with self._db.transaction(scope) as tx:
            await people_store.lock(tx, scope)
            if address is not None:
                await refuse_taken(tx, address)
            await store.add_user(tx, user, now)
            if not service:
                until = now + timedelta(days=INVITATION_DAYS)
                await store.add_token(tx, Scope(scope.tenant, user.id), hash_of(token), now, until)
            await note(tx, scope, "user.invited", ("user", user.id), name=user.name, role=role, service=service)
        return user, None if service else token

    async def users(self, scope: Scope, *, limit: int = 100, after: str | None = None) -> list[User]:
        """Return the tenant's users by id, from the one after `after`."""
        async with self._db.read(scope) as session:
            return await people_store.list_users(session, scope, limit, after)

    async def origins(self, scope: Scope, user_ids: Sequence[str]) -> Mapping[str, Sequence[str]]:
        """Return by whom users come in: labels of sign-in providers, and `SCIM` for those of a directory."""
        async with self._db.read(scope) as session:
            return await federation_store.origins(session, scope, user_ids)

    async def user(self, scope: Scope, user_id: str) -> User:
        """Return a user of the tenant. Raises: NotFound."""
        async with self._db.read(scope) as session:
            return await _required(session, scope, user_id)

    async def change(
        self,
        scope: Scope,
        user_id: str,
        *,
        name: str | None = None,
        role: str | None = None,
        email: str | None = None,
        disabled: bool | None = None,
    ) -> User:
        """Change what is given. Somebody disabled is signed out at once and refused everywhere; keys rest.

        Links that went to another address than is theirs by now sign nobody in any more.

        Whoever becomes an owner begins anew: their sessions, sign-in links and keys are gone.

        Raises: NotFound, InvalidInput; Denied where one who is no owner changes an owner; Conflict for the last owner
            and for an address that is taken.
        """
        async with self._db.transaction(scope) as tx:
            user = await self._guarded(tx, scope, user_id, leaves=disabled is True or role not in {None, Role.OWNER})
            if name is not None:
                await people_store.change_user(tx, scope, user_id, {"name": cleaned_name(name)})
            if role is not None:
                roles = frozenset({_checked_role(role)})
                _only_owners_make_owners(scope, roles)
                _no_more_than_theirs(scope, roles)
                if user.service and Role.OWNER in roles:
                    raise InvalidInput("A program cannot own a tenant.", remedy="Give it another role.")
                await people_store.change_user(tx, scope, user_id, {"roles": store.roles_json(roles)})
                if Role.OWNER in roles and Role.OWNER not in user.roles:
                    # An admin may have made or used any of these, and would act as an owner by them.
                    await people_store.drop_access(tx, scope, user_id, keys=True)
                    await people_store.drop_ways_in(tx, scope, user_id)
            if email is not None and (address := checked_email(email)) != user.email:
                _no_more_than_theirs(scope, user.roles)  # who has somebody's address may come in as them
                await refuse_taken(tx, address)
                await people_store.change_user(tx, scope, user_id, {"email": address})
                if user.email is not None:
                    await people_store.drop_links(tx, scope, user_id)
            if disabled is not None and disabled != user.disabled:
                await people_store.change_user(tx, scope, user_id, {"disabled_at": utc_now() if disabled else None})
                await people_store.drop_access(tx, scope, user_id, keys=False)
            changed = await _required(tx, scope, user_id)
            for action, detail in _changes(user, changed):
                await note(tx, scope, action, ("user", user_id), **detail)
            return changed

    async def remove(self, scope: Scope, user_id: str) -> None:
        """Delete a user with their keys and sessions. Raises: NotFound, Denied, Conflict; see `change`."""
        async with self._db.transaction(scope) as tx:
            user = await self._guarded(tx, scope, user_id, leaves=True)
            await people_store.drop_access(tx, scope, user_id, keys=True)
            await people_store.drop_user(tx, scope, user_id)
            await note(tx, scope, "user.removed", ("user", user_id), name=user.name)

    async def sign_in_token(self, scope: Scope, user_id: str, *, minutes: float) -> str:
        """Make a one-time token that signs a user in. Raises: NotFound, InvalidInput (a program), Denied, Conflict."""
        token, now = secrets.token_urlsafe(32), utc_now()
        async with self._db.transaction(scope) as tx:
            user = await self._guarded(tx, scope, user_id)
            _no_more_than_theirs(scope, user.roles)
            if user.service or user.disabled:
                raise InvalidInput(
                    f"{user.name} does not sign in.", remedy="Make an API key for a program; enable a person first."
                )
            until = now + timedelta(minutes=minutes)
            await store.add_token(tx, Scope(scope.tenant, user.id), hash_of(token), now, until)
            await note(tx, scope, "sign-in-link.made", ("user", user.id))
        return token

    async def drop_second_factor(self, scope: Scope, user_id: str) -> None:
        """Let somebody sign in without a code, who lost what makes them. Raises: NotFound, Denied."""
        async with self._db.transaction(scope) as tx:
            _no_more_than_theirs(scope, (await self._guarded(tx, scope, user_id)).roles)
            await codes.drop(tx, scope, user_id)
            await note(tx, scope, "factor.dropped", ("user", user_id))

    async def drop_providers(self, scope: Scope, user_id: str) -> None:
        """Let no provider sign somebody in any more, and end the sessions that one began. Raises: NotFound, Denied."""
        async with self._db.transaction(scope) as tx:
            _no_more_than_theirs(scope, (await self._guarded(tx, scope, user_id)).roles)
            await people_store.drop_identities(tx, scope, user_id)
            await note(tx, scope, "identity.dropped", ("user", user_id))

    async def groups(self, scope: Scope) -> list[Group]:
        """Return the tenant's groups by name."""
        async with self._db.read(scope) as session:
            return await people_store.list_groups(session, scope)

    async def create_group(self, scope: Scope, name: str) -> Group:
        """Make an empty group. Raises: InvalidInput; Conflict where the name is taken."""
        group = Group(new_id(), cleaned_name(name), frozenset())
        async with self._db.transaction(scope) as tx:
            await people_store.lock(tx, scope)
            if not await people_store.add_group(tx, scope, group, utc_now()):
                raise Conflict(f"There is a group named {group.name!r} already.", remedy="Choose another name.")
            await note(tx, scope, "group.made", ("group", group.id), name=group.name)
        return group

    async def set_members(self, scope: Scope, group_id: str, user_ids: Sequence[str]) -> Group:
        """Let a group have exactly these members. Raises: NotFound (the group); InvalidInput for who is no user."""
        return await self._members(scope, group_id, lambda _: frozenset(user_ids))

    async def change_members(
        self, scope: Scope, group_id: str, *, come: Sequence[str] = (), leave: Sequence[str] = ()
    ) -> Group:
        """Take users into a group and out of it; all others stay, whoever else changes it. Raises: as `set_members`."""
        return await self._members(scope, group_id, lambda there: (there | frozenset(come)) - frozenset(leave))

    async def _members(self, scope: Scope, group_id: str, become: Callable[[frozenset[str]], frozenset[str]]) -> Group:
        async with self._db.transaction(scope) as tx:
            await people_store.lock(tx, scope)
            before = await people_store.find_group(tx, scope, group_id)
            if before is None:
                raise _no_group()
            wanted = sorted(become(before.members))
            if len(wanted) > MOST_MEMBERS:
                raise InvalidInput(f"A group has at most {MOST_MEMBERS:,} members.", remedy="Make several groups.")
            if strangers := sorted(set(wanted) - await people_store.existing_users(tx, scope, wanted)):
                raise InvalidInput(f"There is no user {strangers[0][:64]!r}.", remedy="`GET /v1/users` lists them.")
            await people_store.set_members(tx, scope, group_id, wanted)
            found = await people_store.find_group(tx, scope, group_id)
            assert found is not None
            await note(tx, scope, "group.members-set", ("group", group_id), **_members_changed(before, found))
        return found

    async def remove_group(self, scope: Scope, group_id: str) -> None:
        """Delete a group; its members lose what was granted to it. Raises: NotFound."""
        async with self._db.transaction(scope) as tx:
            await people_store.lock(tx, scope)
            found = await people_store.find_group(tx, scope, group_id)
            if found is None:
                raise _no_group()
            await people_store.drop_group(tx, scope, group_id)
            await note(tx, scope, "group.removed", ("group", group_id), name=found.name, members=found.members)

    async def knows(self, scope: Scope, kind: str, grantee: str) -> bool:
        """Say whether the tenant has that user or group (`kind`)."""
        async with self._db.read(scope) as session:
            if kind == "group":
                return await people_store.find_group(session, scope, grantee) is not None
            return bool(await people_store.existing_users(session, scope, [grantee]))

    async def grantees(self, scope: Scope, beginning: str, ids: Sequence[str]) -> list[Grantee]:
        """Return at most 20 users and groups whose name or address begins so; or those of the ids."""
        if not ids and not beginning.strip():
            return []
        async with self._db.read(scope) as session:
            found = await people_store.find_grantees(session, scope, beginning.strip(), ids, len(ids) or MOST_GRANTEES)
        return found if ids else found[:MOST_GRANTEES]

    async def _guarded(self, tx: AsyncSession, scope: Scope, user_id: str, *, leaves: bool = False) -> User:
        """Return a user whom the asker may change: owners are changed by owners, and the last one never `leaves`."""
        await people_store.lock(tx, scope)
        user = await _required(tx, scope, user_id)
        if Role.OWNER not in user.roles:
            return user
        _only_owners_make_owners(scope, user.roles)
        if leaves and not user.disabled:
            await _refuse_last_owner(tx, scope, user_id)
        return user


async def _refuse_last_owner(tx: AsyncSession, scope: Scope, user_id: str) -> None:
    if not await people_store.has_other_owner(tx, scope, user_id):
        raise Conflict("This is the last owner.", remedy="Make somebody else an owner first.")


def _changes(before: User, after: User) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield what a change did, as actions of the audit log; one that left all as it was is told, too."""
    if before.disabled != after.disabled:
        yield ("user.disabled" if after.disabled else "user.enabled"), {}
    if before.roles != after.roles:
        yield "user.role-changed", {"before": before.roles, "after": after.roles}
    if before.email != after.email:
        yield "user.address-changed", {}
    if before.name != after.name or before == after:
        yield "user.renamed", {"before": before.name, "after": after.name}


def _members_changed(before: Group, after: Group) -> dict[str, Any]:
    came, left = after.members - before.members, before.members - after.members
    return {"name": after.name, "members": len(after.members), "came": came, "left": left}


def _only_owners_make_owners(scope: Scope, roles: frozenset[str]) -> None:
    if Role.OWNER in roles and Role.OWNER not in scope.roles:
        raise Denied("Only an owner may make or change an owner.", remedy="Ask an owner of this installation.")


def _no_more_than_theirs(scope: Scope, roles: frozenset[str]) -> None:
    """Let a narrowed key give nobody what it may not do itself: a sign-in link would be the way out of it."""
    if not frozenset[Permission]().union(*(ROLE_PERMISSIONS[each] for each in roles)) <= permissions_of(scope):
        raise Denied("They could do more than this key.", remedy="Sign in, or use a key that is not narrowed.")


def _checked_role(role: str) -> Role:
    try:
        return Role(role)
    except ValueError:
        raise InvalidInput(f"There is no role {role[:50]!r}.", remedy=f"Roles are {', '.join(Role)}.") from None


async def _required(session: AsyncSession, scope: Scope, user_id: str) -> User:
    user = await store.find_user(session, scope, user_id)
    if user is None:
        raise NotFound("There is no such user.", remedy="`GET /v1/users` lists them.")
    return user


def _no_group() -> NotFound:
    return NotFound("There is no such group.", remedy="`GET /v1/groups` lists them.")
