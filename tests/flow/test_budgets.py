"""Budgets and spending over HTTP and from the command line: what is used up stops answers, and who sees what."""

import asyncio
import csv
import io
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from tests.doubles.provider import Provider
from tests.flow.conftest import add, client_with_model, house_with_model, signed_in
from typer.testing import CliRunner

from pincite.app.cli.main import app

TEXT = b"# Ferry\n\nThe ferry leaves at nine in the morning. Dogs travel free of charge.\n"
QUESTION = {"question": "When does the ferry leave?"}
PRICES = "openai:test-model=1/3"


@pytest.fixture
async def client(pincite_home: Path, provider: Provider) -> AsyncIterator[httpx2.AsyncClient]:
    async with client_with_model(pincite_home, provider, model_prices=PRICES) as opened:
        await add(opened, "ferry.md", TEXT)
        yield opened


async def ask(client: httpx2.AsyncClient) -> dict[str, Any]:
    return (await client.post("/v1/answers", json=QUESTION, timeout=60)).json()


async def test_what_an_answer_costs_is_in_the_ledger_to_the_last_digit(client: httpx2.AsyncClient) -> None:
    answer = await ask(client)
    (line,) = (await client.get("/v1/usage/costs")).json()["items"]
    used = answer["usage"]
    assert (line["calls"], line["answers"], line["running"], line["unpriced"]) == (1, 1, 0, 0)
    assert (line["input_tokens"], line["output_tokens"]) == (used["input_tokens"], used["output_tokens"])
    assert line["cost_usd"] == line["cost_per_answer_usd"] == pytest.approx(answer["cost_usd"], abs=1e-12)
    (by_stage,) = (await client.get("/v1/usage/costs", params={"by": ["model", "stage"]})).json()["items"]
    assert by_stage["of"] == {"model": "openai:test-model", "stage": "answer"}
    sheet = await client.get("/v1/usage/costs.csv", params={"by": "model"})
    (row,) = csv.DictReader(io.StringIO(sheet.text))
    assert (row["model"], float(row["cost_usd"])) == ("openai:test-model", line["cost_usd"])
    assert "attachment" in sheet.headers["content-disposition"]


@pytest.mark.parametrize("end", ["failed", "cancelled"])
async def test_an_answer_that_came_to_no_end_says_what_was_spent_on_it(
    client: httpx2.AsyncClient, provider: Provider, end: str
) -> None:
    if end == "failed":
        provider.behaviour.drop_after = 2
        answer = await ask(client)
    else:
        provider.behaviour.stall_at_byte = 600
        begun = (await client.post("/v1/answers", json={**QUESTION, "stream": True})).json()
        async with asyncio.timeout(20):
            while not provider.requests:
                await asyncio.sleep(0.05)
            await client.post(f"/v1/answers/{begun['id']}/cancel")
            while (answer := (await client.get(f"/v1/answers/{begun['id']}")).json())["state"] == "running":
                await asyncio.sleep(0.05)
    assert answer["state"] == end
    (line,) = (await client.get("/v1/usage/costs", params={"answer": answer["id"]})).json()["items"]
    assert line["cost_usd"] > 0
    assert answer["cost_usd"] == pytest.approx(line["cost_usd"], abs=1e-12)
    assert answer["usage"]["input_tokens"] == line["input_tokens"]
    assert answer["usage"]["estimated"]
    assert (await client.get("/v1/usage/costs", params={"answer": "another"})).json()["items"] == []


async def test_a_budget_that_is_used_up_stops_answers_and_says_until_when(client: httpx2.AsyncClient) -> None:
    assert (await ask(client))["state"] == "completed"
    wanted = {"subject": "tenant", "period": "day", "limit_usd": 0.0001}
    made = (await client.post("/v1/budgets", json=wanted)).json()
    assert made["spent"]["usd"] > 0
    refused = await ask(client)
    assert (refused["state"], refused["problem"]["code"]) == ("failed", "budget-exceeded")
    assert "$0.0001 a day for the whole organisation has $0.00 left" in refused["problem"]["message"]
    assert "begins anew" in refused["problem"]["remedy"]
    (listed,) = (await client.get("/v1/budgets")).json()["items"]
    assert listed == made
    assert (await client.delete(f"/v1/budgets/{made['id']}")).status_code == 204
    assert (await ask(client))["state"] == "completed"


async def test_a_budget_that_is_none_is_refused_with_what_to_do(client: httpx2.AsyncClient) -> None:
    for wrong in (
        {"subject": "tenant", "period": "day"},
        {"subject": "user", "period": "day", "limit_usd": 1},
        {"subject": "tenant", "period": "week", "limit_usd": 1},
        {"subject": "tenant", "period": "day", "limit_usd": -1},
        {"subject": "tenant", "period": "day", "limit_usd": 1, "warn_percent": 0},
    ):
        refused = await client.post("/v1/budgets", json=wrong)
        assert refused.status_code == 422, wrong
        assert refused.json()["remedy"]
    for subject in ("user", "key", "assistant"):
        nobody = {"subject": subject, "subject_id": "nobody", "period": "day", "limit_usd": 1}
        assert (await client.post("/v1/budgets", json=nobody)).status_code == 404, subject
    assert (await client.get("/v1/budgets")).json()["items"] == []


