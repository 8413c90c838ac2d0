"""Use cases of accounts: the first owner, sign-in tokens, sessions and keys. No web."""

from pincite.accounts.domain import ApiKey, NewApiKey, Owner, User
from pincite.core import Database, Scope


class Accounts:
    """Proves who asks. Secrets are 256 random bits, stored only as their sha256.

    Args:
        database: where rows are kept.
    """

    def __init__(self, database: Database) -> None:
        self._db = database

    async def bootstrap(self) -> Owner | None:
        """Make the tenant and its owner on a fresh install; None if they are there. Safe between two processes."""
        raise NotImplementedError

    async def owner_scope(self) -> Scope:
        """Return the scope of the installation's owner. Raises: NotFound before `bootstrap`."""
        raise NotImplementedError

    async def never_signed_in(self) -> bool:
        """Say whether nobody has signed in to this installation yet."""
        raise NotImplementedError

    async def sign_in_token(self, scope: Scope, *, minutes: float | None = None) -> str:
        """Make a one-time token that signs the scope's user in.

        It is good for 15 minutes, or 24 hours while nobody has ever signed in.
        """
        raise NotImplementedError

    async def redeem(self, token: str) -> str:
        """Use up a one-time token and return the secret of a new session. Raises: Unauthenticated."""
        raise NotImplementedError

    async def authenticate(self, *, bearer: str | None, session: str | None) -> Scope:
        """Return who a key or else a session stands for. Raises: Unauthenticated."""
        raise NotImplementedError

    async def current_user(self, scope: Scope) -> User:
        """Return the scope's user. Raises: NotFound."""
        raise NotImplementedError

    async def end_session(self, session: str) -> None:
        """End a session; an unknown one is not an error."""
        raise NotImplementedError

    async def create_key(self, scope: Scope, name: str) -> NewApiKey:
        """Make an API key that acts as the scope's user. Raises: InvalidInput for a bad name."""
        raise NotImplementedError

    async def list_keys(self, scope: Scope) -> list[ApiKey]:
        """Return the tenant's keys, newest first."""
        raise NotImplementedError

    async def revoke_key(self, scope: Scope, key_id: str) -> None:
        """Delete a key; it stops working at once. Raises: NotFound."""
        raise NotImplementedError
