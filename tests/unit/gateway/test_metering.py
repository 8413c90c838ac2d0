"""What each call is reserved and settled at, over real HTTP: whole, refused, broken off, left, tried again."""

import asyncio
import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from pydantic import SecretStr
from tests.doubles.provider import Provider, serve

from pincite.core import Scope
from pincite.gateway import ChatFinished, ChatModel, ChatRequest, Message, ModelError, Models
from pincite.gateway.adapters.memory import MemoryMeter
from pincite.gateway.domain import ModelNotConfigured, Usage
from pincite.gateway.metering import most_tokens
from pincite.gateway.prices import PriceBook, bound, rates_of
from pincite.gateway.service import Discovery
from pincite.gateway.settings import ModelSettings
from pincite.ledger import BudgetExceeded, Purpose, Spend, Spent, made_for

SCOPE = Scope("acme", "ada")
REQUEST = ChatRequest(
    system="Be brief.",
    messages=(Message("user", "Say something about ferries."),),
    max_tokens=100,
    timeout_s=10,
    purpose=Purpose("answer"),
)
REPLY = "The ferry leaves at nine [1]. It is blue [2]."
PRICES = "openai:test-model=1/3, anthropic:claude-haiku-4-5=1/3"
MODEL = "openai:test-model"
HEAD = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "test-model"}
CHUNK = {**HEAD, "choices": [{"index": 0, "delta": {"content": "At nine."}, "finish_reason": None}]}
END = {**HEAD, "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}


@pytest.fixture
def provider() -> Iterator[Provider]:
    with serve() as running:
        running.behaviour.reply = REPLY
        yield running


@pytest.fixture
def meter() -> MemoryMeter:
    return MemoryMeter()


def _model(provider: Provider, meter: MemoryMeter, name: str = MODEL, prices: str = PRICES) -> ChatModel:
    base = provider.url if name.startswith("anthropic") else f"{provider.url}/v1"
    settings = ModelSettings(model=name, base_url=base, api_key=SecretStr("good-key"), prices=prices)
    chosen = Models(settings, {}, Discovery(name, ()), meter).choose(None)
    assert chosen is not None
    return chosen


def _event(data: dict[str, Any]) -> bytes:
    return b"data: " + json.dumps(data).encode() + b"\n\n"


async def _ask(model: ChatModel) -> ChatFinished:
    (end,) = [event async for event in model.stream(SCOPE, REQUEST) if isinstance(event, ChatFinished)]
    return end


@pytest.mark.parametrize("name", [MODEL, "anthropic:claude-haiku-4-5"])
async def test_a_whole_reply_is_settled_at_what_the_provider_says(
    provider: Provider, meter: MemoryMeter, name: str
) -> None:
    with made_for("answer-1"):
        end = await _ask(_model(provider, meter, name))
    (call,), (spent,) = meter.calls, meter.settled
    assert (call.model, call.purpose, call.priced) == (name, Purpose("answer", "answer-1"), True)
    charged = next(provider.log.newest())
    assert (spent.input_tokens, spent.output_tokens) == (charged.input_tokens, charged.output_tokens)
    assert not spent.estimated
    assert end.cost_usd == Decimal(spent.input_tokens + 3 * spent.output_tokens) / 10**6
    assert spent.pico_usd == 1_000_000 * (spent.input_tokens + 3 * spent.output_tokens)
    assert spent.spend.pico_usd <= call.bound.pico_usd
    assert spent.spend.tokens <= call.bound.tokens


async def test_a_provider_is_told_which_call_it_answers(provider: Provider, meter: MemoryMeter) -> None:
    await _ask(_model(provider, meter))
    assert next(provider.log.newest()).client_request_id == "call-1"


@pytest.mark.parametrize(
    "change",
    [
        {"status": 401, "fail_times": 1},
        {"status": 400, "fail_times": 1},
        {"status": 405, "fail_times": 1},
        {"status": 413, "fail_times": 1},
        {"status": 429, "fail_times": 3, "retry_after_s": 0},
        {"status": 500, "fail_times": 3, "retry_after_s": 0},
    ],
)
async def test_what_a_provider_turns_away_costs_nothing(
    provider: Provider, meter: MemoryMeter, change: dict[str, object]
) -> None:
    for name, value in change.items():
        setattr(provider.behaviour, name, value)
    with pytest.raises(ModelError):
        await _ask(_model(provider, meter))
    assert len(meter.settled) == len(meter.calls) == change["fail_times"]
    assert {each.spend.pico_usd for each in meter.settled} == {0}
    assert not any(each.estimated for each in meter.settled)


async def test_where_nobody_is_there_nothing_is_spent(provider: Provider, meter: MemoryMeter) -> None:
    provider.url = "http://127.0.0.1:9"
    with pytest.raises(ModelError):
        await _ask(_model(provider, meter))
    assert meter.settled == [Spent()] * len(meter.calls)


@pytest.mark.parametrize("change", [{"drop_after": 3}, {"malformed_after": 3}, {"no_finish": True}])
async def test_what_breaks_off_costs_what_came_till_then(
    provider: Provider, meter: MemoryMeter, change: dict[str, object]
) -> None:
    for name, value in change.items():
        setattr(provider.behaviour, name, value)
    with pytest.raises(ModelError):
        await _ask(_model(provider, meter))
    (spent,) = meter.settled
    assert spent.estimated
    assert spent.input_tokens == (len("Be brief.") + len("Say something about ferries.")) // 4
    assert spent.pico_usd


async def test_what_fails_amid_a_stream_was_begun_and_is_billed(provider: Provider, meter: MemoryMeter) -> None:
    error = {"error": {"message": "overloaded", "type": "server_error", "code": 503}}
    provider.behaviour.raw = (_event(CHUNK), _event(error))
    with pytest.raises(ModelError, match="failed"):
        await _ask(_model(provider, meter))
    (spent,) = meter.settled
    assert spent.estimated
    assert (spent.input_tokens, spent.output_tokens) == (9, len("At nine.") // 4)


@pytest.mark.parametrize(
    ("told", "counted"),
    [
        ({"prompt_tokens": 10.5, "completion_tokens": 4.1}, (11, 5, 0)),
        ({"prompt_tokens": 10**22, "completion_tokens": 4}, (10**15, 4, 0)),
        ({"prompt_tokens": 10, "completion_tokens": 4, "prompt_tokens_details": {"cached_tokens": 99}}, (10, 4, 10)),
    ],
)
async def test_what_a_provider_counts_is_a_number_of_tokens(
    provider: Provider, meter: MemoryMeter, told: dict[str, Any], counted: tuple[int, int, int]
) -> None:
    provider.behaviour.raw = (_event(CHUNK), _event({**END, "usage": told}))
    end = await _ask(_model(provider, meter))
    assert (end.usage.input_tokens, end.usage.output_tokens, end.usage.cached_tokens) == counted
    (spent,) = meter.settled
    assert (spent.input_tokens, spent.output_tokens, spent.cached_tokens) == counted


async def test_a_reply_without_an_end_costs_what_came_however_little_was_counted_when_it_began(
    provider: Provider, meter: MemoryMeter
) -> None:
    provider.behaviour.reply, provider.behaviour.no_finish = "It leaves at nine. " * 20, True
    with pytest.raises(ModelError, match="broke off"):
        await _ask(_model(provider, meter, "anthropic:claude-haiku-4-5"))
    (spent,) = meter.settled
    assert spent.estimated
    assert spent.input_tokens > 0
    assert spent.output_tokens >= len(provider.behaviour.reply) // 4


@pytest.mark.parametrize("name", [MODEL, "ollama:test-model"])
async def test_of_usage_that_grows_with_each_piece_the_last_counts(
    provider: Provider, meter: MemoryMeter, name: str
) -> None:
    grown = [{"prompt_tokens": 10, "completion_tokens": each, "total_tokens": 10 + each} for each in (1, 2)]
    provider.behaviour.raw = (*(_event({**CHUNK, "usage": each}) for each in grown), _event({**END, "usage": grown[1]}))
    await _ask(_model(provider, meter, name))
    (spent,) = meter.settled
    assert (spent.input_tokens, spent.output_tokens) == (10, 2)
    assert provider.requests[-1]["stream_options"] == {"include_usage": True}


async def test_who_leaves_amid_a_reply_pays_for_what_came(provider: Provider, meter: MemoryMeter) -> None:
    provider.behaviour.piece_delay_s = 0.05
    reading = asyncio.create_task(_ask(_model(provider, meter)))
    while not provider.requests:
        await asyncio.sleep(0.01)
    await asyncio.sleep(0.2)
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    (spent,) = meter.settled
    assert spent.estimated
    assert spent.input_tokens > 0


async def test_each_try_is_a_call_of_its_own(provider: Provider, meter: MemoryMeter) -> None:
    provider.behaviour.fail_times, provider.behaviour.status, provider.behaviour.retry_after_s = 2, 503, 0
    await _ask(_model(provider, meter))
    assert [each.spend.pico_usd > 0 for each in meter.settled] == [False, False, True]


async def test_what_a_budget_refuses_is_not_sent(provider: Provider, meter: MemoryMeter) -> None:
    meter.refuses = BudgetExceeded("There is nothing left.", retry_after_s=5)
    with pytest.raises(BudgetExceeded, match="nothing left"):
        await _ask(_model(provider, meter))
    assert provider.requests == []


async def test_a_price_that_nobody_knows_is_none_and_not_nothing(provider: Provider, meter: MemoryMeter) -> None:
    end = await _ask(_model(provider, meter, prices=""))
    assert (end.cost_usd, meter.calls[0].priced, meter.settled[0].pico_usd) == (None, False, None)


def test_listed_prices_are_those_of_the_list() -> None:
    from genai_prices import Usage as Counted
    from genai_prices import calc_price

    book = PriceBook()
    models = (("openai", "gpt-5-mini"), ("anthropic", "claude-haiku-4-5"), ("anthropic", "claude-sonnet-4-5"))
    for provider_id, model in models:
        price = book.price(f"{provider_id}:{model}", provider_id)
        assert price is not None
        for usage in (Usage(1000, 10), Usage(300_000, 10, cached_tokens=1000, kept_tokens=500), Usage(50, 0)):
            counted = Counted(
                input_tokens=usage.input_tokens,
                cache_write_tokens=usage.kept_tokens,
                cache_read_tokens=usage.cached_tokens,
                output_tokens=usage.output_tokens,
            )
            listed = calc_price(counted, model, provider_id=provider_id).total_price
            assert price.cost(usage) == listed
            assert bound(price, usage.input_tokens, usage.output_tokens) >= listed


@pytest.mark.parametrize(
    "said", ["x", "openai:x=1", "openai:x=1/2/3/4", "openai:x=-1/2", "=1/2", "openai:x=1/x", "x=1/2"]
)
def test_a_price_that_is_none_is_said(said: str) -> None:
    with pytest.raises(ModelNotConfigured, match="PINCITE_MODEL_PRICES"):
        rates_of(said)


def test_no_token_is_less_than_a_byte() -> None:
    read, written = most_tokens(ChatRequest("ä" * 10, (Message("user", "\U0001f6a2" * 5),), max_tokens=7))
    assert read >= 20 + 20
    assert written == 7


async def test_what_is_cut_off_is_billed_as_the_provider_counted_it(provider: Provider, meter: MemoryMeter) -> None:
    provider.behaviour.finish = "length"
    with pytest.raises(ModelError, match="used up its tokens"):
        await _ask(_model(provider, meter))
    (spent,), charged = meter.settled, next(provider.log.newest())
    assert (spent.input_tokens, spent.output_tokens) == (charged.input_tokens, charged.output_tokens)
    assert not spent.estimated


def test_the_address_and_key_of_the_settings_are_for_who_answers_by_default(
    provider: Provider, meter: MemoryMeter
) -> None:
    settings = ModelSettings(model=MODEL, base_url=f"{provider.url}/v1", api_key=SecretStr("good-key"))
    models = Models(settings, {}, Discovery(MODEL, ()), meter)
    with pytest.raises(ModelNotConfigured, match="no key for anthropic"):
        models.choose("anthropic:claude-haiku-4-5")


async def test_a_free_model_that_somebody_names_is_not_asked_at_a_provider_that_is_paid(
    provider: Provider, meter: MemoryMeter
) -> None:
    settings = ModelSettings(model=MODEL, base_url=f"{provider.url}/v1", api_key=SecretStr("good-key"))
    other = Models(settings, {"OLLAMA_HOST": "127.0.0.1:9"}, Discovery(MODEL, ()), meter).choose("ollama:test-model")
    assert other is not None
    with pytest.raises(ModelError):
        await _ask(other)
    assert provider.requests == []


def test_what_a_provider_cannot_have_counted_is_bounded() -> None:
    assert Spent.of(2**70, -5, 0, Decimal(10) ** 30, estimated=False).spend == Spend(10**18, 10**15)
