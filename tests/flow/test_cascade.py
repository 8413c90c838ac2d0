"""The cheap tier begins, and the strong one answers in its place where that is not enough; both are told and paid."""

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx2
import pytest
from tests.doubles.provider import Provider, serve
from tests.flow.conftest import add, signed_in
from tests.flow.test_answers import RULES

from pincite.answers.question_kind import Wants
from pincite.app.settings import read_settings
from pincite.app.wiring import House, open_house
from pincite.gateway.cascade import QuestionKind
from pincite.ledger import Budget, Period, Subject

CHEAP, STRONG = "openai:test-model", "anthropic:claude-haiku-4-5"
GOOD = "The ferry to Hven leaves the northern quay at nine every morning [1]."
INVENTED = "The captain was born in Malmo in 1961 [1]. Whales may be seen from the upper deck in spring [1]."
REFUSED = "The documents do not say."
QUESTION = "When does the ferry to Hven leave the northern quay?"


@pytest.fixture
def strong() -> Iterator[Provider]:
    with serve() as running:
        yield running


class World:
    """A house with a cascade over two providers, and a client of it."""

    def __init__(self, house: House, client: httpx2.AsyncClient) -> None:
        self.house = house
        self.client = client

    async def ask(self, question: str = QUESTION, **more: Any) -> dict[str, Any]:
        return (await self.client.post("/v1/answers", json={"question": question, **more}, timeout=60)).json()

    async def names(self, answer_id: str) -> list[str]:
        told = (await self.client.get(f"/v1/answers/{answer_id}/events", timeout=60)).text
        return [line.removeprefix("event: ") for line in told.splitlines() if line.startswith("event: ")]

    async def spent_usd(self) -> float:
        lines = (await self.client.get("/v1/usage/costs?by=model")).json()["items"]
        return sum(each["cost_usd"] for each in lines)


