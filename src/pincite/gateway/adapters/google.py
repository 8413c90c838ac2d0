"""Google's Gemini protocol.

What its failures mean to people is said in `failures.py`.
"""

from typing import TYPE_CHECKING

from pincite.gateway.adapters.http import http_client
from pincite.gateway.providers import Connection

if TYPE_CHECKING:
    from pydantic_ai.models import Model

PREFIX = "google"
KEY_NAMES = ("GEMINI_API_KEY", "GOOGLE_API_KEY")
PRICED_AS = "google"
WINDOW: int | None = None


def make(name: str, connection: Connection) -> "Model":
    """Return pydantic-ai's model."""
    from pydantic_ai.models.google import GoogleModel
    from pydantic_ai.providers.google import GoogleProvider

    provider = GoogleProvider(
        api_key=connection.api_key or "", base_url=connection.base_url, http_client=http_client(connection)
    )
    return GoogleModel(name, provider=provider)
