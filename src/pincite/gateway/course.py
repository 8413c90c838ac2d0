"""Which models a request may be answered by, in which order: lists, named routes with tiers and conditions. Pure.

Asking them in that order is the business of `routing.py`; a file of routes is opened in `adapters/route_file.py`.
"""

import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, SecretStr, StringConstraints, ValidationError

from pincite.core import Scope
from pincite.gateway.cascade import Cascade, Shadow
from pincite.gateway.domain import ChatRequest, Lane, ModelNotConfigured, Tier
from pincite.gateway.prices import rates_from

ROUTE = "route:"
_MOST = 10
_SETTING = "PINCITE_MODEL_ROUTES"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class When(_Strict):
    """When a stop is asked: all that is said must hold.

    Args:
        lane: the request comes in one of these lanes.
        tenant: it is one of these tenants'.
        max_input_tokens: what it sends is no more than so many tokens, as estimated.
    """

    lane: tuple[Lane, ...] | None = None
    tenant: tuple[str, ...] | None = None
    max_input_tokens: Annotated[int, Field(gt=0)] | None = None

    def why_not(self, scope: Scope, request: ChatRequest, input_tokens: int) -> str | None:
        """Return why a request is none for it, None where it is one."""
        # Who comes first is somebody who waits as well.
        lanes = {request.lane, "interactive"} if request.lane == "premium" else {request.lane}
        if self.lane is not None and lanes.isdisjoint(self.lane):
            return f"is not for the lane {request.lane}"
        if self.tenant is not None and scope.tenant not in self.tenant:
            return "is not for this tenant"
        if self.max_input_tokens is not None and input_tokens > self.max_input_tokens:
            return f"is for {self.max_input_tokens:,} tokens at most, and these are about {input_tokens:,}"
        return None


class Stop(_Strict):
    """One model of a course.

    Args:
        model: `provider:name`.
        tier: cheap or strong; None for neither.
        when: its conditions.
        base_url: its address, where it is not that of the settings.
        key: the variable that holds its key; for a model with an address of its own.
        price: what it costs here, as in the setting of prices but for the name; None as it costs elsewhere.
        processing: `flex` has OpenAI reply when it has room.
        api_key: that key.
    """

    model: Annotated[str, StringConstraints(strip_whitespace=True)]
    tier: Tier | None = None
    when: When = When()
    base_url: str | None = None
    key: str | None = None
    price: str | None = None
    processing: Literal["flex"] | None = None
    api_key: SecretStr | None = Field(default=None, exclude=True)


class Premium(_Strict):
    """Whose requests come before those of all others: these tenants', and these users'. By their ids."""

    tenants: frozenset[str] = frozenset()
    users: frozenset[str] = frozenset()

    def lane(self, scope: Scope, lane: Lane) -> Lane:
        """Return the lane in which a request of the scope's waits; what nobody waits for comes before nobody."""
        is_first = scope.tenant in self.tenants or scope.user in self.users
        return "premium" if is_first and lane == "interactive" else lane


class _File(_Strict):
    routes: dict[str, Annotated[tuple[Stop, ...], Field(min_length=1, max_length=_MOST)]] = Field(
        default_factory=dict[str, tuple[Stop, ...]]
    )
    cascades: dict[str, Cascade] = Field(default_factory=dict[str, Cascade])
    shadows: dict[str, Shadow] = Field(default_factory=dict[str, Shadow])
    premium: Premium = Premium()


