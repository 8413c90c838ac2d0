"""Pieces of text are read as they are: what comes of a stream is what comes of it by the libraries alone."""

import json
import random
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic_ai.direct import model_request_stream
from pydantic_ai.exceptions import AgentRunError
from pydantic_ai.messages import ModelRequest, UserPromptPart
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.profiles.openai import OpenAIModelProfile
from pydantic_ai.providers.openai import OpenAIProvider
from tests.doubles.provider import Provider, serve

from pincite.gateway.adapters import openai
from pincite.gateway.adapters.mapping import text_of
from pincite.gateway.adapters.openai_client import chat_client, last_usage_counts
from pincite.gateway.adapters.openai_pieces import Piece, in_pieces, piece_of
from pincite.gateway.providers import Connection

HEAD: dict[str, Any] = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "test-model"}
USED = {"prompt_tokens": 7, "completion_tokens": 5, "total_tokens": 12, "prompt_tokens_details": {"cached_tokens": 3}}


def chunk(delta: Any, finish: Any = None, **more: Any) -> bytes:
    """Return an event with one choice."""
    return event({**HEAD, "choices": [{"index": 0, "delta": delta, "finish_reason": finish}], **more})


def event(data: Any) -> bytes:
    """Return an event."""
    return f"data: {json.dumps(data)}\n\n".encode()


def call(**said: Any) -> bytes:
    """Return an event that goes on with a call of a tool."""
    return chunk({"tool_calls": [{"index": 0, **said}]})


ROLE = chunk({"role": "assistant", "content": ""})
STOP, LENGTH = chunk({}, "stop"), chunk({}, "length")
USAGE = event({**HEAD, "choices": [], "usage": USED})
DONE = b"data: [DONE]\n\n"
TEXTS = tuple(
    chunk({"content": each}) for each in ("At ", "nine.", " ", "\n", "Ä ship 🚢", "<", "[", "\ud83d", "\udea2")
)
# What the libraries take for more than a text, or for none.
OTHERS = (
    *(chunk({"content": each}) for each in ("<think>", "</think>", "\u200d", "\u200b|im_start|>", "|user|]")),
    chunk({"content": [{"type": "text", "text": "in a list"}]}),
    chunk({"content": None}),
    chunk({"content": "both", "reasoning_content": "well"}),
    chunk({"reasoning": "well", "content": ""}),
    chunk({"refusal": "I will not."}),
    chunk({"content": "text", "annotations": [{"type": "file"}]}),
    call(id="1", type="function", function={"name": "look", "arguments": ""}),
    call(function={"arguments": '{"a": 1}'}),
    chunk({"content": "with usage"}, usage=USED),
    chunk({"content": "dearer"}, service_tier="priority"),
    chunk({"content": "cheaper"}, service_tier="flex", x_groq={"id": 1}),
    chunk({"content": "to the end"}, "stop"),
    chunk({"content": "not the end"}, ""),
    chunk(None),
    event({**HEAD, "choices": None}),
    event({"choices": [{"delta": {"content": "half a head"}}]}),
    event({**HEAD, "created": None, "model": None, "choices": [{"delta": {"content": "no head"}}]}),
    event({"error": {"message": "too much", "code": 429}}),
    event("well"),
    event(None),
    b'data: {"choices": [{"delta": \n\n',
    b": a comment\n\n",
)
ENDS = (STOP, LENGTH, USAGE, DONE, STOP + USAGE + DONE)


@pytest.fixture
def provider() -> Iterator[Provider]:
    """A provider that sends what it is told to."""
    with serve() as running:
        yield running


def models(url: str, name: str = "test-model") -> tuple[OpenAIChatModel, OpenAIChatModel]:
    """Return the model as the libraries read it, and as it is read here."""
    reached, profile = (
        Connection(f"{url}/v1", "good-key"),
        OpenAIModelProfile(openai_chat_streaming_requires_finish_reason=True),
    )
    client = chat_client(reached, base_url=reached.base_url, api_key="good-key")
    plain = OpenAIChatModel(
        name, provider=OpenAIProvider(openai_client=client), profile=profile, settings=last_usage_counts()
    )
    quick = openai.make(name, reached)
    assert isinstance(quick, OpenAIChatModel)
    return plain, quick


async def come_of(model: OpenAIChatModel) -> dict[str, Any]:
    """Return all that is read of a stream by who asks here, or what it failed of."""
    found: dict[str, Any] = {"text": ""}
    try:
        async with model_request_stream(model, [ModelRequest([UserPromptPart("When?")])]) as response:
            async for each in response:
                found["text"] += text_of(each)
            parts = [part for part in response.get().parts if part.part_kind == "tool-call"]
            found["calls"] = [(part.tool_name, part.args, part.tool_call_id) for part in parts if parts]
    except (AgentRunError, AttributeError, TypeError, ValueError, RuntimeError, LookupError) as error:
        # What is raised by what the libraries stumble over is told to nobody.
        return {**found, "error": type(error).__name__, "said": str(error) if isinstance(error, AgentRunError) else ""}
    details = response.provider_details or {}
    told = {name: details.get(name) for name in ("finish_reason", "service_tier")}
    return {**found, **told, "reason": response.finish_reason, "usage": response.usage}


@pytest.mark.parametrize("name", ["test-model", "gpt-5-mini", "qwen3", "deepseek-r1"])
async def test_whatever_comes_is_what_the_libraries_make_of_it(provider: Provider, name: str) -> None:
    chance = random.Random(name)
    plain, quick = models(provider.url, name)
    for _ in range(60):
        middle = [chance.choice(TEXTS if chance.random() < 0.6 else OTHERS) for _ in range(chance.randrange(8))]
        begin = [ROLE] if chance.random() < 0.7 else []
        provider.behaviour.raw = (*begin, *middle, *(chance.choice(ENDS) for _ in range(chance.randrange(3))))
        assert await come_of(quick) == await come_of(plain), provider.behaviour.raw


@pytest.mark.parametrize("other", OTHERS)
async def test_whatever_stands_between_texts(provider: Provider, other: bytes) -> None:
    plain, quick = models(provider.url)
    provider.behaviour.raw = (ROLE, *TEXTS[:2], other, *TEXTS[5:7], other, TEXTS[1], STOP, USAGE, DONE)
    assert await come_of(quick) == await come_of(plain)


async def test_a_mark_of_a_template_is_mended_over_pieces(provider: Provider) -> None:
    _, quick = models(provider.url)
    said = ("See <", "", "\u200d", "|im_start|> there")
    provider.behaviour.raw = (ROLE, *(chunk({"content": each}) for each in said), STOP, DONE)
    found = await come_of(quick)
    assert found["text"] == "See <|im_start|> there"


def test_of_texts_alone_no_object_is_made() -> None:
    data = {**HEAD, "choices": [{"index": 0, "delta": {"content": "At nine."}, "finish_reason": None}], "usage": None}
    piece = piece_of(data)
    assert isinstance(piece, Piece)
    assert piece.text == "At nine."
    assert piece_of({**data, "usage": USED}) is None
    assert in_pieces(OpenAIChatModel) is not OpenAIChatModel
