"""Answers over HTTP: streams that resume anywhere, cancels, follow-ups, models that misbehave."""

import asyncio
import json
from collections.abc import AsyncIterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx2
import pytest
from tests.doubles.provider import Provider
from tests.flow.conftest import add, house_with_model, signed_in

from pincite.app.wiring import House
from pincite.core.scope import EVERY_TENANT

RULES = b"""# Ferry rules

The ferry to Hven leaves the northern quay at nine every morning.
Tickets cost 80 kroner and are sold on board by the mate.

# Dogs

Dogs travel free of charge but must be kept on a lead on deck.
"""


@pytest.fixture
async def model_house(pincite_home: Path, provider: Provider) -> AsyncIterator[House]:
    async with house_with_model(pincite_home, provider) as opened:
        yield opened


@pytest.fixture
async def model_client(model_house: House) -> AsyncIterator[httpx2.AsyncClient]:
    async with signed_in(model_house) as opened:
        await add(opened, "rules.md", RULES)
        yield opened


async def _events(client: httpx2.AsyncClient, answer_id: str, after: int = 0) -> list[tuple[int, str, dict[str, Any]]]:
    response = await client.get(
        f"/v1/answers/{answer_id}/events", headers={"Last-Event-ID": str(after)} if after else {}, timeout=60
    )
    assert response.status_code == 200
    events: list[tuple[int, str, dict[str, Any]]] = []
    for block in response.text.split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines() if ": " in line and not line.startswith(":"))
        if "id" in fields:
            events.append((int(fields["id"]), fields["event"], json.loads(fields["data"])))
    return events


def _checked(answer: dict[str, Any]) -> None:
    """Every claim slices the answer at its place and no marker is left."""
    assert "[" not in answer["answer"]
    for pin in answer["pins"]:
        start, end = pin["claim"]
        assert answer["answer"][start:end].strip()
        for span in pin["spans"]:
            assert span["quote"]


async def test_a_model_answers_with_pins(model_client: httpx2.AsyncClient, provider: Provider) -> None:
    provider.behaviour.reply = "The ferry leaves at nine every morning [1]. Tickets cost 95 kroner [1]. It is red [7]."
    answer = (await model_client.post("/v1/answers", json={"question": "When does the ferry leave?"})).json()
    assert answer["state"] == "completed"
    assert answer["mode"] == "model"
    _checked(answer)
    verdicts = [pin["verdict"] for pin in answer["pins"]]
    assert verdicts[0] == "supported"
    assert verdicts[1] != "supported", "another figure is not supported"
    assert verdicts[2] == "unsupported"
    assert answer["dropped_markers"] == 1
    assert answer["usage"]["output_tokens"] > 0


async def test_the_stream_resumes_at_every_event(model_client: httpx2.AsyncClient) -> None:
    body = {"question": "When does the ferry leave?", "stream": True}
    begun = await model_client.post("/v1/answers", json=body)
    assert begun.status_code == 202
    answer_id = begun.json()["id"]
    whole = await _events(model_client, answer_id)
    assert [seq for seq, _, _ in whole] == list(range(1, len(whole) + 1))
    assert whole[0][1] == "answer.started"
    assert sum(name in {"answer.completed", "answer.failed"} for _, name, _ in whole) == 1
    text = "".join(data["text"] for _, name, data in whole if name == "answer.delta")
    assert text == whole[-1][2]["answer"]
    for after in range(len(whole)):
        assert await _events(model_client, answer_id, after) == whole[after:]
    assert await _events(model_client, answer_id, len(whole)) == [], "one who has seen the end is not kept waiting"


async def test_a_cancel_stops_the_provider_and_keeps_the_text(
    model_client: httpx2.AsyncClient, model_house: House, provider: Provider
) -> None:
    provider.behaviour.reply = "A long story goes on and on. " * 200
    provider.behaviour.piece_delay_s = 0.02
    begun = (await model_client.post("/v1/answers", json={"question": "When does it leave?", "stream": True})).json()
    told = ""
    async for event in model_house.answers.events(await model_house.owner(), begun["id"]):
        told += event.data.get("text", "")
        if told.startswith("A long story"):
            break
    began = asyncio.get_running_loop().time()
    assert (await model_client.post(f"/v1/answers/{begun['id']}/cancel")).status_code == 202
    events = await _events(model_client, begun["id"])
    assert asyncio.get_running_loop().time() - began < 2
    assert events[-1][1] == "answer.failed"
    answer = (await model_client.get(f"/v1/answers/{begun['id']}")).json()
    assert answer["state"] == "cancelled"
    assert answer["answer"].startswith(told)
    assert answer["problem"]["code"] == "cancelled"
    async with asyncio.timeout(3):
        while not provider.closed_early:
            await asyncio.sleep(0.05)