@pytest.fixture(params=["mark", "drop"])
def unsupported(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def rules() -> str:
    return ""


@pytest.fixture
async def world(
    pincite_home: Path, provider: Provider, strong: Provider, unsupported: str, rules: str
) -> AsyncIterator[World]:
    for each in (provider, strong):
        each.behaviour.keys, each.behaviour.reply = frozenset({"none"}), GOOD
    routes = pincite_home / "routes.toml"
    routes.write_text(
        f'[[routes.r]]\nmodel = "{CHEAP}"\ntier = "cheap"\nbase_url = "{provider.url}/v1"\n'
        f'[[routes.r]]\nmodel = "{STRONG}"\ntier = "strong"\nbase_url = "{strong.url}"\n[cascades.r]\n{rules}'
    )
    settings = read_settings(
        home=pincite_home,
        model="route:r",
        model_routes=routes,
        model_prices=f"{CHEAP}=1/2,{STRONG}=10/20",
        log_level="error",
        unsupported=unsupported,
    )
    async with AsyncExitStack() as opened:
        house = await opened.enter_async_context(open_house(settings, work=True))
        client = await opened.enter_async_context(signed_in(house))
        await add(client, "rules.md", RULES)
        yield World(house, client)


async def test_what_is_enough_stays_with_the_cheap_tier(world: World, strong: Provider) -> None:
    answer = await world.ask()
    assert (answer["model"], answer["answer"]) == (CHEAP, GOOD.replace(" [1]", ""))
    assert strong.requests == []


@pytest.mark.parametrize("said", [INVENTED, REFUSED])
async def test_what_no_passage_carries_and_a_refusal_against_them_are_answered_anew(
    world: World, provider: Provider, said: str
) -> None:
    provider.behaviour.reply = said
    answer = await world.ask()
    assert (answer["model"], answer["answer"]) == (STRONG, GOOD.replace(" [1]", ""))
    assert [each["verdict"] for each in answer["pins"]] == ["supported"]
    assert not answer["abstained"]
    assert answer["dropped_sentences"] == 0
    names = await world.names(answer["id"])
    assert names.count("answer.restarted") == 1
    assert answer["cost_usd"] == pytest.approx(await world.spent_usd()), "both are paid, and both are told"


async def test_where_the_strong_one_cannot_begin_what_there_is_stands(
    world: World, provider: Provider, strong: Provider
) -> None:
    provider.behaviour.reply = REFUSED
    strong.behaviour.status, strong.behaviour.fail_times = 401, 9
    answer = await world.ask()
    assert (answer["state"], answer["answer"], answer["model"]) == ("completed", REFUSED, CHEAP)
    assert "answer.restarted" not in await world.names(answer["id"])


async def test_where_the_strong_one_breaks_off_no_half_answer_is_shown_as_whole(
    world: World, provider: Provider, strong: Provider
) -> None:
    provider.behaviour.reply = REFUSED
    strong.behaviour.drop_after = 3
    answer = await world.ask()
    assert answer["state"] == "failed"
    assert REFUSED not in answer["answer"], "no answer is of two models"


async def test_what_the_strong_one_wrote_because_the_cheap_one_could_not_stands(
    world: World, provider: Provider, strong: Provider
) -> None:
    provider.behaviour.status, provider.behaviour.fail_times = 401, 9
    strong.behaviour.reply = REFUSED
    answer = await world.ask()
    assert (answer["model"], answer["answer"], len(strong.requests)) == (STRONG, REFUSED, 1)


async def test_the_tier_that_is_asked_for_answers_and_no_other(world: World, provider: Provider) -> None:
    provider.behaviour.reply = REFUSED
    assert (await world.ask(tier="cheap"))["answer"] == REFUSED
    asked = len(provider.requests)
    assert (await world.ask(tier="strong"))["model"] == STRONG
    assert len(provider.requests) == asked
    assert (await world.client.post("/v1/answers", json={"question": QUESTION, "tier": "best"})).status_code == 422


async def test_openai_clients_are_shown_nothing_that_is_taken_back(world: World, provider: Provider) -> None:
    provider.behaviour.reply = INVENTED
    body = {"model": "pincite/default", "stream": True, "messages": [{"role": "user", "content": QUESTION}]}
    told = (await world.client.post("/v1/chat/completions", json=body, timeout=60)).text
    chunks = [json.loads(line[6:]) for line in told.splitlines() if line.startswith("data: {")]
    text = "".join(each["choices"][0]["delta"].get("content") or "" for each in chunks if each["choices"])
    assert text == GOOD.replace(" [1]", "")
    assert "error" not in told
    provider.behaviour.reply = GOOD
    again = (await world.client.post("/v1/chat/completions", json=body, timeout=60)).text
    assert "northern quay" in again


async def test_a_budget_that_asks_for_the_cheaper_tier_keeps_to_it(
    world: World, provider: Provider, strong: Provider
) -> None:
    provider.behaviour.reply = REFUSED
    owner = await world.house.owner()
    await world.house.ledger.set_budget(
        owner, Budget("", Subject.TENANT, owner.tenant, Period.DAY, None, 100_000, cheaper_percent=1)
    )
    answer = await world.ask()
    assert (answer["state"], answer["answer"]) == ("completed", REFUSED)
    assert strong.requests == []


@pytest.mark.parametrize(
    "rules", ['questions = ["time"]', "min_confidence = 1.0", 'tenants = ["01"]', "doubt_refusals = 1.0"]
)
@pytest.mark.parametrize("unsupported", ["mark"])
async def test_rules_of_the_route_say_who_is_asked_at_once(
    world: World, provider: Provider, strong: Provider, rules: str
) -> None:
    provider.behaviour.reply = REFUSED
    answer = await world.ask()
    if rules.startswith("doubt"):
        assert (answer["model"], len(strong.requests)) == (CHEAP, 0), "a refusal is never doubted"
    elif rules.startswith("tenants"):
        assert (answer["model"], len(provider.requests)) == (STRONG, 1), "another tenant's plan is not this one's"
    else:
        assert (answer["model"], len(provider.requests)) == (STRONG, 0)
        assert "answer.restarted" not in await world.names(answer["id"])


def test_kinds_of_questions_have_one_name() -> None:
    assert set(QuestionKind.__args__) == {each.value for each in Wants}
