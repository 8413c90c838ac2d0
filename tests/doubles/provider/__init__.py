"""A model provider on loopback that speaks OpenAI's and Anthropic's protocols and does what it is told."""

from tests.doubles.provider.server import Behaviour, Provider, serve

__all__ = ["Behaviour", "Provider", "serve"]
