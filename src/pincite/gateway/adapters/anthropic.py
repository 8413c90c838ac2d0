"""Anthropic's messages protocol."""

from typing import TYPE_CHECKING

from pincite.gateway.providers import Connection

if TYPE_CHECKING:
    from pydantic_ai.models import Model

PREFIX = "anthropic"
KEY_NAMES = ("ANTHROPIC_API_KEY",)
PRICED_AS = "anthropic"


def make(name: str, connection: Connection) -> "Model":
    """Return pydantic-ai's model."""
    from pydantic_ai.models.anthropic import AnthropicModel
    from pydantic_ai.providers.anthropic import AnthropicProvider

    return AnthropicModel(name, provider=AnthropicProvider(api_key=connection.api_key, base_url=connection.base_url))
