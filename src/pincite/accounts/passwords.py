"""Use cases of passwords: setting one and signing in with it. No web.

How often one may be tried is in `throttle.py`, what one may be in `password_rules.py`.
"""

import ipaddress
import secrets
from dataclasses import dataclass
from datetime import timedelta

from pincite.accounts.domain import Unauthenticated, hash_of
from pincite.accounts.hashing import PasswordHasher
from pincite.accounts.password_rules import LONGEST, checked_password, normalised
from pincite.accounts.service import SESSION_DAYS, scope_of
from pincite.accounts.store import codes, proofs
from pincite.accounts.store import factors as store
from pincite.accounts.store.proofs import Proof
from pincite.accounts.throttle import Limit, Throttle
from pincite.core import Conflict, Database, InvalidInput, Scope, utc_now
from pincite.core.audit import note
from pincite.core.errors import Denied
from pincite.core.scope import EVERY_TENANT

# So long after a link somebody need not know the password that they replace: a link is how a lost one is reset.
FRESH = timedelta(minutes=15)
HALF = timedelta(minutes=5)
_FREE = 5
_PAIR_S, _ADDRESS_S, _CLIENT_S = 900.0, 30.0, 60.0


@dataclass(frozen=True, slots=True)
class PasswordState:
    """Whether somebody has a password, and whether it takes the current one to set another."""

    is_set: bool
    needs_current: bool


@dataclass(frozen=True, slots=True)
class Entered:
    """The secret of a new session; with `owes_code` it is good for nothing but giving the code, for five minutes."""

    secret: str
    owes_code: bool


class WrongPassword(Denied):
    """The current password, which a change takes, is not this one."""

    code = "wrong-password"


