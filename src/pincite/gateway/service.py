"""Decides which model answers: the one that is named, or what `auto` finds, or none. Embedders are made in wiring.

Nothing is sent to a model here but one look whether an Ollama is there.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from pincite.core import Database, Scope
from pincite.gateway.adapters.chat import ProviderChat
from pincite.gateway.adapters.moderation_http import HttpModerator
from pincite.gateway.adapters.ollama import DEFAULT_URL
from pincite.gateway.adapters.question_chat import QuestionWriter
from pincite.gateway.bucket import Limit, limits_of
from pincite.gateway.caching import CachedChat
from pincite.gateway.course import ROUTE, Stop
from pincite.gateway.domain import ChatModel, ChatRequest, ClaimJudge, Embedder, ModelNotConfigured, Reranker
from pincite.gateway.line import Line
from pincite.gateway.metering import AskPrice, Meter, MeteredChat
from pincite.gateway.moderators import make_moderator
from pincite.gateway.ollama_probe import installed_models
from pincite.gateway.opinions import make_claim_judge
from pincite.gateway.prices import AtTier, Price, PriceBook, rates_from, rates_of
from pincite.gateway.providers import Connection, Provider
from pincite.gateway.registry import PROVIDERS
from pincite.gateway.replies import Replies
from pincite.gateway.rerankers import RerankerParts, make_reranker
from pincite.gateway.retrying import RETRIES, RetryingChat
from pincite.gateway.routing import Leg, RoutedChat
from pincite.gateway.saving import note_saved
from pincite.gateway.settings import ModelSettings
from pincite.gateway.structured import ShapedChat
from pincite.ledger import Purpose

# What `auto` takes from a provider whose key it finds: cheap, fast and good at following a format.
AUTO_MODELS = {"openai": "gpt-5-mini", "anthropic": "claude-haiku-4-5", "google": "gemini-2.5-flash"}


@dataclass(frozen=True, slots=True)
class Looked:
    """One place that was looked at, and what that means."""

    what: str
    why: str


@dataclass(frozen=True, slots=True)
class Discovery:
    """The model that answers (None: the documents' own sentences do) and how that was found out."""

    model: str | None
    findings: tuple[Looked, ...]

    @classmethod
    async def of(cls, settings: ModelSettings, environment: Mapping[str, str]) -> "Discovery":
        """Find out which model answers.

        Raises:
            ModelNotConfigured: a model is named that cannot be used; the message says what is missing.
        """
        if settings.model == "none":
            return cls(None, (Looked("PINCITE_MODEL", "is `none`"),))
        if settings.model == "auto":
            return await _look_around(settings, environment)
        stops, shadow = settings.routes.of(settings.model), settings.routes.shadow(settings.model)
        shadowing = () if shadow is None else settings.routes.of(f"{ROUTE}{shadow.route}")
        for stop in (*stops, *shadowing):
            connection_of(stop, stops, settings, environment)
        return cls(settings.model, (Looked("PINCITE_MODEL", f"is `{settings.model}`"),))

    def connections(self, settings: ModelSettings, environment: Mapping[str, str]) -> Sequence[tuple[str, Connection]]:
        """Return the models of the course that answers, and how each is reached. Raises: ModelNotConfigured."""
        stops = () if self.model is None else settings.routes.of(self.model)
        return [(stop.model, connection_of(stop, stops, settings, environment)) for stop in stops]


class Models:
    """The chat models of this installation.

    Args:
        settings: which one, and timeouts.
        environment: the providers' own variables.
        discovery: what was found.
        meter: the ledger, which every call is in.
        line: makes what calls to one provider share, by the provider's name and limits.
        database: where replies are kept; None where none are.

    Raises: ModelNotConfigured (prices, limits).
    """

    def __init__(
        self,
        settings: ModelSettings,
        environment: Mapping[str, str],
        discovery: Discovery,
        meter: Meter,
        line: Callable[[str, Sequence[Limit]], Line] = Line,
        database: Database | None = None,
    ) -> None:
        self._settings = settings
        self._environment = environment
        self._default = discovery.model
        self._meter = meter
        self._prices = PriceBook(rates_of(settings.prices))
        self._made: dict[str, ChatModel] = {}
        self._line_of = line
        self._replies = None if database is None else Replies(database)
        self._limits = limits_of(settings.limits)
        self._lines: dict[tuple[str, str | None, str | None, str | None], Line] = {}

    @property
    def secrets(self) -> tuple[str, ...]:
        """The keys to models that this installation holds, so that no answer shows one."""
        settings = self._settings
        routed = (stop.api_key for stops in settings.routes.routes.values() for stop in stops)
        given = (settings.api_key, settings.embedder_api_key, settings.reranker_api_key, *routed)
        held = {each.get_secret_value() for each in given if each is not None}
        names = {name for provider in PROVIDERS.values() for name in provider.key_names}
        held |= {self._environment[name] for name in names if self._environment.get(name)}
        return tuple(sorted(held))

    @property
    def fence_key(self) -> bytes | None:
        """What fences of prompts are made with; random ones where it is None."""
        return self._settings.fence_key

    @property
    def routes(self) -> tuple[str, ...]:
        """The routes that the file of routes has, as `choose` takes them."""
        return tuple(f"{ROUTE}{name}" for name in self._settings.routes.routes)

    def choose(self, wanted: str | None) -> ChatModel | None:
        """Return the model `wanted` (None or "auto": the default; "none": no model). Raises: ModelNotConfigured."""
        name = self._default if wanted in {None, "auto"} else wanted
        if name is None or name == "none":
            return None
        if name not in self._made:
            routes = self._settings.routes
            stops = routes.of(name)
            legs = [self._leg(stop, stops) for stop in stops]
            routed = RoutedChat(
                legs,
                total_timeout_s=self._settings.total_timeout_s,
                cascade=routes.cascade(name),
                premium=routes.premium,
            )
            self._made[name] = self._cached(ShapedChat(routed), stops)
        return self._made[name]

    def shadow(self, chance: float) -> ChatModel | None:
        """Return the model that makes an answer of the default once more, where `chance` in 0..1 falls in its share."""
        shadow = None if self._default is None else self._settings.routes.shadow(self._default)
        if shadow is None or chance >= shadow.share:
            return None
        return self.choose(f"{ROUTE}{shadow.route}")

    def _cached(self, model: ChatModel, stops: Sequence[Stop]) -> ChatModel:
        if self._replies is None or not self._settings.keeps_replies:
            return model
        course = [f"{_told(stop)} {self._reached(stop, stops).base_url}" for stop in stops]
        return CachedChat(model, self._replies, self._meter, "\n".join(course))

    async def note_saved(self, scope: Scope, model: str, purpose: Purpose, usd: Decimal | None) -> None:
        """Have it written down that what a model had made for so much was given again; None where nobody knows."""
        await note_saved(self._meter, scope, model, purpose, usd)

    async def tidy(self) -> None:
        """Delete the kept replies of all tenants that are too old. Raises: what the database does."""
        if self._replies is not None:
            await self._replies.tidy()

    async def forget(self, scope: Scope, *, only_count: bool = False) -> int:
        """Delete the replies that are kept of the asker's tenant; returns how many those are."""
        return 0 if self._replies is None else await self._replies.forget(scope, only_count=only_count)

    def _leg(self, stop: Stop, stops: Sequence[Stop]) -> Leg:
        provider, model = parse(stop.model)
        connection = self._reached(stop, stops)
        line = self._line(provider, connection, stop)
        connection = replace(connection, heard=line.heard, connect_timeout_s=self._settings.connect_timeout_s)
        settings, retries = self._settings, RETRIES
        if stop.processing is not None:
            provider = replace(provider, marks=partial(_processed, provider.marks, stop.processing))
            # It replies when it has room: no silence says that it is down, and where there is none the next is asked.
            settings, retries = replace(settings, first_event_timeout_s=settings.total_timeout_s), 0
        one = ProviderChat(provider, model, connection, settings, self._priced(stop))
        yields = stop.tier != "cheap" and any(each.tier == "cheap" for each in stops)
        metered = MeteredChat(one, one.price, self._meter, yields=yields, instead=self._instead(stop, stops))
        return Leg(RetryingChat(metered, line, retries=retries), stop.tier, stop.when)

    def _instead(self, stop: Stop, stops: Sequence[Stop]) -> AskPrice | None:
        """Return what says the price of the model that a cheap one is asked in place of: the first strong one."""
        strong = next((each for each in stops if each.tier == "strong"), None)
        if stop.tier != "cheap" or strong is None:
            return None
        provider, _ = parse(strong.model)
        book, tier = self._priced(strong), strong.processing or ""

        async def price() -> Price | None:
            found = await book.soon(strong.model, provider.priced_as)
            return None if found is None else AtTier(found, tier)

        return price

    def _priced(self, stop: Stop) -> PriceBook:
        """Return what says the price of a model of a course: its own, where it has one."""
        rates = None if stop.price is None else rates_from(stop.price)
        return self._prices if rates is None else PriceBook({stop.model: rates})

    def _reached(self, stop: Stop, stops: Sequence[Stop]) -> Connection:
        # Whoever names a model does not say whose address and key the settings hold: that is who answers by default.
        default = None if self._default is None else self._settings.routes.of(self._default)
        return connection_of(stop, default or stops, self._settings, self._environment)

    def _line(self, provider: Provider, connection: Connection, stop: Stop) -> Line:
        # What has room for some says nothing of whether others are served.
        key = (provider.prefix, connection.base_url, connection.api_key, stop.processing)
        if key not in self._lines:
            self._lines[key] = self._line_of(provider.prefix, self._limits)
        return self._lines[key]

    def reranker(self, name: str, embedder: Callable[[str], Embedder]) -> Reranker | None:
        """Return the reranker of that name, None for `none`. Blocks: it may load files.

        Args:
            name: as in settings.
            embedder: makes an embedder by name.

        Raises:
            ModelNotConfigured: there is no such reranker, or its key is missing.
            Unavailable: what it needs is not installed, or its folder holds no model.
        """
        chat = self.choose(None) if name == "judge" else None
        return make_reranker(name, RerankerParts(self._settings, self._environment, embedder, chat, self._meter))

    def moderator(self) -> HttpModerator | None:
        """Return who says whether a text is fit, None for nobody. Raises: ModelNotConfigured."""
        return make_moderator(self._settings, self._environment, self._meter)

    def question_writer(self) -> QuestionWriter | None:
        """Return who writes what is searched with in place of a question; None where no chat model is in use."""
        model = self.choose(None)
        return None if model is None else QuestionWriter(model, self._settings.fence_key)

    def claim_judge(self, name: str) -> ClaimJudge | None:
        """Return what is asked about uncertain claims, None for `none`. Blocks: it may load files.

        Raises:
            ModelNotConfigured: there is no such judge, or its chat model cannot be used.
            Unavailable: what it needs is not installed, or its folder holds no such model.
        """
        return make_claim_judge(name, self.choose, self._settings.fence_key)


def _told(stop: Stop) -> str:
    """Return what of a model of a course may make its replies others: not what they cost."""
    return stop.model_dump_json(exclude={"price"}, exclude_none=True)


def _processed(
    marks: Callable[[ChatRequest], Mapping[str, Any]], processing: str, request: ChatRequest
) -> Mapping[str, Any]:
    """Return settings of a provider's library that ask for replies when it has room."""
    return {**marks(request), "service_tier": processing}


def parse(name: str) -> tuple[Provider, str]:
    """Split `provider:model`. Raises: ModelNotConfigured, naming the providers there are."""
    prefix, _, model = name.partition(":")
    if prefix not in PROVIDERS or not model.strip():
        known = ", ".join(f"`{each}:NAME`" for each in PROVIDERS)
        raise ModelNotConfigured(f"There is no model `{name[:80]}`.", remedy=f"Use `auto`, `none` or one of {known}.")
    return PROVIDERS[prefix], model.strip()


def connection_of(
    stop: Stop, stops: Sequence[Stop], settings: ModelSettings, environment: Mapping[str, str]
) -> Connection:
    """Return how to reach a model of a course; the settings' address and key are for the provider of the first alone.

    Raises: ModelNotConfigured.
    """
    provider, _ = parse(stop.model)
    if stop.base_url is not None:
        _check_address(stop.base_url, stop.model)
        return Connection(stop.base_url, "none" if stop.api_key is None else stop.api_key.get_secret_value())
    if provider.prefix != stops[0].model.partition(":")[0]:
        settings = replace(settings, base_url=None, api_key=None)
    return connect(provider, settings, environment)


def connect(provider: Provider, settings: ModelSettings, environment: Mapping[str, str]) -> Connection:
    """Return how to reach a provider. Raises: ModelNotConfigured where its key is missing."""
    key = None if settings.api_key is None else settings.api_key.get_secret_value()
    key = key or next((environment[name] for name in provider.key_names if environment.get(name)), None)
    base_url = settings.base_url
    if provider.prefix == "ollama":
        base_url = base_url or environment.get("OLLAMA_HOST")
        base_url = base_url if base_url is None or "://" in base_url else f"http://{base_url}"
    elif key is None and base_url is None:
        names = " or ".join(provider.key_names)
        raise ModelNotConfigured(
            f"There is no key for {provider.prefix}.", remedy=f"Set PINCITE_MODEL_API_KEY or {names}."
        )
    if base_url is not None:
        _check_address(base_url, provider.prefix)
    return Connection(base_url, key)


def _check_address(url: str, whose: str) -> None:
    """Pass an address that can be one. Raises: ModelNotConfigured, without it: it may hold a password."""
    try:
        parts = urlsplit(url)
        is_one = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_one = False
    if not is_one:
        raise ModelNotConfigured(
            f"The address of {whose} is none.",
            remedy="Write it as http://10.0.0.5:8000/v1 or https://..., with its port.",
        )


async def _look_around(settings: ModelSettings, environment: Mapping[str, str]) -> Discovery:
    looked: list[Looked] = []
    for prefix, model in AUTO_MODELS.items():
        names = PROVIDERS[prefix].key_names
        found = next((name for name in names if environment.get(name)), None)
        if found is not None:
            looked.append(Looked(found, f"is set, so {prefix}:{model} answers"))
            return Discovery(f"{prefix}:{model}", tuple(looked))
        looked.append(Looked(" or ".join(names), "is not set"))
    url = connect(PROVIDERS["ollama"], settings, environment).base_url or DEFAULT_URL
    models = await asyncio.to_thread(installed_models, url)
    if not models:
        looked.append(Looked("Ollama", f"does not answer at {url}" if models is None else "has no model installed"))
        return Discovery(None, tuple(looked))
    looked.append(Looked("Ollama", f"answers at {url} and has {models[0]}"))
    return Discovery(f"ollama:{models[0]}", tuple(looked))
