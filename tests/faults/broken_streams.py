"""Answers and raw chats over providers whose streams break at a byte: what each client saw, and the ledger.

The provider is the simulated one, over HTTP. Its breaker is off: what one case meets is no reason to spare another.
"""

import asyncio
import json
import re
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx2
from pydantic import SecretStr
from tests.doubles.provider import Behaviour, Provider, serve
from tests.flow.conftest import add, signed_in

from pincite.answers import Answers, Drafters, EvidenceSource
from pincite.app.settings import read_settings
from pincite.app.simulation.log import Record
from pincite.app.wiring import House, open_house
from pincite.core import Scope
from pincite.gateway import Models
from pincite.gateway.breaker import BreakerPolicy
from pincite.gateway.bucket import Limit
from pincite.gateway.course import Courses, Stop
from pincite.gateway.line import Line
from pincite.gateway.service import Discovery
from pincite.gateway.settings import ModelSettings
from pincite.ledger.book import Entry
from pincite.ledger.domain import Budget, Period, Subject
from pincite.retrieval import Evidence, Query

WIRES = {"openai": "openai:test-model", "anthropic": "anthropic:claude-haiku-4-5"}
RULES = b"# Ferry rules\n\nThe ferry to Hven leaves the northern quay at nine. Dogs travel free of charge.\n"
REPLY = "Dogs travel free of charge [1]. The ferry to Hven leaves at nine [1]."
SHOWN = "Dogs travel free of charge. The ferry to Hven leaves at nine."
OTHER, OTHER_SHOWN = (
    "The ferry to Hven leaves the northern quay at nine [1].",
    "The ferry to Hven leaves the northern quay at nine.",
)
FIRST_S, IDLE_S, TOTAL_S = 1.0, 0.7, 3.0
PATIENT = 20  # times as long, where a connection is cut and nobody has to be given up: a busy machine is no fault
AT_ONCE = 24
_CASE = re.compile(r"case (\d+)\?")
_TERMINAL = {"answer.completed", "answer.failed"}

Script = Callable[[int], Behaviour]
"""What the provider does of a case, by its number."""


def fine(*, reply: str = REPLY, times: int = 1, **told: Any) -> Behaviour:
    """Return how a provider replies in a few pieces, which cut a marker and a word in two."""
    return Behaviour(reply=" ".join([reply] * times), block_chars=29, **told)


class Remembering(EvidenceSource):
    """Finds once, and then the same for all: what is found is no matter here, and is most of what an answer takes."""

    _found: Evidence | None = None

    async def find(self, scope: Scope, query: Query) -> Evidence:
        """Return the passages that the first question found."""
        if self._found is None:
            self._found = await super().find(scope, query)
        return self._found


@dataclass(frozen=True, slots=True)
class Seen:
    """What a client saw of one case: its events by name and data, and when they came, in seconds from the question."""

    case: int
    events: Sequence[tuple[str, dict[str, Any]]]
    took_s: float

    @property
    def last(self) -> dict[str, Any]:
        """The data of the only event that ends it."""
        ends = [at for at, (name, _) in enumerate(self.events) if name in _TERMINAL]
        assert ends == [len(self.events) - 1], f"case {self.case}: {[name for name, _ in self.events]}"
        return self.events[-1][1]

    @property
    def text(self) -> str:
        """The text that holds, as a client that follows has put it together."""
        text = ""
        for name, data in self.events:
            text = "" if name == "answer.restarted" else text + data["text"] if name == "answer.delta" else text
        return text


@dataclass(frozen=True, slots=True)
class Rig:
    """A house whose answers are worded by providers that break."""

    house: House
    client: httpx2.AsyncClient
    scope: Scope
    providers: Sequence[Provider]

    def script(self, what: Script, provider: int = 0) -> None:
        """Say what a provider does of each case."""

        def told(body: dict[str, Any]) -> Behaviour:
            return what(_case(body))

        self.providers[provider].behaviour.script = told

    async def answers(self, cases: Sequence[int]) -> list[Seen]:
        """Ask for the answers of cases, some at once, and follow each over HTTP."""
        return await _some_at_once(self._answer(case) for case in cases)

    async def replies(self, cases: Sequence[int]) -> list[Seen]:
        """Ask the model itself, in OpenAI's protocol; the events are `answer.`'s, so that both are looked at alike."""
        return await _some_at_once(self._reply(case) for case in cases)

    async def _answer(self, case: int) -> Seen:
        began = time.monotonic()
        begun = await self.client.post(
            "/v1/answers", json={"question": f"Who rides free, case {case}?", "stream": True}
        )
        response = await self.client.get(begun.json()["events"], timeout=60)
        took_s = time.monotonic() - began
        seen = Seen(case, _events(response.text), took_s)
        # What was streamed is what is kept, and what is read later.
        kept = [
            (each.name, dict(each.data)) async for each in self.house.answers.events(self.scope, begun.json()["id"])
        ]
        assert kept == list(seen.events)
        read = (await self.client.get(f"/v1/answers/{begun.json()['id']}")).json()
        assert (read["state"], read["answer"]) == (seen.last["state"], seen.last["answer"])
        return seen

    async def _reply(self, case: int) -> Seen:
        model = self.house.models.choose(None)
        assert model is not None
        body = {
            "model": model.name,
            "stream": True,
            "messages": [{"role": "user", "content": f"Who rides free, case {case}?"}],
        }
        began = time.monotonic()
        response = await self.client.post("/v1/chat/completions", json=body, timeout=60)
        took_s = time.monotonic() - began
        if response.status_code != 200:
            return Seen(case, [("answer.failed", {"state": "failed", **response.json()["error"]})], took_s)
        events: list[tuple[str, dict[str, Any]]] = []
        for block in response.text.split("\n\n"):
            name, data = _fields(block)
            if name == "error":
                events.append(("answer.failed", {"state": "failed", **json.loads(data)["error"]}))
            elif data == "[DONE]":
                events.append(("answer.completed", {"state": "completed"}))
            elif data:
                said = [each["delta"].get("content") for each in json.loads(data)["choices"]]
                events += [("answer.delta", {"text": each}) for each in said if each]
        return Seen(case, events, took_s)

    def case_of(self, record: Record) -> int:
        """Return of which case the provider was asked."""
        place = list(self.providers[0].log.newest())[::-1].index(record)
        return _case(self.providers[0].requests[place])

    async def entries(self) -> dict[str, Entry]:
        """Return the ledger's entry of each call that came to a provider; each is there, and over."""
        found: dict[str, Entry] = {}
        for record in (each for provider in self.providers for each in provider.log.newest()):
            if record.client_request_id is None:
                continue  # it was asked past the gateway, for its bytes
            found[record.client_request_id] = await self.house.ledger.entry(self.scope, record.client_request_id)
        return found

    async def reserved(self) -> int:
        """Return how many tokens are still reserved, of whatever call."""
        balances = [balance for _, balance in await self.house.ledger.budgets(self.scope)]
        assert balances
        return sum(balance.reserved.tokens for balance in balances)


