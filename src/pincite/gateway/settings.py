"""Settings of the models; where they are read from is decided in `app`."""

from dataclasses import dataclass

from pydantic import SecretStr


@dataclass(frozen=True, slots=True)
class ModelSettings:
    """Which model answers and how long it may take.

    Args:
        model: `auto`, `none`, or `provider:name` with provider openai, anthropic, google or ollama.
        base_url: address of an OpenAI-compatible server or of a proxy of the provider.
        api_key: the key; default is the provider's own variable.
        first_event_timeout_s: longest wait for the first piece of a reply.
        idle_timeout_s: longest silence within a reply.
        total_timeout_s: longest time for a whole reply.
    """

    model: str = "auto"
    base_url: str | None = None
    api_key: SecretStr | None = None
    first_event_timeout_s: float = 60.0
    idle_timeout_s: float = 30.0
    total_timeout_s: float = 120.0
