"""Use cases of the second factor: setting it up, the code after the password, recovery codes, turning it off. No web.

What a code is is in `totp.py`, how its secret is encrypted in `vault.py`. An admin takes it away in `people.py`.
"""

import base64
import secrets
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from pincite.accounts import totp
from pincite.accounts.domain import Unauthenticated, User, hash_of
from pincite.accounts.passwords import Passwords
from pincite.accounts.service import SESSION_DAYS, scope_of
from pincite.accounts.store import codes as store
from pincite.accounts.store import proofs
from pincite.accounts.throttle import Limit, Throttle
from pincite.accounts.vault import Vault
from pincite.core import Conflict, Database, Scope, utc_now
from pincite.core.audit import note
from pincite.core.errors import Denied
from pincite.core.scope import EVERY_TENANT

RECOVERY_CODES = 10
_RECOVERY_BYTES = 15  # more than 112 bits: below that a quick hash would not do
_FREE, _LONGEST_S = 5, 900.0


@dataclass(frozen=True, slots=True)
class FactorState:
    """Whether somebody has a second factor that counts, and how many recovery codes are left."""

    is_on: bool
    recovery_left: int


@dataclass(frozen=True, slots=True)
class NewFactor:
    """A second factor to be put into an app, as text and as an address; shown this once."""

    secret: str
    uri: str


class WrongCode(Denied):
    """The code is not the one of now, or it was used already."""

    code = "wrong-code"


class SecondFactor:
    """Looks after codes by the clock. Each code is good once; one step of drift is allowed.

    Args:
        database: where rows are kept.
        vault: encrypts the secrets.
        throttle: how often codes may be tried.
        passwords: prove who sets one up.
    """

    def __init__(self, database: Database, vault: Vault, throttle: Throttle, passwords: Passwords) -> None:
        self._db = database
        self._vault = vault
        self._throttle = throttle
        self._passwords = passwords

    async def state(self, scope: Scope) -> FactorState:
        """Say whether the asker has a second factor."""
        async with self._db.read(scope) as session:
            return FactorState(await store.is_on(session, scope), await store.recovery_left(session, scope))

    async def begin(self, scope: Scope, session: str, current: str | None) -> NewFactor:
        """Make a second factor, which does not count before `confirm`.

        Raises: WrongPassword, TooManyTries; Conflict where there is one, or no password for it to be second to.
        """
        await self._passwords.prove(scope, session, current)
        secret = secrets.token_bytes(totp.SECRET_BYTES)
        async with self._db.transaction(scope) as tx:
            user = await proofs.find_user(tx, scope, scope.user)
            known = await store.locked(tx, scope)
            if known is not None and known.confirmed:
                raise Conflict("There is a second factor already.", remedy="Turn it off first, with one of its codes.")
            await store.begin(tx, scope, self._vault.seal(secret, scope.user))
            await note(tx, scope, "factor.begun", ("user", scope.user))
        account = scope.user if user is None else user.email or user.name
        return NewFactor(totp.base32_of(secret), totp.uri_of(secret, account))

    async def confirm(self, scope: Scope, code: str) -> list[str]:
        """Let the second factor count; returns recovery codes, shown this once. Raises: WrongCode, Conflict."""
        limits = _limits(scope.user)
        await self._throttle.begin(limits)
        made = [_recovery_code() for _ in range(RECOVERY_CODES)]
        async with self._db.transaction(scope) as tx:
            known = await store.locked(tx, scope)
            if known is None or known.confirmed:
                raise Conflict("There is no second factor to confirm.", remedy="Begin to set one up.")
            await self._use_code(tx, scope, code)
            await store.confirm(tx, scope, utc_now(), [_hash_of(scope.user, each) for each in made])
            await note(tx, scope, "factor.set", ("user", scope.user))
        await self._throttle.succeeded(limits)
        return made

    async def turn_off(self, scope: Scope, code: str) -> None:
        """Take the second factor away, by a code or a recovery code. Raises: WrongCode, Conflict, TooManyTries."""
        limits = _limits(scope.user)
        await self._throttle.begin(limits)
        async with self._db.transaction(scope) as tx:
            known = await store.locked(tx, scope)
            if known is None:
                raise Conflict("There is no second factor.", remedy="There is nothing to turn off.")
            await self._use(tx, scope, code)
            await store.drop(tx, scope, scope.user)
            await note(tx, scope, "factor.dropped", ("user", scope.user))
        await self._throttle.succeeded(limits)

    async def finish(self, half: str, code: str) -> str:
        """Return the secret of a new session for one that owed a code.

        Raises: Unauthenticated where it is too late; WrongCode, TooManyTries; KeyLost, where recovery codes do.
        """
        now = utc_now()
        async with self._db.read(EVERY_TENANT) as reading:
            user = await store.find_half(reading, hash_of(half), now)
        if user is None:
            raise _too_late()
        limits = _limits(user.id)
        await self._throttle.begin(limits)
        secret = secrets.token_urlsafe(32)
        async with self._db.transaction(EVERY_TENANT) as tx:
            await self._enter(tx, user, half, code)
            await proofs.add_session(tx, user, hash_of(secret), "password", now, now + timedelta(days=SESSION_DAYS))
            await note(tx, scope_of(user), "session.begun", ("user", user.id), by="password and code")
        await self._throttle.succeeded(limits)
        return secret

    async def _enter(self, tx: AsyncSession, user: User, half: str, code: str) -> None:
        if not await store.use_half(tx, hash_of(half), user.id, utc_now()):
            raise _too_late()
        await self._use(tx, Scope(user.tenant, user.id), code)

    async def _use(self, tx: AsyncSession, scope: Scope, code: str) -> None:
        """Use up a code or a recovery code. Raises: WrongCode, KeyLost."""
        if len(_plain(code)) > totp.DIGITS:
            if not await store.use_recovery(tx, scope, _hash_of(scope.user, code)):
                raise _wrong_code()
            return
        await self._use_code(tx, scope, code)

    async def _use_code(self, tx: AsyncSession, scope: Scope, code: str) -> None:
        known = await store.locked(tx, scope)
        if known is None:  # taken away by an admin since the password was given
            raise _too_late()
        secret = self._vault.open(known.sealed, scope.user)
        step = totp.matching_step(secret, _plain(code), utc_now().timestamp(), after=known.last_step)
        if step is None:
            raise _wrong_code()
        await store.use_step(tx, scope, step)


def _limits(user_id: str) -> list[Limit]:
    return [Limit(f"code-of:{user_id}", _FREE, _LONGEST_S, own=True)]


def _recovery_code() -> str:
    text = base64.b32encode(secrets.token_bytes(_RECOVERY_BYTES)).decode().lower()
    return "-".join(text[at : at + 4] for at in range(0, len(text), 4))


def _plain(code: str) -> str:
    return "".join(each for each in code if each.isalnum()).lower()


def _hash_of(user_id: str, code: str) -> str:
    return hash_of(f"{user_id}:{_plain(code)}")


def _wrong_code() -> WrongCode:
    return WrongCode("This code is wrong, or it was used already.", remedy="Wait for the next one and type that.")


def _too_late() -> Unauthenticated:
    return Unauthenticated("The code came too late.", remedy="Begin again with your password.")
