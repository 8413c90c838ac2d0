"""Anthropic's messages protocol.

What its failures mean to people is said in `failures.py`.
"""

import json
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from pincite.gateway.adapters.http import http_client
from pincite.gateway.domain import EFFORTS, ChatRequest, Effort
from pincite.gateway.image_tokens import usual_tokens_of
from pincite.gateway.providers import Connection

if TYPE_CHECKING:
    from pydantic_ai.models import Model

PREFIX = "anthropic"
KEY_NAMES = ("ANTHROPIC_API_KEY",)
PRICED_AS = "anthropic"
WINDOW: int | None = None


LEAST_TOKENS = 1_024
"""The provider keeps no shorter beginning of a prompt."""
_CHARS_PER_TOKEN = 4


def marks(request: ChatRequest) -> Mapping[str, Any]:
    """Return where the beginning of a request ends that is likely to come again: keeping costs a quarter more, once.

    Rules and tools come with each request. A conversation that has gone on once goes on again, and begins with all that
    was said; in a prompt of ours what is asked changes, and what it is asked of as well.
    """
    told: dict[str, Any] = {}
    tools = sum(
        len(each.name) + len(each.description or "") + len(json.dumps(dict(each.schema))) for each in request.tools
    )
    fixed = len(request.system) + tools + sum(len(each.text) for each in request.messages if each.role == "system")
    if fixed >= LEAST_TOKENS * _CHARS_PER_TOKEN:
        told["anthropic_cache_instructions" if fixed > tools else "anthropic_cache_tool_definitions"] = True
    said = fixed + sum(len(each.text) for each in request.messages if each.role != "system")
    said += _CHARS_PER_TOKEN * sum(map(usual_tokens_of, request.images))
    goes_on = request.purpose.stage == "chat" and any(each.role == "assistant" for each in request.messages)
    if goes_on and said >= LEAST_TOKENS * _CHARS_PER_TOKEN:
        told["anthropic_cache_messages"] = True
    return {**told, "thinking": _thinking(request)} if request.thinks else told


def _thinking(request: ChatRequest) -> Effort | None:
    """Return how much the model can be asked to think; None where it has to be left to it.

    The provider takes no results of tools without what was thought before they were called, which nobody has here, and
    no forced tool or temperature beside; and a reply has to have room for more than may be thought.
    """
    from pydantic_ai.profiles.anthropic import ANTHROPIC_THINKING_BUDGET_MAP

    budgets = cast("Mapping[Any, int]", ANTHROPIC_THINKING_BUDGET_MAP)
    is_forced = request.tool_choice not in {"auto", "none"}
    is_set = request.temperature is not None or request.top_p is not None
    if is_forced or is_set or any(message.role == "tool" for message in request.messages):
        return None
    room = math.inf if request.max_tokens is None else request.max_tokens - LEAST_TOKENS
    asked = EFFORTS.index(request.effort or "none")
    return next((each for each in reversed(EFFORTS[1 : asked + 1]) if budgets[each] <= room), None)


def make(name: str, connection: Connection) -> "Model":
    """Return pydantic-ai's model."""
    from anthropic import AsyncAnthropic
    from pydantic_ai.models.anthropic import AnthropicModel
    from pydantic_ai.providers.anthropic import AnthropicProvider

    # Retries are ours (`retrying.py`).
    client = AsyncAnthropic(
        api_key=connection.api_key,
        base_url=connection.base_url,
        max_retries=0,
        http_client=http_client(connection, named=True),
    )
    return AnthropicModel(name, provider=AnthropicProvider(anthropic_client=client))
