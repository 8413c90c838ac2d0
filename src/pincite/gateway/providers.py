"""What a provider is to the gateway: a prefix, the variables that hold its key, and a way to make its model.

Each provider is one file in `adapters/`; they are listed in `registry.py`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pincite.gateway.domain import ChatRequest

if TYPE_CHECKING:
    from pydantic_ai.models import Model


def _unheard(_status: int, _headers: Mapping[str, str], /) -> None:
    """Nobody listens."""


def _unmarked(_request: ChatRequest, /) -> Mapping[str, Any]:
    """Leave it to the provider."""
    return {}


@dataclass(frozen=True, slots=True)
class Connection:
    """How to reach a provider. The key is never logged or shown.

    Args:
        base_url: its address; None for the provider's own.
        api_key: the key.
        connect_timeout_s: longest time until there is a connection.
        heard: is told status and headers of each answer.
    """

    base_url: str | None
    api_key: str | None
    connect_timeout_s: float = 5.0
    heard: Callable[[int, Mapping[str, str]], None] = _unheard

    def __repr__(self) -> str:
        """Leave the key out."""
        return f"Connection(base_url={self.base_url!r})"


@dataclass(frozen=True, slots=True)
class Provider:
    """One family of models.

    Args:
        prefix: what stands before the colon in settings.
        key_names: environment variables that may hold its key; none where no key is needed.
        priced_as: the provider's id in the price list, or None where replies cost nothing that we know of.
        window: tokens that its models take where neither settings nor the price list say; None for no bound.
        make: makes the model; imports the provider's library only then.
        marks: says where the beginning of a request ends that the provider should keep, in settings of its library.
        detailed: whether its models can be told how closely to look at an image.
    """

    prefix: str
    key_names: tuple[str, ...]
    priced_as: str | None
    window: int | None
    make: "Callable[[str, Connection], Model]"
    marks: Callable[[ChatRequest], Mapping[str, Any]] = _unmarked
    detailed: bool = False
