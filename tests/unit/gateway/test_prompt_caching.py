"""Providers' own caches of prompts, over a provider that keeps them as the real ones do: marked, counted, and saved."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from pydantic import SecretStr
from tests.doubles.provider import Provider, serve

from pincite.core import Scope
from pincite.gateway import ChatFinished, ChatModel, ChatRequest, Message, Models, Shape
from pincite.gateway.adapters.memory import MemoryMeter
from pincite.gateway.course import Courses, Stop
from pincite.gateway.service import Discovery
from pincite.gateway.settings import ModelSettings
from pincite.ledger import Purpose

SCOPE = Scope("acme", "ada")
CLAUDE, GPT = "anthropic:claude-haiku-4-5", "openai:test-model"
RULES = "Answer as the harbour master would. " * 200
SHORT = "Be brief."


@pytest.fixture
def provider() -> Iterator[Provider]:
    with serve() as running:
        running.behaviour.reply = "At nine."
        running.behaviour.keeps_prompts = True
        yield running


@pytest.fixture
def meter() -> MemoryMeter:
    return MemoryMeter()


def model(provider: Provider, meter: MemoryMeter, name: str, prices: str = "") -> ChatModel:
    base = provider.url if name == CLAUDE else f"{provider.url}/v1"
    settings = ModelSettings(model=name, base_url=base, api_key=SecretStr("good-key"), prices=prices)
    chosen = Models(settings, {}, Discovery(name, ()), meter).choose(None)
    assert chosen is not None
    return chosen


async def ask(model: ChatModel, system: str, *said: str, stage: str = "chat", **more: Any) -> ChatFinished:
    messages = tuple(Message("assistant" if place % 2 else "user", text) for place, text in enumerate(said))
    request = ChatRequest(system, messages, max_tokens=100, purpose=Purpose(stage), **more)
    (end,) = [event async for event in model.stream(SCOPE, request) if isinstance(event, ChatFinished)]
    return end


def marked(body: dict[str, Any]) -> int:
    return str(body).count("cache_control")


async def test_long_rules_are_kept_by_anthropic_and_cost_a_tenth_from_then_on(
    provider: Provider, meter: MemoryMeter
) -> None:
    chat = model(provider, meter, CLAUDE)
    first, second = await ask(chat, RULES, "When?"), await ask(chat, RULES, "Back?")
    long = first.usage.kept_tokens
    assert long == pytest.approx(len(RULES) // 4, abs=4)
    assert first.usage.cached_tokens == 0
    assert (second.usage.kept_tokens, second.usage.cached_tokens) == (0, long)
    assert long < first.usage.input_tokens == second.usage.input_tokens < long + 10, "all of the input is counted once"
    # Of a million tokens: read 1 dollar, kept 1.25, read from the cache 0.10.
    paid, saved = [each.saved.pico_usd for each in meter.settled]
    assert (paid, saved) == (-long * 250_000, long * 900_000)
    assert second.cost_usd is not None
    assert first.cost_usd is not None
    assert second.cost_usd * 5 < first.cost_usd


async def test_a_conversation_that_goes_on_is_kept_up_to_its_last_turn(provider: Provider, meter: MemoryMeter) -> None:
    chat, long = model(provider, meter, CLAUDE), "About the ferry, and the tide that it waits for. " * 100
    begun = await ask(chat, SHORT, long)
    assert marked(provider.requests[0]) == 0, "nobody knows whether it goes on"
    on = await ask(chat, SHORT, long, "At nine.", "And on Sundays?")
    again = await ask(chat, SHORT, long, "At nine.", "And on Sundays?", "At ten.", "And at night?")
    assert begun.usage.kept_tokens == begun.usage.cached_tokens == 0
    assert on.usage.kept_tokens > len(long) // 4
    assert again.usage.cached_tokens == on.usage.kept_tokens
    assert 0 < again.usage.kept_tokens < 20


@pytest.mark.parametrize(
    ("system", "stage", "said"),
    [(SHORT, "chat", ("A?", "B.", "C?")), (SHORT, "answer", ("x " * 4_000, "B.", "C? " * 3_000))],
)
async def test_what_is_too_short_or_never_comes_again_is_not_marked(
    provider: Provider, meter: MemoryMeter, system: str, stage: str, said: tuple[str, ...]
) -> None:
    await ask(model(provider, meter, CLAUDE), system, *said, stage=stage)
    assert marked(provider.requests[0]) == 0
    assert meter.settled[0].saved.pico_usd == 0


async def test_long_tools_are_marked_where_there_are_no_rules(provider: Provider, meter: MemoryMeter) -> None:
    tool = Shape("ferry", {"type": "object", "properties": {"port": {"type": "string", "description": RULES}}})
    await ask(model(provider, meter, CLAUDE), "", "When?", tools=(tool,))
    tools = provider.requests[0]["tools"]
    assert isinstance(tools, list)
    assert marked(tools[-1]) == 1


async def test_openai_keeps_by_itself_and_its_saving_is_shown(provider: Provider, meter: MemoryMeter) -> None:
    chat = model(provider, meter, GPT, f"{GPT}=1/3/0.25")
    first, second = await ask(chat, RULES, "When?"), await ask(chat, RULES, "Back?")
    assert first.usage.cached_tokens == 0
    assert second.usage.cached_tokens == 1_792, "in steps of 128 tokens"
    assert [each.saved.pico_usd for each in meter.settled] == [0, 1_792 * 750_000]
    assert first.cost_usd is not None
    assert second.cost_usd is not None
    assert first.cost_usd - second.cost_usd == Decimal(1_792 * 750_000) / 10**12


async def test_a_cheap_model_saves_what_the_strong_one_of_its_route_would_have_cost(
    provider: Provider, meter: MemoryMeter
) -> None:
    provider.behaviour.models = frozenset({"big", "small"})
    where = f"{provider.url}/v1"
    stops = (
        Stop(model="openai:big", tier="strong", base_url=where, api_key=SecretStr("good-key")),
        Stop(model="openai:small", tier="cheap", base_url=where, api_key=SecretStr("good-key")),
    )
    settings = ModelSettings(model="route:r", routes=Courses({"r": stops}), prices="openai:big=10/30, openai:small=1/3")
    chat = Models(settings, {}, Discovery("route:r", ()), meter).choose(None)
    assert chat is not None
    cheap, strong = await ask(chat, SHORT, "When?", tier="cheap"), await ask(chat, SHORT, "When?", tier="strong")
    assert (cheap.model, strong.model) == ("openai:small", "openai:big")
    assert cheap.cost_usd is not None
    assert [each.saved.routed_pico_usd for each in meter.settled] == [int(cheap.cost_usd * 9 * 10**12), 0]
