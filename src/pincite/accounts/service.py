"""Use cases of accounts: the first owner, sign-in tokens, sessions and keys. No web.

How a secret travels (header, cookie, link) is in `door.py` and `routes.py`.
"""

import hmac
import secrets
from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from pincite.accounts.domain import (
    ApiKey,
    NewApiKey,
    Owner,
    Permission,
    Role,
    Tenant,
    Unauthenticated,
    User,
    hash_of,
    permissions_of,
    printable,
)
from pincite.accounts.own_sessions import OwnSessions
from pincite.accounts.store import people as people_store
from pincite.accounts.store import proofs as store
from pincite.accounts.store.proofs import Proof
from pincite.core import Conflict, Database, InvalidInput, NotFound, Scope, new_id, utc_now
from pincite.core.audit import note
from pincite.core.errors import Denied
from pincite.core.redaction import KEY_PREFIX
from pincite.core.scope import EVERY_TENANT, system_scope

SESSION_DAYS = 30
# However often it is used: then somebody signs in anew.
LONGEST_SESSION_DAYS = 90
SIGN_IN_MINUTES = 15
FIRST_SIGN_IN_MINUTES = 24 * 60
NAME_CHARS = 100
_SHOWN = 12  # characters of a key by which people tell it from others
# A use is written down at most this often, so that a request is a read and not a write.
_KEY_NOTED_EVERY = timedelta(minutes=5)
_SESSION_NOTED_EVERY = timedelta(hours=1)


