"""Chat models over real HTTP: replies, failures in every place, retries, timeouts, cost."""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from tests.doubles.provider import Provider, serve

from pincite.core import Scope
from pincite.gateway import (
    ChatFinished,
    ChatModel,
    ChatRequest,
    Message,
    ModelError,
    Models,
    TextDelta,
)
from pincite.gateway.adapters.memory import MemoryMeter
from pincite.gateway.pacing import LONGEST_WAIT_S
from pincite.gateway.service import Discovery
from pincite.gateway.settings import ModelSettings

SCOPE = Scope("acme", "ada")
REQUEST = ChatRequest(system="Be brief.", messages=(Message("user", "Say something."),), timeout_s=10)
REPLY = "The ferry leaves at nine [1]. It is blue [2]."


@pytest.fixture
def provider() -> Iterator[Provider]:
    with serve() as running:
        running.behaviour.reply = REPLY
        yield running


def _model(provider: Provider, name: str = "openai:test-model", key: str = "good-key", **limits: float) -> ChatModel:
    from pydantic import SecretStr

    base = provider.url if name.startswith("anthropic") else f"{provider.url}/v1"
    settings = replace(ModelSettings(model=name, base_url=base, api_key=SecretStr(key)), **limits)
    chosen = Models(settings, {}, Discovery(name, ()), MemoryMeter()).choose(None)
    assert chosen is not None
    return chosen


async def _whole(model: ChatModel) -> tuple[str, ChatFinished]:
    text = ""
    ends: list[ChatFinished] = []
    async for event in model.stream(SCOPE, REQUEST):
        if isinstance(event, TextDelta):
            assert not ends, "text after the end"
            text += event.text
        elif isinstance(event, ChatFinished):
            ends.append(event)
    assert len(ends) == 1
    return text, ends[0]


@pytest.mark.parametrize("name", ["openai:test-model", "anthropic:claude-haiku-4-5", "ollama:test-model"])
async def test_a_reply_streams_and_ends_once(provider: Provider, name: str) -> None:
    text, end = await _whole(_model(provider, name))
    assert text == REPLY
    assert end.usage.output_tokens > 0
    assert end.model == name


async def test_a_letter_that_is_cut_in_two_comes_whole(provider: Provider) -> None:
    said = ("A ship: \ud83d", "\udea2, half of one: \ud83d", ", an end\0", "\ud83d")
    chunk = '{{"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{}]}}'
    choices = [f'{{"index":0,"delta":{{"content":{json.dumps(each)}}},"finish_reason":null}}' for each in said]
    choices.append('{"index":0,"delta":{},"finish_reason":"stop"}')
    provider.behaviour.raw = tuple(f"data: {chunk.format(each)}\n\n".encode() for each in choices)
    text, _ = await _whole(_model(provider))
    assert text == "A ship: 🚢, half of one: \ufffd, an end\ufffd\ufffd"


@pytest.mark.parametrize("said", [["<think>Hm.</think>\n\nAt nine."], ["<think>", "Hm.", "</think>", "\n\nAt nine."]])
async def test_what_a_server_passes_on_of_thinking_is_not_told(provider: Provider, said: list[str]) -> None:
    head = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m"}
    choices: list[Any] = [{"index": 0, "delta": {"content": each}, "finish_reason": None} for each in said]
    choices.append({"index": 0, "delta": {}, "finish_reason": "stop"})
    provider.behaviour.raw = tuple(
        b"data: " + json.dumps({**head, "choices": [each]}).encode() + b"\n\n" for each in choices
    )
    text, _ = await _whole(_model(provider))
    assert text.strip() == "At nine."


async def test_known_models_have_a_price_and_local_ones_are_free(provider: Provider) -> None:
    _, priced = await _whole(_model(provider, "openai:gpt-5-mini"))
    assert priced.cost_usd is not None
    assert priced.cost_usd > 0
    _, local = await _whole(_model(provider, "ollama:gpt-5-mini"))
    assert local.cost_usd == 0


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"drop_after": 3}, "cut|broke off"),
        ({"no_finish": True}, "broke off|cut"),
        ({"malformed_after": 3}, "cannot be read|broke off|not an answer"),
        ({"html": True}, "not an answer|broke off|cannot be read"),
        ({"fail_times": 9, "status": 500}, "failed"),
        ({"fail_times": 9, "status": 429, "retry_after_s": 60}, "rate"),
        ({"fail_times": 9, "status": 405}, "refused the request with status 405"),
        ({"fail_times": 9, "status": 413}, "too long"),
    ],
)
async def test_each_failure_is_a_sentence(provider: Provider, change: dict[str, object], said: str) -> None:
    for name, value in change.items():
        setattr(provider.behaviour, name, value)
    with pytest.raises(ModelError, match=said) as caught:
        await _whole(_model(provider))
    assert caught.value.remedy
    assert "Traceback" not in caught.value.message


