"""What a reply costs and how much a model reads, by the price list that comes with genai-prices (offline).

Budgets are no business of this file.
"""

from decimal import Decimal

from pincite.gateway.domain import Usage


def cost_of(provider: str | None, model: str, usage: Usage) -> Decimal | None:
    """Return the price of a reply in US dollars, or None where the provider or the model has no known price."""
    if provider is None:
        return None
    from genai_prices import Usage as Counted
    from genai_prices import calc_price

    counted = Counted(input_tokens=usage.input_tokens, output_tokens=usage.output_tokens)
    try:
        return calc_price(counted, model, provider_id=provider).total_price
    except LookupError:
        return None


def window_of(provider: str | None, model: str) -> int | None:
    """Return how many tokens a model takes, question and reply together, or None where the list does not say."""
    if provider is None:
        return None
    from genai_prices.data_snapshot import get_snapshot

    try:
        return get_snapshot().find_provider_model(model, None, provider, None)[1].context_window
    except LookupError:
        return None
