"""Gateway: the one door to all models: chat and embeddings, with usage and cost."""

from pincite.gateway.adapters.static_embedder import StaticEmbedder
from pincite.gateway.domain import (
    ChatFinished,
    ChatModel,
    ChatRequest,
    Embedder,
    Message,
    ModelError,
    Shape,
    TextDelta,
    Tier,
    ToolCall,
    Usage,
)
from pincite.gateway.embedders import Embedders
from pincite.gateway.service import Discovery, Models

__all__ = [
    "ChatFinished",
    "ChatModel",
    "ChatRequest",
    "Discovery",
    "Embedder",
    "Embedders",
    "Message",
    "ModelError",
    "Models",
    "Shape",
    "StaticEmbedder",
    "TextDelta",
    "Tier",
    "ToolCall",
    "Usage",
]