class Passwords:
    """Sets passwords and signs in with them.

    Args:
        database: where rows are kept.
        hasher: how passwords are hashed.
        throttle: how often they may be tried.
    """

    def __init__(self, database: Database, hasher: PasswordHasher, throttle: Throttle) -> None:
        self._db = database
        self._hasher = hasher
        self._throttle = throttle

    async def state(self, scope: Scope, session: str | None) -> PasswordState:
        """Say whether the asker has a password, and what it takes to set another from this session."""
        async with self._db.read(scope) as reading:
            hashed = await store.password_hash(reading, scope)
            proof = None if session is None else await proofs.find_session(reading, hash_of(session))
        return PasswordState(hashed is not None, hashed is not None and not _is_fresh(scope, proof))

    async def set(self, scope: Scope, session: str, new: str, current: str | None) -> None:
        """Let the asker sign in with a password; their other sessions and links end.

        Raises:
            InvalidInput: it is too short or easily guessed, or they have no e-mail address to sign in with.
            WrongPassword: it takes the current password, and that is another one.
            Denied: there is none, and the session is not so new that it takes none; or a provider began it.
            TooManyTries: the current password was tried too often.
            Conflict: it was changed meanwhile.
        """
        hashed, proof = await self._known(scope, session)
        if proof is None or proof.user.id != scope.user:
            raise Unauthenticated("This session has ended.", remedy="Sign in again.")
        if proof.begun_by == "provider":
            # It would be a way in that stays when the provider lets them in no more.
            raise Denied(
                "You signed in with a provider, and need no password here.",
                remedy="Where you are to have one all the same, ask an admin for a sign-in link and set it then.",
            )
        if proof.user.email is None:
            raise InvalidInput(
                "There is no e-mail address to sign in with.", remedy="Have an admin add yours, then set a password."
            )
        cleaned = checked_password(new, name=proof.user.name, email=proof.user.email)
        await self._prove_present(scope, proof, current, hashed)
        made = await self._hasher.hash(cleaned)
        async with self._db.transaction(scope) as tx:
            still = await proofs.find_session(tx, proof.secret_hash)
            if still is None or await store.password_hash(tx, scope) != hashed:
                raise Conflict("The password was changed meanwhile.", remedy="Sign in again.")
            await store.set_password(tx, scope, made, utc_now())
            await store.drop_other_sessions(tx, scope, proof.secret_hash)
            await note(tx, scope, "password.set", ("user", scope.user))

    async def prove(self, scope: Scope, session: str, current: str | None) -> None:
        """Make sure that it is the asker who changes what they sign in with, as for a change of the password.

        Raises: WrongPassword, TooManyTries; Conflict where there is no password.
        """
        hashed, proof = await self._known(scope, session)
        if hashed is None:
            raise Conflict("There is no password yet.", remedy="Set a password first.")
        if not _is_fresh(scope, proof):
            await self._prove(scope, current, hashed)

    async def prove_present(self, scope: Scope, session: str, current: str | None) -> None:
        """Make sure that it is the asker who adds a way in: by their password, or by a link that was used just now.

        Raises: WrongPassword, TooManyTries; Denied where there is no password and the session is not so new.
        """
        hashed, proof = await self._known(scope, session)
        await self._prove_present(scope, proof, current, hashed)

    async def sign_in(self, email: str, password: str, client: str) -> Entered:
        """Begin a session, or half of one where a code is owed.

        A password that is kept as hashes were made once is kept as they are made today from then on.

        Raises: Unauthenticated, the same whatever is wrong; TooManyTries; TryLater.
        """
        address = email.strip().lower()
        limits = sign_in_limits(address, client)
        self._hasher.refuse_crowd()
        await self._throttle.begin(limits)
        async with self._db.read(EVERY_TENANT) as reading:
            found = await store.find_password(reading, address)
        matches = await self._hasher.matches(_bounded(password), None if found is None else found[1])
        secret, now = secrets.token_urlsafe(32), utc_now()
        if found is None or not matches:
            raise _refused()
        anew = await self._hasher.hash(_bounded(password)) if self._hasher.is_outdated(found[1]) else None
        async with self._db.transaction(EVERY_TENANT) as tx:
            entered = await store.enter(tx, *found, now)
            if entered is None:
                raise _refused()
            user, owes_code = entered
            if anew is not None:
                await store.rehash(tx, *found, anew)
            if owes_code:
                await codes.add_half(tx, user, hash_of(secret), now + HALF)
            else:
                until = now + timedelta(days=SESSION_DAYS)
                await proofs.add_session(tx, user, hash_of(secret), "password", now, until)
                await note(tx, scope_of(user), "session.begun", ("user", user.id), by="password")
        await self._throttle.succeeded(limits)
        return Entered(secret, owes_code)

    async def _known(self, scope: Scope, session: str) -> tuple[str | None, Proof | None]:
        async with self._db.read(scope) as reading:
            hashed = await store.password_hash(reading, scope)
            return hashed, await proofs.find_session(reading, hash_of(session))

    async def _prove_present(self, scope: Scope, proof: Proof | None, current: str | None, hashed: str | None) -> None:
        if _is_fresh(scope, proof):
            return
        if hashed is None:
            raise Denied(
                "You have no password, and did not sign in with a link just now.",
                remedy="Sign in with a new link (an admin or `pincite keys sign-in-link` makes one) and do it within "
                "15 minutes.",
            )
        await self._prove(scope, current, hashed)

    async def _prove(self, scope: Scope, current: str | None, hashed: str) -> None:
        limits = [Limit(f"password-of:{scope.user}", _FREE, _PAIR_S, own=True)]
        self._hasher.refuse_crowd()
        await self._throttle.begin(limits)
        if not await self._hasher.matches(_bounded(current or ""), hashed):
            raise WrongPassword("This is not the current password.", remedy="Type it again, or sign in with a link.")
        await self._throttle.succeeded(limits)


def sign_in_limits(address: str, client: str) -> list[Limit]:
    """Return what tries to sign in are counted by.

    The wait is long for one client that tries one address. It is short for an address by whomever, and for a client
    with whatever address: others must not be locked out for long by strangers, or by who shares a network with them.
    """
    network = network_of(client)
    return [
        Limit(f"sign-in:{address}:{network}", _FREE, _PAIR_S, own=True),
        Limit(f"sign-in-address:{address}", 4 * _FREE, _ADDRESS_S),
        Limit(f"sign-in-client:{network}", 4 * _FREE, _CLIENT_S),
    ]


def network_of(client: str) -> str:
    """Return what one client has addresses of: of IPv6 a whole network."""
    try:
        address = ipaddress.ip_address(client.partition("%")[0])
    except ValueError:
        return client
    return str(address) if address.version == 4 else str(ipaddress.ip_network((address, 64), strict=False))


def _bounded(password: str) -> str:
    """Return a password as it is compared; nobody can have set a longer one."""
    return normalised(password[: 4 * LONGEST])


def _is_fresh(scope: Scope, proof: Proof | None) -> bool:
    if proof is None or proof.created_at is None or proof.user.id != scope.user:
        return False
    return proof.begun_by == "link" and utc_now() - proof.created_at < FRESH


def _refused() -> Unauthenticated:
    return Unauthenticated(
        "This e-mail address and this password do not go together.",
        remedy="Type both again, or ask an admin for a sign-in link.",
    )
