"""Tools and JSON schemas of the raw model by the official client: what is sent, what comes back, what is repaired."""

import json
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from openai import BadRequestError, InternalServerError
from pydantic import BaseModel
from tests.doubles.provider import Behaviour, Provider
from tests.flow.conftest import house_with_model
from tests.flow.openai_clients import Clients, opened

RAW = "openai:test-model"
HELLO: list[Any] = [{"role": "user", "content": "What is the weather in Oslo and in Rome?"}]
PARAMETERS = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
TOOLS: list[Any] = [
    {"type": "function", "function": {"name": "weather", "description": "Of a city.", "parameters": PARAMETERS}}
]
SCHEMA = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "degrees": {"type": "integer"}},
    "required": ["city", "degrees"],
    "additionalProperties": False,
}
SHAPE: Any = {"type": "json_schema", "json_schema": {"name": "report", "schema": SCHEMA, "strict": True}}
GOOD, BAD = '{"city": "Oslo", "degrees": 4}', '{"city": "Oslo", "degrees": "four"}'


class Report(BaseModel):
    city: str
    degrees: int


@pytest.fixture
async def clients(pincite_home: Path, provider: Provider) -> AsyncIterator[Clients]:
    async with house_with_model(pincite_home, provider) as house, opened(house) as found:
        yield found


