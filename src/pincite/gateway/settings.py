"""Settings of the models; where they are read from is decided in `app`."""

from dataclasses import dataclass, field

from pydantic import SecretStr

from pincite.gateway.course import Courses


@dataclass(frozen=True, slots=True)
class ModelSettings:
    """Which model answers, which embedder makes the vectors of new indexes, and how long they may take.

    Args:
        model: `auto`, `none`, `provider:name` with provider openai, anthropic, google or ollama, several of these with
            commas, or `route:name`.
        routes: what the file of routes says.
        base_url: address of an OpenAI-compatible server or of a proxy of the provider.
        api_key: the key; default is the provider's own variable.
        context_tokens: what the model takes, question and reply together; default is what is known of it.
        limits: what may be sent to providers; see `bucket.limits_of`.
        connect_timeout_s: longest time until there is a connection.
        first_event_timeout_s: longest wait for the first piece of a reply.
        idle_timeout_s: longest silence within a reply.
        total_timeout_s: longest time for a whole reply.
        keeps_replies: the same request is given the same reply again, for a while.
        fence_key: what fences of prompts are made with, so that the same is the same text again; random where None.
        prices: what models cost, before the price list is asked; see `prices.rates_of`.
        embedder: `static`, `minilm`, `onnx:FOLDER`, `fastembed:NAME` or `openai:NAME`.
        embedder_base_url: address of a server that speaks OpenAI's `/v1/embeddings`; it need not have a key.
        embedder_api_key: its key; default is the provider's own variable, which is sent to no other server.
        reranker_base_url: address of a server with a `/rerank` like Cohere's; it need not have a key.
        reranker_api_key: its key; default is the provider's own variable, which is sent to no other server.
        moderation: `none` or `openai:MODEL`.
        moderation_base_url: address of a server with a `/moderations` like OpenAI's; it need not have a key.
        moderation_api_key: its key; default is the provider's own variable, which is sent to no other server.
        moderation_timeout_s: longest time for one text.
    """

    model: str = "auto"
    routes: Courses = field(default_factory=Courses)
    base_url: str | None = None
    api_key: SecretStr | None = None
    context_tokens: int | None = None
    limits: str = ""
    connect_timeout_s: float = 5.0
    first_event_timeout_s: float = 60.0
    idle_timeout_s: float = 30.0
    total_timeout_s: float = 120.0
    keeps_replies: bool = False
    fence_key: bytes | None = field(default=None, repr=False)
    prices: str = ""
    embedder: str = "static"
    embedder_base_url: str | None = None
    embedder_api_key: SecretStr | None = None
    reranker_base_url: str | None = None
    reranker_api_key: SecretStr | None = None
    moderation: str = "none"
    moderation_base_url: str | None = None
    moderation_api_key: SecretStr | None = None
    moderation_timeout_s: float = 5.0
