"""Calls of providers that are no chats (vectors, rankings, moderation): each in its turn, and each in the ledger.

Which failures are tried again, and what they mean to people, is the adapters' business.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from decimal import Decimal

import httpx2

from pincite.core import PinciteError, Scope
from pincite.gateway.bucket import buckets_of, limits_of
from pincite.gateway.domain import Lane, Usage
from pincite.gateway.failures import turned_away
from pincite.gateway.metering import Meter
from pincite.gateway.prices import Price
from pincite.gateway.queueing import Queue
from pincite.ledger import Call, Purpose, Spend, Spent, at_hand

_GRACE_S = 60.0


@dataclass(frozen=True, slots=True)
class Extent:
    """How much a call asks for: tokens, and how often it is priced as one where calls are (`calls`)."""

    tokens: int
    calls: int = 1


@dataclass(frozen=True, slots=True)
class Plan:
    """One call, before it is made.

    Args:
        most: the most that it can come to.
        expected: what it comes to, where the provider does not say.
        lane: whether somebody waits for it.
        limit_s: how long it may take.
        patience_s: how long it may wait for its turn.
        budget_patience_s: how long, for what others have reserved. Whoever has reserved something, and waits for this
            call before it ends, would wait for itself.
    """

    most: Extent
    expected: Extent
    lane: Lane = "interactive"
    limit_s: float = 10.0
    patience_s: float = 2.0
    budget_patience_s: float = 0.0


@dataclass(slots=True)
class Underway:
    """A call that is being made: its id, which the provider is told, and what it came to by now."""

    id: str
    spent: Extent | None = None
    estimated: bool = True

    def used(self, spent: Extent) -> None:
        """Note what the provider says that it came to."""
        self.spent, self.estimated = spent, False

    def turned_away(self) -> None:
        """Note that the provider did nothing for it."""
        self.used(Extent(0, 0))


@contextmanager
def noting_unreached(underway: Underway) -> Iterator[None]:
    """Note it where a request does not reach its provider."""
    try:
        yield
    except httpx2.HTTPError as error:
        if turned_away(error):
            underway.turned_away()
        raise


class Calls:
    """The calls of one model of one provider.

    Args:
        kind: `embedding`, `rerank` or `moderation`.
        model: `provider:model`.
        meter: the ledger.
        price: says what they cost, None where nobody knows; it may block.
        limits: what may be sent to it, as `bucket.limits_of` reads it.
    """

    def __init__(
        self, kind: str, model: str, meter: Meter, price: Callable[[], Price | None], *, limits: str = ""
    ) -> None:
        self._kind = kind
        self._model = model
        self._meter = meter
        self._price = price
        provider = model.partition(":")[0]
        self.queue = Queue(provider, buckets_of(limits_of(limits), provider, time.monotonic), time.monotonic)

    @asynccontextmanager
    async def one(self, scope: Scope, plan: Plan) -> AsyncGenerator[Underway]:
        """Wait for the turn of a call, reserve it, and settle it at the end, however that comes.

        Raises: Overloaded (its turn would not come in time), and what the ledger raises.
        """
        await self.queue.turn(plan.lane, plan.expected.tokens, plan.patience_s)
        try:
            price = await asyncio.to_thread(self._price)
            call = self._call(plan, price)
            reservation = await self._meter.reserve(scope, call, patience_s=plan.budget_patience_s)
        except (PinciteError, asyncio.CancelledError):
            self.queue.not_sent(plan.expected.tokens)
            raise
        underway = Underway(reservation.id)
        try:
            yield underway
        finally:
            spent = underway.spent or plan.expected
            usd = None if price is None else _usd(price, spent)
            self._meter.settle(reservation, Spent.of(spent.tokens, 0, 0, usd, estimated=underway.estimated))

    def _call(self, plan: Plan, price: Price | None) -> Call:
        return Call(
            self._kind,
            self._model,
            at_hand(Purpose(self._kind)),
            Spend.at_most(_usd(price, plan.most), plan.most.tokens),
            price is not None,
            plan.limit_s + _GRACE_S,
        )


def _usd(price: Price | None, extent: Extent) -> Decimal:
    return Decimal(0) if price is None else price.cost(Usage(extent.tokens), calls=extent.calls)
