"""Use cases of somebody's own links to providers: seeing them, what it takes to make one, unlinking. No web.

How a link is made once the provider proved somebody is in `entering.py`; admins take all of them away in `people.py`.
"""

from sqlalchemy.ext.asyncio import AsyncSession

from pincite.accounts.domain import hash_of
from pincite.accounts.federation.domain import Linked
from pincite.accounts.passwords import Passwords
from pincite.accounts.store import factors, proofs
from pincite.accounts.store import federation as store
from pincite.accounts.store import people as people_store
from pincite.accounts.store.proofs import Proof
from pincite.core import Conflict, Database, NotFound, Scope
from pincite.core.audit import note


class Links:
    """Looks after the providers that somebody can sign in with.

    Args:
        database: where rows are kept.
        passwords: prove who links one.
    """

    def __init__(self, database: Database, passwords: Passwords) -> None:
        self._db = database
        self._passwords = passwords

    async def list(self, scope: Scope) -> list[Linked]:
        """Return the providers that the asker is linked to, by their labels."""
        async with self._db.read(scope) as session:
            return await store.linked(session, scope)

    async def prove(self, scope: Scope, session: str, current: str | None) -> None:
        """Make sure that it is the asker who wants another way in, as for a second factor.

        Raises: WrongPassword, TooManyTries; Denied without a password in a session that no new link began; Conflict in
            one that a provider began.
        """
        async with self._db.read(scope) as reading:
            refuse_begun_by_provider(await proofs.find_session(reading, hash_of(session)))
        await self._passwords.prove_present(scope, session, current)

    async def unlink(self, scope: Scope, provider_id: str) -> None:
        """Let a provider sign the asker in no more; sessions that it began end.

        Raises: NotFound where they are not linked to it; Conflict where it is their last way in.
        """
        async with self._db.transaction(scope) as tx:
            await people_store.lock(tx, scope)
            linked = await store.linked(tx, scope)
            found = next((each for each in linked if each.id == provider_id), None)
            if found is None:
                raise NotFound(
                    "You are not linked to this provider.", remedy="`GET /v1/session/factors` says to which you are."
                )
            if len(linked) == 1 and not await _has_password(tx, scope):
                raise Conflict(
                    "It is your only way in.", remedy="Set a password or link another provider first, or ask an admin."
                )
            await store.unlink(tx, scope, provider_id)
            await note(tx, scope, "identity.unlinked", ("user", scope.user), provider=found.label)


def refuse_begun_by_provider(proof: Proof | None) -> None:
    """Let nobody link a provider by the word of another. Raises: Conflict."""
    if proof is not None and proof.begun_by == "provider":
        raise Conflict(
            "You signed in with a provider: another way in would outlast it.",
            remedy="Sign in with a link or your password, and link it then.",
        )


async def _has_password(tx: AsyncSession, scope: Scope) -> bool:
    """Say whether the asker can sign in with a password, which takes an address as well."""
    user = await proofs.find_user(tx, scope, scope.user)
    return user is not None and user.email is not None and await factors.password_hash(tx, scope) is not None
