"""Which of several equal requests is done, what the others are told, and for how long that is known.

How a request is read and a response caught is in `edge.py`.
"""

import asyncio
import hashlib
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from pincite.app.replays import store
from pincite.app.replays.domain import Answered, StillRunning, UnderWay
from pincite.core import Database, PinciteError, Scope, get_logger, new_id
from pincite.core.scope import EVERY_TENANT

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to do the request of a key."""

    key: str
    id: str


class Replays:
    """Remembers what was answered to writes with an `Idempotency-Key`, for each user.

    Args:
        db: where it is kept.
        keep_s: for how long.
        lease_s: how long a process may say nothing before the request is another's to do.
        wait_s: how long an equal request waits for the first one's answer.
        clean_s: how often what is too old is deleted.
    """

    def __init__(
        self,
        db: Database,
        *,
        keep_s: float = 86_400.0,
        lease_s: float = 30.0,
        wait_s: float = 30.0,
        clean_s: float = 3600.0,
    ) -> None:
        self._db = db
        self._keep_s = keep_s
        self._lease_s = lease_s
        self._wait_s = wait_s
        self._clean_s = clean_s

    async def begin(self, scope: Scope, key: str) -> Claim | Answered:
        """Claim the request of a key, or return what was answered to it; waits while it is being done.

        Raises: StillRunning, Unavailable, StorageFull.
        """
        mine = Claim(hashlib.sha256(key.encode()).hexdigest(), new_id())
        until, pause_s = time.monotonic() + self._wait_s, 0.05
        while True:
            known = await self._find(scope, mine.key)
            if known is None or (isinstance(known, UnderWay) and known.abandoned):
                async with self._db.transaction(scope) as tx:
                    if await store.claim(tx, scope, mine.key, mine.id, self._lease_s, self._keep_s):
                        return mine
                continue
            if isinstance(known, Answered):
                return known
            if time.monotonic() > until:
                raise StillRunning(
                    "The first request with this Idempotency-Key is still being done.",
                    remedy="Send it again in a while; it is done once.",
                )
            await asyncio.sleep(pause_s)
            pause_s = min(1.0, pause_s * 1.5)

    @asynccontextmanager
    async def renewed(self, scope: Scope, claim: Claim) -> AsyncGenerator[None]:
        """Keep a claim for the block, however long it takes."""
        task = asyncio.create_task(self._renew(scope, claim), name="replay-renew")
        try:
            yield
        finally:
            task.cancel()
            await asyncio.wait([task])

    async def keep(self, scope: Scope, claim: Claim, answered: Answered) -> None:
        """Record what was answered. It was done already, so a database that fails is no failure of the request."""
        try:
            async with self._db.transaction(scope) as tx:
                await store.keep(tx, scope, claim.key, claim.id, answered)
        except PinciteError as error:
            log.warning("replay not kept", code=error.code, message=error.message)

    async def release(self, scope: Scope, claim: Claim) -> None:
        """Forget a request that came to nothing."""
        try:
            async with self._db.transaction(scope) as tx:
                await store.release(tx, scope, claim.key, claim.id)
        except PinciteError as error:
            log.warning("replay not released", code=error.code, message=error.message)

    async def clean(self) -> None:
        """Delete what is too old, now and again; runs until it is cancelled."""
        while True:
            try:
                await self.forget_old()
            except PinciteError as error:
                log.warning("replays not cleaned", code=error.code, message=error.message)
            await asyncio.sleep(self._clean_s)

    async def forget(self, scope: Scope, *, asker: str | None = None, only_count: bool = False) -> int:
        """Delete what was answered in the tenant, or to one user; returns how many requests that was."""
        async with self._db.transaction(scope) as tx:
            return await store.forget(tx, scope, asker, only_count=only_count)

    async def forget_old(self) -> None:
        """Delete what is too old. Raises: Unavailable, StorageFull."""
        async with self._db.transaction(EVERY_TENANT) as tx:
            await store.forget_old(tx, self._keep_s)

    async def _find(self, scope: Scope, key: str) -> Answered | UnderWay | None:
        async with self._db.read(scope) as session:
            return await store.find(session, scope, key, self._keep_s)

    async def _renew(self, scope: Scope, claim: Claim) -> None:
        while True:
            await asyncio.sleep(self._lease_s / 3)
            try:
                async with self._db.transaction(scope) as tx:
                    await store.renew(tx, scope, claim.key, claim.id, self._lease_s)
            except PinciteError as error:
                log.warning("replay not renewed", code=error.code, message=error.message)
