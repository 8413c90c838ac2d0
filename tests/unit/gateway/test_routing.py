"""Several models: the next is asked where one fails, a broken answer begins anew, tiers and conditions say which."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from pydantic import SecretStr
from tests.doubles.provider import Provider, serve
from tests.spans import spans
from tests.unit.gateway.test_line import decisions

from pincite.core import Scope
from pincite.gateway import ChatFinished, ChatRequest, Message, ModelError, Models, Shape
from pincite.gateway.adapters.memory import MemoryMeter
from pincite.gateway.cascade import Cascade
from pincite.gateway.course import Courses, Premium, Stop, When, courses_of
from pincite.gateway.domain import Lane, ModelNotConfigured, Restarted, Sign, TextDelta
from pincite.gateway.service import Discovery
from pincite.gateway.settings import ModelSettings
from pincite.ledger import BudgetExceeded

__all__ = ["spans"]

SCOPE = Scope("acme", "ada")
REQUEST = ChatRequest("Be brief.", (Message("user", "Say something."),), timeout_s=10)
FIRST, SECOND = "openai:test-model", "anthropic:claude-haiku-4-5"


@dataclass
class World:
    """Two providers, and a model that asks the first and then the second."""

    one: Provider
    two: Provider
    meter: MemoryMeter = field(default_factory=MemoryMeter)

    def models(self, *stops: Stop) -> Models:
        """Return models whose default is a route of these stops; of both providers where none is given."""
        stops = stops or (self.stop(FIRST), self.stop(SECOND))
        settings = ModelSettings(model="route:r", routes=Courses({"r": stops}))
        return Models(settings, {}, Discovery("route:r", ()), self.meter)

    def stop(self, model: str, **said: Any) -> Stop:
        url = f"{self.one.url}/v1" if model.startswith("openai") else self.two.url
        return Stop(model=model, base_url=url, api_key=SecretStr("good-key"), **said)


@pytest.fixture
def world() -> Iterator[World]:
    with serve() as one, serve() as two:
        one.behaviour.reply, two.behaviour.reply = "This is the first.", "That is the second."
        yield World(one, two)


async def _events(models: Models, request: ChatRequest = REQUEST) -> list[TextDelta | Restarted | ChatFinished]:
    chosen = models.choose(None)
    assert chosen is not None
    return [each async for each in chosen.stream(SCOPE, request)]


async def _until_it_fails(models: Models, request: ChatRequest = REQUEST) -> list[object]:
    chosen = models.choose(None)
    assert chosen is not None
    shown: list[object] = []
    keep = shown.append

    async def watch() -> None:
        async for event in chosen.stream(SCOPE, request):
            keep(event)

    with pytest.raises(ModelError):
        await watch()
    return shown


def _told(events: list[TextDelta | Restarted | ChatFinished]) -> tuple[str, list[str], str]:
    """Return the text that counts, why it began anew, and whose it is."""
    text, anew = "", list[str]()
    for event in events[:-1]:
        assert not isinstance(event, ChatFinished)
        text = text + event.text if isinstance(event, TextDelta) else ""
        anew += [event.reason] if isinstance(event, Restarted) else []
    end = events[-1]
    assert isinstance(end, ChatFinished)
    return text, anew, end.model


async def test_the_first_answers_where_it_can(world: World) -> None:
    assert _told(await _events(world.models())) == ("This is the first.", [], FIRST)
    assert world.two.requests == []


@pytest.mark.parametrize(
    "change",
    [
        {"status": 503, "fail_times": 9},
        {"status": 429, "fail_times": 9, "retry_after_s": 60},
        {"status": 401, "fail_times": 9},
        {"status": 404, "fail_times": 9},
        {"html": True},
        {"drop_after": 0},
        {"malformed_after": 0},
    ],
)
async def test_where_one_fails_before_its_first_piece_the_next_is_asked(
    world: World, spans: InMemorySpanExporter, change: dict[str, Any]
) -> None:
    for name, value in change.items():
        setattr(world.one.behaviour, name, value)
    assert _told(await _events(world.models())) == ("That is the second.", [], SECOND)
    told = decisions(spans)
    assert [why["model"] for name, why in told if name == "chosen"] == [FIRST, SECOND]
    assert [why["model"] for name, why in told if name == "left"] == [FIRST]
    assert all(why["reason"] for _, why in told)


async def test_a_request_that_nobody_would_take_is_not_carried_around(world: World) -> None:
    world.one.behaviour.fail_times, world.one.behaviour.status = 1, 400
    with pytest.raises(ModelError, match="rejected") as caught:
        await _events(world.models())
    assert caught.value.sign is Sign.OURS
    assert world.two.requests == []


@pytest.mark.parametrize("change", [{"drop_after": 3}, {"malformed_after": 3}, {"no_finish": True}])
async def test_who_breaks_off_is_followed_by_another_that_begins_anew(
    world: World, spans: InMemorySpanExporter, change: dict[str, Any]
) -> None:
    for name, value in change.items():
        setattr(world.one.behaviour, name, value)
    events = await _events(world.models())
    text, anew, model = _told(events)
    assert (text, len(anew), model) == ("That is the second.", 1, SECOND)
    assert isinstance(events[0], TextDelta), "something was shown before"
    assert "restarted" in {name for name, _ in decisions(spans)}
    assert len(world.meter.settled) == 2, "what broke off is paid for, too"
    assert world.meter.settled[0].estimated


async def test_who_can_take_nothing_back_is_not_given_another_model_whose_reply_would_not_be_told(world: World) -> None:
    told_at_once = replace(REQUEST, told_at_once=True)
    world.one.behaviour.drop_after = 3
    shown = await _until_it_fails(world.models(), told_at_once)
    assert shown
    assert all(isinstance(each, TextDelta) for each in shown)
    assert world.two.requests == [], "nor is it paid for"
    world.one.behaviour.drop_after = 0
    assert _told(await _events(world.models(), told_at_once)) == ("That is the second.", [], SECOND)
    world.one.behaviour.drop_after, world.two.behaviour.reply = 3, "[]"
    shaped = replace(told_at_once, reply=Shape("list", {"type": "array"}))
    assert _told(await _events(world.models(), shaped)) == ("[]", [], SECOND), "of this nothing was told before"


async def test_silence_amid_an_answer_is_followed_by_another(world: World) -> None:
    world.one.behaviour.reply, world.one.behaviour.piece_chars = "word " * 50, 125
    world.one.behaviour.piece_delay_s = 0.7
    settings = ModelSettings(
        model="route:r", routes=Courses({"r": (world.stop(FIRST), world.stop(SECOND))}), idle_timeout_s=0.3
    )
    models = Models(settings, {}, Discovery("route:r", ()), world.meter)
    text, anew, _ = _told(await _events(models))
    assert text == "That is the second."
    assert "between two pieces" in anew[0]


async def test_where_all_break_off_what_was_shown_last_stays_and_it_is_a_failure(world: World) -> None:
    world.one.behaviour.drop_after = world.two.behaviour.drop_after = 3
    shown = await _until_it_fails(world.models())
    assert sum(isinstance(each, Restarted) for each in shown) == 1
    after = shown[[isinstance(each, Restarted) for each in shown].index(True) + 1 :]
    assert "That is the second.".startswith("".join(each.text for each in after if isinstance(each, TextDelta)))


async def test_nothing_is_dropped_where_the_next_has_nothing_to_say(world: World) -> None:
    world.one.behaviour.drop_after = 3
    world.two.behaviour.fail_times = 9
    shown = await _until_it_fails(world.models())
    assert shown
    assert all(isinstance(each, TextDelta) for each in shown)


async def test_one_that_is_left_alone_is_passed_over_at_once(world: World, spans: InMemorySpanExporter) -> None:
    models = world.models()
    world.one.behaviour.fail_times, world.one.behaviour.retry_after_s = 99, 60
    for _ in range(7):
        assert _told(await _events(models))[2] == SECOND
    assert len(world.one.requests) == 5
    assert "left alone" in str([why["reason"] for name, why in decisions(spans) if name == "left"][-1])


async def test_a_tier_that_is_asked_for_comes_first_and_the_others_after_it(world: World) -> None:
    models = world.models(world.stop(FIRST, tier="strong"), world.stop(SECOND, tier="cheap"))
    assert _told(await _events(models))[2] == FIRST
    cheap = replace(REQUEST, tier="cheap")
    assert _told(await _events(models, cheap))[2] == SECOND
    world.two.behaviour.fail_times = 9
    assert _told(await _events(models, cheap))[2] == FIRST


async def test_a_budget_that_asks_for_it_gets_the_cheaper_tier(world: World, spans: InMemorySpanExporter) -> None:
    models = world.models(world.stop(FIRST, tier="strong"), world.stop(SECOND, tier="cheap"))
    world.meter.prefers_cheaper = True
    assert _told(await _events(models))[2] == SECOND
    assert world.one.requests == []
    assert world.meter.settled[0].spend.tokens == 0, "what was reserved for the other is given back"
    assert ("chosen", {"model": SECOND, "reason": "a budget asks for the cheaper tier"}) in decisions(spans)
    world.two.behaviour.fail_times = 9
    assert _told(await _events(models))[2] == FIRST, "better the dear one than none"
    assert _told(await _events(world.models()))[2] == FIRST, "where there is no cheaper one nothing changes"


async def test_where_the_dear_one_does_not_fit_the_cheaper_is_asked(world: World) -> None:
    models = world.models(world.stop(FIRST, tier="strong"), world.stop(SECOND, tier="cheap"))
    world.meter.refuses, world.meter.refused_models = BudgetExceeded("There is little left."), {FIRST}
    assert _told(await _events(models))[2] == SECOND
    assert world.one.requests == []
    with pytest.raises(BudgetExceeded):
        await _events(world.models())


@pytest.mark.parametrize(
    ("when", "request_", "why"),
    [
        ({"lane": ("batch",)}, REQUEST, "lane interactive"),
        ({"tenant": ("other",)}, REQUEST, "not for this tenant"),
        ({"max_input_tokens": 100}, replace(REQUEST, system="x" * 500), "100 tokens at most"),
    ],
)
async def test_a_condition_that_does_not_hold_passes_one_over(
    world: World, spans: InMemorySpanExporter, when: dict[str, Any], request_: ChatRequest, why: str
) -> None:
    models = world.models(world.stop(FIRST, when=when), world.stop(SECOND))
    assert _told(await _events(models, request_))[2] == SECOND
    assert any(name == "skipped" and why in str(told["reason"]) for name, told in decisions(spans))
    with pytest.raises(ModelError, match="None of the models"):
        await _events(world.models(world.stop(FIRST, when=when)), request_)


async def test_one_that_takes_less_than_a_request_needs_is_no_way_out(
    world: World, spans: InMemorySpanExporter
) -> None:
    world.one.behaviour.fail_times, world.one.behaviour.status = 1, 401
    models = world.models(world.stop("openai:gpt-5-mini"), world.stop(SECOND))
    with pytest.raises(ModelError, match="key for openai:gpt-5-mini"):
        await _events(models, replace(REQUEST, max_tokens=300_000))
    assert world.two.requests == []
    assert ("skipped", {"model": SECOND, "reason": "it takes 200,000 tokens"}) in decisions(spans)


FILE = """
[[routes.answers]]
model = "openai:gpt-5-mini"
tier = "cheap"
when = { lane = ["interactive", "batch"], max_input_tokens = 100000 }