@dataclass(frozen=True, slots=True)
class Courses:
    """What a file of routes says: the stops of each, which are cascades, which have a shadow, and who comes first."""

    routes: Mapping[str, tuple[Stop, ...]] = field(default_factory=dict[str, tuple[Stop, ...]])
    cascades: Mapping[str, Cascade] = field(default_factory=dict[str, Cascade])
    shadows: Mapping[str, Shadow] = field(default_factory=dict[str, Shadow])
    premium: Premium = field(default_factory=Premium)

    def of(self, name: str) -> tuple[Stop, ...]:
        """Return the stops of `route:NAME`, or of `provider:model, provider:model`. Raises: ModelNotConfigured."""
        if name.startswith(ROUTE):
            wanted = name.removeprefix(ROUTE).strip()
            if wanted not in self.routes:
                known = ", ".join(f"`{ROUTE}{each}`" for each in self.routes) or f"none; name a file in {_SETTING}"
                raise ModelNotConfigured(f"There is no route `{wanted[:80]}`.", remedy=f"There are: {known}.")
            return tuple(self.routes[wanted])
        models = [each.strip() for each in name.split(",")]
        if len(models) > _MOST:
            raise ModelNotConfigured(f"{len(models)} models are named.", remedy=f"Name {_MOST} at most.")
        return tuple(Stop(model=each) for each in dict.fromkeys(models))

    @property
    def priced_apart(self) -> frozenset[str]:
        """The models that cost something of their own by one of the routes."""
        return frozenset(
            stop.model
            for stops in self.routes.values()
            for stop in stops
            if stop.price is not None or stop.processing is not None
        )

    def cascade(self, name: str) -> Cascade | None:
        """Return when the strong tier answers in place of the cheap one; None where nobody said so."""
        return self.cascades.get(name.removeprefix(ROUTE).strip()) if name.startswith(ROUTE) else None

    def shadow(self, name: str) -> Shadow | None:
        """Return the shadow of a route; None where it has none."""
        return self.shadows.get(name.removeprefix(ROUTE).strip()) if name.startswith(ROUTE) else None


T = TypeVar("T")


def courses_of(text: str, secret: Callable[[str], str]) -> Courses:
    """Read a file of routes; `secret` returns what a variable holds. Raises: ModelNotConfigured, and what that does."""
    try:
        read = _File.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise ModelNotConfigured(f"{_SETTING}: the file is no TOML: {error}.", remedy="Correct it.") from None
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ModelNotConfigured(f"{_SETTING}: {where}: {first['msg']}.", remedy="Correct it; see the guide.") from None
    for name in read.cascades:
        tiers = {stop.tier for stop in read.routes.get(name, ())}
        if not {"cheap", "strong"} <= tiers:
            raise ModelNotConfigured(
                f"{_SETTING}: the cascade {name} has no model of both tiers.",
                remedy=f'Give routes.{name} a model with tier = "cheap" and one with tier = "strong".',
            )
    for name, shadow in read.shadows.items():
        if not {name, shadow.route} <= read.routes.keys() or name == shadow.route:
            raise ModelNotConfigured(
                f"{_SETTING}: the shadow of {name} is {shadow.route}, and these are no two routes.",
                remedy="Name two routes of the file.",
            )
    for name, stops in read.routes.items():
        for stop in stops:
            _check_price(name, stop)
    routes = {name: tuple(_keyed(name, stop, secret) for stop in stops) for name, stops in read.routes.items()}
    return Courses(routes, read.cascades, read.shadows, read.premium)


def by_tier(things: Sequence[T], tier_of: Callable[[T], Tier | None], tier: Tier | None) -> list[T]:
    """Return things in their order, those of a tier first where one is asked for."""
    return list(things) if tier is None else sorted(things, key=lambda each: tier_of(each) != tier)


def _check_price(route: str, stop: Stop) -> None:
    """Pass what a model of a route says of its price. Raises: ModelNotConfigured."""
    if stop.price is not None and rates_from(stop.price) is None:
        raise ModelNotConfigured(
            f"{_SETTING}: {stop.price[:80]!r}, of the route {route}, is no price.",
            remedy="Write IN/OUT or IN/OUT/CACHED, dollars for a million tokens; or USD/kcalls.",
        )
    if stop.processing is not None and not stop.model.startswith("openai:"):
        raise ModelNotConfigured(
            f"{_SETTING}: {stop.model} of the route {route} knows no processing.",
            remedy="Only OpenAI's models do; leave it out.",
        )


def _keyed(route: str, stop: Stop, secret: Callable[[str], str]) -> Stop:
    if stop.key is None:
        return stop
    if stop.base_url is None:
        raise ModelNotConfigured(
            f"{_SETTING}: {stop.model} of the route {route} has a key of its own and no address.",
            remedy="Say its base_url too, or leave out its key.",
        )
    changes: dict[str, Any] = {"api_key": SecretStr(secret(stop.key))}
    return stop.model_copy(update=changes)
