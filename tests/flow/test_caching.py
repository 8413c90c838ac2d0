"""Kept replies through the whole application: the same question costs once, and what is gone is given to nobody."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from sqlalchemy import text
from tests.doubles.provider import Provider
from tests.flow.conftest import add, client_with_model, house_with_model, signed_in
from typer.testing import CliRunner

from pincite.app.cli.main import app
from pincite.app.erasing import Eraser
from pincite.app.wiring import House

TEXT = b"# Ferry\n\nThe ferry leaves at nine in the morning. Dogs travel free of charge.\n"
REPLY = "The ferry leaves at nine in the morning [1]."
QUESTION = {"question": "When does the ferry leave?"}
PRICES = "openai:test-model=1/3"
RAW = {"model": "openai:test-model", "messages": [{"role": "user", "content": "Ferries?"}], "temperature": 0}


@pytest.fixture
async def house(pincite_home: Path, provider: Provider) -> AsyncIterator[House]:
    provider.behaviour.reply = REPLY
    async with house_with_model(pincite_home, provider, model_prices=PRICES, model_cache="exact") as opened:
        yield opened


@pytest.fixture
async def client(house: House) -> AsyncIterator[httpx2.AsyncClient]:
    async with signed_in(house) as opened:
        yield opened


async def ask(client: httpx2.AsyncClient, **more: Any) -> dict[str, Any]:
    return (await client.post("/v1/answers", json={**QUESTION, **more}, timeout=60)).json()


async def kept(house: House) -> int:
    flights = [each for each in asyncio.all_tasks() if each.get_name() == "flight"]
    if flights:  # a reply is kept when its end was told
        await asyncio.wait(flights)
    async with house.database.read(await house.owner()) as session:
        return await session.scalar(text("SELECT count(*) FROM gateway_replies")) or 0


async def test_the_same_question_is_paid_once_and_what_that_saved_is_shown(
    client: httpx2.AsyncClient, provider: Provider
) -> None:
    await add(client, "ferry.md", TEXT)
    first, second = await ask(client), await ask(client)
    assert (first["cached"], second["cached"], second["cached_question"]) == (False, True, None)
    assert second["id"] != first["id"]
    assert (second["answer"], second["pins"]) == (first["answer"], first["pins"])
    assert second["pins"][0]["verdict"] == "supported"
    assert (second["cost_usd"], second["usage"]["input_tokens"]) == (0, 0)
    assert len(provider.requests) == 1
    (line,) = (await client.get("/v1/usage/costs")).json()["items"]
    assert (line["calls"], line["hits"], line["answers"]) == (1, 1, 2)
    assert line["cost_usd"] == line["saved"]["replies_usd"] == pytest.approx(first["cost_usd"], abs=1e-12)
    assert (line["saved"]["prompts_usd"], line["saved"]["routing_usd"]) == (0, 0)
    sheet = (await client.get("/v1/usage/costs.csv")).text.splitlines()
    saved = ["saved_by_replies_usd", "saved_by_prompts_usd", "saved_by_routing_usd"]
    assert sheet[0].split(",")[-6:] == ["cost_usd", "answers", "answers_cost_usd", *saved]
    assert not (await ask(client, fresh=True))["cached"]
    assert len(provider.requests) == 2


async def test_a_budget_that_is_used_up_does_not_stand_against_what_costs_nothing(client: httpx2.AsyncClient) -> None:
    await add(client, "ferry.md", TEXT)
    await ask(client)
    await client.post("/v1/budgets", json={"subject": "tenant", "period": "day", "limit_usd": 0.000001})
    assert (await ask(client))["cached"]
    assert (await ask(client, fresh=True))["problem"]["code"] == "budget-exceeded"


async def test_openais_clients_say_what_may_be_kept(client: httpx2.AsyncClient, provider: Provider) -> None:
    async def reply(control: str | None = None, **more: Any) -> dict[str, Any]:
        headers = {} if control is None else {"Cache-Control": control}
        return (await client.post("/v1/chat/completions", json={**RAW, **more}, headers=headers)).json()

    assert "cached" not in (await reply("no-store"))["usage"]
    assert "cached" not in (await reply())["usage"], "nothing was kept"
    again = await reply()
    assert again["choices"][0]["message"]["content"] == REPLY
    assert (again["usage"]["cached"], again["usage"]["total_tokens"], again["usage"]["cost_usd"]) == (True, 0, 0)
    assert "cached" not in (await reply("no-cache"))["usage"]
    assert "cached" not in (await reply(temperature=0.5))["usage"]
    assert len(provider.requests) == 4
    asked = {"model": "openai:test-model", "input": "Ferries?", "temperature": 0}
    response = (await client.post("/v1/responses", json=asked)).json()
    assert (response["usage"]["cached"], response["usage"]["total_tokens"]) == (True, 0)
    for _ in range(2):
        lines = (await client.post("/v1/chat/completions", json={**RAW, "stream": True})).text
        assert "".join(REPLY.split()) in "".join(_told(lines).split())


def _told(stream: str) -> str:
    parts = [json.loads(line[6:]) for line in stream.splitlines() if line.startswith("data: {")]
    return "".join(part["choices"][0]["delta"].get("content") or "" for part in parts if part["choices"])


async def test_a_document_that_is_taken_out_takes_the_replies_with_it(house: House, client: httpx2.AsyncClient) -> None:
    document = await add(client, "ferry.md", TEXT)
    await ask(client)
    assert await kept(house) == 1
    assert (await client.delete(f"/v1/documents/{document['id']}")).status_code in {202, 204}
    await house.ingest.finish_removal(await house.owner(), document["id"])
    assert await kept(house) == 0


async def test_erasing_takes_them_also_where_none_are_kept_any_more(pincite_home: Path, provider: Provider) -> None:
    async with house_with_model(pincite_home, provider, model_cache="exact") as house, signed_in(house) as client:
        document = await add(client, "ferry.md", TEXT)
        await ask(client)
        dry = await Eraser(house).document(await house.owner(), document["id"], dry_run=True)
        assert dry.rows["gateway_replies"] == await kept(house) == 1
    async with house_with_model(pincite_home, provider) as house:
        await Eraser(house).document(await house.owner(), document["id"])
        assert await kept(house) == 0


async def test_who_may_read_other_passages_is_given_no_reply_to_these(
    house: House, client: httpx2.AsyncClient, provider: Provider
) -> None:
    secret = await add(client, "secret.md", b"# Ferry\n\nThe ferry leaves at nine, but nobody may know.\n")
    shared = await add(client, "ferry.md", TEXT)
    await ask(client)
    user, _ = await house.people.invite(await house.owner(), name="Vera", role="viewer")
    key = await house.accounts.create_key(await house.owner(), "vera", user=user.id)
    headers = {"Authorization": f"Bearer {key.secret}"}
    await client.put(f"/v1/documents/{shared['id']}/grants/user/{user.id}", json={"level": "viewer"})
    theirs = (await client.post("/v1/answers", json=QUESTION, headers=headers, timeout=60)).json()
    assert (theirs["state"], theirs["cached"]) == ("completed", False)
    assert secret["id"] not in str(theirs)
    assert "nobody may know" not in str(provider.requests[-1])


def test_the_command_line_says_what_was_saved(pincite_home: Path, provider: Provider) -> None:
    async def spend() -> None:
        async with client_with_model(pincite_home, provider, model_prices=PRICES, model_cache="exact") as client:
            for _ in range(3):
                await client.post("/v1/chat/completions", json=RAW)

    asyncio.run(spend())
    env = {"PINCITE_HOME": str(pincite_home), "PINCITE_MODEL": "none"}
    (line,) = json.loads(CliRunner().invoke(app, ["usage", "--json"], env=env).stdout)["items"]
    assert (line["calls"], line["hits"]) == (1, 2)
    assert line["saved"]["replies_usd"] == pytest.approx(2 * line["cost_usd"])
    said = " ".join(CliRunner().invoke(app, ["usage"], env=env).stdout.split())
    assert re.search(r"Saved: \$0\.\d+ by 2 replies that were kept and given again\.", said), said
