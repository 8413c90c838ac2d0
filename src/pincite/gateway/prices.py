"""What calls cost and how much models read: what settings say, else the price list of genai-prices (offline).

A model without a known price has none; it is never free by mistake. Budgets are no business of this file.
"""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Protocol

from pincite.gateway.domain import ModelNotConfigured, Usage

_MILLION = Decimal(10**6)
# Prices change by the hour at some providers; the list says by which.
_FRESH_S = 600.0
_CALLS = "/kcalls"
PRICED_TIERS = ("flex", "priority")
"""How OpenAI calls replies that cost something else: made when it has room, and made at once."""


class Price(Protocol):
    """What calls of one model cost, in US dollars."""

    def cost(self, usage: Usage, *, calls: int = 1) -> Decimal:
        """Return what a call came to, which counts as so many where calls have a price."""
        ...


@dataclass(frozen=True, slots=True)
class Rates:
    """US dollars for a million tokens: read, written, read from the provider's cache, and read to be kept in it.

    `call_usd` is for each call, whatever it reads.
    """

    input_usd: Decimal
    output_usd: Decimal
    cached_usd: Decimal
    kept_usd: Decimal
    call_usd: Decimal = Decimal(0)

    def cost(self, usage: Usage, *, calls: int = 1) -> Decimal:
        """Return what a call came to; cached and kept tokens are among those of its input."""
        plain = max(0, usage.input_tokens - usage.cached_tokens - usage.kept_tokens)
        sums = plain * self.input_usd + usage.cached_tokens * self.cached_usd + usage.kept_tokens * self.kept_usd
        return (sums + usage.output_tokens * self.output_usd) / _MILLION + calls * self.call_usd


FREE = Rates(Decimal(0), Decimal(0), Decimal(0), Decimal(0))


@dataclass(frozen=True, slots=True)
class Listed:
    """What the price list says of a model: plainly, and by tiers of its provider that cost something else."""

    plain: Price
    tiers: Mapping[str, Price]

    def cost(self, usage: Usage, *, calls: int = 1) -> Decimal:
        """Return what a call came to."""
        return self.tiers.get(usage.tier, self.plain).cost(usage, calls=calls)


@dataclass(frozen=True, slots=True)
class AtTier:
    """A price as it is by one tier of a provider, whichever a reply was made by."""

    price: Price
    tier: str

    def cost(self, usage: Usage, *, calls: int = 1) -> Decimal:
        """Return what a call would come to."""
        return self.price.cost(replace(usage, tier=self.tier), calls=calls)


class PriceBook:
    """Prices of models.

    Args:
        given: what settings say, by `provider:model`.
    """

    def __init__(self, given: Mapping[str, Rates] | None = None) -> None:
        self._given = dict(given or {})
        self._listed: dict[tuple[str, str], tuple[float, Price | None]] = {}

    def given(self, name: str) -> Price | None:
        """Return what settings say that calls of a model cost; None where they say nothing."""
        return self._given.get(name)

    async def soon(self, name: str, priced_as: str | None) -> Price | None:
        """Return the same as `price`, without blocking: a thread is asked only where the list is to be read."""
        looked_at, _ = self._listed.get((priced_as or "", name.partition(":")[2]), (float("-inf"), None))
        if name in self._given or priced_as is None or time.monotonic() - looked_at <= _FRESH_S:
            return self.price(name, priced_as)
        return await asyncio.to_thread(self.price, name, priced_as)

    def price(self, name: str, priced_as: str | None) -> Price | None:
        """Return what calls of a model cost; None where nobody knows. Blocks the first time: it reads a list.

        Args:
            name: `provider:model`.
            priced_as: the provider's id in the list; None for one that asks for nothing.
        """
        if name in self._given:
            return self._given[name]
        if priced_as is None:
            return FREE
        key = (priced_as, name.partition(":")[2])
        looked_at, price = self._listed.get(key, (float("-inf"), None))
        if time.monotonic() - looked_at > _FRESH_S:
            price = _listed(*key)
            self._listed[key] = (time.monotonic(), price)
        return price


