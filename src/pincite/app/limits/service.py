"""How many requests may still be sent, asked of SQL as rarely as can be and never wrong for it.

A process takes requests in advance: one, then as many as it has spent in the window so far. What it took is counted
already, so that all processes together never let more pass than the quota. Which requests are counted is in `edge.py`.
"""

import asyncio
import hashlib
import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy.exc import SQLAlchemyError

from pincite.app.limits import store
from pincite.app.limits.domain import Policy, Standing, Taken, TooManyRequests
from pincite.core import Database, PinciteError, get_logger
from pincite.core.scope import EVERY_TENANT

MOST_CELLS = 10_000
log = get_logger(__name__)


@dataclass(slots=True)
class Cell:
    """What this process holds of one policy for one address, key or user, until the window ends.

    Forgetting one is safe: what it held is lost, and nobody gets it twice.
    """

    policy: Policy
    key: str
    until: float = 0.0  # by this process's clock
    held: int = 0
    spent: int = 0
    elsewhere: int = 0  # left to everybody when it was asked last
    empty: bool = False
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    def spend(self, now: float) -> Standing | None:
        """Let a request pass on what is held; None where that has to be asked. Raises: TooManyRequests."""
        if now >= self.until:
            return None
        if self.held:
            self.held -= 1
            self.spent += 1
            return self.standing(now)
        if self.empty:
            raise TooManyRequests(self.standing(now), first=False)
        return None

    def alone(self, now: float) -> Taken:
        """Return the rest of the window, or a whole one, as if nobody else sent anything."""
        if now >= self.until:
            return Taken(self.policy.quota, 0, float(self.policy.window_s), 0)
        return Taken(max(0, self.policy.quota - self.spent), 0, self.until - now, 0)

    def put(self, taken: Taken, asked_at: float) -> None:
        """Hold what was taken."""
        if asked_at >= self.until:  # else it is the same window
            self.held = self.spent = 0
        self.until = asked_at + taken.left_s
        self.held += taken.granted
        self.elsewhere = taken.remaining
        self.empty = taken.granted == 0

    def standing(self, now: float) -> Standing:
        """Return how the limit stands."""
        return Standing(self.policy, self.held + self.elsewhere, self.until - now)


class Limits:
    """Counts requests.

    Args:
        db: where they are counted, for all processes.
        policies: by name; see `policies_of`.
        clean_s: how often what is over is deleted.
    """

    def __init__(self, db: Database, policies: Mapping[str, Policy], *, clean_s: float = 3600.0) -> None:
        self._db = db
        self._policies = policies
        self._clean_s = clean_s
        self._cells: OrderedDict[str, Cell] = OrderedDict()

    async def take(self, wanted: Mapping[str, str]) -> list[Standing]:
        """Count one request in each of some policies, or in none where one of them refuses it.

        Args:
            wanted: whom it is counted for, by the policy's name; policies that there are not are left out.

        Returns: how each stands.
        Raises: TooManyRequests.
        """
        taken: list[Cell] = []
        standings: list[Standing] = []
        for name, who in wanted.items():
            if (policy := self._policies.get(name)) is None:
                continue
            cell = self._cell(policy, who)
            try:
                standings.append(await self._one(cell))
            except TooManyRequests:
                for each in taken:  # the next request may have it
                    each.held += 1
                raise
            taken.append(cell)
        return standings

    async def clean(self) -> None:
        """Delete what is over, now and again; runs until it is cancelled."""
        while True:
            try:
                async with self._db.transaction(EVERY_TENANT) as tx:
                    await store.forget_old(tx)
            except (PinciteError, SQLAlchemyError) as error:
                log.warning("limits not cleaned", message=str(error))
            await asyncio.sleep(self._clean_s)

    async def _one(self, cell: Cell) -> Standing:
        standing = cell.spend(time.monotonic())
        while standing is None:
            async with cell.lock:  # of many that wait, one asks for all
                standing = cell.spend(time.monotonic())
                if standing is None:
                    await self._ask(cell)
                    standing = cell.spend(time.monotonic())
        return standing

    async def _ask(self, cell: Cell) -> None:
        """Take some in advance. Raises: TooManyRequests, for the first that is refused in a window."""
        asked_at = time.monotonic()  # before the database says how long is left: rather too early than too late
        try:
            async with self._db.transaction(EVERY_TENANT) as tx:
                taken = await store.take(tx, cell.key, cell.policy, max(1, cell.spent))
        except (PinciteError, SQLAlchemyError) as error:
            # Whether others may be served is not for a full disk to say: this process counts alone for a window.
            log.warning("requests counted here alone", message=str(error))
            taken = cell.alone(asked_at)
        cell.put(taken, asked_at)
        if taken.refused == 1 and not taken.granted and taken.left_s > 0:
            raise TooManyRequests(cell.standing(time.monotonic()), first=True)

    def _cell(self, policy: Policy, who: str) -> Cell:
        key = hashlib.sha256(f"{policy.name}\n{who}".encode("utf-8", "replace")).hexdigest()
        cell = self._cells.get(key)
        if cell is None:
            cell = self._cells[key] = Cell(policy, key)
            if len(self._cells) > MOST_CELLS:
                self._cells.popitem(last=False)
        self._cells.move_to_end(key)
        return cell
