"""How often a secret may be tried: a wait that doubles, counted in SQL, so that it is the same for several processes.

A try is counted before the secret is looked at, and taken back where it was right: many at once gain nothing.
"""

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from pincite.accounts.store import factors as store
from pincite.accounts.store.factors import Tries
from pincite.core import Database
from pincite.core.database import database_now
from pincite.core.errors import TooManyTries
from pincite.core.scope import EVERY_TENANT

FIRST_WAIT_S = 2.0
FORGOTTEN_AFTER = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Limit:
    """What is counted together: `free` failures cost no wait, then it doubles from two seconds up to `longest_s`.

    `own` says that only who has the secret can succeed: then what failed before is forgotten.
    """

    what: str
    free: int
    longest_s: float
    own: bool = False

    @property
    def key(self) -> str:
        """What it is kept under: a hash, so that no address is in the table."""
        return hashlib.sha256(self.what.encode("utf-8", "replace")).hexdigest()

    def wait_s(self, failures: int) -> float:
        """Return how long to wait after that many failures."""
        if failures < self.free:
            return 0.0
        # Beyond 2^30 the longest wait was reached long ago.
        return min(self.longest_s, FIRST_WAIT_S * 2.0 ** min(failures - self.free, 30))


class Throttle:
    """Counts tries. One that is refused is not counted, so that nobody can make others wait longer by trying on.

    Args:
        database: where tries are counted.
    """

    def __init__(self, database: Database) -> None:
        self._db = database

    async def begin(self, limits: Sequence[Limit]) -> None:
        """Count a try as failed, until `succeeded` takes it back. Raises: TooManyTries."""
        async with self._db.transaction(EVERY_TENANT) as tx:
            first = await database_now(tx)
            in_order = sorted(limits, key=lambda each: each.key)  # the same for all: none waits for another's
            counted = [(each, await store.locked_tries(tx, each.key, first)) for each in in_order]
            now = await database_now(tx)  # after the wait for whoever counted before
            left_s = max(_left_s(tries, now) for _, tries in counted)
            if left_s > 0:
                raise TooManyTries(
                    "This was tried too often.",
                    remedy=f"Wait {math.ceil(left_s)} s and try again, or sign in with a link.",
                    retry_after_s=math.ceil(left_s),
                )
            for limit, tries in counted:
                await store.note_tries(tx, limit.key, _failed(limit, tries, now))
            await store.forget_tries(tx, now - FORGOTTEN_AFTER)

    async def succeeded(self, limits: Sequence[Limit]) -> None:
        """Take back the try that was counted by `begin`."""
        async with self._db.transaction(EVERY_TENANT) as tx:
            for limit in sorted(limits, key=lambda each: each.key):
                await store.forgive(tx, limit.key, everything=limit.own)


def _left_s(tries: Tries, now: datetime) -> float:
    return 0.0 if tries.until is None else (tries.until - now).total_seconds()


def _failed(limit: Limit, tries: Tries, now: datetime) -> Tries:
    before = 0 if now - tries.last_at > FORGOTTEN_AFTER else tries.failures
    wait_s = limit.wait_s(before + 1)
    return Tries(before + 1, now, now + timedelta(seconds=wait_s) if wait_s else None)
