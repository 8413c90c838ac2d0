"""Replies that are given again, over a provider that speaks HTTP and a real database: when, to whom, at what cost."""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from pydantic import SecretStr
from tests.doubles.provider import Provider, serve
from tests.spans import spans

from pincite.core import Database, Scope
from pincite.core.keeping import with_kept
from pincite.gateway import ChatFinished, ChatModel, ChatRequest, Message, ModelError, Models, Shape, TextDelta
from pincite.gateway.adapters.memory import MemoryMeter, ScriptedChat
from pincite.gateway.cache_key import key_of
from pincite.gateway.caching import CachedChat, Event
from pincite.gateway.domain import KeptReply, Restarted
from pincite.gateway.flights import Course, Flights
from pincite.gateway.replies import Replies
from pincite.gateway.service import Discovery
from pincite.gateway.settings import ModelSettings
from pincite.ledger import BudgetExceeded, Purpose

__all__ = ["spans"]

ADA, BOB, EVE = Scope("acme", "ada"), Scope("acme", "bob"), Scope("other", "ada")
REPLY = "The ferry leaves at nine [1]. It is blue, and takes forty minutes to the island [2]."
REQUEST = ChatRequest("Be brief.", (Message("user", "Ferries?"),), max_tokens=100, purpose=Purpose("answer"))
OWN = replace(REQUEST, purpose=Purpose(), temperature=0)
PRICES = "openai:test-model=1/3"


@pytest.fixture
def provider() -> Iterator[Provider]:
    with serve() as running:
        running.behaviour.reply = REPLY
        yield running


@pytest.fixture
async def database(tables_url: str) -> AsyncIterator[Database]:
    opened = Database(tables_url)
    yield opened
    await opened.close()


@pytest.fixture
def meter() -> MemoryMeter:
    return MemoryMeter()


def model(provider: Provider, meter: MemoryMeter, database: Database) -> ChatModel:
    settings = ModelSettings(
        model="openai:test-model",
        base_url=f"{provider.url}/v1",
        api_key=SecretStr("good-key"),
        prices=PRICES,
        keeps_replies=True,
    )
    chosen = Models(settings, {}, Discovery("openai:test-model", ()), meter, database=database).choose(None)
    assert chosen is not None
    return chosen


async def kept() -> None:
    """Wait until what is done behind a reply is done: a reply is kept when its end was told."""
    flights = [each for each in asyncio.all_tasks() if each.get_name() == "flight"]
    if flights:
        await asyncio.wait(flights)


async def ask(model: ChatModel, request: ChatRequest = REQUEST, scope: Scope = ADA) -> tuple[list[str], ChatFinished]:
    pieces: list[str] = []
    async for event in model.stream(scope, request):
        if isinstance(event, ChatFinished):
            await kept()
            return pieces, event
        pieces = [*pieces, event.text] if isinstance(event, TextDelta) else []
    raise AssertionError("there was no end")


async def test_the_same_request_is_answered_again_for_nothing(
    provider: Provider, meter: MemoryMeter, database: Database
) -> None:
    first, end = await ask(model(provider, meter, database))
    assert not end.cached
    # Another process, another connection: only the database is shared.
    again, told = await ask(model(provider, meter, database))
    assert "".join(again) == "".join(first) == REPLY
    assert len(again) > 1, "it streams"
    assert (told.cached, told.model, told.reason, told.cost_usd) == (True, end.model, "stop", Decimal(0))
    assert (told.usage.input_tokens, told.usage.output_tokens) == (0, 0), "no provider counted anything"
    assert len(provider.requests) == 1
    paid, saved = meter.settled
    assert (paid.pico_usd or 0) > 0
    assert not paid.saved.hit
    assert (saved.pico_usd, saved.input_tokens, saved.saved.hit) == (0, 0, True)
    assert saved.saved.pico_usd == paid.pico_usd
    assert meter.calls[1].bound.pico_usd == meter.calls[1].bound.tokens == 0


CHANGES = {
    "system": "Be long.",
    "messages": (Message("user", "Ferries!"),),
    "max_tokens": 101,
    "temperature": 0.0,
    "top_p": 0.5,
    "seed": 7,
    "stop": ("x",),
    "presence_penalty": 0.5,
    "frequency_penalty": 0.5,
    "effort": "low",
    "verbosity": "low",
    "tools": (Shape("f", {"type": "object"}),),
    "tool_choice": "none",
    "parallel_calls": True,
    "reply": Shape("r", {"type": "object"}),
    "may_be_cut": True,
    "tier": "strong",
    "only_tier": True,
    "lane": "batch",
    "purpose": Purpose("rewrite"),
}


@pytest.mark.parametrize("field", sorted(CHANGES))
def test_whatever_shapes_a_reply_is_in_its_key(field: str) -> None:
    assert key_of(ADA, replace(REQUEST, **{field: CHANGES[field]}), "m") != key_of(ADA, REQUEST, "m")


