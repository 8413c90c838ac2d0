"""Answers that are given again to a question that means the same, and all that must keep them from being given."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest
from sqlalchemy import text
from tests.doubles.provider import Provider
from tests.flow.conftest import add, client_with_model, house_with_model, settled, signed_in, upload
from typer.testing import CliRunner

from pincite.app.answering import made_by
from pincite.app.cli.main import app
from pincite.app.erasing import Eraser
from pincite.app.settings import read_settings
from pincite.app.wiring import House

TEXT = b"# Ferry\n\nThe ferry leaves at nine in the morning. Dogs travel free of charge.\n"
OTHER = b"# Bus\n\nThe bus to the harbour is red, and stops at the mill.\n"
REPLY = "The ferry leaves at nine in the morning [1]."
FIRST, SAME = "When does the ferry leave?", "At what time does the ferry leave?"
PRICES = "openai:test-model=1/3"


@pytest.fixture
async def house(pincite_home: Path, provider: Provider) -> AsyncIterator[House]:
    provider.behaviour.reply = REPLY
    async with house_with_model(pincite_home, provider, model_prices=PRICES, model_cache="semantic") as opened:
        yield opened


@pytest.fixture
async def client(house: House) -> AsyncIterator[httpx2.AsyncClient]:
    async with signed_in(house) as opened:
        yield opened


async def ask(client: httpx2.AsyncClient, question: str, headers: Any = None, **more: Any) -> dict[str, Any]:
    body = {"question": question, **more}
    return (await client.post("/v1/answers", json=body, headers=headers, timeout=60)).json()


async def somebody(house: House, name: str) -> tuple[str, dict[str, str]]:
    """Invite a viewer; returns their id and what their requests are sent with."""
    owner = await house.owner()
    user, _ = await house.people.invite(owner, name=name, role="viewer")
    key = await house.accounts.create_key(owner, name, user=user.id)
    return user.id, {"Authorization": f"Bearer {key.secret}"}


async def test_a_question_that_means_the_same_is_answered_for_nothing(
    client: httpx2.AsyncClient, provider: Provider
) -> None:
    await add(client, "ferry.md", TEXT)
    first = await ask(client, FIRST)
    again = await ask(client, SAME)
    assert len(provider.requests) == 1
    assert (first["cached"], again["cached"], again["cached_question"]) == (False, True, FIRST)
    assert again["conversation"] != first["conversation"]
    for name in ("answer", "pins", "older", "confidence", "model", "mode"):
        assert again[name] == first[name], name
    assert (again["cost_usd"], again["usage"]["input_tokens"], again["question"]) == (0, 0, SAME)
    assert ("recall" in first["timings_ms"], set(again["timings_ms"])) == (True, {"recall", "total"})
    events = (await client.get(f"/v1/answers/{again['id']}/events")).text
    for name in ("answer.started", "retrieval.completed", "answer.delta", "answer.pin", "answer.completed"):
        assert f"event: {name}" in events
    (line,) = (await client.get("/v1/usage/costs")).json()["items"]
    assert (line["calls"], line["hits"], line["answers"]) == (1, 1, 2)
    assert line["saved"]["replies_usd"] == pytest.approx(line["cost_usd"], abs=1e-12)
    anew = await ask(client, SAME, fresh=True)
    assert (anew["cached"], len(provider.requests)) == (False, 2)


async def test_an_assistants_answers_are_given_again_by_it_alone(
    client: httpx2.AsyncClient, provider: Provider
) -> None:
    await add(client, "ferry.md", TEXT)
    for name in ("mate", "bosun"):
        wanted = {"name": name, "instructions": f"You are {name}.", "model": "openai:test-model"}
        assert (await client.post("/v1/assistants", json=wanted)).status_code == 201
    for asker in ({"assistant": "mate"}, {"assistant": "bosun"}, {}):
        assert not (await ask(client, FIRST, **asker))["cached"]
        again = await ask(client, SAME, **asker)
        assert again["cached"]
        assert (again["assistant"] or {}).get("name") == asker.get("assistant")
    by = (await client.get("/v1/usage/costs", params={"by": "assistant"})).json()["items"]
    assert [each["hits"] for each in by] == [1, 1, 1]
    await client.patch("/v1/assistants/mate", json={"instructions": "Be long."})
    assert not (await ask(client, SAME, assistant="mate"))["cached"]
    assert (await ask(client, FIRST, assistant="mate"))["cached"]
    await client.patch("/v1/assistants/mate", json={"likeness": 0.99})
    assert not (await ask(client, FIRST, assistant="mate"))["cached"]
    otherwise = "At which time does the ferry leave?"
    assert not (await ask(client, otherwise, assistant="mate"))["cached"], "it must be nearly the same words"
    assert (await ask(client, FIRST, assistant="mate"))["cached"]


NOT_THE_SAME = [
    "When does the ferry not leave?",
    "When does the bus leave?",
    "When does the ferry arrive?",
    "Where does the ferry leave?",
    "When does the first ferry leave?",
    "When does ferry 2 leave?",
    "When did the ferry leave?",
    "When does my ferry leave?",
    "When does it leave?",
    "When does the ferry of ada@example.com leave?",
]


async def test_what_means_something_else_or_is_somebodys_own_is_asked(
    client: httpx2.AsyncClient, subtests: pytest.Subtests
) -> None:
    await add(client, "ferry.md", TEXT)
    await ask(client, FIRST)
    for question in NOT_THE_SAME:
        with subtests.test(question=question):
            assert not (await ask(client, question))["cached"]


async def test_what_is_somebodys_own_is_kept_for_nobody(house: House, client: httpx2.AsyncClient) -> None:
    await add(client, "ferry.md", TEXT)
    for question in ("When does my ferry leave?", "When does the ferry of ada@example.com leave?", "And when does it?"):
        await ask(client, question)
    begun = await ask(client, FIRST)
    await ask(client, "When do dogs travel?", conversation=begun["conversation"])
    async with house.database.read(await house.owner()) as session:
        kept = (await session.scalars(text("SELECT answer FROM answers_asked"))).all()
    assert list(kept) == [begun["id"]], "a first question alone, that is nobody's own"


@pytest.mark.parametrize("reply", ["The documents do not say.", "The moon is made of cheese [1].", ""])
async def test_what_is_no_answer_is_kept_for_nobody(client: httpx2.AsyncClient, provider: Provider, reply: str) -> None:
    await add(client, "ferry.md", TEXT)
    provider.behaviour.reply = reply
    await ask(client, FIRST)
    provider.behaviour.reply = REPLY
    assert not (await ask(client, SAME))["cached"]


async def test_who_sees_the_same_documents_is_given_the_answer_of_another(
    house: House, client: httpx2.AsyncClient
) -> None:
    document = await add(client, "ferry.md", TEXT)
    first = await ask(client, FIRST)
    vera, headers = await somebody(house, "Vera")
    assert not (await ask(client, SAME, headers))["cached"], "nothing is granted"
    await client.put(f"/v1/documents/{document['id']}/grants/user/{vera}", json={"level": "viewer"})
    theirs = await ask(client, SAME, headers)
    assert (theirs["cached"], theirs["answer"]) == (True, first["answer"])
    listed = (await client.get("/v1/conversations", headers=headers)).json()["items"]
    assert [each["title"] for each in listed] == [SAME, SAME]
    # Whoever loses the document loses the answer, though it was given before.
    await client.delete(f"/v1/documents/{document['id']}/grants/user/{vera}")
    lost = (await client.get(f"/v1/answers/{theirs['id']}", headers=headers)).json()
    assert (lost["problem"]["code"], lost["answer"], lost["cached_question"]) == ("withheld", "", None)


async def _more(house: House, client: httpx2.AsyncClient, document: str) -> None:
    await add(client, "bus.md", OTHER)


async def _anew(house: House, client: httpx2.AsyncClient, document: str) -> None:
    await settled(client, (await upload(client, "ferry.md", TEXT + b"\nOn Sundays at ten.\n")).json()["items"][0]["id"])


async def _gone(house: House, client: httpx2.AsyncClient, document: str) -> None:
    await client.delete(f"/v1/documents/{document}")


async def _covered(house: House, client: httpx2.AsyncClient, document: str) -> None:
    (collection,) = (await client.get("/v1/collections")).json()["items"]
    changed = await client.patch(f"/v1/collections/{collection['id']}", json={"personal_data": "mask-answers"})
    assert changed.status_code == 200, changed.text


async def _indexed(house: House, client: httpx2.AsyncClient, document: str) -> None:
    await house.ingest.reindex(await house.owner(), progress=lambda _: None)


CHANGES: list[Callable[[House, httpx2.AsyncClient, str], Awaitable[None]]] = [_more, _anew, _gone, _covered, _indexed]


@pytest.mark.parametrize("change", CHANGES, ids=lambda each: each.__name__)
async def test_whatever_changes_in_what_is_seen_nothing_stale_is_given(
    house: House, client: httpx2.AsyncClient, change: Callable[[House, httpx2.AsyncClient, str], Awaitable[None]]
) -> None:
    document = await add(client, "ferry.md", TEXT)
    await ask(client, FIRST)
    assert (await ask(client, SAME))["cached_question"] == FIRST
    await change(house, client, document["id"])
    assert not (await ask(client, SAME))["cached"]


async def test_who_is_granted_more_or_less_than_the_first_asker_is_given_nothing(
    house: House, client: httpx2.AsyncClient
) -> None:
    ferry, bus = await add(client, "ferry.md", TEXT), await add(client, "bus.md", OTHER)
    people = {name: await somebody(house, name) for name in ("Vera", "Wim", "Xenia", "Yara")}
    grants = {"Vera": (ferry,), "Wim": (ferry, bus), "Xenia": (bus,), "Yara": (ferry,)}
    for name, documents in grants.items():
        for each in documents:
            where = f"/v1/documents/{each['id']}/grants/user/{people[name][0]}"
            assert (await client.put(where, json={"level": "viewer"})).status_code < 300
    assert not (await ask(client, FIRST, people["Vera"][1]))["cached"]
    for name in ("Wim", "Xenia"):
        assert not (await ask(client, SAME, people[name][1]))["cached"], name
    assert (await ask(client, SAME, people["Vera"][1]))["cached_question"] == FIRST
    yara = await ask(client, SAME, people["Yara"][1])
    assert (yara["cached"], yara["cached_question"]) == (True, None), "how another put it stays theirs"


async def test_another_collection_is_another_question(client: httpx2.AsyncClient) -> None:
    await add(client, "ferry.md", TEXT)
    (collection,) = (await client.get("/v1/collections")).json()["items"]
    await ask(client, FIRST)
    assert not (await ask(client, SAME, collections=[collection["id"]]))["cached"]


async def test_another_tenant_is_given_nothing(house: House, client: httpx2.AsyncClient) -> None:
    await add(client, "ferry.md", TEXT)
    await ask(client, FIRST)
    owner = await house.owner()
    async with house.database.transaction(owner) as session:
        await session.execute(text("UPDATE answers_asked SET tenant = 'other'"))
    assert not (await ask(client, SAME))["cached"]


async def test_it_goes_with_its_conversation_and_with_its_document(house: House, client: httpx2.AsyncClient) -> None:
    document = await add(client, "ferry.md", TEXT)
    first = await ask(client, FIRST)
    await client.delete(f"/v1/conversations/{first['conversation']}")
    assert not (await ask(client, SAME))["cached"]
    report = await Eraser(house).document(await house.owner(), document["id"])
    assert report.rows["answers_asked"] == 1
    async with house.database.read(await house.owner()) as session:
        assert await session.scalar(text("SELECT count(*) FROM answers_asked")) == 0


@pytest.mark.parametrize("cache", ["off", "exact"])
async def test_nothing_is_given_again_where_nobody_wants_it(pincite_home: Path, provider: Provider, cache: str) -> None:
    provider.behaviour.reply = REPLY
    async with client_with_model(pincite_home, provider, model_cache=cache) as client:
        await add(client, "ferry.md", TEXT)
        await ask(client, FIRST)
        assert not (await ask(client, SAME))["cached"]


def test_other_settings_make_other_answers(pincite_home: Path) -> None:
    plain = read_settings(home=pincite_home)
    assert made_by(plain) == made_by(read_settings(home=pincite_home, port=9000, log_level="error"))
    assert made_by(plain) != made_by(read_settings(home=pincite_home, passage_tokens=300))
    assert made_by(plain) != made_by(read_settings(home=pincite_home, unsupported="drop"))


def test_the_command_line_says_that_it_was_answered_before(pincite_home: Path, provider: Provider) -> None:
    async def begin() -> None:
        async with client_with_model(pincite_home, provider, model_cache="semantic") as client:
            await add(client, "ferry.md", TEXT)
            await ask(client, FIRST)

    provider.behaviour.reply = REPLY
    asyncio.run(begin())
    env = {
        "PINCITE_HOME": str(pincite_home),
        "PINCITE_MODEL": "openai:test-model",
        "PINCITE_MODEL_BASE_URL": f"{provider.url}/v1",
        "PINCITE_MODEL_API_KEY": "good-key",
        "PINCITE_MODEL_CACHE": "semantic",
    }
    said = [CliRunner().invoke(app, ["ask", SAME, *more], env=env).stdout for more in ((), ("--fresh",))]
    assert "This was answered before to “When does the ferry leave?”" in " ".join(said[0].split())
    assert "answered before" not in said[1]


@pytest.mark.postgres
async def test_it_is_the_same_on_postgres(pincite_home: Path, provider: Provider, postgres_url: str) -> None:
    provider.behaviour.reply = REPLY
    given = {"database_url": postgres_url, "model_cache": "semantic"}
    async with client_with_model(pincite_home, provider, **given) as client:
        await add(client, "ferry.md", TEXT)
        await ask(client, FIRST)
        assert (await ask(client, SAME))["cached_question"] == FIRST
        assert (await ask(client, FIRST))["cached_question"] is None
        assert len(provider.requests) == 1
        (line,) = (await client.get("/v1/usage/costs")).json()["items"]
        assert (line["calls"], line["hits"]) == (1, 2)
        await add(client, "bus.md", OTHER)
        assert not (await ask(client, SAME))["cached"]
