"""Use cases of signing in with a provider: beginning, coming back, being signed out by it. No web framework.

Authorization code with PKCE alone (OpenID Connect Core 3.1, RFC 7636, RFC 9207). What it takes to believe a token is in
`tokens.py`, who somebody is here in `entering.py`; providers are looked after in `providers.py`.
"""

import hmac
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from authlib.oauth2.rfc7636 import create_s256_code_challenge  # pyright: ignore[reportUnknownVariableType]

from pincite.accounts.domain import User, hash_of
from pincite.accounts.federation import tokens
from pincite.accounts.federation.claims import lacks, person_of
from pincite.accounts.federation.discovery import Directory
from pincite.accounts.federation.domain import (
    AGAIN,
    Metadata,
    Offer,
    Person,
    Provider,
    SignInRefused,
    SignOutRefused,
    Web,
)
from pincite.accounts.federation.entering import as_it_is, attach, enter
from pincite.accounts.federation.linking import Links, refuse_begun_by_provider
from pincite.accounts.federation.pending import PURPOSE, Pending
from pincite.accounts.federation.providers import Providers
from pincite.accounts.passwords import Passwords, network_of
from pincite.accounts.service import scope_of
from pincite.accounts.store import federation as store
from pincite.accounts.store import proofs
from pincite.accounts.throttle import Limit, Throttle
from pincite.accounts.vault import Vault
from pincite.core import Database, NotFound, Scope, utc_now
from pincite.core.audit import note
from pincite.core.scope import EVERY_TENANT

LOGOUT_MINUTES = 5
_FREE, _LONGEST_WAIT_S = 20, 60.0
_ERROR = re.compile(r"[a-z_]{1,40}")


@dataclass(frozen=True, slots=True)
class Way:
    """How a browser comes back: the address that the provider sends it to, where it wants to go then, and its own."""

    redirect_uri: str
    return_to: str
    client: str


@dataclass(frozen=True, slots=True)
class Begun:
    """Where the browser goes now, and the cookie that it must bring back."""

    url: str
    cookie: str


@dataclass(frozen=True, slots=True)
class Came:
    """What a browser comes back with: the provider's answer, and the cookie of the sign-in that is under way."""

    cookie: str
    state: str
    code: str | None = None
    issuer: str | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Finished:
    """The secret of a new session, None where somebody linked the provider to themselves; and where they wanted to."""

    secret: str | None
    return_to: str


