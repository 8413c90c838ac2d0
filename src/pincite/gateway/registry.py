"""The providers there are. A new one is a file in `adapters/` and a line here.

Nothing of a provider's library is imported until its model is made.
"""

from dataclasses import replace

from pincite.gateway.adapters import anthropic, google, ollama, openai
from pincite.gateway.providers import Provider

_PLAIN = {
    adapter.PREFIX: Provider(adapter.PREFIX, adapter.KEY_NAMES, adapter.PRICED_AS, adapter.WINDOW, adapter.make)
    for adapter in (openai, anthropic, google, ollama)
}
# The others keep the beginnings of prompts by themselves, or not at all; and look at images as they please.
PROVIDERS = {
    **_PLAIN,
    openai.PREFIX: replace(_PLAIN[openai.PREFIX], detailed=True),
    anthropic.PREFIX: replace(_PLAIN[anthropic.PREFIX], marks=anthropic.marks),
}
