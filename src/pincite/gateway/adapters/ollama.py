"""Models that Ollama serves, by default on this machine; no key and no price."""

from typing import TYPE_CHECKING

from pincite.gateway.adapters.openai_client import chat_client, last_usage_counts
from pincite.gateway.adapters.openai_pieces import in_pieces
from pincite.gateway.providers import Connection

if TYPE_CHECKING:
    from pydantic_ai.models import Model

PREFIX = "ollama"
KEY_NAMES: tuple[str, ...] = ()
PRICED_AS = None
# What Ollama serves by default on a small machine. It cuts a longer prompt without a word, the rules first.
WINDOW = 4096
DEFAULT_URL = "http://127.0.0.1:11434"


def make(name: str, connection: Connection) -> "Model":
    """Return pydantic-ai's model."""
    from pydantic_ai.models.ollama import OllamaModel
    from pydantic_ai.profiles.openai import OpenAIModelProfile
    from pydantic_ai.providers.ollama import OllamaProvider

    url = (connection.base_url or DEFAULT_URL).rstrip("/").removesuffix("/v1")
    client = chat_client(connection, base_url=f"{url}/v1", api_key=connection.api_key or "ollama", in_pieces=True)
    provider = OllamaProvider(openai_client=client)
    profile = OpenAIModelProfile(openai_chat_streaming_requires_finish_reason=True)
    return in_pieces(OllamaModel)(name, provider=provider, profile=profile, settings=last_usage_counts())
