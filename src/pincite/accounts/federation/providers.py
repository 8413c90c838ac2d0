"""Use cases of sign-in providers themselves: adding, changing, removing and trying one. No web.

Whoever runs the installation does it on the machine: who is let in, and which servers are reached, is theirs to say.
"""

from dataclasses import replace

from pincite.accounts.federation.discovery import Directory, is_trustworthy
from pincite.accounts.federation.domain import Metadata, Provider
from pincite.accounts.service import cleaned_name
from pincite.accounts.settings import NewProvider
from pincite.accounts.store import federation as store
from pincite.accounts.store import people as people_store
from pincite.accounts.vault import KeyLost, Vault
from pincite.core import Database, InvalidInput, NotFound, Scope, new_id, utc_now
from pincite.core.audit import note

MOST_PROVIDERS = 20
_PURPOSE = b"pincite provider secret 1"


class Providers:
    """Looks after the sign-in providers of a tenant.

    Args:
        database: where rows are kept.
        key: the installation's secret, which clients' secrets are encrypted with.
        directory: finds out where endpoints are.
    """

    def __init__(self, database: Database, key: bytes, directory: Directory) -> None:
        self._db = database
        self._vault = Vault(key, _PURPOSE)
        self._directory = directory

    async def list(self, scope: Scope) -> list[Provider]:
        """Return the tenant's providers by label."""
        async with self._db.read(scope) as session:
            return await store.list_providers(session, scope)

    async def add(self, scope: Scope, wanted: NewProvider) -> Provider:
        """Add a provider. Raises: InvalidInput."""
        made = self._checked(scope, wanted, Provider(new_id(), scope.tenant, "", "", "", wanted.settings))
        async with self._db.transaction(scope) as tx:
            await people_store.lock(tx, scope)
            if len(await store.list_providers(tx, scope)) >= MOST_PROVIDERS:
                raise InvalidInput(f"There are {MOST_PROVIDERS} providers already.", remedy="Remove one first.")
            await store.put_provider(tx, scope, made, utc_now())
            await note(tx, scope, "provider.added", ("provider", made.id), label=made.label, issuer=made.issuer)
        return made

    async def change(self, scope: Scope, provider_id: str, wanted: NewProvider) -> Provider:
        """Let a provider be so; without a secret it keeps the one that it has. Raises: NotFound, InvalidInput.

        Under another issuer subjects are other people: whom it knew is forgotten, and their sessions end.
        """
        async with self._db.transaction(scope) as tx:
            await people_store.lock(tx, scope)  # nobody is half in by its word meanwhile
            before = await _required(tx, scope, provider_id)
            made = self._checked(scope, wanted, before)
            if made.issuer != before.issuer:
                await store.drop_provider(tx, scope, provider_id)
            await store.put_provider(tx, scope, made, utc_now())
            await note(tx, scope, "provider.changed", ("provider", made.id), label=made.label, issuer=made.issuer)
        self._directory.forget(made.issuer)
        return made

    async def remove(self, scope: Scope, provider_id: str) -> None:
        """Remove a provider; sessions that its word began end. Raises: NotFound."""
        async with self._db.transaction(scope) as tx:
            await people_store.lock(tx, scope)
            found = await _required(tx, scope, provider_id)
            await store.drop_provider(tx, scope, provider_id)
            await note(tx, scope, "provider.removed", ("provider", provider_id), label=found.label)

    async def check(self, scope: Scope, provider_id: str) -> tuple[Metadata, int]:
        """Ask a provider for its endpoints and keys; returns how many keys it has. Raises: NotFound, Unavailable."""
        async with self._db.read(scope) as session:
            found = await _required(session, scope, provider_id)
        self.secret_of(found)
        return await self._directory.metadata(found), len(await self._directory.keys(found, None))

    def secret_of(self, provider: Provider) -> str | None:
        """Return the client's secret; None where it has none. Raises: KeyLost."""
        if provider.sealed is None:
            return None
        try:
            return self._vault.open(provider.sealed, provider.id).decode()
        except KeyLost:
            raise KeyLost(
                f"The client secret of {provider.label} cannot be read: it was stored with another secret key.",
                remedy="Store it again with `pincite sign-in change`, or start with the earlier key "
                "(PINCITE_SECRET_KEY, or secret.key in the data folder).",
            ) from None

    def _checked(self, scope: Scope, wanted: NewProvider, before: Provider) -> Provider:
        if not is_trustworthy(wanted.issuer, wanted.issuer) or "?" in wanted.issuer or len(wanted.issuer) > 500:
            raise InvalidInput(
                "The issuer is no https address.",
                remedy="Give it exactly as the provider's discovery document has it, such as https://login.example.com.",
            )
        if not 1 <= len(wanted.client_id) <= 255 or not wanted.client_id.isprintable():
            raise InvalidInput("The client id is none.", remedy="Copy it from the provider's page of this application.")
        if wanted.settings.create and not wanted.settings.domains:
            raise InvalidInput(
                "It is not said whose people become users.", remedy="Name the domains of their addresses, too."
            )
        sealed = before.sealed if wanted.secret is None else self._vault.seal(wanted.secret.encode(), before.id)
        return replace(
            before,
            tenant=scope.tenant,
            label=cleaned_name(wanted.label),
            issuer=wanted.issuer,
            client_id=wanted.client_id,
            settings=wanted.settings,
            sealed=sealed,
        )


async def _required(session: store.AsyncSession, scope: Scope, provider_id: str) -> Provider:
    found = next((each for each in await store.list_providers(session, scope) if each.id == provider_id), None)
    if found is None:
        raise NotFound("There is no such sign-in provider.", remedy="`pincite sign-in list` shows them.")
    return found