@pytest.mark.parametrize("change", [{"drop_after": 4}, {"status": 500, "fail_times": 9}, {"html": True}])
async def test_a_failing_model_ends_the_answer_once(
    model_client: httpx2.AsyncClient, provider: Provider, change: dict[str, Any]
) -> None:
    for name, value in change.items():
        setattr(provider.behaviour, name, value)
    answer = (await model_client.post("/v1/answers", json={"question": "When does the ferry leave?"})).json()
    assert answer["state"] == "failed"
    assert answer["problem"]["remedy"]
    events = await _events(model_client, answer["id"])
    assert [name for _, name, _ in events].count("answer.failed") == 1


async def test_a_models_answer_says_how_sure_the_documents_make_it(
    model_client: httpx2.AsyncClient, provider: Provider
) -> None:
    provider.behaviour.reply = "The ferry leaves at nine every morning [1]."
    known, other = [
        (await model_client.post("/v1/answers", json={"question": question})).json()
        for question in ("When does the ferry leave?", "Which whales sing beneath Antarctic glaciers?")
    ]
    assert 0 <= other["confidence"] < known["confidence"] <= 1
    assert "judge" in known["timings_ms"]


async def test_the_model_may_say_that_the_documents_do_not_say(
    model_client: httpx2.AsyncClient, provider: Provider
) -> None:
    provider.behaviour.reply = "The documents do not say."
    answer = (await model_client.post("/v1/answers", json={"question": "Who built the ferry?"})).json()
    assert answer["abstained"]
    assert answer["reason"] == "model-declined"
    assert answer["nearest"]
    for near in answer["nearest"]:
        page = (await model_client.get(f"/v1/passages/{near['revision']}/{near['page']}")).json()
        assert page["text"][near["start"] : near["end"]] == near["quote"]
    assert answer["pins"] == []


async def test_a_follow_up_uses_the_turns_before(model_client: httpx2.AsyncClient, provider: Provider) -> None:
    first = (await model_client.post("/v1/answers", json={"question": "When does the ferry leave?"})).json()
    follow_up = {"question": "And what does it cost?", "conversation": first["conversation"], "model": "none"}
    second = (await model_client.post("/v1/answers", json=follow_up)).json()
    assert "80 kroner" in second["answer"]
    conversation = (await model_client.get(f"/v1/conversations/{first['conversation']}")).json()
    assert [turn["id"] for turn in conversation["answers"]] == [first["id"], second["id"]]
    assert conversation["title"] == "When does the ferry leave?"
    assert (await model_client.delete(f"/v1/conversations/{first['conversation']}")).status_code == 204
    assert (await model_client.get(f"/v1/answers/{first['id']}")).status_code == 404


async def test_text_in_a_document_cannot_close_the_fence(model_client: httpx2.AsyncClient, provider: Provider) -> None:
    await model_client.post("/v1/answers", json={"question": "When does the ferry leave?"})
    prompt = provider.requests[-1]["messages"][-1]["content"]
    await model_client.post("/v1/answers", json={"question": "When does the ferry leave?"})
    again = provider.requests[-1]["messages"][-1]["content"]
    assert prompt.split("\n")[0] != again.split("\n")[0], "the fence is new for each request"


async def test_another_asker_sees_nothing(model_client: httpx2.AsyncClient, model_house: House) -> None:
    from pincite.core import NotFound, Scope

    answer = (await model_client.post("/v1/answers", json={"question": "When does the ferry leave?"})).json()
    stranger = Scope("another-tenant", "somebody")
    with pytest.raises(NotFound):
        await model_house.answers.get(stranger, answer["id"])
    with pytest.raises(NotFound):
        await anext(model_house.answers.events(stranger, answer["id"]))
    assert await model_house.answers.conversations(stranger) == []


@pytest.mark.parametrize("seen", ["\u00b2", "9" * 5000, "-1", "x", "1e3"])
async def test_a_last_event_id_that_is_none_is_refused(client: httpx2.AsyncClient, seen: str) -> None:
    answer = (await client.post("/v1/answers", json={"question": "When does the ferry leave?"})).json()
    response = await client.get(f"/v1/answers/{answer['id']}/events", headers=[(b"Last-Event-ID", seen.encode())])
    assert response.status_code == 422
    assert response.json()["code"] == "invalid-input"
    assert response.json()["remedy"] == "Leave it out to start from the beginning."


async def test_other_text_beside_the_abstention_is_pinned(model_client: httpx2.AsyncClient, provider: Provider) -> None:
    provider.behaviour.reply = "The documents do not say. The ferry leaves at nine every morning [1]."
    answer = (await model_client.post("/v1/answers", json={"question": "Who built the ferry?"})).json()
    assert not answer["abstained"]
    assert [answer["answer"][slice(*pin["claim"])] for pin in answer["pins"]] == [
        "The ferry leaves at nine every morning."
    ]


