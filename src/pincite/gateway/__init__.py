"""Gateway: the one door to all models: chat and embeddings, with usage and cost."""

from pincite.gateway.adapters.static_embedder import StaticEmbedder
from pincite.gateway.domain import (
    ChatFinished,
    ChatModel,
    ChatRequest,
    Embedder,
    Message,
    ModelError,
    ModelNotConfigured,
    TextDelta,
    Usage,
)

__all__ = [
    "ChatFinished",
    "ChatModel",
    "ChatRequest",
    "Embedder",
    "Message",
    "ModelError",
    "ModelNotConfigured",
    "StaticEmbedder",
    "TextDelta",
    "Usage",
]
