"""A model that breaks off amid an answer, and another that begins anew: every client sees one whole answer, or none."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from tests.doubles.provider import Provider, serve
from tests.flow.conftest import add, client_with_model, signed_in
from tests.flow.test_answers import RULES

from pincite.answers.domain import Answer, AnswerEvent
from pincite.answers.shapes import so_far
from pincite.app.settings import read_settings
from pincite.app.wiring import House, open_house
from pincite.core import utc_now

HALF = (
    "Tickets cost 80 kroner and are sold on board by the mate [1]. Dogs travel free of charge [1]. "
    "Dogs must be kept on a lead on deck [1]. And then it goes on and on without"
)
WHOLE = "The ferry to Hven leaves the northern quay at nine every morning [1]. Dogs travel free of charge [1]."
QUESTION = {"question": "When does the ferry leave?", "stream": True}


@pytest.fixture
def second() -> Iterator[Provider]:
    with serve() as running:
        yield running


@pytest.fixture(params=["mark", "drop"])
async def house(
    request: pytest.FixtureRequest, pincite_home: Path, provider: Provider, second: Provider
) -> AsyncIterator[House]:
    for each in (provider, second):
        each.behaviour.keys = frozenset({"none"})
    routes = pincite_home / "routes.toml"
    routes.write_text(
        f'[[routes.r]]\nmodel = "openai:test-model"\nbase_url = "{provider.url}/v1"\n'
        f'[[routes.r]]\nmodel = "anthropic:claude-haiku-4-5"\nbase_url = "{second.url}"\n'
    )
    settings = read_settings(
        home=pincite_home, model="route:r", model_routes=routes, log_level="error", unsupported=request.param
    )
    async with open_house(settings, work=True) as opened:
        yield opened


@pytest.fixture
async def client(house: House) -> AsyncIterator[httpx2.AsyncClient]:
    async with signed_in(house) as opened:
        await add(opened, "rules.md", RULES)
        yield opened


async def _events(client: httpx2.AsyncClient, answer_id: str) -> list[tuple[str, dict[str, Any]]]:
    response = await client.get(f"/v1/answers/{answer_id}/events", timeout=60)
    found: list[tuple[str, dict[str, Any]]] = []
    for block in response.text.split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines() if ": " in line and not line.startswith(":"))
        if "id" in fields:
            found.append((fields["event"], json.loads(fields["data"])))
    return found


async def test_an_answer_is_of_one_model_and_clients_are_told_to_begin_anew(
    client: httpx2.AsyncClient, provider: Provider, second: Provider
) -> None:
    provider.behaviour.reply, provider.behaviour.drop_after = HALF, 38
    second.behaviour.reply = WHOLE
    begun = (await client.post("/v1/answers", json=QUESTION)).json()
    events = await _events(client, begun["id"])
    names = [name for name, _ in events]
    assert names.count("answer.restarted") == 1
    anew = names.index("answer.restarted")
    assert "answer.delta" in names[:anew], "some of the first was shown"
    assert "answer.pin" in names[:anew]
    assert events[anew][1]["reason"]
    answer = events[-1][1]
    assert events[-1][0] == "answer.completed"
    text = "".join(data["text"] for name, data in events[anew:] if name == "answer.delta")
    assert answer["answer"] == text
    assert answer["answer"].startswith("The ferry to Hven leaves")
    assert "Tickets" not in answer["answer"]
    assert answer["model"] == "anthropic:claude-haiku-4-5"
    assert len(answer["pins"]) == 2 == names[anew:].count("answer.pin")
    for pin in answer["pins"]:
        start, end = pin["claim"]
        assert answer["answer"][start:end].strip()
    read = (await client.get(f"/v1/answers/{begun['id']}")).json()
    assert (read["answer"], len(read["pins"]), read["dropped_sentences"]) == (text, 2, answer["dropped_sentences"])


async def test_while_it_runs_what_is_void_is_not_read(
    client: httpx2.AsyncClient, house: House, provider: Provider, second: Provider
) -> None:
    provider.behaviour.reply, provider.behaviour.drop_after = HALF, 38
    second.behaviour.reply, second.behaviour.piece_delay_s = WHOLE, 0.05
    begun = (await client.post("/v1/answers", json=QUESTION)).json()
    owner = await house.owner()
    async for event in house.answers.events(owner, begun["id"]):
        if event.name == "answer.restarted":
            break
    await asyncio.sleep(0.3)
    read = (await client.get(f"/v1/answers/{begun['id']}")).json()
    assert read["state"] == "running"
    assert "Tickets" not in read["answer"]
    assert (await house.answers.wait(owner, begun["id"])).text.startswith("The ferry to Hven")


@pytest.mark.parametrize("asked", ["chat", "response"])
async def test_a_models_own_reply_is_taken_over_only_while_nothing_of_it_was_told(
    client: httpx2.AsyncClient, provider: Provider, second: Provider, asked: str
) -> None:
    provider.behaviour.reply, provider.behaviour.drop_after = HALF, 38
    second.behaviour.reply = WHOLE
    path, body = {
        "chat": ("/v1/chat/completions", {"messages": [{"role": "user", "content": "When?"}]}),
        "response": ("/v1/responses", {"input": "When?"}),
    }[asked]
    body = {"model": "route:r", **body}
    whole = await client.post(path, json=body, timeout=60)
    assert whole.status_code == 200
    assert "The ferry to Hven leaves" in whole.text
    assert "Tickets" not in whole.text
    before = len(second.requests)
    streamed = (await client.post(path, json={**body, "stream": True}, timeout=60)).text
    assert "cost" in streamed
    assert "quay" not in streamed
    assert "broke off" in streamed or "was cut" in streamed
    assert len(second.requests) == before, "what could not be told is not paid for"


async def test_where_both_fail_the_answer_does(
    client: httpx2.AsyncClient, provider: Provider, second: Provider
) -> None:
    provider.behaviour.fail_times = second.behaviour.fail_times = 9
    answer = (await client.post("/v1/answers", json={**QUESTION, "stream": False}, timeout=60)).json()
    assert answer["state"] == "failed"
    assert answer["problem"]["code"] == "model-failed"
    assert answer["problem"]["remedy"]


async def test_where_too_much_is_asked_a_question_is_turned_away_with_when_to_come_again(
    pincite_home: Path, provider: Provider
) -> None:
    provider.behaviour.reply = WHOLE
    given = {"model_limits": "requests=6/min", "model_timeout_s": 30}
    async with client_with_model(pincite_home, provider, **given) as client:
        await add(client, "rules.md", RULES)
        answered = (await client.post("/v1/answers", json={**QUESTION, "stream": False}, timeout=60)).json()
        assert answered["state"] == "completed"
        waits = (await client.post("/v1/answers", json=QUESTION)).json()
        while not (await client.post("/v1/answers", json=QUESTION)).is_error:
            await asyncio.sleep(0.05)
        refused = await client.post("/v1/answers", json=QUESTION)
        assert refused.status_code == 503
        assert refused.json()["code"] == "overloaded"
        assert 12 <= int(refused.headers["Retry-After"]) <= 60
        assert refused.json()["remedy"].startswith("Try again in ")
        quoted = await client.post("/v1/answers", json={**QUESTION, "model": "none", "stream": False}, timeout=60)
        assert quoted.json()["state"] == "completed", "what needs no model is answered"
        assert (await client.post(f"/v1/answers/{waits['id']}/cancel")).status_code == 202


def test_text_before_a_restart_does_not_count() -> None:
    answer = Answer(id="a", conversation="c", question="Who?", created_at=utc_now())
    events = [
        AnswerEvent(1, "answer.delta", {"text": "Half"}),
        AnswerEvent(2, "answer.restarted", {"reason": "it broke off"}),
        AnswerEvent(3, "answer.delta", {"text": "Whole"}),
    ]
    assert so_far(answer, events).text == "Whole"
    assert so_far(answer, events[:2]).text == ""