def test_every_field_of_a_request_is_in_its_key_or_shapes_nothing() -> None:
    shapes_nothing = {"timeout_s", "call_id", "kept", "because", "told_at_once"}
    assert set(REQUEST.__dataclass_fields__) == set(CHANGES) | shapes_nothing


def test_a_key_is_of_one_tenant_one_course_and_one_sight() -> None:
    keys = {
        key_of(ADA, REQUEST, "m"),
        key_of(ADA, REQUEST, "n"),
        key_of(EVE, REQUEST, "m"),
        key_of(replace(ADA, groups=frozenset({"board"})), REQUEST, "m"),
        key_of(replace(ADA, roles=frozenset({"owner"})), REQUEST, "m"),
    }
    assert len(keys) == 5
    assert key_of(BOB, REQUEST, "m") in keys, "who may read the same passages is given the same reply to them"
    assert key_of(BOB, OWN, "m") != key_of(ADA, OWN, "m"), "what people send themselves is theirs alone"


@pytest.mark.parametrize(
    ("request_", "calls"),
    [
        (OWN, 1),
        (replace(OWN, temperature=None, seed=3), 1),
        (replace(OWN, temperature=None), 2),
        (replace(OWN, temperature=0.7), 2),
        (replace(REQUEST, temperature=0.7), 2),
        (replace(REQUEST, kept="renew"), 2),
        (replace(REQUEST, kept="avoid"), 2),
    ],
)
async def test_what_may_be_another_reply_the_next_time_is_asked_again(
    provider: Provider, meter: MemoryMeter, database: Database, request_: ChatRequest, calls: int
) -> None:
    chat = model(provider, meter, database)
    for _ in range(2):
        await ask(chat, request_)
    assert len(provider.requests) == calls


async def test_who_wants_it_anew_gets_it_and_so_does_whoever_comes_after(
    provider: Provider, meter: MemoryMeter, database: Database
) -> None:
    chat = model(provider, meter, database)
    await ask(chat)
    provider.behaviour.reply = "It is late [1]."
    with with_kept("avoid"):
        assert "".join((await ask(chat))[0]) == "It is late [1]."
    assert "".join((await ask(chat))[0]) == REPLY, "nothing was kept of that"
    with with_kept("renew"):
        await ask(chat)
    pieces, end = await ask(chat)
    assert ("".join(pieces), end.cached) == ("It is late [1].", True)


async def test_nobody_is_given_a_reply_of_another_tenant_or_of_anothers_own_words(
    provider: Provider, meter: MemoryMeter, database: Database
) -> None:
    chat = model(provider, meter, database)
    await ask(chat)
    await ask(chat, OWN)
    assert not (await ask(chat, scope=EVE))[1].cached
    assert not (await ask(chat, OWN, BOB))[1].cached
    assert (await ask(chat, scope=BOB))[1].cached
    assert (await ask(chat, OWN))[1].cached


@pytest.mark.parametrize("change", [{"drop_after": 3}, {"no_finish": True}, {"status": 400, "fail_times": 9}])
async def test_what_is_not_whole_is_not_kept(
    provider: Provider, meter: MemoryMeter, database: Database, change: dict[str, object]
) -> None:
    chat = model(provider, meter, database)
    before = {name: getattr(provider.behaviour, name) for name in change}
    for name, value in change.items():
        setattr(provider.behaviour, name, value)
    with pytest.raises(ModelError):
        await ask(chat)
    for name, value in before.items():
        setattr(provider.behaviour, name, value)
    assert not (await ask(chat))[1].cached


async def test_many_who_ask_at_once_are_one_call(
    provider: Provider, meter: MemoryMeter, database: Database, spans: InMemorySpanExporter
) -> None:
    chat = model(provider, meter, database)
    asked = [ask(chat, scope=Scope("acme", f"user-{number}")) for number in range(50)]
    found = await asyncio.gather(*asked)
    assert len(provider.requests) == 1
    assert {"".join(pieces) for pieces, _ in found} == {REPLY}
    assert sum(not end.cached for _, end in found) == 1
    assert sum(bool(each.pico_usd) for each in meter.settled) == 1, "one of them pays, once"
    assert sum(each.saved.hit for each in meter.settled) == 49
    told = [(each.attributes or {}).get("pincite.cache") for each in spans.get_finished_spans()]
    assert (told.count("missed"), told.count("joined")) == (1, 49)


def scripted(meter: MemoryMeter, database: Database, chat: ScriptedChat) -> CachedChat:
    return CachedChat(chat, Replies(database), meter, "scripted")


