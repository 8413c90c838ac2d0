"""Anthropic's messages protocol.

What its failures mean to people is said in `failures.py`.
"""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pincite.gateway.adapters.http import http_client
from pincite.gateway.domain import ChatRequest
from pincite.gateway.providers import Connection

if TYPE_CHECKING:
    from pydantic_ai.models import Model

PREFIX = "anthropic"
KEY_NAMES = ("ANTHROPIC_API_KEY",)
PRICED_AS = "anthropic"
WINDOW: int | None = None


LEAST_TOKENS = 1_024
"""The provider keeps no shorter beginning of a prompt."""
_CHARS_PER_TOKEN = 4


def marks(request: ChatRequest) -> Mapping[str, Any]:
    """Return where the beginning of a request ends that is likely to come again: keeping costs a quarter more, once.

    Rules and tools come with each request. A conversation that has gone on once goes on again, and begins with all that
    was said; in a prompt of ours what is asked changes, and what it is asked of as well.
    """
    told: dict[str, Any] = {}
    tools = sum(
        len(each.name) + len(each.description or "") + len(json.dumps(dict(each.schema))) for each in request.tools
    )
    fixed = len(request.system) + tools + sum(len(each.text) for each in request.messages if each.role == "system")
    if fixed >= LEAST_TOKENS * _CHARS_PER_TOKEN:
        told["anthropic_cache_instructions" if fixed > tools else "anthropic_cache_tool_definitions"] = True
    said = fixed + sum(len(each.text) for each in request.messages if each.role != "system")
    goes_on = request.purpose.stage == "chat" and any(each.role == "assistant" for each in request.messages)
    if goes_on and said >= LEAST_TOKENS * _CHARS_PER_TOKEN:
        told["anthropic_cache_messages"] = True
    return told


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