async def test_a_stopped_answer_has_its_timings(model_client: httpx2.AsyncClient, provider: Provider) -> None:
    provider.behaviour.piece_delay_s = 0.1
    begun = (await model_client.post("/v1/answers", json={"question": "When does it leave?", "stream": True})).json()
    async with asyncio.timeout(20):
        while not provider.requests:
            await asyncio.sleep(0.02)
    await asyncio.sleep(0.2)
    await model_client.post(f"/v1/answers/{begun['id']}/cancel")
    await _events(model_client, begun["id"])
    answer = (await model_client.get(f"/v1/answers/{begun['id']}")).json()
    assert {"retrieve", "generate", "total"} <= answer["timings_ms"].keys()


@pytest.mark.parametrize("wait_s", [0.0, 0.005, 0.02, 0.05, 0.11, 0.3])
async def test_a_cancel_at_any_moment_leaves_a_whole_log(
    model_client: httpx2.AsyncClient, provider: Provider, wait_s: float
) -> None:
    provider.behaviour.piece_delay_s = 0.002
    begun = (await model_client.post("/v1/answers", json={"question": "When does it leave?", "stream": True})).json()
    await asyncio.sleep(wait_s)
    for _ in range(3):
        await model_client.post(f"/v1/answers/{begun['id']}/cancel")
    events = await _events(model_client, begun["id"])
    assert [seq for seq, _, _ in events] == list(range(1, len(events) + 1))
    assert sum(name in {"answer.completed", "answer.failed"} for _, name, _ in events) == 1
    answer = (await model_client.get(f"/v1/answers/{begun['id']}")).json()
    assert "".join(data["text"] for _, name, data in events if name == "answer.delta") == answer["answer"]
    assert answer["state"] in {"cancelled", "completed"}


async def test_text_appears_while_the_model_pauses(
    model_client: httpx2.AsyncClient, model_house: House, provider: Provider
) -> None:
    provider.behaviour.reply = "The ferry leaves at nine every morning [1]."
    provider.behaviour.piece_delay_s = 0.3
    begun = (await model_client.post("/v1/answers", json={"question": "When does it leave?", "stream": True})).json()
    scope, began = await model_house.owner(), asyncio.get_running_loop().time()
    arrivals: list[float] = []
    async for event in model_house.answers.events(scope, begun["id"]):
        if event.name == "answer.delta":
            arrivals.append(asyncio.get_running_loop().time() - began)
        if len(arrivals) == 4:
            break
    await model_client.post(f"/v1/answers/{begun['id']}/cancel")
    gaps = [later - earlier for earlier, later in pairwise(arrivals)]
    # A blank is held back until it is sure that no marker follows: two pieces a gap, never a whole sentence.
    assert all(0.1 < gap < 2 for gap in gaps), gaps


async def test_answers_of_a_dead_process_are_ended_and_others_left(house: House) -> None:
    from datetime import timedelta

    from sqlalchemy import update

    from pincite.answers import store
    from pincite.answers.domain import Answer, AnswerEvent, Conversation
    from pincite.answers.tables import AnswerRow
    from pincite.core import new_id, utc_now

    scope, now = await house.owner(), utc_now()
    old = now - timedelta(minutes=5)
    conversation = Conversation(new_id(), "Who?", old, old, 0)
    dead = Answer(id=new_id(), conversation=conversation.id, question="Who?", created_at=old)
    written = [
        AnswerEvent(1, "answer.started", {"id": dead.id}),
        AnswerEvent(2, "answer.delta", {"text": "So "}),
        AnswerEvent(3, "answer.delta", {"text": "far"}),
    ]
    alive = Answer(id=new_id(), conversation=conversation.id, question="Who else?", created_at=now)
    async with house.database.transaction(EVERY_TENANT) as session:
        await store.add_conversation(session, scope, conversation)
        await store.add_answer(session, scope, dead, "a-process-that-is-gone")
        await session.execute(update(AnswerRow).where(AnswerRow.id == dead.id).values(beat_at=old))
        await store.append(session, dead.id, written)
        await store.add_answer(session, scope, alive, "a-process-that-lives")
    assert await house.answers.recover() <= 1
    ended = await house.answers.wait(scope, dead.id)
    assert ended.state == "failed"
    assert ended.problem is not None
    assert ended.problem.code == "interrupted"
    assert ended.text == "So far"
    assert (await house.answers.get(scope, alive.id)).state == "running"
    log = [(event.seq, event.name) async for event in house.answers.events(scope, dead.id, after=2)]
    assert log == [(3, "answer.delta"), (4, "answer.failed")]
