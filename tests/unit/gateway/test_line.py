"""What calls to one provider share: an open breaker costs nothing, few calls are made once more."""

import asyncio
from collections.abc import Iterator, Mapping

import pytest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from pydantic import SecretStr
from tests.doubles.provider import Provider, serve
from tests.spans import spans

from pincite.core import Scope
from pincite.gateway import ChatModel, ChatRequest, Message, ModelError, Models, TextDelta
from pincite.gateway.adapters.memory import MemoryMeter
from pincite.gateway.breaker import BreakerPolicy
from pincite.gateway.domain import Overloaded, Sign
from pincite.gateway.line import Line
from pincite.gateway.service import Discovery
from pincite.gateway.settings import ModelSettings
from pincite.ledger import BudgetExceeded

__all__ = ["spans"]

SCOPE = Scope("acme", "ada")
REQUEST = ChatRequest("Be brief.", (Message("user", "Say something."),), timeout_s=10)
MODEL, OTHER = "openai:test-model", "openai:gpt-5-mini"


@pytest.fixture
def provider() -> Iterator[Provider]:
    with serve() as running:
        running.behaviour.reply = "The ferry leaves at nine."
        yield running


@pytest.fixture
def meter() -> MemoryMeter:
    return MemoryMeter()


@pytest.fixture
def models(provider: Provider, meter: MemoryMeter) -> Models:
    settings = ModelSettings(model=MODEL, base_url=f"{provider.url}/v1", api_key=SecretStr("good-key"))
    return Models(settings, {}, Discovery(MODEL, ()), meter)


def decisions(spans: InMemorySpanExporter) -> list[tuple[str, Mapping[str, object]]]:
    """Return what was decided, of all requests, in order of their ends."""
    routes = [span for span in spans.get_finished_spans() if span.name.startswith("route ")]
    return [(event.name, dict(event.attributes or {})) for span in routes for event in span.events]


def named(models: Models, name: str | None = None) -> ChatModel:
    chosen = models.choose(name)
    assert chosen is not None
    return chosen


async def said(model: ChatModel) -> str:
    return "".join([each.text async for each in model.stream(SCOPE, REQUEST) if isinstance(each, TextDelta)])


async def _fails(model: ChatModel) -> ModelError:
    with pytest.raises(ModelError) as caught:
        await said(model)
    return caught.value


async def test_a_provider_that_fails_and_fails_is_left_alone_by_all_of_its_models(
    provider: Provider, models: Models, meter: MemoryMeter, spans: InMemorySpanExporter
) -> None:
    provider.behaviour.fail_times, provider.behaviour.retry_after_s = 99, 0
    await _fails(named(models))
    await _fails(named(models))
    asked = len(provider.requests)
    assert asked == 5
    left_alone = await _fails(named(models, OTHER))
    assert left_alone.message == "The provider openai has failed again and again, and is left alone for a moment."
    assert left_alone.retry_after_s is not None
    assert 0 < left_alone.retry_after_s <= 5
    assert left_alone.remedy
    assert len(provider.requests) == len(meter.calls) == asked, "it is not asked, and nothing is reserved for it"
    told = decisions(spans)
    assert ("breaker", {"provider": "openai", "state": "open", "reason": "it was closed"}) in told
    first, second = ["chosen", "retried", "retried"], ["chosen", "retried", "breaker", "not retried"]
    assert [name for name, _ in told] == [*first, *second, "chosen"]
    assert all(why["reason"] for _, why in told)


async def test_it_is_asked_again_by_one_and_then_by_all(provider: Provider, meter: MemoryMeter) -> None:
    settings = ModelSettings(model=MODEL, base_url=f"{provider.url}/v1", api_key=SecretStr("good-key"))
    models = Models(
        settings, {}, Discovery(MODEL, ()), meter, lambda name, _: Line(name, policy=BreakerPolicy(open_s=0.5))
    )
    provider.behaviour.fail_times, provider.behaviour.retry_after_s = 5, 60
    for _ in range(5):
        await _fails(named(models))
    assert "left alone" in (await _fails(named(models))).message
    await asyncio.sleep(0.5)
    provider.behaviour.first_delay_s = 0.3
    results = await asyncio.gather(*(said(named(models)) for _ in range(4)), return_exceptions=True)
    assert sum(result == "The ferry leaves at nine." for result in results) == 1, "one probes"
    assert await said(named(models)) == "The ferry leaves at nine."


@pytest.mark.parametrize("status", [400, 401, 404])
async def test_a_request_that_is_refused_says_nothing_of_the_provider(
    provider: Provider, models: Models, status: int
) -> None:
    provider.behaviour.fail_times, provider.behaviour.status = 8, status
    for _ in range(8):
        assert (await _fails(named(models))).sign is not Sign.DOWN
    assert await said(named(models)) == "The ferry leaves at nine."


async def test_what_breaks_off_counts_though_its_first_piece_came(provider: Provider, models: Models) -> None:
    provider.behaviour.drop_after = 2
    for _ in range(5):
        assert (await _fails(named(models))).sign is Sign.DOWN
    assert "left alone" in (await _fails(named(models))).message


async def test_not_every_failure_is_tried_again_when_many_fail(provider: Provider, spans: InMemorySpanExporter) -> None:
    line = Line("openai", policy=BreakerPolicy(least=1_000))
    settings = ModelSettings(model=MODEL, base_url=f"{provider.url}/v1", api_key=SecretStr("good-key"))
    models = Models(settings, {}, Discovery(MODEL, ()), MemoryMeter(), lambda *_: line)
    provider.behaviour.fail_times, provider.behaviour.retry_after_s = 1_000, 0
    model = named(models)
    await asyncio.gather(*(_fails(model) for _ in range(60)))
    assert len(provider.requests) <= 60 + 10 + 6 + 1
    assert "not retried" in {name for name, _ in decisions(spans)}


async def test_who_is_refused_by_a_budget_takes_nobodys_turn(provider: Provider, meter: MemoryMeter) -> None:
    settings = ModelSettings(
        model=MODEL, base_url=f"{provider.url}/v1", api_key=SecretStr("good-key"), limits="requests=6/h"
    )
    model = named(Models(settings, {}, Discovery(MODEL, ()), meter))
    meter.refuses = BudgetExceeded("Nothing is left.")
    for _ in range(3):
        with pytest.raises(BudgetExceeded):
            await said(model)
    meter.refuses = None
    assert await said(model) == "The ferry leaves at nine."
    assert isinstance(await _fails(model), Overloaded), "one an hour may go at once"