class Accounts:
    """Proves who asks. Secrets are 256 random bits, stored only as their sha256.

    Args:
        database: where rows are kept.
    """

    def __init__(self, database: Database) -> None:
        self._db = database
        self.sessions = OwnSessions(database)

    async def bootstrap(self) -> Owner | None:
        """Make the tenant and its owner on a fresh install; None if they are there. Safe between two processes."""
        async with self._db.read(EVERY_TENANT) as session:
            if await store.find_owner(session) is not None:
                return None
        now = utc_now()
        user = User(new_id(), new_id(), "Owner", frozenset({Role.OWNER}))
        async with self._db.transaction(EVERY_TENANT) as tx:
            if not await store.add_first_tenant(tx, user.tenant, "Main", now):
                return None
            await store.add_user(tx, user, now)
            await _note_tenant(tx, user)
        return Owner(scope_of(user), user.name)

    async def create_tenant(self, name: str) -> Owner:
        """Make another tenant, with its owner. Raises: InvalidInput."""
        tenant, now = new_id(), utc_now()
        user = User(new_id(), tenant, "Owner", frozenset({Role.OWNER}))
        cleaned = cleaned_name(name)
        async with self._db.transaction(EVERY_TENANT) as tx:
            await store.add_tenant(tx, tenant, cleaned, now)
            await store.add_user(tx, user, now)
            await _note_tenant(tx, user)
        return Owner(scope_of(user), user.name)

    async def tenants(self) -> list[Tenant]:
        """Return the tenants of the installation, oldest first."""
        async with self._db.read(EVERY_TENANT) as session:
            return await store.list_tenants(session)

    async def owner_scope(self) -> Scope:
        """Return the scope of the installation's owner. Raises: NotFound before `bootstrap`."""
        async with self._db.read(EVERY_TENANT) as session:
            owner = await store.find_owner(session)
        if owner is None:
            raise NotFound("This installation has no owner yet.", remedy="Run `pincite serve` or `pincite demo` once.")
        return scope_of(owner)

    async def scope_named(self, person: str) -> Scope:
        """Return whom an id or an e-mail address stands for, of any tenant: for whoever runs commands on this machine.

        Raises: NotFound; Denied for somebody who is disabled.
        """
        async with self._db.read(EVERY_TENANT) as session:
            user = await store.find_person(session, person.strip())
        if user is None:
            raise NotFound(
                f"There is nobody with the id or the address {person[:100]!r}.",
                remedy="`pincite users list` shows who there is.",
            )
        if user.disabled:
            raise Denied(
                f"{user.name} is disabled.",
                remedy=f"Act as somebody else, or enable them with `pincite users change {user.id} --enable`.",
            )
        return scope_of(user)

    async def never_signed_in(self) -> bool:
        """Say whether nobody has signed in to this installation yet."""
        async with self._db.read(EVERY_TENANT) as session:
            return not await store.anybody_signed_in(session)

    async def sign_in_token(self, scope: Scope, *, minutes: float | None = None) -> str:
        """Make a one-time token that signs the scope's user in.

        It is good for `minutes`; by default 15, or 24 hours while nobody has ever signed in.
        """
        if minutes is None:
            minutes = FIRST_SIGN_IN_MINUTES if await self.never_signed_in() else SIGN_IN_MINUTES
        token = secrets.token_urlsafe(32)
        now = utc_now()
        async with self._db.transaction(scope) as tx:
            await store.add_token(tx, scope, hash_of(token), now, now + timedelta(minutes=minutes))
            await note(tx, scope, "sign-in-link.made", ("user", scope.user))
        return token

    async def redeem(self, token: str) -> str:
        """Use up a one-time token and return the secret of a new session. Raises: Unauthenticated."""
        now = utc_now()
        secret = secrets.token_urlsafe(32)
        async with self._db.transaction(EVERY_TENANT) as tx:
            user = await store.use_token(tx, hash_of(token), now)
            await store.drop_expired(tx, now)
            if user is not None:
                await store.add_session(tx, user, hash_of(secret), "link", now, now + timedelta(days=SESSION_DAYS))
                await note(tx, scope_of(user), "session.begun", ("user", user.id))
        if user is None:
            raise Unauthenticated(
                "This sign-in link was used already or is too old.",
                remedy="Make another with `pincite keys sign-in-link` on the machine that Pincite runs on.",
            )
        return secret

    async def authenticate(self, *, bearer: str | None, session: str | None) -> Scope:
        """Return who a key or else a session stands for. Raises: Unauthenticated."""
        if bearer is not None:
            return await self._by_key(bearer)
        if session is not None:
            return await self._by_session(session)
        raise Unauthenticated(
            "Nobody is signed in.", remedy="Send an API key as `Authorization: Bearer KEY`, or sign in with a link."
        )

    async def current_user(self, scope: Scope) -> User:
        """Return the scope's user. Raises: NotFound."""
        async with self._db.read(scope) as session:
            user = await store.find_user(session, scope, scope.user)
        if user is None:
            raise NotFound("There is no such user.")
        return user

    async def end_session(self, session: str) -> None:
        """End a session; an unknown one is not an error."""
        hashed = hash_of(session)
        async with self._db.transaction(EVERY_TENANT) as tx:
            proof = await store.find_session(tx, hashed)
            await store.drop_session(tx, hashed)
            if proof is not None:
                await note(tx, scope_of(proof.user), "session.ended", ("user", proof.user.id))

    async def create_key(
        self,
        scope: Scope,
        name: str,
        *,
        user: str | None = None,
        permissions: Collection[str] | None = None,
        expires_at: datetime | None = None,
    ) -> NewApiKey:
        """Make an API key.

        Args:
            scope: the asker.
            name: what it is for.
            user: the id of whom it acts as; None for the asker.
            permissions: those that it is narrowed to; None for all that the asker's own key or session gives.
            expires_at: when it stops working; None for never, or for when the key that the asker uses does.

        Raises:
            InvalidInput: a bad name, an unknown permission, a time that is over.
            NotFound: no such user, for this asker: whoever does not look after people makes keys for themselves alone.
            Denied: it would do more than the asker may, or for longer than their own key.
        """
        acts_as = scope.user if user is None else user
        secret = KEY_PREFIX + secrets.token_urlsafe(32)
        narrowed = _narrowed(scope, permissions)
        if expires_at is not None and expires_at <= utc_now():
            raise InvalidInput("The key would have expired already.", remedy="Name a time to come.")
        ends = scope.until if expires_at is None else expires_at
        if _outlives(scope, ends):
            raise _too_much()
        key = ApiKey(new_id(), cleaned_name(name), secret[:_SHOWN], utc_now(), None, acts_as, narrowed, ends)
        async with self._db.transaction(scope) as tx:
            await self._guard_key(tx, scope, acts_as)
            await store.add_key(tx, scope, key, hash_of(secret))
            await note(tx, scope, "key.made", ("key", key.id), **_told(key))
        return NewApiKey(key, secret)

    async def rotate_key(self, scope: Scope, key_id: str) -> NewApiKey:
        """Give a key another secret; the old one stops working at once.

        Raises: NotFound, Denied; Conflict for one that has expired: another secret would not work either.
        """
        secret = KEY_PREFIX + secrets.token_urlsafe(32)
        async with self._db.transaction(scope) as tx:
            found = await store.find_key_by_id(tx, scope, key_id)
            if found is None or not _is_theirs(scope, found.user):
                raise _no_key()
            await self._guard_key(tx, scope, found.user)
            if not _may_give(scope, found.permissions) or _outlives(scope, found.expires_at):
                raise _too_much()
            if _has_expired(found.expires_at, utc_now()):
                raise Conflict("This key has expired, and stays so.", remedy="Revoke it and make another.")
            key = replace(found, prefix=secret[:_SHOWN])
            await store.change_secret(tx, scope, key, hash_of(secret))
            await note(tx, scope, "key.rotated", ("key", key.id), **_told(key))
        return NewApiKey(key, secret)

    async def _guard_key(self, tx: AsyncSession, scope: Scope, user_id: str) -> None:
        """Let nobody touch a key that acts as an owner but owners. Raises: NotFound, Denied."""
        await people_store.lock(tx, scope)  # they do not become an owner between this look and the key
        user = await store.find_user(tx, scope, user_id)
        if user is None or not _is_theirs(scope, user_id):
            raise NotFound("There is no such user.", remedy="`GET /v1/users` lists them.")
        if Role.OWNER in user.roles and Role.OWNER not in scope.roles:
            raise _too_much()

    async def list_keys(self, scope: Scope) -> list[ApiKey]:
        """Return the tenant's keys, newest first; whoever does not look after people sees their own."""
        async with self._db.read(scope) as session:
            found = await store.list_keys(session, scope)
        return [each for each in found if _is_theirs(scope, each.user)]

    async def key(self, scope: Scope, key_id: str) -> ApiKey:
        """Return a key. Raises: NotFound, also for one that the asker does not look after."""
        async with self._db.read(scope) as session:
            found = await store.find_key_by_id(session, scope, key_id)
        if found is None or not _is_theirs(scope, found.user):
            raise _no_key()
        return found

    async def revoke_key(self, scope: Scope, key_id: str) -> None:
        """Delete a key; it stops working at once. Raises: NotFound, Denied."""
        async with self._db.transaction(scope) as tx:
            found = await store.find_key_by_id(tx, scope, key_id)
            if found is None or not _is_theirs(scope, found.user):
                raise _no_key()
            await self._guard_key(tx, scope, found.user)
            if not _may_give(scope, found.permissions):
                raise _too_much()
            await store.drop_key(tx, scope, key_id)
            await note(tx, scope, "key.revoked", ("key", key_id), **_told(found))

    async def _by_key(self, secret: str) -> Scope:
        hashed = hash_of(secret)
        async with self._db.read(EVERY_TENANT) as session:
            proof = await store.find_key(session, hashed)
        now = utc_now()
        if proof is None or not hmac.compare_digest(proof.secret_hash, hashed):
            raise Unauthenticated("This API key is not valid.", remedy="Make one with `pincite keys create NAME`.")
        if _has_expired(proof.expires_at, now):
            raise Unauthenticated("This API key has expired.", remedy="Make another with `pincite keys create NAME`.")
        if proof.last_used_at is None or now - proof.last_used_at > _KEY_NOTED_EVERY:
            async with self._db.transaction(EVERY_TENANT) as tx:
                await store.note_key_used(tx, hashed, now)
        return scope_of(proof.user, proof.permissions, proof.expires_at, proof.key)

    async def _by_session(self, secret: str) -> Scope:
        hashed = hash_of(secret)
        now = utc_now()
        async with self._db.read(EVERY_TENANT) as session:
            proof = await store.find_session(session, hashed)
        known = proof is not None and hmac.compare_digest(proof.secret_hash, hashed)
        if proof is None or not known or _is_over(proof, now):
            raise Unauthenticated("This session has ended.", remedy="Sign in again.")
        if proof.last_used_at is None or now - proof.last_used_at > _SESSION_NOTED_EVERY:
            async with self._db.transaction(EVERY_TENANT) as tx:
                until = now + timedelta(days=SESSION_DAYS)
                await store.extend_session(tx, hashed, now, min(until, proof.ends_at or until))
        return scope_of(proof.user)