async def test_each_sees_what_they_spent_and_an_admin_all(pincite_home: Path, provider: Provider) -> None:
    async with house_with_model(pincite_home, provider, model_prices=PRICES) as house, signed_in(house) as owner:
        document = await add(owner, "ferry.md", TEXT)
        await ask(owner)
        user, _ = await house.people.invite(await house.owner(), name="Vera", role="viewer")
        theirs = await house.accounts.create_key(await house.owner(), "vera", user=user.id)
        await owner.put(f"/v1/documents/{document['id']}/grants/user/{user.id}", json={"level": "viewer"})
        headers = {"Authorization": f"Bearer {theirs.secret}"}
        for _ in range(2):
            await owner.post("/v1/answers", json=QUESTION, headers=headers)
        everyones = (await owner.get("/v1/usage/costs", params={"by": "user"})).json()["items"]
        assert sorted(each["calls"] for each in everyones) == [1, 2]
        (own,) = (await owner.get("/v1/usage/costs", headers=headers)).json()["items"]
        assert own["calls"] == 2
        assert (await owner.get("/v1/budgets", headers=headers)).status_code == 403
        # A key's own budget stops that key, and nobody else.
        wanted = {"subject": "key", "subject_id": theirs.key.id, "period": "total", "limit_tokens": 1}
        assert (await owner.post("/v1/budgets", json=wanted)).status_code == 200
        stopped = (await owner.post("/v1/answers", json=QUESTION, headers=headers)).json()
        assert stopped["problem"]["code"] == "budget-exceeded"
        assert (await ask(owner))["state"] == "completed"


def test_budgets_and_spending_from_the_command_line(pincite_home: Path, provider: Provider) -> None:
    async def spend() -> str:
        async with client_with_model(pincite_home, provider, model_prices=PRICES) as client:
            await add(client, "ferry.md", TEXT)
            return (await ask(client))["id"]

    answer = asyncio.run(spend())
    env = {"PINCITE_HOME": str(pincite_home), "PINCITE_MODEL": "none"}

    def run(*words: str) -> str:
        result = CliRunner().invoke(app, list(words), env=env)
        assert result.exit_code == 0, result.output
        return result.stdout

    (line,) = json.loads(run("usage", "--by", "stage", "--json"))["items"]
    assert (line["of"], line["calls"]) == ({"stage": "answer"}, 1)
    assert json.loads(run("usage", "--by", "stage", "--answer", answer, "--json"))["items"] == [line]
    assert json.loads(run("usage", "--answer", "another", "--json"))["items"] == []
    assert "openai:test-model" in run("usage")
    assert run("usage", "--csv").startswith("model,calls,")
    made = json.loads(run("budgets", "set", "tenant", "--usd", "5", "--period", "day", "--json"))
    assert "$5.00 a day" in made["bound"]
    assert "tenant" in run("budgets", "list")
    run("budgets", "remove", made["id"])
    assert json.loads(run("budgets", "list", "--json")) == {"items": []}
    key = json.loads(run("keys", "create", "robot", "--json"))
    for name in ("robot", key["id"]):
        run("budgets", "set", "key", name, "--usd", "1")
        (of_key,) = json.loads(run("budgets", "list", "--json"))["items"]
        assert of_key["subject_id"] == key["id"]
    assert "robot" in run("budgets", "list")
    assert "tests" in run("usage", "--by", "key")
    nobody = CliRunner().invoke(app, ["budgets", "set", "key", "robto", "--usd", "1"], env=env)
    assert nobody.exit_code == 4
    assert "There is no key 'robto'" in nobody.output
    wrong = CliRunner().invoke(app, ["budgets", "set", "tenant", "--usd", "much"], env=env)
    assert wrong.exit_code == 2
    assert "Give a number" in wrong.output


async def test_where_nobody_says_how_long_a_reply_may_be_it_may_be_as_long_as_the_budget_bears(
    client: httpx2.AsyncClient, provider: Provider
) -> None:
    body = {"model": "openai:test-model", "messages": [{"role": "user", "content": "Say something."}]}
    told: list[int | None] = []
    for limit_usd in (1.0, 0.1, 0.02, 0.006):
        await client.post("/v1/budgets", json={"subject": "tenant", "period": "day", "limit_usd": limit_usd})
        assert (await client.post("/v1/chat/completions", json=body, timeout=60)).status_code == 200
        told.append(provider.requests[-1].get("max_completion_tokens", provider.requests[-1].get("max_tokens")))
    assert told == [None, 16_384, 4_096, 1_024]
    await client.post("/v1/budgets", json={"subject": "tenant", "period": "day", "limit_usd": 0.001})
    refused = await client.post("/v1/chat/completions", json=body, timeout=60)
    assert (refused.status_code, refused.json()["error"]["code"]) == (429, "insufficient_quota")
