"""The embedders there are, by the names in settings, and those that older indexes were made with.

A new one is a file in `adapters/` and a line here. Nothing of its library is imported until it is made.
"""

import asyncio
import importlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from pincite.core import PinciteError, Unavailable, get_logger
from pincite.gateway.adapters.fastembed_embedder import FastembedEmbedder
from pincite.gateway.adapters.onnx_embedder import OnnxEmbedder
from pincite.gateway.adapters.openai_embedder import KEY_NAMES, OpenAIEmbedder
from pincite.gateway.adapters.static_embedder import StaticEmbedder
from pincite.gateway.domain import Embedder, ModelNotConfigured
from pincite.gateway.metering import Meter
from pincite.gateway.prices import PriceBook, rates_of
from pincite.gateway.providers import Connection
from pincite.gateway.settings import ModelSettings

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Reach:
    """What an embedder may need to be made, beside its name."""

    settings: ModelSettings
    environment: Mapping[str, str]
    meter: Meter


class Embedders:
    """The embedder in use, and others by the model ids that indexes are recorded with.

    Args:
        chosen: makes the vectors of new indexes.
        others: are there as well.
        reopen: makes one more from a model id, or returns None; called in a thread, once for each id.
        fast: takes no time; where it is not the chosen one, documents are found by it until that has seen them.
    """

    def __init__(
        self,
        chosen: Embedder,
        others: Sequence[Embedder] = (),
        reopen: Callable[[str], Embedder | None] = lambda _: None,
        *,
        fast: Embedder | None = None,
    ) -> None:
        self.chosen = chosen
        self.fast = None if fast is None or fast.model_id == chosen.model_id else fast
        quick = () if fast is None else (fast,)
        self._known: dict[str, Embedder | None] = {each.model_id: each for each in (*others, *quick, chosen)}
        self._reopen = reopen

    @classmethod
    def open(
        cls, settings: ModelSettings, environment: Mapping[str, str], static: StaticEmbedder, meter: Meter
    ) -> "Embedders":
        """Make the embedder that the settings name; loads its files, so not on the event loop.

        Args:
            settings: which one, and how it is reached.
            environment: the providers' own variables.
            static: the built-in one, for its name and for indexes that it made.
            meter: the ledger, which every call of a provider is in.

        Raises:
            ModelNotConfigured: there is no such embedder, or its key is missing.
            Unavailable: what it needs is not installed, or its folder holds no model.
        """
        reach = _Reach(settings, environment, meter)
        chosen = static if settings.embedder == "static" else _made(settings.embedder, reach)
        return cls(chosen, (static,), lambda model_id: _again(model_id, reach), fast=static)

    async def of(self, model_id: str) -> Embedder | None:
        """Return the embedder whose vectors an index holds; None where it cannot be had any more."""
        if model_id not in self._known:
            self._known[model_id] = await asyncio.to_thread(self._reopened, model_id)
        return self._known[model_id]

    def is_quick(self, embedder: Embedder) -> bool:
        """Say whether embedding a text takes less time than finding its vector in a database would."""
        return isinstance(embedder, StaticEmbedder)

    def cost_usd(self, tokens: int) -> Decimal | None:
        """Return what embedding so many tokens with the chosen one costs; 0 on this machine, None if nobody knows."""
        if isinstance(self.chosen, OpenAIEmbedder):
            return self.chosen.cost_usd(tokens)
        return Decimal(0)

    def _reopened(self, model_id: str) -> Embedder | None:
        try:
            found = self._reopen(model_id)
        except PinciteError as error:
            log.warning("embedder not available", model=model_id, message=error.message)
            return None
        if found is None or found.model_id != model_id:
            log.warning("embedder not available", model=model_id)
            return None
        return found


def _made(name: str, reach: _Reach) -> Embedder:
    prefix, _, rest = name.partition(":")
    if prefix not in _MAKERS or bool(rest.strip()) == (prefix == "minilm"):
        known = "`static`, `minilm`, `onnx:FOLDER`, `fastembed:NAME` or `openai:NAME`"
        raise ModelNotConfigured(f"There is no embedder `{name[:80]}`.", remedy=f"Set PINCITE_EMBEDDER to {known}.")
    return _MAKERS[prefix](rest.strip(), reach)


def _again(model_id: str, reach: _Reach) -> Embedder | None:
    """Make the embedder of an older index: from the package, or by the name that is in its model id."""
    if model_id.startswith(("openai:", "fastembed:")):
        return _made(model_id, reach)
    return _minilm()


def _minilm() -> Embedder:
    try:
        package: Any = importlib.import_module("pincite_minilm")
    except ImportError as error:
        raise Unavailable(
            "The embedder `minilm` is a package of its own, which is not installed.",
            remedy="Run `pip install 'pincite[minilm]'` and start again.",
        ) from error
    return OnnxEmbedder(package.folder())


def _openai(name: str, reach: _Reach) -> Embedder:
    settings = reach.settings
    key = None if settings.embedder_api_key is None else settings.embedder_api_key.get_secret_value()
    if settings.embedder_base_url is None:
        key = key or next((reach.environment[each] for each in KEY_NAMES if reach.environment.get(each)), None)
        if key is None:
            raise ModelNotConfigured(
                "There is no key for OpenAI's embeddings.", remedy="Set PINCITE_EMBEDDER_API_KEY or OPENAI_API_KEY."
            )
    connection, prices = Connection(settings.embedder_base_url, key), PriceBook(rates_of(settings.prices))
    return OpenAIEmbedder(name, connection, reach.meter, prices, limits=settings.limits)


_MAKERS: dict[str, Callable[[str, _Reach], Embedder]] = {
    "fastembed": lambda name, _: FastembedEmbedder(name),
    "minilm": lambda _name, _reach: _minilm(),
    "onnx": lambda folder, _: OnnxEmbedder(Path(folder).expanduser()),
    "openai": _openai,
}
