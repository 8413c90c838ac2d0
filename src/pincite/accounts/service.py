"""Use cases of accounts: the first owner, sign-in tokens, sessions and keys. No web.

How a secret travels (header, cookie, link) is in `door.py` and `routes.py`.
"""

import hashlib
import hmac
import secrets
from datetime import timedelta

from pincite.accounts import store
from pincite.accounts.domain import ApiKey, NewApiKey, Owner, Unauthenticated, User
from pincite.core import Database, InvalidInput, NotFound, Scope, new_id, utc_now

KEY_PREFIX = "pin_"
SESSION_DAYS = 30
SIGN_IN_MINUTES = 15
FIRST_SIGN_IN_MINUTES = 24 * 60
NAME_CHARS = 100
_LONGEST_SECRET = 200
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

    async def bootstrap(self) -> Owner | None:
        """Make the tenant and its owner on a fresh install; None if they are there. Safe between two processes."""
        async with self._db.read() as session:
            if await store.find_owner(session) is not None:
                return None
        now = utc_now()
        user = User(new_id(), new_id(), "Owner", frozenset({"owner"}))
        async with self._db.transaction() as tx:
            if not await store.add_first_tenant(tx, user.tenant, "Main", now):
                return None
            await store.add_user(tx, user, now)
        return Owner(_scope_of(user), user.name)

    async def owner_scope(self) -> Scope:
        """Return the scope of the installation's owner. Raises: NotFound before `bootstrap`."""
        async with self._db.read() as session:
            owner = await store.find_owner(session)
        if owner is None:
            raise NotFound("This installation has no owner yet.", remedy="Run `pincite serve` or `pincite demo` once.")
        return _scope_of(owner)

    async def never_signed_in(self) -> bool:
        """Say whether nobody has signed in to this installation yet."""
        async with self._db.read() as session:
            return not await store.anybody_signed_in(session)

    async def sign_in_token(self, scope: Scope, *, minutes: float | None = None) -> str:
        """Make a one-time token that signs the scope's user in.

        It is good for `minutes`; by default 15, or 24 hours while nobody has ever signed in.
        """
        if minutes is None:
            minutes = FIRST_SIGN_IN_MINUTES if await self.never_signed_in() else SIGN_IN_MINUTES
        token = secrets.token_urlsafe(32)
        now = utc_now()
        async with self._db.transaction() as tx:
            await store.add_token(tx, scope, _hash(token), now, now + timedelta(minutes=minutes))
        return token

    async def redeem(self, token: str) -> str:
        """Use up a one-time token and return the secret of a new session. Raises: Unauthenticated."""
        now = utc_now()
        secret = secrets.token_urlsafe(32)
        async with self._db.transaction() as tx:
            user = await store.use_token(tx, _hash(token), now)
            await store.drop_expired(tx, now)
            if user is not None:
                await store.add_session(tx, user, _hash(secret), now, now + timedelta(days=SESSION_DAYS))
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
        async with self._db.read() as session:
            user = await store.find_user(session, scope, scope.user)
        if user is None:
            raise NotFound("There is no such user.")
        return user

    async def end_session(self, session: str) -> None:
        """End a session; an unknown one is not an error."""
        async with self._db.transaction() as tx:
            await store.drop_session(tx, _hash(session))

    async def create_key(self, scope: Scope, name: str) -> NewApiKey:
        """Make an API key that acts as the scope's user. Raises: InvalidInput for a bad name."""
        cleaned = "".join(c for c in name if c.isprintable()).strip()
        if not cleaned or len(cleaned) > NAME_CHARS:
            raise InvalidInput(f"A key's name has 1 to {NAME_CHARS} characters.", remedy="Say what the key is for.")
        secret = KEY_PREFIX + secrets.token_urlsafe(32)
        key = ApiKey(new_id(), cleaned, secret[:12], utc_now(), None)
        async with self._db.transaction() as tx:
            await store.add_key(tx, scope, key, _hash(secret))
        return NewApiKey(key, secret)

    async def list_keys(self, scope: Scope) -> list[ApiKey]:
        """Return the tenant's keys, newest first."""
        async with self._db.read() as session:
            return await store.list_keys(session, scope)

    async def revoke_key(self, scope: Scope, key_id: str) -> None:
        """Delete a key; it stops working at once. Raises: NotFound."""
        async with self._db.transaction() as tx:
            if not await store.drop_key(tx, scope, key_id):
                raise NotFound("There is no such key.", remedy="`pincite keys list` shows the keys there are.")

    async def _by_key(self, secret: str) -> Scope:
        hashed = _hash(secret)
        async with self._db.read() as session:
            proof = await store.find_key(session, hashed)
        if proof is None or not hmac.compare_digest(proof.secret_hash, hashed):
            raise Unauthenticated("This API key is not valid.", remedy="Make one with `pincite keys create NAME`.")
        now = utc_now()
        if proof.last_used_at is None or now - proof.last_used_at > _KEY_NOTED_EVERY:
            async with self._db.transaction() as tx:
                await store.note_key_used(tx, hashed, now)
        return _scope_of(proof.user)

    async def _by_session(self, secret: str) -> Scope:
        hashed = _hash(secret)
        now = utc_now()
        async with self._db.read() as session:
            proof = await store.find_session(session, hashed)
        known = proof is not None and hmac.compare_digest(proof.secret_hash, hashed)
        if proof is None or not known or proof.expires_at is None or proof.expires_at <= now:
            raise Unauthenticated("This session has ended.", remedy="Sign in again with a new link.")
        if proof.last_used_at is None or now - proof.last_used_at > _SESSION_NOTED_EVERY:
            async with self._db.transaction() as tx:
                await store.extend_session(tx, hashed, now, now + timedelta(days=SESSION_DAYS))
        return _scope_of(proof.user)


def _hash(secret: str) -> str:
    # Longer than anything we hand out: cut, so that a huge header costs nothing; the hash then matches no row.
    return hashlib.sha256(secret[:_LONGEST_SECRET].encode("utf-8", "replace")).hexdigest()


def _scope_of(user: User) -> Scope:
    return Scope(user.tenant, user.id, roles=user.roles)
