"""Each deadline fires within a second of its limit, says which it was, and closes the connection to the provider."""

import asyncio
import socket
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest
from pydantic import SecretStr
from tests.doubles.provider import Provider, serve

from pincite.app.simulation.log import State
from pincite.core import Scope
from pincite.gateway import ChatRequest, Message, ModelError, Models, TextDelta
from pincite.gateway.adapters.memory import MemoryMeter
from pincite.gateway.domain import Sign
from pincite.gateway.service import Discovery
from pincite.gateway.settings import ModelSettings

SCOPE = Scope("acme", "ada")
REQUEST = ChatRequest("Be brief.", (Message("user", "Say something."),), timeout_s=30)
FIRST, IDLE, WHOLE = "for the first piece", "between two pieces", "for the whole reply"


@pytest.fixture
def provider() -> Iterator[Provider]:
    with serve() as running:
        yield running


async def _late(
    url: str, model: str, meter: MemoryMeter, request: ChatRequest = REQUEST, /, **limits: float
) -> tuple[ModelError, float]:
    """Ask until a deadline has passed; returns the failure and after how many seconds it came."""
    base = url if model.startswith("anthropic") else f"{url}/v1"
    settings = replace(ModelSettings(model=model, base_url=base, api_key=SecretStr("good-key")), **limits)
    chosen = Models(settings, {}, Discovery(model, ()), meter).choose(None)
    assert chosen is not None
    began = time.monotonic()
    with pytest.raises(ModelError) as caught:
        assert all([isinstance(each, TextDelta) async for each in chosen.stream(SCOPE, request)])
    return caught.value, time.monotonic() - began


@pytest.mark.parametrize("model", ["openai:test-model", "anthropic:claude-haiku-4-5"])
@pytest.mark.parametrize(
    ("told", "limits", "which", "after_s"),
    [
        ({"hang": True}, {"first_event_timeout_s": 0.7}, FIRST, 0.7),
        ({"drip_s": 0.05}, {"first_event_timeout_s": 0.7}, FIRST, 0.7),
        ({"first_delay_s": 9}, {"first_event_timeout_s": 0.7}, FIRST, 0.7),
        ({"piece_delay_s": 9}, {"first_event_timeout_s": 0.7}, FIRST, 0.7),
        ({"hang": True}, {"total_timeout_s": 0.7}, WHOLE, 0.7),
        ({"drip_s": 0.001}, {"total_timeout_s": 0.7}, WHOLE, 0.7),
        ({"piece_delay_s": 0.1}, {"total_timeout_s": 0.7, "idle_timeout_s": 0.5}, WHOLE, 0.7),
    ],
)
async def test_it_fires_in_time_and_says_which(
    provider: Provider, model: str, told: dict[str, float], limits: dict[str, float], which: str, after_s: float
) -> None:
    await _warmed(provider, model)
    provider.behaviour.reply = "word " * 200
    for name, value in told.items():
        setattr(provider.behaviour, name, value)
    error, took_s = await _late(provider.url, model, MemoryMeter(), **limits)
    assert which in error.message
    assert error.remedy
    assert (error.sign is Sign.DOWN) == (which != WHOLE)
    assert after_s <= took_s < after_s + 1
    assert len(provider.requests) == 2, "who waited in vain has waited enough"
    await _cut(provider)


@pytest.mark.parametrize("model", ["openai:test-model", "anthropic:claude-haiku-4-5"])
async def test_one_that_is_asked_to_think_may_be_silent_for_as_long_as_a_reply_may_take(
    provider: Provider, model: str
) -> None:
    await _warmed(provider, model)
    provider.behaviour.hang = True
    meter, thinking = MemoryMeter(), replace(REQUEST, effort="low", max_tokens=4000)
    error, took_s = await _late(provider.url, model, meter, thinking, first_event_timeout_s=0.2, total_timeout_s=0.7)
    assert WHOLE in error.message
    assert error.sign is not Sign.DOWN, "nobody else is turned away because of it"
    assert 0.7 <= took_s < 1.7
    assert meter.settled[0].output_tokens == 4000, "what it thought was not told, and may be as much"
    await _cut(provider)


@pytest.mark.parametrize("model", ["openai:test-model", "anthropic:claude-haiku-4-5"])
async def test_silence_amid_a_reply(provider: Provider, model: str) -> None:
    await _warmed(provider, model)
    provider.behaviour.reply = "word " * 50
    provider.behaviour.piece_chars, provider.behaviour.piece_delay_s = 125, 1.5
    meter = MemoryMeter()
    error, took_s = await _late(provider.url, model, meter, first_event_timeout_s=5, idle_timeout_s=0.5)
    assert f"{IDLE} (0.5 s)" in error.message
    assert 2.0 <= took_s < 3.0
    assert meter.settled[0].output_tokens > 0, "what came till then is paid for"
    await _cut(provider)


@pytest.mark.parametrize("model", ["openai:test-model", "anthropic:claude-haiku-4-5", "google:gemini-2.5-flash"])
async def test_nobody_answers_the_telephone(model: str) -> None:
    await _late("http://127.0.0.1:9", model, MemoryMeter())  # what is imported is imported
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(0)
        callers = [socket.socket() for _ in range(4)]
        for each in callers:  # they fill its backlog, so that it takes no more
            each.setblocking(False)
            each.connect_ex(deaf.getsockname())
        await asyncio.sleep(0.1)
        meter = MemoryMeter()
        url = f"http://127.0.0.1:{deaf.getsockname()[1]}"
        error, took_s = await _late(url, model, meter, connect_timeout_s=0.5)
        for each in callers:
            each.close()
    assert "for connecting" in error.message
    assert len(meter.calls) == 3
    assert 3 * 0.5 <= took_s < 3 * 0.5 + 0.5 + 1.0 + 1, "three tries, and at most so long in between"
    assert all(not spent.spend.tokens and not spent.spend.pico_usd for spent in meter.settled), "nobody was reached"


async def _warmed(provider: Provider, model: str) -> None:
    """Let what is imported be imported, so that it is not measured."""
    provider.behaviour.reply = "Yes."
    base = provider.url if model.startswith("anthropic") else f"{provider.url}/v1"
    settings = ModelSettings(model=model, base_url=base, api_key=SecretStr("good-key"))
    chosen = Models(settings, {}, Discovery(model, ()), MemoryMeter()).choose(None)
    assert chosen is not None
    assert [each async for each in chosen.stream(SCOPE, REQUEST)]


async def _cut(provider: Provider) -> None:
    async with asyncio.timeout(2):
        while next(provider.log.newest()).state is not State.CUT:
            await asyncio.sleep(0.02)