class Federation:
    """Signs people in by the word of OpenID providers.

    Args:
        database: where rows are kept.
        key: the installation's secret.
        web: the way to providers' servers.
        throttle: counts what is tried.
        passwords: prove who links a provider to themselves.
    """

    def __init__(self, database: Database, key: bytes, web: Web, throttle: Throttle, passwords: Passwords) -> None:
        self._db = database
        self._web = web
        self._throttle = throttle
        self._vault = Vault(key, PURPOSE)
        self._directory = Directory(web)
        self.providers = Providers(database, key, self._directory)
        self.links = Links(database, passwords)

    async def offers(self) -> list[Offer]:
        """Return the providers that people may sign in with."""
        async with self._db.read(EVERY_TENANT) as session:
            return await store.offers(session)

    async def begin(self, provider_id: str, way: Way) -> Begun:
        """Begin a sign-in. Raises: NotFound, Unavailable, TooManyTries."""
        return await self._begun(await self._provider(provider_id), way)

    async def begin_link(self, scope: Scope, provider_id: str, way: Way, *, session: str, current: str | None) -> Begun:
        """Begin to link a provider to the asker, whom their current password or a new link proves once more.

        Raises: NotFound, Unavailable, TooManyTries; WrongPassword, Denied, Conflict as `Links.prove` does.
        """
        provider = await self._provider(provider_id)
        if scope.tenant != provider.tenant:
            raise _no_provider()
        await self.links.prove(scope, session, current)
        return await self._begun(provider, way, scope.user)

    async def _begun(self, provider: Provider, way: Way, linking: str = "") -> Begun:
        limits = _limits(way.client)
        await self._throttle.begin(limits)
        metadata = await self._directory.metadata(provider)
        await self._throttle.succeeded(limits)
        pending = Pending.begin(provider.id, way.redirect_uri, way.return_to, linking)
        asked: dict[str, str] = {
            "response_type": "code",
            "client_id": provider.client_id,
            "redirect_uri": way.redirect_uri,
            "scope": " ".join(provider.settings.scopes),
            "state": pending.state,
            "nonce": pending.nonce,
            "code_challenge": create_s256_code_challenge(pending.verifier),
            "code_challenge_method": "S256",
        }
        joint = "&" if "?" in metadata.authorization_endpoint else "?"
        return Begun(f"{metadata.authorization_endpoint}{joint}{urlencode(asked)}", pending.sealed(self._vault))

    async def finish(self, came: Came, client: str, *, asker: Scope | None = None, session: str = "") -> Finished:
        """Take a provider's answer for what it proves.

        Args:
            came: what the browser brought.
            client: the browser's address.
            asker: who is signed in in it, needed where they link the provider.
            session: the secret of their session.

        Raises:
            SignInRefused: it does not prove who somebody is.
            NotKnownHere: they are nobody here.
            Conflict: an address or a subject is somebody else's.
            Unavailable, TooManyTries.
        """
        pending = Pending.opened(self._vault, came.cookie)
        provider = await self._provider(pending.provider)
        if not hmac.compare_digest(pending.state.encode(), came.state.encode()):
            raise SignInRefused("This answer belongs to another sign-in.", remedy=AGAIN)
        limits = _limits(client)
        await self._throttle.begin(limits)
        person = await self._proved(provider, pending, came)
        if pending.user:
            await self._link(provider, person, pending, (asker, session))
            secret = None
        else:
            secret = await self._in(provider, person)
        await self._throttle.succeeded(limits)
        return Finished(secret, pending.return_to)

    async def signed_out_by(self, provider_id: str, token: str) -> None:
        """End the sessions that a provider says are over.

        Its word is good once, and its clock may be a minute off: then the later time counts, which ends rather more.

        Raises: NotFound, SignOutRefused, Unavailable.
        """
        try:
            await self._sign_out(await self._provider(provider_id), token)
        except SignInRefused as refused:
            raise SignOutRefused(refused.message, remedy="Nobody was signed out; send a new logout token.") from None

    async def _sign_out(self, provider: Provider, token: str) -> None:
        longest_s = LOGOUT_MINUTES * 60.0
        word = await tokens.logout_token(provider, token, lambda kid: self._directory.keys(provider, kid), longest_s)
        before = datetime.fromtimestamp(word.at + tokens.LEEWAY_S, UTC)
        now, good_for = utc_now(), timedelta(seconds=longest_s + 3 * tokens.LEEWAY_S)
        async with self._db.transaction(EVERY_TENANT) as tx:
            await as_it_is(tx, provider)
            if not await store.use_word(tx, provider, hash_of(word.id), now, now - good_for):
                raise tokens.used_twice()
            ended = await store.end_sessions(tx, provider, before, subject=word.subject, provider_session=word.session)
            for user in ended:
                await note(tx, scope_of(user), "session.ended", ("user", user.id), by=provider.label)

    async def way_out(self, scope: Scope, session: str, back_to: str) -> str | None:
        """Return where to go to sign out at the provider, too; None where that is not wanted or cannot be."""
        async with self._db.read(scope) as reading:
            provider = await store.provider_of_session(reading, scope, hash_of(session))
        if provider is None or not provider.settings.sign_out_there:
            return None
        endpoint = (await self._directory.metadata(provider)).end_session_endpoint
        if endpoint is None:
            return None
        asked = urlencode({"client_id": provider.client_id, "post_logout_redirect_uri": back_to})
        return f"{endpoint}{'&' if '?' in endpoint else '?'}{asked}"

    async def _provider(self, provider_id: str) -> Provider:
        async with self._db.read(EVERY_TENANT) as session:
            found = await store.provider(session, provider_id)
        if found is None:
            raise _no_provider()
        return found

    async def _proved(self, provider: Provider, pending: Pending, came: Came) -> Person:
        metadata = await self._directory.metadata(provider)
        if came.issuer != provider.issuer and (came.issuer is not None or metadata.names_issuer):
            raise SignInRefused("The answer came from another provider than was asked.", remedy=AGAIN)
        if came.error is not None or came.code is None:
            said = came.error if came.error is not None and _ERROR.fullmatch(came.error) else "no code"
            raise SignInRefused(f"{provider.label} did not sign you in ({said}).", remedy=AGAIN)
        given = await self._exchanged(provider, metadata, pending, came.code)
        access = given.get("access_token")
        token = given.get("id_token")
        if not isinstance(token, str):
            raise _no_proof(provider, given.get("error"))
        claims = await tokens.id_token(
            provider,
            token,
            lambda kid: self._directory.keys(provider, kid),
            nonce=pending.nonce,
            access_token=access if isinstance(access, str) else None,
        )
        return person_of(provider, await self._completed(provider, metadata, claims, access))

    async def _exchanged(
        self, provider: Provider, metadata: Metadata, pending: Pending, code: str
    ) -> Mapping[str, Any]:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": pending.redirect_uri,
            "code_verifier": pending.verifier,
        }
        secret = self.providers.secret_of(provider)
        basic = (
            (provider.client_id, secret) if secret is not None and metadata.method == "client_secret_basic" else None
        )
        if basic is None:
            form["client_id"] = provider.client_id
            form |= {} if secret is None else {"client_secret": secret}
        return await self._web.post(provider.issuer, metadata.token_endpoint, form, basic=basic)

    async def _completed(
        self, provider: Provider, metadata: Metadata, claims: Mapping[str, Any], access: object
    ) -> Mapping[str, Any]:
        """Add what the provider tells apart from the token, for providers whose tokens are thin; the token counts."""
        if metadata.userinfo_endpoint is None or not isinstance(access, str) or not lacks(provider, claims):
            return claims
        more = await self._web.get(provider.issuer, metadata.userinfo_endpoint, bearer=access)
        if more.get("sub") != claims["sub"]:
            raise SignInRefused(f"{provider.label} told of somebody else.", remedy=AGAIN)
        # Whether an address was verified is said by who says the address.
        if "email" in claims:
            more = {name: value for name, value in more.items() if name not in {"email", "email_verified"}}
        elif "email" in more:
            claims = {name: value for name, value in claims.items() if name != "email_verified"}
        return {**more, **claims}

    async def _in(self, provider: Provider, person: Person) -> str:
        secret, now = secrets.token_urlsafe(32), utc_now()
        ends_at = now + timedelta(hours=provider.settings.session_hours)
        async with self._db.transaction(EVERY_TENANT) as tx:
            user, done = await enter(tx, provider, person, now)
            await proofs.drop_expired(tx, now)
            await store.begin_session(tx, user, hash_of(secret), (provider, person), now, ends_at)
            for action, detail in done:
                await note(tx, scope_of(user), action, ("user", user.id), **detail)
            await note(tx, scope_of(user), "session.begun", ("user", user.id), by=provider.label)
        return secret

    async def _link(self, provider: Provider, person: Person, pending: Pending, by: tuple[Scope | None, str]) -> None:
        asker, session = by
        if asker is None or asker.user != pending.user or asker.tenant != provider.tenant:
            raise SignInRefused("Somebody else is signed in now than when this began.", remedy=AGAIN)
        async with self._db.transaction(EVERY_TENANT) as tx:
            await as_it_is(tx, provider)  # which waits for an admin who takes all links or the person away just now
            user = await _present(tx, asker)
            proof = await proofs.find_session(tx, hash_of(session))  # it may have ended while the provider was asked
            if proof is None or proof.user.id != user.id:
                raise SignInRefused("You are not signed in any more.", remedy=AGAIN)
            refuse_begun_by_provider(proof)
            await attach(tx, provider, person, user, utc_now())


async def _present(tx: Any, asker: Scope) -> User:
    user = await proofs.find_user(tx, asker, asker.user)
    if user is None:
        raise NotFound("There is no such user.")
    return user


def _no_proof(provider: Provider, error: object) -> SignInRefused:
    """Return the error of a provider that gave no token for a code, for the reason that it told, if any."""
    said = f" ({error})" if isinstance(error, str) and _ERROR.fullmatch(error) else ""
    remedy = "Sign in again: a code is good once, and not for long. Else see `pincite sign-in check`."
    if error in {"invalid_client", "unauthorized_client"}:
        remedy = (
            "Show this to an admin: the provider takes the client secret that is stored here no more. A new one is "
            "stored with `pincite sign-in change PROVIDER_ID --secret-from FILE`."
        )
    return SignInRefused(f"{provider.label} sent no proof of who you are{said}.", remedy=remedy)


def _limits(client: str) -> list[Limit]:
    return [Limit(f"provider-client:{network_of(client)}", _FREE, _LONGEST_WAIT_S)]


def _no_provider() -> NotFound:
    return NotFound("There is no such sign-in provider.", remedy="Go back to the sign-in page and choose another.")