def chunk(delta: dict[str, Any], finish: str | None = None) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    whole = {"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "test-model", "choices": [choice]}
    return b"data: " + json.dumps(whole).encode() + b"\n\n"


def calling(provider: Provider, *cities: str) -> None:
    """Let the provider ask for a call for each city, arguments in pieces, as providers send them."""
    chunks: list[bytes] = []
    for at, city in enumerate(cities):
        arguments = json.dumps({"city": city})
        begun = {"index": at, "id": f"call_{at}", "type": "function", "function": {"name": "weather", "arguments": ""}}
        chunks.append(chunk({"tool_calls": [begun]}))
        pieces = [{"index": at, "function": {"arguments": each}} for each in (arguments[:4], arguments[4:])]
        chunks += [chunk({"tool_calls": [each]}) for each in pieces]
    provider.behaviour.raw = (*chunks, chunk({}, "tool_calls"), b"data: [DONE]\n\n")


def replying(provider: Provider, replies: Sequence[str]) -> None:
    """Let the provider say one reply after another."""
    left = list(replies)
    provider.requests.clear()
    provider.behaviour.script = lambda _: Behaviour(reply=left.pop(0))


async def test_a_tool_is_called_and_its_result_answered(clients: Clients, provider: Provider) -> None:
    calling(provider, "Oslo", "Rome")
    provider.requests.clear()
    first = await clients.whole.chat.completions.create(
        model=RAW, messages=HELLO, tools=TOOLS, tool_choice="required", parallel_tool_calls=True
    )
    (sent,) = provider.requests
    assert sent["tools"][0]["function"]["name"] == "weather"
    assert sent["tools"][0]["function"]["parameters"]["properties"] == PARAMETERS["properties"]
    assert (sent["tool_choice"], sent["parallel_tool_calls"]) == ("required", True)
    assert first.choices[0].finish_reason == "tool_calls"
    message = first.choices[0].message
    assert message.content is None
    calls = message.tool_calls or []
    assert [each.id for each in calls] == ["call_0", "call_1"]
    assert [json.loads(each.function.arguments)["city"] for each in calls if each.type == "function"] == [
        "Oslo",
        "Rome",
    ]
    provider.behaviour.raw = None
    provider.behaviour.reply = "Rain, and sun."
    results: list[Any] = [{"role": "tool", "tool_call_id": each.id, "content": f"weather {each.id}"} for each in calls]
    second = await clients.whole.chat.completions.create(model=RAW, messages=[*HELLO, message, *results], tools=TOOLS)
    assert second.choices[0].message.content == "Rain, and sun."
    told = provider.requests[-1]["messages"]
    assert [each["role"] for each in told] == ["user", "assistant", "tool", "tool"]
    assert [each["id"] for each in told[1]["tool_calls"]] == ["call_0", "call_1"]
    assert [(each["tool_call_id"], each["content"]) for each in told[2:]] == [
        ("call_0", "weather call_0"),
        ("call_1", "weather call_1"),
    ]


async def test_one_tool_can_be_demanded_or_none(clients: Clients, provider: Provider) -> None:
    calling(provider, "Oslo")
    named = {"type": "function", "function": {"name": "weather"}}
    other = {"type": "function", "function": {"name": "time"}}
    for choice, sent in ((named, named), ("none", "none"), ("auto", "auto")):
        tools = [*TOOLS, other]
        await clients.whole.chat.completions.create(model=RAW, messages=HELLO, tools=tools, tool_choice=choice)
        assert provider.requests[-1]["tool_choice"] == sent


async def test_calls_come_in_a_stream_as_well(clients: Clients, provider: Provider) -> None:
    calling(provider, "Oslo", "Rome")
    async with clients.whole.chat.completions.stream(model=RAW, messages=HELLO, tools=TOOLS) as stream:
        async for _ in stream:
            pass
        reply = await stream.get_final_completion()
    assert reply.choices[0].finish_reason == "tool_calls"
    calls = reply.choices[0].message.tool_calls or []
    assert [json.loads(each.function.arguments)["city"] for each in calls] == ["Oslo", "Rome"]


async def test_a_call_has_whatever_id_and_name_its_model_gave_it(clients: Clients, provider: Provider) -> None:
    long_id = "call_" + "0123456789abcdef" * 500  # some write what was thought into it
    for name in ("weather", "n" * 300):
        asked = {"index": 0, "id": long_id, "type": "function", "function": {"name": name, "arguments": "{}"}}
        provider.behaviour.raw = (chunk({"tool_calls": [asked]}), chunk({}, "tool_calls"), b"data: [DONE]\n\n")
        whole = await clients.whole.chat.completions.create(model=RAW, messages=HELLO, tools=TOOLS)
        async with clients.whole.chat.completions.stream(model=RAW, messages=HELLO, tools=TOOLS) as stream:
            streamed = await stream.get_final_completion()
        for reply in (whole, streamed):
            (call,) = reply.choices[0].message.tool_calls or []
            assert call.type == "function"
            assert (call.id, call.function.name) == (long_id, name)
    provider.behaviour.raw = None
    called = {"id": long_id, "type": "function", "function": {"name": "weather", "arguments": "{}"}}
    said: Any = {"role": "assistant", "tool_calls": [called]}
    result: Any = {"role": "tool", "tool_call_id": long_id, "content": "Rain."}
    await clients.whole.chat.completions.create(model=RAW, messages=[*HELLO, said, result], tools=TOOLS)
    assert provider.requests[-1]["messages"][-1]["tool_call_id"] == long_id
    items: Any = [
        {"type": "function_call", "call_id": long_id, "name": "weather", "arguments": "{}"},
        {"type": "function_call_output", "call_id": long_id, "output": "Rain."},
    ]
    await clients.whole.responses.create(model=RAW, input=[{"role": "user", "content": "And?"}, *items])
    assert provider.requests[-1]["messages"][-1]["tool_call_id"] == long_id


async def test_a_reply_has_the_shape_that_was_asked_for(clients: Clients, provider: Provider) -> None:
    replying(provider, [GOOD, GOOD, f"```json\n{GOOD}\n```", '{"any": [1, 2]}'])
    reply = await clients.whole.chat.completions.create(model=RAW, messages=HELLO, response_format=SHAPE)
    assert json.loads(reply.choices[0].message.content or "") == {"city": "Oslo", "degrees": 4}
    told = provider.requests[0]["response_format"]
    assert told["json_schema"]["schema"]["properties"].keys() == {"city", "degrees"}
    parsed = await clients.whole.chat.completions.parse(model=RAW, messages=HELLO, response_format=Report)
    assert parsed.choices[0].message.parsed == Report(city="Oslo", degrees=4)
    fenced = await clients.whole.chat.completions.create(model=RAW, messages=HELLO, response_format=SHAPE)
    assert fenced.choices[0].message.content == GOOD
    some = await clients.whole.chat.completions.create(
        model=RAW, messages=HELLO, response_format={"type": "json_object"}
    )
    assert some.choices[0].message.content == '{"any": [1, 2]}'
    assert provider.requests[-1]["response_format"] == {"type": "json_object"}
    assert len(provider.requests[-1]["messages"]) == 1


@pytest.mark.parametrize("first", [BAD, "Oslo has four degrees.", "[1]", '{"city": "Oslo"}'])
async def test_what_does_not_fit_is_asked_for_once_more(clients: Clients, provider: Provider, first: str) -> None:
    replying(provider, [first, GOOD])
    reply = await clients.whole.chat.completions.create(model=RAW, messages=HELLO, response_format=SHAPE)
    assert reply.choices[0].message.content == GOOD
    assert [each["role"] for each in provider.requests[1]["messages"]] == ["user", "assistant", "user"]
    assert provider.requests[1]["messages"][1]["content"] == first
    assert reply.usage is not None
    paid = [each.input_tokens for each in provider.log.newest()]
    assert (len(paid), reply.usage.prompt_tokens) == (2, sum(paid)), "both requests are paid"


async def test_what_never_fits_is_a_failure_and_nothing_of_it_is_shown(clients: Clients, provider: Provider) -> None:
    replying(provider, [BAD, BAD])
    with pytest.raises(InternalServerError) as failed:
        await clients.whole.chat.completions.create(model=RAW, messages=HELLO, response_format=SHAPE)
    assert failed.value.status_code == 503
    assert failed.value.code == "reply-misshapen"
    assert len(provider.requests) == 2
    replying(provider, [BAD, BAD])
    with pytest.raises(InternalServerError):
        await clients.whole.chat.completions.create(model=RAW, messages=HELLO, response_format=SHAPE, stream=True)
    replying(provider, [BAD, GOOD])
    stream = await clients.whole.chat.completions.create(model=RAW, messages=HELLO, response_format=SHAPE, stream=True)
    assert "".join([each.choices[0].delta.content or "" async for each in stream]) == GOOD


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "no such type"},
        {"$ref": "http://127.0.0.1:9/schema.json"},
        {"$ref": "file:///etc/hostname"},
        {"type": "object", "properties": {"a": {"pattern": "(?=a)b"}}},
        {"$schema": "https://elsewhere.example/schema"},
    ],
)
async def test_a_schema_that_cannot_be_held_to_is_refused(
    clients: Clients, provider: Provider, schema: dict[str, Any]
) -> None:
    provider.requests.clear()
    shape: Any = {"type": "json_schema", "json_schema": {"name": "x", "schema": schema}}
    with pytest.raises(BadRequestError) as refused:
        await clients.whole.chat.completions.create(model=RAW, messages=HELLO, response_format=shape)
    assert refused.value.code == "schema-unusable"
    assert provider.requests == []


async def test_a_reply_that_is_cut_off_says_so(clients: Clients, provider: Provider) -> None:
    provider.behaviour.reply, provider.behaviour.finish = '{"city": "Os', "length"
    reply = await clients.whole.chat.completions.create(model=RAW, messages=HELLO, max_tokens=5, response_format=SHAPE)
    assert reply.choices[0].finish_reason == "length"
    assert reply.choices[0].message.content == '{"city": "Os'
    provider.behaviour.finish = "content_filter"
    reply = await clients.whole.chat.completions.create(model=RAW, messages=HELLO)
    assert reply.choices[0].finish_reason == "content_filter"
