"""OpenAI's library as it is made quicker here: what it sends and what it gives are what they were."""

import json
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import httpx2
import pytest
from openai import NOT_GIVEN, AsyncOpenAI, Omit
from pydantic import BaseModel
from pydantic_ai.direct import model_request_stream
from pydantic_ai.exceptions import UnexpectedModelBehavior
from pydantic_ai.messages import ModelRequest, UserPromptPart
from tests.doubles.provider import Provider, serve

from pincite.gateway.adapters import openai, openai_client
from pincite.gateway.adapters.openai_client import chat_client
from pincite.gateway.providers import Connection

TOOL = {"type": "function", "function": {"name": "look", "parameters": {"type": "object", "properties": {}}}}
SAID = {"role": "user", "content": [{"type": "text", "text": "When?"}]}
CALLED = {
    "role": "assistant",
    "tool_calls": [{"id": "1", "type": "function", "function": {"name": "look", "arguments": "{}"}}],
}
ASKED: list[dict[str, Any]] = [
    {},
    {"temperature": 0.5, "stop": ["x"], "stream_options": {"include_usage": True}, "seed": 1, "user": "anna"},
    {"tools": [TOOL], "tool_choice": {"type": "function", "function": {"name": "look"}}, "parallel_tool_calls": False},
    {"messages": [SAID, CALLED, {"role": "tool", "tool_call_id": "1", "content": "ä"}]},
    {"response_format": {"type": "json_schema", "json_schema": {"name": "a", "schema": {"type": "object"}}}},
    {"extra_body": {"safe_prompt": True}, "extra_headers": {"X-Client-Request-Id": "mine"}, "timeout": 9},
    {"top_p": Omit(), "logit_bias": NOT_GIVEN, "extra_body": None, "extra_headers": None},
]
CHOICE = {"index": 0, "delta": {"content": "At nine."}, "finish_reason": None}
CHUNK: dict[str, Any] = {
    "id": "c",
    "object": "chat.completion.chunk",
    "created": 1,
    "model": "test-model",
    "choices": [CHOICE],
}
SENT: list[Any] = [
    CHUNK,
    {**CHUNK, "usage": {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}, "choices": []},
    {**CHUNK, "choices": [{**CHOICE, "delta": {"reasoning_content": "well", "content": None}}], "x_groq": {"id": 1}},
    {**CHUNK, "choices": [{**CHOICE, "delta": {"tool_calls": [{"index": 0, "function": {"arguments": "{"}}]}}]},
    # Of servers that keep to the protocol about.
    {"choices": [{"delta": {"content": "half"}}]},
    {**CHUNK, "created": None, "choices": None},
    {**CHUNK, "object": "chat.completion", "service_tier": "a new one"},
    {**CHUNK, "choices": [{**CHOICE, "finish_reason": "eos"}]},
    {**CHUNK, "choices": [{**CHOICE, "delta": {"content": "\ud83d"}}]},
    {**CHUNK, "usage": {"prompt_tokens": 1.5}},
]


@pytest.fixture
def provider() -> Iterator[Provider]:
    """A provider that keeps what it was asked."""
    with serve() as running:
        yield running


def clients(url: str) -> tuple[AsyncOpenAI, AsyncOpenAI]:
    """Return the library as it is, and as it is made here."""
    base_url, api_key = f"{url}/v1", "good-key"
    quick = chat_client(Connection(base_url=base_url, api_key=api_key), base_url=base_url, api_key=api_key)
    return AsyncOpenAI(base_url=base_url, api_key=api_key, max_retries=0), quick


async def given(client: AsyncOpenAI, **asked: Any) -> list[Any]:
    """Ask for a stream; returns what came of it, models as what they hold."""
    messages = asked.pop("messages", [{"role": "user", "content": "When?"}])
    stream: Any = await client.chat.completions.create(model="test-model", messages=messages, stream=True, **asked)
    return [each.model_dump(warnings=False) if isinstance(each, BaseModel) else each async for each in stream]


@pytest.mark.parametrize("asked", ASKED)
async def test_it_sends_what_the_library_sends(provider: Provider, asked: dict[str, Any]) -> None:
    for client in clients(provider.url):
        await given(client, **dict(asked))
    one, other = provider.requests
    assert one == other
    names = {each.client_request_id for each in provider.log.newest()}
    assert ("mine" in names) == bool(asked.get("extra_headers"))
    assert len(names) == 1 or not asked.get("extra_headers")


@pytest.mark.parametrize("event", SENT)
async def test_it_gives_what_the_library_gives(provider: Provider, event: dict[str, Any]) -> None:
    provider.behaviour.raw = (f"data: {json.dumps(event)}\n\n".encode(), b"data: [DONE]\n\n")
    plain, quick = clients(provider.url)
    found = await given(quick)
    assert found == await given(plain)
    assert found


async def test_what_keeps_to_the_protocol_is_made_by_pydantics_core(
    monkeypatch: pytest.MonkeyPatch, provider: Provider
) -> None:
    _, quick = clients(provider.url)
    assert await given(quick) != []
    monkeypatch.setattr("openai._base_client.construct_type", None)
    monkeypatch.setattr("openai.types.chat.ChatCompletionChunk.construct", None)
    assert await given(quick) != []


async def test_an_event_that_is_no_object_is_given_as_it_is(provider: Provider) -> None:
    provider.behaviour.raw = (b'data: "well"\n\n', b"data: [1]\n\n", b"data: [DONE]\n\n")
    plain, quick = clients(provider.url)
    assert await given(quick) == await given(plain) == ["well", [1]]


@pytest.mark.parametrize(
    ("address", "told", "sent"),
    [
        (None, {}, "default"),
        ("https://eu.api.openai.com/v1", {}, "default"),
        (None, {"service_tier": "flex"}, "flex"),
        ("http://127.0.0.1:1/v1", {}, None),
        ("https://api.openai.com.example.org/v1", {}, None),
    ],
)
async def test_openai_is_told_to_reply_at_its_plain_price(
    monkeypatch: pytest.MonkeyPatch, address: str | None, told: Any, sent: str | None
) -> None:
    asked: list[dict[str, Any]] = []

    def answered(request: httpx2.Request) -> httpx2.Response:
        asked.append(json.loads(request.content))
        return httpx2.Response(200, text="data: [DONE]\n\n", headers={"content-type": "text/event-stream"})

    client = httpx2.AsyncClient(transport=httpx2.MockTransport(answered))
    monkeypatch.setattr(openai_client, "http_client", lambda _connection: client)
    model = openai.make("gpt-5-mini", Connection(address, "key"))
    with suppress(UnexpectedModelBehavior):  # of a stream of nothing
        async with model_request_stream(model, [ModelRequest([UserPromptPart("When?")])], model_settings=told):
            pass
    assert asked[0].get("service_tier") == sent