async def test_one_who_goes_away_leaves_the_others_their_reply_and_the_last_one_ends_it(
    meter: MemoryMeter, database: Database
) -> None:
    chat = ScriptedChat(lambda _: ["One ", "two ", "three."], pause_s=0.05)
    cached = scripted(meter, database, chat)
    first, second = asyncio.create_task(ask(cached)), asyncio.create_task(ask(cached))
    await asyncio.sleep(0.08)
    first.cancel()
    assert "".join((await second)[0]) == "One two three."
    alone = asyncio.create_task(ask(cached, replace(REQUEST, system="Other.")))
    await asyncio.sleep(0.08)
    alone.cancel()
    await asyncio.wait([alone])
    assert not [each for each in asyncio.all_tasks() if each.get_name() == "flight"], "nobody waits for it any more"
    assert not (await ask(cached, replace(REQUEST, system="Other.")))[1].cached
    assert len(chat.requests) == 3


async def test_what_goes_wrong_is_told_to_all_who_wait(meter: MemoryMeter, database: Database) -> None:
    chat = ScriptedChat(lambda _: ["One "], pause_s=0.05, fails=ModelError("It broke off."))
    cached = scripted(meter, database, chat)
    found = await asyncio.gather(*(ask(cached) for _ in range(5)), return_exceptions=True)
    assert [type(each) for each in found] == [ModelError] * 5
    assert len(chat.requests) == 1


async def test_a_budget_of_one_who_asks_stands_against_nobody_else(meter: MemoryMeter, database: Database) -> None:
    class Poor(ScriptedChat):
        async def stream(self, scope: Scope, request: ChatRequest) -> AsyncGenerator[Event]:
            await asyncio.sleep(0.05)
            if scope == ADA:
                raise BudgetExceeded("Ada has spent it all.")
            async for event in super().stream(scope, request):
                yield event

    cached = scripted(meter, database, Poor(lambda _: ["Nine."]))
    ada, bob, cy = await asyncio.gather(
        ask(cached), ask(cached, scope=BOB), ask(cached, scope=Scope("acme", "cy")), return_exceptions=True
    )
    assert isinstance(ada, BudgetExceeded)
    assert not isinstance(bob, BaseException)
    assert not isinstance(cy, BaseException)
    assert (bob[0], cy[0]) == (["Nine."], ["Nine."])


async def test_a_reply_that_begins_anew_is_kept_as_it_ended(meter: MemoryMeter, database: Database) -> None:
    cached = scripted(meter, database, ScriptedChat(lambda _: ["Half ", Restarted("it broke off"), "Whole."]))
    await ask(cached)
    pieces, end = await ask(cached)
    assert (pieces, end.cached) == (["Whole."], True)


async def test_replies_are_bounded_in_bytes_and_in_age(database: Database) -> None:
    replies = Replies(database, most_bytes=20_000)
    reply = KeptReply("m", "x" * 4_000, (), "stop", None)
    for number in range(8):
        await replies.keep(ADA, f"key-{number}", reply, shared=True, began=time.monotonic())
    await replies.keep(EVE, "theirs", reply, shared=True, began=time.monotonic())
    there = [number for number in range(8) if await replies.find(ADA, f"key-{number}") is not None]
    assert there == [4, 5, 6, 7], "those used longest ago went, and others' bytes do not count"
    await Replies(database, kept_for=timedelta(seconds=-1)).keep(ADA, "old", reply, shared=True, began=time.monotonic())
    assert await replies.find(ADA, "old") is None
    assert await replies.forget(ADA, only_count=True) >= 4
    await replies.forget(ADA)
    assert await replies.forget(ADA) == 0
    assert await replies.find(EVE, "theirs") is not None


async def test_a_database_that_does_not_answer_refuses_nobody(
    provider: Provider, meter: MemoryMeter, database: Database
) -> None:
    chat = model(provider, meter, Database("sqlite+aiosqlite:////nowhere/at/all.db"))
    assert "".join((await ask(chat))[0]) == REPLY


async def test_a_reply_whose_call_began_before_all_was_forgotten_is_not_kept(database: Database) -> None:
    replies, reply = Replies(database), KeptReply("m", "text", (), "stop", None)
    began = time.monotonic()
    await replies.forget(ADA)
    await replies.keep(ADA, "late", reply, shared=True, began=began)
    assert await replies.find(ADA, "late") is None
    await replies.keep(ADA, "new", reply, shared=True, began=time.monotonic())
    assert await replies.find(ADA, "new") is not None


async def test_what_has_just_failed_is_joined_by_nobody() -> None:
    flights: Flights[str] = Flights()
    begun: list[int] = []

    async def work(course: Course[str]) -> None:
        begun.append(1)
        await asyncio.sleep(0)
        raise BudgetExceeded("Nothing is left.")

    async def asked() -> None:
        while True:
            joins = flights.has("key")
            try:
                async for _ in flights.follow("key", work):
                    pass
            except BudgetExceeded:
                if not joins:
                    raise

    async with asyncio.timeout(5):
        results = await asyncio.gather(*(asked() for _ in range(50)), return_exceptions=True)
    assert {type(each) for each in results} == {BudgetExceeded}
    assert len(begun) == 50, "each asks in its turn, and is told of its own"
