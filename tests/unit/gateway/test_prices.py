"""Prices of the list: what a reply costs that its provider makes when it has room, and what is reserved for it."""

from dataclasses import replace
from decimal import Decimal

from pincite.gateway.domain import Usage
from pincite.gateway.prices import AtTier, PriceBook, bound, rates_from

USED = Usage(1_000_000, 100_000)


def test_a_reply_costs_what_the_tier_does_that_it_was_made_by() -> None:
    price = PriceBook().price("openai:gpt-5-mini", "openai")
    assert price is not None
    assert price.cost(replace(USED, tier="flex")) == price.cost(USED) / 2
    assert price.cost(replace(USED, tier="priority")) > price.cost(USED)
    assert price.cost(replace(USED, tier="unheard-of")) == price.cost(USED)
    assert AtTier(price, "flex").cost(USED) == price.cost(replace(USED, tier="flex"))


def test_what_is_cached_costs_what_the_list_says_of_that_tier() -> None:
    """A batch's price is another: of o3 it halves what is read, and not what is cached."""
    price = PriceBook().price("openai:o3", "openai")
    assert price is not None
    cached = Usage(1_000_000, 0, cached_tokens=1_000_000)
    assert price.cost(replace(cached, tier="flex")) == price.cost(cached) / 2


def test_a_model_that_the_list_knows_no_tier_of_costs_the_same_by_all() -> None:
    price = PriceBook().price("openai:gpt-4.1-nano", "openai")
    assert price is not None
    assert price.cost(replace(USED, tier="flex")) == price.cost(USED)


def test_the_most_that_it_may_cost_is_the_full_price() -> None:
    price = PriceBook().price("openai:gpt-5-mini", "openai")
    assert price is not None
    assert bound(price, 1_000_000, 100_000) >= price.cost(USED)


def test_a_price_of_ones_own_is_what_it_is() -> None:
    rates = rates_from("2/4")
    assert rates is not None
    assert rates.cost(replace(USED, tier="flex")) == rates.cost(USED) == Decimal("2.4")
    calls = rates_from("2/kcalls")
    assert calls is not None
    assert calls.cost(USED) == Decimal("0.002")
    for wrong in ("", "1", "1/2/3/4", "a/b", "1/-2", "1/2,3/4"):
        assert rates_from(wrong) is None
