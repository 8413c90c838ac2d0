"""Use cases of what is a directory's: people and groups that were made here are handed over, and taken back. No web.

What a directory may do with whom it made, and with whom it only found, is decided in `service.py`.
"""

from sqlalchemy.ext.asyncio import AsyncSession

from pincite.accounts.domain import ROLE_PERMISSIONS, Permission, Role, permissions_of
from pincite.accounts.scim.domain import ScimUser, UserFacts
from pincite.accounts.store import people as people_store
from pincite.accounts.store import scim as store
from pincite.core import Conflict, Database, InvalidInput, NotFound, Scope, utc_now
from pincite.core.audit import note
from pincite.core.errors import Denied


class Handing:
    """Says what a directory looks after, beside what it made itself. For admins and owners.

    Args:
        database: where rows are kept.
    """

    def __init__(self, database: Database) -> None:
        self._db = database

    async def user(self, scope: Scope, user_id: str, *, back: bool = False) -> None:
        """Let a directory change somebody as if it had made them; with `back` no more. Again changes nothing.

        Raises: NotFound; InvalidInput for an owner or a program; Denied for a key that may do less than they;
            Conflict where the directory calls somebody else by their address.
        """
        async with self._db.transaction(scope) as tx:
            await people_store.lock(tx, scope)
            known = await store.find_user(tx, scope, user_id)
            if known is None:
                raise NotFound("There is no such user.", remedy="`GET /v1/users` lists them; programs are nobody's.")
            _refuse(scope, known)
            if known.own is back:
                await self._put(tx, scope, known, own=not back)
            await note(tx, scope, "user.taken-back" if back else "user.handed-over", ("user", user_id))

    async def group(self, scope: Scope, group_id: str, *, back: bool = False) -> None:
        """Let a directory see and change a group as if it had made it; with `back` no more. Again changes nothing.

        Raises: NotFound.
        """
        async with self._db.transaction(scope) as tx:
            await people_store.lock(tx, scope)
            found = await people_store.find_group(tx, scope, group_id)
            if found is None:
                raise NotFound("There is no such group.", remedy="`GET /v1/groups` lists them.")
            if back:
                await store.drop_group(tx, scope, group_id)
            elif not found.directory:
                await store.put_group(tx, scope, group_id, None, utc_now())
            told = ("group", group_id)
            await note(tx, scope, "group.taken-back" if back else "group.handed-over", told, name=found.name)

    async def _put(self, tx: AsyncSession, scope: Scope, known: ScimUser, *, own: bool) -> None:
        if await store.name_is_taken(tx, scope, known.user_name, known.user.id):
            raise Conflict(
                f"A directory calls somebody else {known.user_name}.",
                remedy="Have it give them another userName first.",
            )
        facts = UserFacts(
            known.user_name,
            given_name=known.given_name,
            family_name=known.family_name,
            external_id=known.external_id,
        )
        await store.put_user(tx, scope, known.user.id, facts, utc_now(), own=own)


def _refuse(scope: Scope, known: ScimUser) -> None:
    """Let nobody hand an owner over, nor by a narrowed key somebody who may do more. Raises: InvalidInput, Denied."""
    roles = known.user.roles
    if Role.OWNER in roles:
        raise InvalidInput("An owner is changed by owners alone.", remedy="Give them another role first.")
    if not frozenset[Permission]().union(*(ROLE_PERMISSIONS[each] for each in roles)) <= permissions_of(scope):
        raise Denied("They could do more than this key.", remedy="Sign in, or use a key that is not narrowed.")