async def test_who_asks_for_more_than_is_waited_is_asked_again_then(provider: Provider) -> None:
    provider.behaviour.fail_times, provider.behaviour.status, provider.behaviour.retry_after_s = 9, 429, 86_400
    with pytest.raises(ModelError) as caught:
        await _whole(_model(provider))
    assert caught.value.retry_after_s == LONGEST_WAIT_S


async def test_a_rejected_key_is_not_repeated(provider: Provider) -> None:
    with pytest.raises(ModelError, match="rejected") as caught:
        await _whole(_model(provider, key="sk-wrong-key"))
    assert "sk-wrong" not in caught.value.message + caught.value.remedy
    assert len(provider.requests) == 1


async def test_an_unknown_model_is_named(provider: Provider) -> None:
    with pytest.raises(ModelError, match="no-such-model"):
        await _whole(_model(provider, "openai:no-such-model"))


async def test_a_passing_failure_before_the_first_piece_is_tried_again(provider: Provider) -> None:
    provider.behaviour.fail_times = 1
    provider.behaviour.status = 503
    text, _ = await _whole(_model(provider))
    assert text == REPLY


async def test_nothing_is_tried_again_after_text_was_shown(provider: Provider) -> None:
    provider.behaviour.drop_after = 4
    shown: list[str] = []

    async def watch() -> None:
        async for event in _model(provider).stream(SCOPE, REQUEST):
            assert isinstance(event, TextDelta)
            shown.append(event.text)

    with pytest.raises(ModelError):
        await watch()
    assert shown
    assert REPLY.startswith("".join(shown))
    assert len(provider.requests) == 1


async def test_silence_ends_in_time(provider: Provider) -> None:
    provider.behaviour.first_delay_s = 5
    began = asyncio.get_running_loop().time()
    with pytest.raises(ModelError, match="in time"):
        await _whole(_model(provider, first_event_timeout_s=0.3, total_timeout_s=0.6))
    assert asyncio.get_running_loop().time() - began < 2.5


async def test_auto_finds_a_key_or_an_ollama_or_nothing(provider: Provider) -> None:
    found = await Discovery.of(ModelSettings(), {"ANTHROPIC_API_KEY": "good-key"})
    assert found.model == "anthropic:claude-haiku-4-5"
    local = await Discovery.of(ModelSettings(), {"OLLAMA_HOST": provider.url.removeprefix("http://")})
    assert local.model is not None
    assert local.model.startswith("ollama:")
    nothing = await Discovery.of(ModelSettings(), {"OLLAMA_HOST": "127.0.0.1:1"})
    assert nothing.model is None
    assert any("Ollama" in looked.what for looked in nothing.findings)


async def test_a_slow_reader_is_not_cancelled_by_the_time_limit(provider: Provider) -> None:
    model = _model(provider, total_timeout_s=1.0)

    async def read_slowly() -> None:
        async for _ in model.stream(SCOPE, REQUEST):
            await asyncio.sleep(1.2)

    with pytest.raises(ModelError, match="in time"):
        await read_slowly()


@pytest.mark.parametrize(("reason", "said"), [("length", "tokens"), ("content_filter", "withheld")])
async def test_a_reply_that_was_cut_off_is_not_taken_for_whole(provider: Provider, reason: str, said: str) -> None:
    provider.behaviour.finish = reason
    with pytest.raises(ModelError, match=said):
        await _whole(_model(provider))


async def test_a_message_without_an_end_is_not_taken_for_whole(provider: Provider) -> None:
    provider.behaviour.no_finish = True
    with pytest.raises(ModelError, match="broke off") as caught:
        await _whole(_model(provider, "anthropic:claude-haiku-4-5"))
    assert caught.value.remedy


async def test_an_end_in_words_that_are_not_known_is_an_end(provider: Provider) -> None:
    provider.behaviour.finish = "eos_token"
    assert (await _whole(_model(provider)))[0] == REPLY


async def test_a_message_that_its_library_trips_over_is_a_sentence(provider: Provider) -> None:
    provider.behaviour.usage = None
    with pytest.raises(ModelError, match="broke off or cannot be read") as caught:
        await _whole(_model(provider, "anthropic:claude-haiku-4-5"))
    assert caught.value.remedy
    assert isinstance(caught.value.__cause__, AttributeError), "whoever looks can see why"


async def test_the_context_is_as_set_or_as_listed_or_as_served(provider: Provider) -> None:
    assert await _model(provider, "openai:gpt-5-mini").context_tokens() == 400_000
    assert await _model(provider, "openai:test-model").context_tokens() is None
    assert await _model(provider, "ollama:test-model").context_tokens() == 4_096
    assert await _model(provider, "ollama:test-model", context_tokens=32_768).context_tokens() == 32_768
