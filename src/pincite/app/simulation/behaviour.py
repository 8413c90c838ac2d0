"""What the provider is told to do: a validated tree, for options, files and requests alike, and who acts by it.

Seconds and counts of a fault begin anew when a behaviour is set. What one request gets is a `Told`.
"""

import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from pincite.app.simulation.domain import Asked, Kind, Refusal, Told, refusal_of
from pincite.core import InvalidInput

M = TypeVar("M", bound=BaseModel)

_SHOWN = 3
_RETRY_AFTER_S = 5


@dataclass(frozen=True, slots=True)
class FaultKind:
    """One way to fail.

    Args:
        meaning: what is done, for people.
        default: of its value; None where it takes none.
        least, most: bounds of its value.
        whole: whether its value is a whole number.
    """

    meaning: str
    default: float | None = None
    least: float = 0
    most: float = 1e9
    whole: bool = True


FAULTS: Mapping[str, FaultKind] = MappingProxyType(
    {
        "status": FaultKind("refuse with this status", 500, 400, 599),
        "hang": FaultKind("accept and never answer"),
        "html": FaultKind("answer 200 with a web page"),
        "drip": FaultKind("wait so many seconds before each byte of the body", 1.0, 0.001, 3_600, whole=False),
        "drop": FaultKind("close the connection after so many bytes of the body", 0),
        "stall": FaultKind("send nothing more after so many bytes of the body, and keep the connection", 0),
        "garble": FaultKind("put broken JSON into the body after so many bytes of it", 0),
        "break": FaultKind("close the connection after so many pieces of the text", 3),
        "malformed": FaultKind("send broken JSON after so many pieces of the text", 3),
        "usage": FaultKind("report so many times the usage", 0.5, 0, 1e6, whole=False),
        "no-usage": FaultKind("report no usage"),
        "no-finish": FaultKind("end without a finish reason"),
        "long": FaultKind("write so many times what was asked for", 20, 1, 1_000, whole=False),
    }
)


class Fault(BaseModel):
    """One thing that is done wrong, and when: always, unless it says otherwise; all that it says must hold.

    Args:
        kind: one of `FAULTS`.
        value: what it takes.
        retry_after_s: what a refusal says; 429 says 5 by itself.
        first: only the first so many requests that it is for.
        share: only this share of them, in 0..1, by the seed.
        from_s, until_s: only between these seconds after the behaviour was set.
        only: only requests of these kinds.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    kind: str
    value: float | None = None
    retry_after_s: Annotated[int, Field(ge=0, le=86_400)] | None = None
    first: Annotated[int, Field(ge=1)] | None = None
    share: Annotated[float, Field(ge=0, le=1)] | None = None
    from_s: Annotated[float, Field(ge=0)] = 0.0
    until_s: Annotated[float, Field(gt=0)] | None = None
    only: tuple[Kind, ...] = ()

    @model_validator(mode="after")
    def _fits(self) -> "Fault":
        known = FAULTS.get(self.kind)
        if known is None:
            raise ValueError(f"there is no fault {self.kind!r}; there are {', '.join(FAULTS)}")
        if self.value is not None:
            _check_value(self.kind, known, self.value)
        if self.retry_after_s is not None and self.kind != "status":
            raise ValueError(f"{self.kind} has no retry_after_s; only status has")
        if self.until_s is not None and self.until_s <= self.from_s:
            raise ValueError("until_s must be later than from_s")
        return self

    @property
    def amount(self) -> float:
        """Its value, or the default."""
        return self.value if self.value is not None else FAULTS[self.kind].default or 0


class Behaviour(BaseModel):
    """All that the provider is told.

    Args:
        reply: the text of every reply; None for one that suits the question.
        latency_s: wait before the first byte.
        jitter_s: most that is added to it, by the seed.
        tokens_per_s: how fast a text comes; None for at once.
        seed: of all that is left to chance.
        keys: which keys are accepted; None for any, and for none.
        models: which models there are; None for any.
        dimensions: length of the vectors of embeddings.
        flags: the word that makes a text fall into each category of moderation.
        keeps_prompts: whether what two requests begin alike with is read from a cache the second time.
        faults: what is done wrong.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    reply: Annotated[str, Field(min_length=1)] | None = None
    latency_s: Annotated[float, Field(ge=0, le=3_600)] = 0.0
    jitter_s: Annotated[float, Field(ge=0, le=3_600)] = 0.0
    tokens_per_s: Annotated[float, Field(gt=0)] | None = None
    seed: int = 0
    keys: frozenset[str] | None = None
    models: Annotated[tuple[str, ...], Field(min_length=1)] | None = None
    dimensions: Annotated[int, Field(ge=1, le=8_192)] = 8
    flags: dict[str, str] = Field(default_factory=dict)
    keeps_prompts: bool = False
    faults: tuple[Fault, ...] = ()


def behaviour_of(told: Any) -> Behaviour:
    """Return the behaviour that JSON describes. Raises: InvalidInput, naming what is wrong."""
    return _validated(Behaviour, told, "The behaviour")