def bound(price: Price, input_tokens: int, output_tokens: int) -> Decimal:
    """Return the most that so many tokens can cost, whatever of them a provider keeps in its cache."""
    plain = price.cost(Usage(input_tokens, output_tokens))
    return max(plain, price.cost(Usage(input_tokens, output_tokens, kept_tokens=input_tokens)))


def rates_of(text: str) -> dict[str, Rates]:
    """Read `provider:model=IN/OUT` or `=IN/OUT/CACHED`, in dollars for a million tokens, with commas between them.

    `provider:model=USD/kcalls` is in dollars for a thousand calls.

    Raises: ModelNotConfigured.
    """
    found: dict[str, Rates] = {}
    for each in (part.strip() for part in text.split(",") if part.strip()):
        name, _, said = each.rpartition("=")
        rates = rates_from(said)
        if ":" not in name or rates is None:
            raise ModelNotConfigured(
                f"PINCITE_MODEL_PRICES: {each[:80]!r} is no price.",
                remedy="Write PROVIDER:MODEL=IN/OUT or =IN/OUT/CACHED, dollars for a million tokens, with commas; "
                "or =USD/kcalls, dollars for a thousand calls.",
            )
        found[name.strip()] = rates
    return found


def rates_from(said: str) -> Rates | None:
    """Read `IN/OUT`, `IN/OUT/CACHED` or `USD/kcalls`, as `rates_of` does; None where it is none of them."""
    per_call = _number(said.removesuffix(_CALLS)) if said.endswith(_CALLS) else None
    if per_call is not None:
        zero = Decimal(0)
        return Rates(zero, zero, zero, zero, per_call / 1000)
    numbers = [_number(number) for number in said.split("/")]
    usd = [number for number in numbers if number is not None]
    if len(usd) != len(numbers) or len(usd) not in {2, 3}:
        return None
    return Rates(usd[0], usd[1], usd[2] if len(usd) == 3 else usd[0], usd[0])


def _number(text: str) -> Decimal | None:
    plain = text.strip()
    if not plain.isascii() or not plain.replace(".", "", 1).isdigit() or len(plain) > 20:
        return None
    return Decimal(plain)


def _listed(provider: str, model: str) -> Price | None:
    from datetime import UTC, datetime

    from genai_prices.data_snapshot import get_snapshot

    try:
        found = get_snapshot().find_provider_model(model, None, provider, None)[1]
    except LookupError:
        return None
    now = datetime.now(UTC)
    plain = _price_of(found.get_prices(now))
    tiers = {tier: _price_of(found.get_prices(now, {"service_tier": tier})) for tier in PRICED_TIERS}
    others = {tier: price for tier, price in tiers.items() if price is not None and price != plain}
    return Listed(plain, others) if plain is not None and others else plain


def _price_of(listed: Any) -> Price | None:
    flat = (listed.input_mtok, listed.output_mtok, listed.cache_read_mtok, listed.cache_write_mtok)
    if not all(each is None or isinstance(each, Decimal) for each in flat):
        return _Tiered(listed)
    read, written, cached, kept = (each if isinstance(each, Decimal) else None for each in flat)
    if read is None and written is None:
        return None  # by the picture, or by the minute
    plain = read or Decimal(0)
    return Rates(plain, written or Decimal(0), plain if cached is None else cached, plain if kept is None else kept)


@dataclass(frozen=True, slots=True)
class _Tiered:
    """A price that depends on how long a call is."""

    listed: Any

    def cost(self, usage: Usage, *, calls: int = 1) -> Decimal:
        """Return what a call came to."""
        from genai_prices import Usage as Counted

        counted = Counted(
            input_tokens=usage.input_tokens,
            output_tokens=usage.output_tokens,
            cache_read_tokens=usage.cached_tokens,
            cache_write_tokens=usage.kept_tokens,
        )
        total: Decimal = self.listed.calc_price(counted)["total_price"]
        return total


def window_of(provider: str | None, model: str) -> int | None:
    """Return how many tokens a model takes, question and reply together, or None where the list does not say."""
    if provider is None:
        return None
    from genai_prices.data_snapshot import get_snapshot

    try:
        return get_snapshot().find_provider_model(model, None, provider, None)[1].context_window
    except LookupError:
        return None
