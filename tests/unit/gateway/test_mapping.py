"""Requests and replies on their way to and from each family of providers: tools, shapes, settings, what is left out."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from pydantic import SecretStr
from tests.doubles.provider import Provider, serve

from pincite.core import Scope
from pincite.gateway import ChatFinished, ChatRequest, Message, Models, Shape, TextDelta, ToolCall
from pincite.gateway.adapters.memory import MemoryMeter
from pincite.gateway.service import Discovery
from pincite.gateway.settings import ModelSettings

SCOPE = Scope("acme", "ada")
NAMES = ("openai:test-model", "anthropic:claude-haiku-4-5", "ollama:test-model")
WEATHER = Shape("weather", {"type": "object", "properties": {"city": {"type": "string"}}}, "Of a city.")
CALL = ToolCall("c1", "weather", '{"city": "Oslo"}')
TALK = (
    Message("system", "Be brief."),
    Message("user", "What is the weather?"),
    Message("assistant", "I look.", (CALL,)),
    Message("tool", "Rain.", (CALL,)),
    Message("user", "And then?"),
)


@pytest.fixture
def provider() -> Iterator[Provider]:
    with serve() as running:
        running.behaviour.reply = '{"city": "Oslo"}'
        yield running


async def reply(provider: Provider, name: str, request: ChatRequest) -> tuple[str, ChatFinished, dict[str, Any]]:
    """Return the text, the end and what the provider was sent."""
    base = provider.url if name.startswith("anthropic") else f"{provider.url}/v1"
    settings = ModelSettings(model=name, base_url=base, api_key=SecretStr("good-key"))
    model = Models(settings, {}, Discovery(name, ()), MemoryMeter()).choose(None)
    assert model is not None
    text = ""
    async for event in model.stream(SCOPE, request):
        if isinstance(event, ChatFinished):
            return text, event, provider.requests[-1]
        assert isinstance(event, TextDelta)
        text += event.text
    raise AssertionError("no end")


@pytest.mark.parametrize("name", NAMES)
async def test_a_talk_with_tools_reaches_every_family(provider: Provider, name: str) -> None:
    request = ChatRequest("", TALK, max_tokens=None, tools=(WEATHER,), tool_choice="none", may_be_cut=True)
    text, end, sent = await reply(provider, name, request)
    assert text == '{"city": "Oslo"}'
    assert (end.reason, end.calls) == ("stop", ())
    assert "Be brief." in json.dumps(sent.get("system") or sent["messages"][0])
    roles = [each["role"] for each in sent["messages"] if each["role"] != "system"]
    assert roles == (["user", "assistant", "user"] if "anthropic" in name else ["user", "assistant", "tool", "user"])
    assert "c1" in json.dumps(sent["messages"])
    assert "Rain." in json.dumps(sent["messages"])


@pytest.mark.parametrize("name", NAMES)
async def test_a_shape_is_told_to_every_family_and_held_to(provider: Provider, name: str) -> None:
    request = ChatRequest("", TALK[:2], reply=Shape("place", WEATHER.schema))
    text, _, sent = await reply(provider, name, request)
    assert json.loads(text) == {"city": "Oslo"}
    assert '"city"' in json.dumps({each: sent[each] for each in sent if each != "tools"})


@pytest.mark.parametrize("name", NAMES)
async def test_what_nobody_said_is_left_to_the_provider(provider: Provider, name: str) -> None:
    _, _, sent = await reply(provider, name, ChatRequest("", (Message("user", "Hello."),), max_tokens=None))
    unsaid = {"temperature", "top_p", "seed", "stop", "stop_sequences", "tools", "tool_choice", "response_format"}
    assert unsaid.isdisjoint(sent)
    if not name.startswith("anthropic"):  # which wants a bound
        assert {"max_tokens", "max_completion_tokens"}.isdisjoint(sent)


async def test_calls_that_nobody_offered_are_none(provider: Provider) -> None:
    called = {"index": 0, "id": "c", "type": "function", "function": {"name": "fetch", "arguments": '{"a": "\ud800"}'}}
    delta = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m"}
    chunks = (
        {**delta, "choices": [{"index": 0, "delta": {"tool_calls": [called]}, "finish_reason": None}]},
        {**delta, "choices": [{"index": 0, "delta": {}, "finish_reason": "tool_calls"}]},
    )
    provider.behaviour.raw = tuple(b"data: " + json.dumps(each).encode() + b"\n\n" for each in chunks)
    plain = ChatRequest("", (Message("user", "Hello."),))
    _, end, _ = await reply(provider, NAMES[0], plain)
    assert (end.reason, end.calls) == ("stop", ())
    offered = ChatRequest("", (Message("user", "Hello."),), tools=(Shape("fetch", {"type": "object"}),))
    _, end, _ = await reply(provider, NAMES[0], offered)
    assert end.reason == "tool_calls"
    (call,) = end.calls
    call.arguments.encode()  # no half of a surrogate pair is in it


@pytest.mark.parametrize("name", NAMES)
async def test_each_family_is_told_the_manner_of_a_reply_as_far_as_it_knows_it(provider: Provider, name: str) -> None:
    asked = ChatRequest(
        "", TALK[:2], max_tokens=9000, presence_penalty=0.5, frequency_penalty=-1, effort="low", verbosity="high"
    )
    _, _, sent = await reply(provider, name, asked)
    if name.startswith("anthropic"):
        assert sent["thinking"]["budget_tokens"] < sent["max_tokens"] == 9000
        assert not {"presence_penalty", "frequency_penalty", "verbosity"} & sent.keys()
    else:
        assert (sent["presence_penalty"], sent["frequency_penalty"]) == (0.5, -1)
        assert (sent["reasoning_effort"], sent["verbosity"]) == ("low", "high")
    _, _, none = await reply(provider, name, replace(asked, effort="none"))
    assert none.get("reasoning_effort") == (None if name.startswith("anthropic") else "none")
    assert "thinking" not in none


@pytest.mark.parametrize(
    ("asked", "budget"),
    [
        ({"effort": "high", "max_tokens": 40_000}, 16_384),
        ({"effort": "max"}, 32_768),
        ({"effort": "high", "max_tokens": 4_096}, 2_048),
        ({"effort": "high", "max_tokens": 2_048}, 1_024),
        ({"effort": "high", "max_tokens": 1_000}, None),
        ({"effort": "low", "temperature": 0.0}, None),
        ({"effort": "low", "top_p": 0.5}, None),
        ({"effort": "low", "tools": (WEATHER,), "tool_choice": "required"}, None),
        ({"effort": "low", "tools": (WEATHER,), "messages": TALK}, None),
    ],
)
async def test_anthropic_is_asked_to_think_as_much_as_it_takes_with_the_rest(
    provider: Provider, asked: dict[str, Any], budget: int | None
) -> None:
    request = replace(ChatRequest("", TALK[:2], max_tokens=None), **asked)
    _, _, sent = await reply(provider, "anthropic:claude-haiku-4-5", request)
    assert sent.get("thinking", {}).get("budget_tokens") == budget
    assert budget is None or budget < sent["max_tokens"]


@pytest.mark.parametrize("talk", [TALK[:2], TALK])
async def test_one_that_thinks_by_itself_is_told_not_to(provider: Provider, talk: tuple[Message, ...]) -> None:
    provider.behaviour.models |= {"claude-sonnet-5"}
    request = ChatRequest("", talk, tools=(WEATHER,), effort="none")
    _, _, sent = await reply(provider, "anthropic:claude-sonnet-5", request)
    assert sent["thinking"] == {"type": "disabled"}
