"""Prices of the list: what a reply costs that its provider makes when it has room, and what is reserved for it."""

from dataclasses import replace
from decimal import Decimal

from pincite.gateway.domain import Usage
from pincite.gateway.prices import PriceBook, bound, rates_from

USED = Usage(1_000_000, 100_000)


def test_a_reply_that_waits_for_room_costs_what_a_batch_does() -> None:
    price = PriceBook().price("openai:gpt-5-mini", "openai")
    assert price is not None
    assert price.cost(replace(USED, flex=True)) == price.cost(USED) / 2
    kept = replace(USED, cached_tokens=1_000_000)
    assert price.cost(replace(kept, flex=True)) < price.cost(kept)


def test_the_most_that_it_may_cost_is_the_full_price() -> None:
    price = PriceBook().price("openai:gpt-5-mini", "openai")
    assert price is not None
    assert bound(price, 1_000_000, 100_000) >= price.cost(USED)


def test_a_price_of_ones_own_is_what_it_is() -> None:
    rates = rates_from("2/4")
    assert rates is not None
    assert rates.cost(replace(USED, flex=True)) == rates.cost(USED) == Decimal("2.4")
    calls = rates_from("2/kcalls")
    assert calls is not None
    assert calls.cost(USED) == Decimal("0.002")
    for wrong in ("", "1", "1/2/3/4", "a/b", "1/-2", "1/2,3/4"):
        assert rates_from(wrong) is None
