"""Between our requests and replies and pydantic-ai's: messages, tools, shapes, settings, usage, ends.

How a request is sent, tried again and timed is in `chat.py`.
"""

import json
import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pincite.core.images import Image
from pincite.gateway.domain import ChatRequest, EndReason, Message, Shape, ToolCall, Usage
from pincite.gateway.failures import check_end
from pincite.gateway.metering import CALL_ID, LONGEST_REPLY_TOKENS, estimated
from pincite.gateway.prices import PRICED_TIERS

if TYPE_CHECKING:
    from pydantic_ai.messages import BinaryContent, ModelMessage, ModelRequestPart, ModelResponsePart
    from pydantic_ai.models import Model, ModelRequestParameters, StreamedResponse
    from pydantic_ai.tools import ToolDefinition

_MOST_CHARS_PER_TOKEN = 16
_MOST_TOKENS = 10**15
_ANY_OBJECT = {"type": "object"}


def messages_of(request: ChatRequest, *, detailed: bool = False) -> "list[ModelMessage]":
    """Return the conversation; what comes from the same side in a row is one message of several parts.

    Args:
        request: what is asked.
        detailed: say how closely images are to be looked at.
    """
    from pydantic_ai.messages import ModelRequest, ModelResponse, SystemPromptPart

    waiting: list[ModelRequestPart] = [SystemPromptPart(request.system)] if request.system else []
    messages: list[ModelMessage] = []
    for message in request.messages:
        if message.role != "assistant":
            waiting.append(_asked(message, detailed=detailed))
            continue
        if waiting:
            messages.append(ModelRequest(parts=waiting))
            waiting = []
        messages.append(ModelResponse(parts=_said(message)))
    return [*messages, ModelRequest(parts=waiting)] if waiting else messages


def settings_of(request: ChatRequest) -> Any:
    """Return what the provider is told of how to reply; nothing of what is left to it."""
    told: dict[str, Any] = {
        "max_tokens": request.max_tokens,
        "temperature": request.temperature,
        "top_p": request.top_p,
        "seed": request.seed,
        "stop_sequences": list(request.stop) or None,
        "presence_penalty": request.presence_penalty,
        "frequency_penalty": request.frequency_penalty,
        "thinking": False if request.effort == "none" else request.effort,
        "openai_reasoning_effort": request.effort,
        "openai_text_verbosity": request.verbosity,
        "parallel_tool_calls": request.parallel_calls if request.tools else None,
        "extra_headers": None if request.call_id is None else {CALL_ID: request.call_id},
    }
    if request.tools and request.tool_choice != "auto":
        told["tool_choice"] = request.tool_choice if isinstance(request.tool_choice, str) else list(request.tool_choice)
    return {name: value for name, value in told.items() if value is not None}


def parameters_of(request: ChatRequest, model: "Model") -> "ModelRequestParameters":
    """Return the tools, and the shape of the reply: held by the provider where it can, else said in the prompt."""
    from pydantic_ai.models import ModelRequestParameters
    from pydantic_ai.output import OutputObjectDefinition

    tools = [_tool(each) for each in request.tools]
    shape = request.reply
    if shape is None:
        return ModelRequestParameters(function_tools=tools)
    wanted = OutputObjectDefinition(dict(shape.schema), shape.name, shape.description, shape.strict)
    is_object = shape.schema == _ANY_OBJECT and model.profile.get("supports_json_object_output", False)
    is_native = not is_object and model.profile.get("supports_json_schema_output", False)
    return ModelRequestParameters(
        function_tools=tools,
        output_object=wanted,
        output_mode="native" if is_native else "prompted",
        prompted_output_template=False if is_object else None,
    )


def text_of(event: object) -> str:
    """Return the text that an event of a stream adds; a text is all that it adds itself."""
    if isinstance(event, str):
        return event
    from pydantic_ai.messages import PartDeltaEvent, PartStartEvent, TextPart, TextPartDelta

    if isinstance(event, PartStartEvent) and isinstance(event.part, TextPart):
        return event.part.content
    if isinstance(event, PartDeltaEvent) and isinstance(event.delta, TextPartDelta):
        return event.delta.content_delta
    return ""