[[routes.answers]]
model = "openai:big"
tier = "strong"
base_url = "http://10.0.0.5:8000/v1"
key = "PINCITE_SECRET_BIG"
"""


def test_a_file_of_routes_is_read() -> None:
    read = courses_of(FILE + '\n[premium]\nusers = ["eve"]', {"PINCITE_SECRET_BIG": "hidden-key"}.__getitem__)
    assert read.premium.users == {"eve"}
    (cheap, strong) = read.routes["answers"]
    assert (cheap.model, cheap.tier, cheap.when.max_input_tokens) == ("openai:gpt-5-mini", "cheap", 100_000)
    assert strong.api_key is not None
    assert strong.api_key.get_secret_value() == "hidden-key"
    assert "hidden-key" not in repr(strong)
    settings = ModelSettings(routes=Courses({"answers": (cheap, strong)}))
    assert "hidden-key" in Models(settings, {}, Discovery(None, ()), MemoryMeter()).secrets


@pytest.mark.parametrize(
    ("said", "named"),
    [
        ("routes = 1", "routes"),
        ("[routes]\na = []", "routes.a"),
        ('[[routes.a]]\nmodel = "openai:x"\nteir = "cheap"', "routes.a.0.teir"),
        ('[[routes.a]]\nmodel = "openai:x"\ntier = "free"', "routes.a.0.tier"),
        ('[[routes.a]]\nmodel = "openai:x"\nwhen = { hour = 3 }', "routes.a.0.when.hour"),
        ('[[routes.a]]\nmodel = "openai:x"\nkey = "PINCITE_SECRET_X"', "no address"),
        ("[[", "no TOML"),
        ('[[routes.a]]\nmodel = "openai:x"\n[cascades.a]', "cascade a"),
        ('[[routes.a]]\nmodel = "openai:x"\ntier = "cheap"\n[cascades.b]', "cascade b"),
        ('[[routes.a]]\nmodel = "openai:x"\n[cascades.a]\nmin_confidence = 2', "cascades.a.min_confidence"),
        ('[[routes.a]]\nmodel = "openai:x"\n[premium]\nplans = ["gold"]', "premium.plans"),
    ],
)
def test_a_file_that_is_none_says_where(said: str, named: str) -> None:
    with pytest.raises(ModelNotConfigured, match="PINCITE_MODEL_ROUTES") as caught:
        courses_of(said, str)
    assert named in caught.value.message
    assert caught.value.remedy


async def test_a_list_is_found_out_at_the_start_and_each_family_has_its_own_key() -> None:
    settings = ModelSettings(model="openai:gpt-5-mini, anthropic:claude-haiku-4-5", api_key=SecretStr("first-key"))
    found = await Discovery.of(settings, {"ANTHROPIC_API_KEY": "second-key"})
    assert found.model == settings.model
    with pytest.raises(ModelNotConfigured, match="no key for anthropic"):
        await Discovery.of(settings, {})
    with pytest.raises(ModelNotConfigured, match="no model `mistral:x`"):
        await Discovery.of(ModelSettings(model="openai:gpt-5-mini,mistral:x"), {"OPENAI_API_KEY": "k"})
    with pytest.raises(ModelNotConfigured, match="no route `none`"):
        await Discovery.of(ModelSettings(model="route:none"), {})


async def test_a_reply_out_of_shape_is_asked_of_the_strong_tier_where_there_is_a_cascade(
    world: World, spans: InMemorySpanExporter
) -> None:
    world.one.behaviour.reply, world.two.behaviour.reply = "no JSON", '{"port": 8}'
    shape = Shape("ports", {"type": "object", "properties": {"port": {"type": "integer"}}, "required": ["port"]})
    stops = (world.stop(FIRST, tier="cheap"), world.stop(SECOND, tier="strong"))
    settings = ModelSettings(model="route:r", routes=Courses({"r": stops}, {"r": Cascade()}))
    models = Models(settings, {}, Discovery("route:r", ()), world.meter)
    text, _, model = _told(await _events(models, replace(REQUEST, reply=shape)))
    assert (text, model) == ('{"port": 8}', SECOND)
    assert ("chosen", {"model": SECOND, "reason": "the reply before did not have the shape"}) in decisions(spans)


async def test_those_who_come_first_wait_in_their_lane_and_work_in_the_background_does_not(world: World) -> None:
    assert courses_of('[premium]\ntenants = ["gold"]', str).premium.tenants == {"gold"}
    assert When(lane=("interactive",)).why_not(SCOPE, replace(REQUEST, lane="premium"), 1) is None
    for_them = Stop.model_validate({**dict(world.stop(SECOND)), "when": {"lane": ["premium"]}})
    stops = (for_them, world.stop(FIRST))
    premium = Premium(tenants=frozenset({"gold"}), users=frozenset({"eve"}))
    settings = ModelSettings(model="route:r", routes=Courses({"r": stops}, premium=premium))
    chosen = Models(settings, {}, Discovery("route:r", ()), world.meter).choose(None)
    assert chosen is not None
    seen: dict[tuple[str, str, str], str] = {}
    asked: list[tuple[str, str, Lane]] = [
        ("gold", "bob", "interactive"),
        ("acme", "eve", "interactive"),
        ("acme", "ada", "interactive"),
        ("gold", "bob", "batch"),
    ]
    for tenant, user, lane in asked:
        events = chosen.stream(Scope(tenant, user), replace(REQUEST, lane=lane))
        end = [each async for each in events][-1]
        assert isinstance(end, ChatFinished)
        seen[tenant, user, lane] = end.model
    assert list(seen.values()) == [SECOND, SECOND, FIRST, FIRST]
