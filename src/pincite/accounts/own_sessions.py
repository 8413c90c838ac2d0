"""Use cases of somebody's own sessions: where they are signed in, and ending what is not theirs any more. No web.

How a session begins and how long it is good is decided in `service.py` and `passwords.py`.
"""

from dataclasses import dataclass
from datetime import datetime

from pincite.accounts.domain import hash_of
from pincite.accounts.store import sessions as store
from pincite.core import Database, NotFound, Scope, utc_now
from pincite.core.audit import note
from pincite.core.scope import EVERY_TENANT

_AGENT_CHARS = 200


@dataclass(frozen=True, slots=True)
class OwnSession:
    """A browser that is signed in: since when, by a link, a password or a provider, and what it calls itself.

    `current` is the one that asks.
    """

    id: str
    begun_by: str
    agent: str | None
    created_at: datetime
    last_used_at: datetime
    current: bool


class OwnSessions:
    """Looks after the sessions of whoever asks.

    Args:
        database: where rows are kept.
    """

    def __init__(self, database: Database) -> None:
        self._db = database

    async def came_with(self, session: str, agent: str | None) -> None:
        """Note what the browser of a session that was just begun calls itself."""
        said = "".join(each for each in agent or "" if each.isprintable())[:_AGENT_CHARS]
        if said:
            async with self._db.transaction(EVERY_TENANT) as tx:
                await store.set_agent(tx, hash_of(session), said)

    async def list(self, scope: Scope, session: str | None) -> list[OwnSession]:
        """Return the asker's sessions, the last used first. `session` is the secret of the one that asks."""
        async with self._db.read(scope) as reading:
            rows = await store.sessions_of(reading, scope, utc_now())
        return [_own(row, session) for row in rows]

    async def end(self, scope: Scope, session_id: str) -> None:
        """Sign one browser out. Raises: NotFound."""
        async with self._db.transaction(scope) as tx:
            found = [row for row in await store.sessions_of(tx, scope, utc_now()) if _id_of(row) == session_id]
            if not found:
                raise NotFound("You have no such session.", remedy="`GET /v1/sessions` lists those that you have.")
            await store.end_sessions_of(tx, scope, [row.secret_hash for row in found])
            await note(tx, scope, "session.ended", ("user", scope.user), sessions=1)

    async def end_others(self, scope: Scope, session: str) -> int:
        """Sign all browsers out but the one that asks; returns how many there were."""
        async with self._db.transaction(scope) as tx:
            rows = await store.sessions_of(tx, scope, utc_now())
            others = [row.secret_hash for row in rows if not _is_it(row, session)]
            if others:
                await store.end_sessions_of(tx, scope, others)
                await note(tx, scope, "session.ended", ("user", scope.user), sessions=len(others))
            return len(others)


def _own(row: store.KeptSession, session: str | None) -> OwnSession:
    return OwnSession(
        _id_of(row), row.begun_by, row.agent, row.created_at, row.last_used_at, current=_is_it(row, session)
    )


def _id_of(row: store.KeptSession) -> str:
    """Return what a session is called: nothing that opens it can be told from it."""
    return hash_of(row.secret_hash)[:32]


def _is_it(row: store.KeptSession, session: str | None) -> bool:
    return session is not None and row.secret_hash == hash_of(session)
