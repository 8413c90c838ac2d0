"""The rerankers there are, by the names in settings. A new one is a file in `adapters/` and a line here.

When one is asked, and what its score weighs, is decided in `retrieval`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from pincite.gateway.adapters.rerank_cross import CrossEncoder
from pincite.gateway.adapters.rerank_http import ADDRESSES, KEY_NAMES, HttpReranker
from pincite.gateway.adapters.rerank_judge import ListJudge
from pincite.gateway.adapters.rerank_late import LateInteraction
from pincite.gateway.adapters.rerank_windows import WindowReranker
from pincite.gateway.calls import Calls
from pincite.gateway.domain import ChatModel, Embedder, ModelNotConfigured, Reranker
from pincite.gateway.metering import Meter
from pincite.gateway.prices import PriceBook, rates_of
from pincite.gateway.settings import ModelSettings

_KNOWN = "`none`, `windows:EMBEDDER`, `cross:FOLDER`, `late:FOLDER`, `cohere:MODEL`, `jina:MODEL` or `judge`"


@dataclass(frozen=True, slots=True)
class RerankerParts:
    """What a reranker may need to be made, beside its name.

    Args:
        settings: addresses and keys.
        environment: the providers' own variables.
        embedder: makes an embedder by name; blocks.
        chat: the chat model in use, or None.
        meter: the ledger, which every call of a provider is in.
    """

    settings: ModelSettings
    environment: Mapping[str, str]
    embedder: Callable[[str], Embedder]
    chat: ChatModel | None
    meter: Meter


def make_reranker(name: str, parts: RerankerParts) -> Reranker | None:
    """Return the reranker of that name, None for `none`. Blocks: it may load files.

    Raises:
        ModelNotConfigured: there is no such reranker, or its key is missing.
        Unavailable: what it needs is not installed, or its folder holds no model.
    """
    if name == "none":
        return None
    prefix, _, rest = name.partition(":")
    rest = rest.strip()
    if prefix == "windows" and rest:
        return WindowReranker(name, parts.embedder(rest))
    if prefix == "cross" and rest:
        return CrossEncoder(Path(rest).expanduser())
    if prefix == "late" and rest:
        return LateInteraction(Path(rest).expanduser())
    if prefix in ADDRESSES and rest:
        return _over_http(name, prefix, parts)
    if name == "judge":
        if parts.chat is None:
            raise ModelNotConfigured("The reranker `judge` needs a chat model.", remedy="Set PINCITE_MODEL.")
        return ListJudge(parts.chat, parts.settings.fence_key)
    raise ModelNotConfigured(f"There is no reranker `{name[:80]}`.", remedy=f"Set PINCITE_RERANKER to {_KNOWN}.")


def _over_http(name: str, prefix: str, parts: RerankerParts) -> HttpReranker:
    settings = parts.settings
    key = None if settings.reranker_api_key is None else settings.reranker_api_key.get_secret_value()
    prices = PriceBook(rates_of(settings.prices))
    calls = Calls("rerank", name, parts.meter, lambda: prices.given(name), limits=settings.limits)
    if settings.reranker_base_url is not None:
        # A provider's own key is sent to that provider alone.
        return HttpReranker(calls, name, f"{settings.reranker_base_url.rstrip('/')}/rerank", key)
    key = key or parts.environment.get(KEY_NAMES[prefix])
    if key is None:
        raise ModelNotConfigured(
            f"There is no key for {prefix}.", remedy=f"Set PINCITE_RERANKER_API_KEY or {KEY_NAMES[prefix]}."
        )
    return HttpReranker(calls, name, ADDRESSES[prefix], key)
