"""The moderations there are, by the names in settings. What follows from what they say is decided in `answers`."""

from collections.abc import Mapping

from pincite.gateway.adapters.moderation_http import HttpModerator
from pincite.gateway.calls import Calls
from pincite.gateway.domain import ModelNotConfigured
from pincite.gateway.metering import Meter
from pincite.gateway.prices import FREE, PriceBook, rates_of
from pincite.gateway.settings import ModelSettings

_ADDRESS, _KEY_NAME = "https://api.openai.com/v1", "OPENAI_API_KEY"


def make_moderator(settings: ModelSettings, environment: Mapping[str, str], meter: Meter) -> HttpModerator | None:
    """Return who moderates, None for `none`.

    Raises:
        ModelNotConfigured: there is no such moderation, or its key is missing.
    """
    prefix, _, model = settings.moderation.partition(":")
    if settings.moderation == "none":
        return None
    if prefix != "openai" or not model.strip():
        raise ModelNotConfigured(
            f"There is no moderation `{settings.moderation[:80]}`.",
            remedy="Set PINCITE_MODERATION to `none` or `openai:MODEL`.",
        )
    key = None if settings.moderation_api_key is None else settings.moderation_api_key.get_secret_value()
    if settings.moderation_base_url is None:  # a provider's own key is sent to that provider alone
        key = key or environment.get(_KEY_NAME)
        if key is None:
            raise ModelNotConfigured(
                "There is no key for moderation by openai.",
                remedy=f"Set PINCITE_MODERATION_API_KEY or {_KEY_NAME}, or PINCITE_MODERATION_BASE_URL.",
            )
    url = f"{(settings.moderation_base_url or _ADDRESS).rstrip('/')}/moderations"
    name, prices = f"openai:{model.strip()}", PriceBook(rates_of(settings.prices))
    # OpenAI asks nothing for it; another server does as is said of it.
    free = FREE if settings.moderation_base_url is None else None
    calls = Calls("moderation", name, meter, lambda: prices.given(name) or free, limits=settings.limits)
    return HttpModerator(calls, model.strip(), url, key, timeout_s=settings.moderation_timeout_s)
