"""Use cases of quotas: how much a tenant holds, and the most that it may hold.

That the quota holds is seen to where things are stored: `uploads.py`, `progress.py`, `slices.py`.
"""

from pincite.core import Database, Scope
from pincite.core.audit import note
from pincite.library.quotas import Quota, Usage
from pincite.library.store import collections, usage


class Usages:
    """What a tenant holds."""

    _db: Database

    async def usage(self, scope: Scope) -> Usage:
        """Return what the asker's tenant holds and may hold."""
        async with self._db.read(scope) as session:
            return await usage.find_usage(session, scope)

    async def set_quota(
        self, scope: Scope, *, documents: int | None = None, size_bytes: int | None = None, pages: int | None = None
    ) -> Usage:
        """Set the most that the tenant may hold; None is no bound.

        One that holds more keeps what it has, and gets nothing more.
        """
        async with self._db.transaction(scope) as tx:
            await collections.next_version(tx, scope)  # nothing is being registered meanwhile
            await usage.set_quota(tx, scope, Quota(documents, size_bytes, pages))
            now = await usage.find_usage(tx, scope)
            about = ("tenant", scope.tenant)
            await note(tx, scope, "quota.set", about, documents=documents, bytes=size_bytes, pages=pages)
        return now