def most_chars(request: ChatRequest) -> int:
    """Return how long a reply may be before it is no answer to what was asked."""
    return (request.max_tokens or LONGEST_REPLY_TOKENS) * _MOST_CHARS_PER_TOKEN


def ended(response: "StreamedResponse", request: ChatRequest, model: str) -> tuple[tuple[ToolCall, ...], EndReason]:
    """Return the tools that a reply wants called and why it ended. Raises: ModelError where it may not be cut off."""
    from pydantic_ai.messages import ToolCallPart

    reason = response.finish_reason
    if reason is None or not request.may_be_cut:
        details = response.provider_details or {}
        check_end(reason, model, named=bool(details.get("finish_reason")))
    parts = response.get().parts if request.tools else ()
    calls = tuple(
        ToolCall(part.tool_call_id, _whole(part.tool_name), _whole(_arguments(part.args)))
        for part in parts
        if isinstance(part, ToolCallPart)
    )
    if reason == "length" or reason == "content_filter":
        return calls, reason
    return calls, "tool_calls" if calls else "stop"


def usage_of(response: "StreamedResponse", request: ChatRequest, written: int) -> Usage:
    """Return the tokens as the provider counted them, or an estimate."""
    told = response.usage
    read, said = _count(told.input_tokens), _count(told.output_tokens)
    if read or said:
        cached = min(read, _count(told.cache_read_tokens))
        kept = min(read - cached, _count(told.cache_write_tokens))
        return Usage(read, said, cached_tokens=cached, kept_tokens=kept, tier=_tier_of(response))
    return estimated(request, written)


def usage_so_far(response: "StreamedResponse", request: ChatRequest, written: int) -> Usage:
    """Return the tokens of a reply that has no end: what its provider had counted by then, and no less than came.

    Anthropic counts what is read where a reply begins, and what is written where it ends.
    """
    told, came = usage_of(response, request, written), estimated(request, written)
    return replace(told, output_tokens=max(told.output_tokens, came.output_tokens), estimated=True)


def _count(told: float) -> int:
    """Return a number of tokens as a provider said it, which may be anything, or the nearest that can be true."""
    return min(max(0, math.ceil(told)), _MOST_TOKENS) if math.isfinite(told) else 0


def _tier_of(response: "StreamedResponse") -> str:
    told = (response.provider_details or {}).get("service_tier")
    return told if told in PRICED_TIERS else ""


def _asked(message: Message, *, detailed: bool) -> "ModelRequestPart":
    from pydantic_ai.messages import SystemPromptPart, ToolReturnPart, UserPromptPart

    if message.role == "tool":
        call = message.calls[0]
        return ToolReturnPart(call.name, message.text, call.id)
    if message.role == "system":
        return SystemPromptPart(message.text)
    shown = [each if isinstance(each, str) else _shown(each, detailed=detailed) for each in message.parts]
    return UserPromptPart(shown or message.text)


def _shown(image: Image, *, detailed: bool) -> "BinaryContent":
    """Return an image as bytes, which are sent as they are: an address is nothing that anybody could be made to fetch.

    What is said of it besides goes to those alone who know it; others' libraries would take it for something else.
    """
    from pydantic_ai.messages import BinaryContent

    told = {"detail": image.detail} if detailed and image.detail is not None else None
    return BinaryContent(image.data, media_type=image.media_type, vendor_metadata=told)


def _said(message: Message) -> "list[ModelResponsePart]":
    from pydantic_ai.messages import TextPart, ToolCallPart

    calls: list[ModelResponsePart] = [ToolCallPart(call.name, call.arguments, call.id) for call in message.calls]
    return [TextPart(message.text), *calls] if message.text or not calls else calls


def _tool(shape: Shape) -> "ToolDefinition":
    from pydantic_ai.tools import ToolDefinition

    return ToolDefinition(
        name=shape.name, parameters_json_schema=dict(shape.schema), description=shape.description, strict=shape.strict
    )


def _arguments(given: object) -> str:
    """Return arguments as JSON; a model's own words as they are, whatever they are."""
    return given if isinstance(given, str) else json.dumps(given or {})


def _whole(text: str) -> str:
    """Return a text that can be sent on: half of a surrogate pair becomes U+FFFD."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