def fault_of(spelling: str) -> Fault:
    """Return a fault as the command line spells it: `status=429,share=0.2`. Raises: InvalidInput."""
    kind, *rest = (part.strip().partition("=") for part in spelling.split(","))
    given: dict[str, Any] = {"kind": kind[0]}
    if kind[1]:
        given["value"] = kind[2]
    for name, equals, value in rest:
        if not equals or name in given:
            raise InvalidInput(
                f"The fault {spelling!r} cannot be read at {name!r}.",
                remedy="Spell it KIND=VALUE,NAME=VALUE, each name once: status=429,share=0.2,until_s=60.",
            )
        given[name] = value.split("+") if name == "only" else value
    return _validated(Fault, given, f"The fault {spelling!r}")


class Director:
    """`Decides` by a behaviour, which can be set anew while it works.

    Args:
        behaviour: the first.
        clock: seconds that only grow.
    """

    def __init__(self, behaviour: Behaviour | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self.set(behaviour or Behaviour())

    @property
    def behaviour(self) -> Behaviour:
        """What it acts by."""
        return self._behaviour

    @property
    def models(self) -> tuple[str, ...]:
        """The models that are listed."""
        return self._behaviour.models or ("simulated",)

    def set(self, behaviour: Behaviour) -> None:
        """Act by another from now on; its seconds and counts begin here."""
        self._behaviour = behaviour
        self._since = self._clock()
        self._number = 0
        self._counts = [0] * len(behaviour.faults)

    def decide(self, asked: Asked) -> Told:
        """Return what is done with a request."""
        told, at = self._behaviour, self._number
        self._number += 1
        decided = Told(
            reply=told.reply,
            latency_s=told.latency_s + told.jitter_s * _chance(told.seed, "latency", at),
            token_s=1 / told.tokens_per_s if told.tokens_per_s else 0.0,
            refusal=refusal_of(asked, told.keys, None if told.models is None else frozenset(told.models)),
            dimensions=told.dimensions,
            flags=told.flags,
            keeps_prompts=told.keeps_prompts,
        )
        for place, fault in enumerate(told.faults):
            if self._strikes(place, fault, asked, at):
                decided = struck(decided, fault)
        return decided

    def _strikes(self, place: int, fault: Fault, asked: Asked, at: int) -> bool:
        seconds = self._clock() - self._since
        in_time = fault.from_s <= seconds and (fault.until_s is None or seconds < fault.until_s)
        if not in_time or (fault.only and asked.kind not in fault.only):
            return False
        self._counts[place] += 1
        if fault.first is not None and self._counts[place] > fault.first:
            return False
        return fault.share is None or _chance(self._behaviour.seed, place, at) < fault.share


def _chance(*seeds: object) -> float:
    """Return a number in 0..1, the same for the same seeds."""
    return random.Random(" ".join(map(str, seeds))).random()  # noqa: S311 - no secret


def struck(told: Told, fault: Fault) -> Told:
    """Return what is done with a request that a fault strikes, too. Of several refusals the first stays."""
    amount = fault.amount
    told = replace(told, faults=(*told.faults, fault.kind))
    changes: dict[str, dict[str, Any]] = {
        "status": {"refusal": told.refusal or _refused(int(amount), fault.retry_after_s)},
        "hang": {"hang": True},
        "html": {"page": True},
        "drip": {"drip_s": amount},
        "drop": {"drop_at_byte": int(amount)},
        "stall": {"stall_at_byte": int(amount)},
        "garble": {"garble_at_byte": int(amount)},
        "break": {"drop_after": int(amount)},
        "malformed": {"malformed_after": int(amount)},
        "usage": {"usage": amount},
        "no-usage": {"usage": None},
        "no-finish": {"no_finish": True},
        "long": {"times": amount, "keeps_limit": False},
    }
    return replace(told, **changes[fault.kind])


def _refused(status: int, retry_after_s: int | None) -> Refusal:
    if retry_after_s is None and status == 429:
        retry_after_s = _RETRY_AFTER_S
    return Refusal(status, "The simulated provider was told to fail.", retry_after_s=retry_after_s)


def _check_value(kind: str, known: FaultKind, value: float) -> None:
    if known.default is None:
        raise ValueError(f"{kind} takes no value")
    if known.whole and value != int(value):
        raise ValueError(f"{kind} takes a whole number")
    if not known.least <= value <= known.most:
        raise ValueError(f"{kind} takes {known.least:g} to {known.most:g}")


def _validated(kind: type[M], given: Any, what: str) -> M:
    try:
        return kind.model_validate(given)
    except ValidationError as error:
        found = error.errors(include_url=False)
        said = "; ".join(_spelled(each["loc"], each["msg"]) for each in found[:_SHOWN])
        more = f"; and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
        raise InvalidInput(
            f"{what} cannot be used: {said}{more}.", remedy=f"Correct it; its names are {', '.join(kind.model_fields)}."
        ) from None


def _spelled(place: tuple[int | str, ...], message: str) -> str:
    where = ".".join(str(part) for part in place)
    said = message.removeprefix("Value error, ")
    return f"{where}: {said}" if where else said