def _has_expired(ends: datetime | None, now: datetime) -> bool:
    return ends is not None and ends <= now


def _is_over(proof: Proof, now: datetime) -> bool:
    """Say whether a session was not used for too long, or began too long ago."""
    if proof.expires_at is None or proof.created_at is None:
        return True
    return min(proof.expires_at, proof.created_at + timedelta(days=LONGEST_SESSION_DAYS)) <= now


def cleaned_name(name: str) -> str:
    """Return the name of a key, a user or a group as it is kept. Raises: InvalidInput."""
    cleaned = printable(name)
    if not cleaned or len(cleaned) > NAME_CHARS:
        raise InvalidInput(f"A name has 1 to {NAME_CHARS} characters.", remedy="Say who or what it is for.")
    return cleaned


def _narrowed(scope: Scope, wanted: Collection[str] | None) -> frozenset[str] | None:
    """Return what a new key is narrowed to. Raises: InvalidInput, Denied."""
    if wanted is None:
        return scope.permissions
    if unknown := sorted(set(wanted) - set(Permission)):
        raise InvalidInput(
            f"There is no permission {unknown[0][:50]!r}.", remedy=f"Permissions are {', '.join(Permission)}."
        )
    # A directory's key does what directories do, and makes no other keys.
    narrowed = frozenset(wanted) | (set[Permission]() if set(wanted) == {Permission.SCIM} else {Permission.SELF})
    if not _may_give(scope, narrowed):
        raise _too_much()
    return narrowed


