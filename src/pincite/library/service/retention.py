"""Use cases of retention: for how long a collection keeps its documents, and which have outlived that.

Erasing them is `app`'s: answers quote them.
"""

from datetime import datetime

from pincite.core import Database, InvalidInput, Scope
from pincite.core.audit import note
from pincite.library.domain import Collection
from pincite.library.grants import Level
from pincite.library.holds import MOST_KEEP_DAYS
from pincite.library.service.grants import require
from pincite.library.store import collections
from pincite.library.store import retention as store


class Retention:
    """Saying how long documents are kept."""

    _db: Database

    async def set_keep_days(self, scope: Scope, collection_id: str, days: int | None) -> Collection:
        """Say for how many days a collection keeps its documents; None is for ever.

        Raises: NotFound; Denied for who does not manage it; InvalidInput.
        """
        if days is not None and not 1 <= days <= MOST_KEEP_DAYS:
            raise InvalidInput("That is no number of days.", remedy=f"Give 1 to {MOST_KEEP_DAYS:,}.")
        async with self._db.transaction(scope) as tx:
            await collections.next_version(tx, scope)
            home = await collections.required_collection(tx, scope, collection_id)
            await require(tx, scope, Level.MANAGER, home.id)
            await store.set_keep_days(tx, scope, home.id, days)
            about = ("collection", home.id)
            await note(tx, scope, "collection.retention", about, name=home.name, days=days, before=home.keep_days)
            return await collections.required_collection(tx, scope, home.id)

    async def outlived(self, scope: Scope, now: datetime, limit: int = 100) -> tuple[str, ...]:
        """Return documents that have been kept for longer than their collection does, and are not on hold."""
        async with self._db.read(scope) as session:
            return await store.outlived(session, scope, now, limit)
