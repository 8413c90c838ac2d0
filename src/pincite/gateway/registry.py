"""The providers there are. A new one is a file in `adapters/` and a line here.

Nothing of a provider's library is imported until its model is made.
"""

from pincite.gateway.adapters import anthropic, google, ollama, openai
from pincite.gateway.providers import Provider

PROVIDERS = {
    adapter.PREFIX: Provider(adapter.PREFIX, adapter.KEY_NAMES, adapter.PRICED_AS, adapter.WINDOW, adapter.make)
    for adapter in (openai, anthropic, google, ollama)
}
