"""Replies that are kept in the database, for all processes and over restarts: bounded in bytes and in age.

What a database does not answer is a reply that is not kept: nobody is refused for it.
"""

import time
from datetime import datetime, timedelta

from sqlalchemy.exc import SQLAlchemyError

from pincite.core import Database, PinciteError, Scope, get_logger, utc_now
from pincite.core.scope import EVERY_TENANT, system_scope
from pincite.gateway import store
from pincite.gateway.domain import KeptReply

MOST_BYTES = 64 << 20
LONGEST_BYTES = 1 << 20
KEPT_FOR = timedelta(days=1)
_TIDY_EVERY = timedelta(hours=1)

log = get_logger(__name__)


class Replies:
    """The replies that are kept, of each tenant so many bytes at most.

    Args:
        database: where they are.
        most_bytes: of a tenant's.
        kept_for: how long one is kept.
    """

    def __init__(self, database: Database, *, most_bytes: int = MOST_BYTES, kept_for: timedelta = KEPT_FOR) -> None:
        self._db = database
        self._most_bytes = most_bytes
        self._kept_for = kept_for
        self._tidied: datetime | None = None
        self._forgotten: dict[str, float] = {}  # by tenant, when: what was under way then was made of what went

    async def find(self, scope: Scope, key: str) -> KeptReply | None:
        """Return the reply that is kept under a key; None where there is none, or nobody can say."""
        now = utc_now()
        try:
            async with self._db.read(scope) as session:
                found = await store.kept(session, scope, key, now)
            if found is not None and found.to_note:
                async with self._db.transaction(scope) as session:
                    await store.note_used(session, scope, key, now)
        except (PinciteError, SQLAlchemyError) as error:
            log.warning("reply not looked up", problem=str(error))
            return None
        return found

    async def keep(self, scope: Scope, key: str, reply: KeptReply, *, shared: bool, began: float) -> None:
        """Keep a reply, for anybody of the tenant where it is `shared`.

        A very long one is not kept, nor one whose call began (by the monotonic clock) before this process was told to
        forget.
        """
        if len(reply.text) > LONGEST_BYTES or began <= self._forgotten.get(scope.tenant, -1.0):
            return
        now = utc_now()
        try:
            async with self._db.transaction(scope) as session:
                if began <= self._forgotten.get(scope.tenant, -1.0):
                    return
                times = (now, now + self._kept_for)
                await store.keep(session, scope, key, reply, shared=shared, times=times)
                await store.make_room(session, system_scope(scope.tenant), self._most_bytes, now)
            if self._tidied is None or now - self._tidied > _TIDY_EVERY:
                self._tidied = now
                async with self._db.transaction(EVERY_TENANT) as session:
                    await store.drop_expired(session, now)
        except (PinciteError, SQLAlchemyError) as error:
            log.warning("reply not kept", problem=str(error))

    async def forget(self, scope: Scope, *, only_count: bool = False) -> int:
        """Delete all replies of the asker's tenant; returns how many those are.

        They do not say which documents or whose words they were made of: where one of these goes, they all do.
        """
        system = system_scope(scope.tenant)
        if not only_count:
            self._forgotten[scope.tenant] = time.monotonic()
        async with self._db.transaction(system) as session:
            return await store.forget(session, system, only_count=only_count)

    async def tidy(self) -> None:
        """Delete what is too old, of all tenants, whether or not replies are kept now."""
        async with self._db.transaction(EVERY_TENANT) as session:
            await store.drop_expired(session, utc_now())