def _is_theirs(scope: Scope, user_id: str) -> bool:
    return user_id == scope.user or Permission.ADMIN in permissions_of(scope)


def _may_give(scope: Scope, permissions: frozenset[str] | None) -> bool:
    if permissions is None:
        return scope.permissions is None
    return permissions <= permissions_of(scope)


def _outlives(scope: Scope, ends: datetime | None) -> bool:
    return scope.until is not None and (ends is None or ends > scope.until)


def _too_much() -> Denied:
    return Denied("The key could do more than you may.", remedy="Narrow it, or ask an owner of this installation.")


def _no_key() -> NotFound:
    return NotFound("There is no such key.", remedy="`pincite keys list` shows the keys there are.")


def scope_of(
    user: User, permissions: frozenset[str] | None = None, until: datetime | None = None, key: str | None = None
) -> Scope:
    """Return whom a user, by a key with these properties where there is one, asks as."""
    return Scope(user.tenant, user.id, user.groups, user.roles, permissions, until, key, user.name)


async def _note_tenant(tx: AsyncSession, owner: User) -> None:
    await note(tx, system_scope(owner.tenant), "tenant.made", ("tenant", owner.tenant), owner=owner.id)


def _told(key: ApiKey) -> dict[str, Any]:
    return {"name": key.name, "prefix": key.prefix, "user": key.user, "permissions": key.permissions}
