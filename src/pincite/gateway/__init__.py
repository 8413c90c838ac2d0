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
from pincite.gateway.embedders import Embedders
from pincite.gateway.service import Discovery, Models, discover
from pincite.gateway.settings import ModelSettings

__all__ = [
    "ChatFinished",
    "ChatModel",
    "ChatRequest",
    "Discovery",
    "Embedder",
    "Embedders",
    "Message",
    "ModelError",
    "ModelNotConfigured",
    "ModelSettings",
    "Models",
    "StaticEmbedder",
    "TextDelta",
    "Usage",
    "discover",
]