@asynccontextmanager
async def rigged(home: Path, *wires: str, patience: float = 1) -> AsyncIterator[Rig]:
    """Open a house whose model is the first wire's provider, and then the next one's where it fails.

    Each has `patience` times as long as the deadlines say.
    """
    async with AsyncExitStack() as closing:
        providers = [closing.enter_context(serve()) for _ in wires]
        limits = {f"limit_{each}": 0 for each in ("address", "key", "read", "write", "ask")}
        settings = read_settings(home=home, model="none", log_level="error", **limits)
        opened = await closing.enter_async_context(open_house(settings, work=True))
        stops = tuple(
            Stop(
                model=WIRES[wire],
                base_url=provider.url + ("/v1" if wire == "openai" else ""),
                api_key=SecretStr("good-key"),
            )
            for wire, provider in zip(wires, providers, strict=True)
        )
        model = WIRES[wires[0]] if len(wires) == 1 else "route:r"
        told = ModelSettings(
            model=model,
            routes=Courses({"r": stops}),
            base_url=stops[0].base_url,
            api_key=stops[0].api_key,
            first_event_timeout_s=FIRST_S * patience,
            idle_timeout_s=IDLE_S * patience,
            total_timeout_s=TOTAL_S * patience,
            prices=",".join(f"{each}=1/3" for each in WIRES.values()),
        )
        models = Models(told, {}, Discovery(model, ()), opened.ledger, _patient)
        drafters = Drafters(Remembering(opened.retrieval, opened.library), opened.embedder, models)
        house = replace(opened, models=models, answers=Answers(opened.database, drafters, opened.assistants))
        closing.push_async_callback(house.answers.close)
        client = await closing.enter_async_context(signed_in(house))
        await add(client, "rules.md", RULES)
        scope = await house.owner()
        budget = Budget("", Subject.TENANT, scope.tenant, Period.TOTAL, None, 10**12)
        await house.ledger.set_budget(scope, budget)
        rig = Rig(house, client, scope, providers)
        for number in range(len(providers)):
            rig.script(lambda _: fine(), number)
        await _warm(rig)
        yield rig


async def _warm(rig: Rig) -> None:
    """Have each provider asked once, so that no case's time goes into what its library imports."""
    await rig.answers([0])
    for number in range(len(rig.providers) - 1):
        rig.script(lambda _: fine(drop_at_byte=0), number)
        await rig.answers([0])
    for number in range(len(rig.providers) - 1):
        rig.script(lambda _: fine(), number)


def _case(body: dict[str, Any]) -> int:
    found = _CASE.search(json.dumps(body["messages"]))
    assert found, body
    return int(found[1])


def _patient(name: str, limits: Sequence[Limit]) -> Line:
    return Line(name, limits, policy=BreakerPolicy(least=1_000_000, in_a_row=1_000_000))


async def _some_at_once(work: Any) -> list[Seen]:
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(each: Any) -> Seen:
        async with gate:
            return await each

    return await asyncio.gather(*(one(each) for each in work))


def _events(text: str) -> list[tuple[str, dict[str, Any]]]:
    fields = [_fields(block) for block in text.split("\n\n")]
    return [(name, json.loads(data)) for name, data in fields if name]


def _fields(block: str) -> tuple[str, str]:
    found = dict(line.split(": ", 1) for line in block.split("\n") if ": " in line and not line.startswith(":"))
    return found.get("event", ""), found.get("data", "")


def body_of(rig: Rig, wire: str) -> bytes:
    """Return the body that the provider streams where nothing breaks: it is asked again what it was asked first."""
    path = "/v1/chat/completions" if wire == "openai" else "/v1/messages"
    keyed = {"Authorization": "Bearer good-key", "x-api-key": "good-key"}
    (provider, *_) = rig.providers
    return httpx2.post(provider.url + path, json=provider.requests[0], headers=keyed, timeout=20).content
