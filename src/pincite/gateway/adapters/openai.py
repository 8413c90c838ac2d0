"""OpenAI and every server that speaks its chat protocol (vLLM, LiteLLM, LM Studio, ...), by `base_url`.

What its failures mean to people is said in `failures.py`.
"""

from typing import TYPE_CHECKING

from pincite.gateway.adapters.openai_client import chat_client, last_usage_counts
from pincite.gateway.adapters.openai_pieces import in_pieces
from pincite.gateway.providers import Connection

if TYPE_CHECKING:
    from pydantic_ai.models import Model

PREFIX = "openai"
KEY_NAMES = ("OPENAI_API_KEY",)
PRICED_AS = "openai"
WINDOW: int | None = None
_THEIRS = "api.openai.com"


def make(name: str, connection: Connection) -> "Model":
    """Return pydantic-ai's model; a reply that ends without a finish reason counts as cut off."""
    from pydantic_ai.models.openai import OpenAIChatModel
    from pydantic_ai.profiles.openai import OpenAIModelProfile
    from pydantic_ai.providers.openai import OpenAIProvider

    client = chat_client(connection, base_url=connection.base_url, api_key=connection.api_key or "none", in_pieces=True)
    provider = OpenAIProvider(openai_client=client)
    profile = OpenAIModelProfile(openai_chat_streaming_requires_finish_reason=True)
    settings = last_usage_counts()
    if client.base_url.host.endswith(_THEIRS):
        # A project may be set to have all it asks made at once, for twice as much, which nothing has been reserved for.
        settings["service_tier"] = "default"
    return in_pieces(OpenAIChatModel)(name, provider=provider, profile=profile, settings=settings)
