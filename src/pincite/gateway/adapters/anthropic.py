"""Anthropic's messages protocol.

What its failures mean to people is said in `failures.py`.
"""

from typing import TYPE_CHECKING

from pincite.gateway.adapters.http import http_client
from pincite.gateway.providers import Connection

if TYPE_CHECKING:
    from pydantic_ai.models import Model

PREFIX = "anthropic"
KEY_NAMES = ("ANTHROPIC_API_KEY",)
PRICED_AS = "anthropic"
WINDOW: int | None = None


def make(name: str, connection: Connection) -> "Model":
    """Return pydantic-ai's model."""
    from anthropic import AsyncAnthropic
    from pydantic_ai.models.anthropic import AnthropicModel
    from pydantic_ai.providers.anthropic import AnthropicProvider

    # Retries are ours (`chat.py`).
    client = AsyncAnthropic(
        api_key=connection.api_key,
        base_url=connection.base_url,
        max_retries=0,
        http_client=http_client(connection, named=True),
    )
    return AnthropicModel(name, provider=AnthropicProvider(anthropic_client=client))
