"""Replies of a model itself that are stored: followed again from any event, left, stopped, read elsewhere, deleted."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import openai
import pytest
from tests.doubles.provider import Provider
from tests.flow.conftest import add, house_with_model
from tests.flow.openai_clients import HANDBOOK, QUESTION, Clients, clients_of, opened
from tests.flow.test_openai_tools import HELLO, PARAMETERS, TOOLS, calling

from pincite.app.simulation.log import State
from pincite.app.wiring import House, open_house

ASSISTANT, RAW = "pincite/default", "openai:test-model"
REPLY = "The ferry leaves at nine. Dogs travel free of charge. Bicycles cost four euros."


@pytest.fixture
async def house_here(pincite_home: Path, provider: Provider) -> AsyncIterator[House]:
    provider.behaviour.reply = REPLY
    async with house_with_model(pincite_home, provider) as house:
        yield house


@pytest.fixture
async def clients(house_here: House) -> AsyncIterator[Clients]:
    async with opened(house_here) as found:
        yield found


def told(events: Sequence[Any]) -> list[tuple[int, str, Any]]:
    """Return what events tell, but for what a response repeats of the request for it."""
    return [(each.sequence_number, each.type, getattr(each, "delta", None)) for each in events]


@pytest.mark.parametrize("model", [RAW, ASSISTANT])
async def test_it_is_followed_again_from_every_event(clients: Clients, provider: Provider, model: str) -> None:
    if model == ASSISTANT:
        provider.behaviour.reply = "Dogs travel free of charge [1]. The ferry leaves at nine [1]."
        async with clients.http() as plain:
            await add(plain, "ferries.md", HANDBOOK)
    provider.behaviour.piece_delay_s = 0.03
    create = clients.whole.responses.create
    first = [each async for each in await create(model=model, input=QUESTION, stream=True, store=True)]
    id_ = first[0].response.id
    assert first[-1].type == "response.completed"
    assert sum(each.type == "response.output_text.delta" for each in first) > 3
    for number in range(-1, len(first)):
        again = await clients.whole.responses.retrieve(id_, stream=True, starting_after=number)
        assert told([each async for each in again]) == told(first[number + 1 :])
    whole = await clients.whole.responses.retrieve(id_)
    assert (whole.status, whole.model) == ("completed", model)
    assert whole.output_text == first[-1].response.output_text
    assert whole.usage == first[-1].response.usage
    assert len(provider.requests) == 1


async def test_it_goes_on_without_its_reader_and_several_watch(clients: Clients, provider: Provider) -> None:
    provider.behaviour.piece_delay_s = 0.1
    seen: list[Any] = []
    stream = await clients.whole.responses.create(model=RAW, input=QUESTION, stream=True, background=True)
    async for event in stream:
        seen.append(event)
        if event.type == "response.output_text.delta":
            break
    await stream.close()
    id_ = seen[0].response.id

    async def rest(number: int) -> list[Any]:
        events = await clients.whole.responses.retrieve(id_, stream=True, starting_after=number)
        return [each async for each in events]

    last = seen[-1].sequence_number
    one, other, all_of_it = await asyncio.gather(rest(last), rest(last), rest(-1))
    assert told(one) == told(other)
    assert told(all_of_it) == told([*seen, *one])
    assert one[-1].response.output_text == REPLY
    assert [each.state for each in provider.log.newest()] == [State.DONE]


async def test_stopping_it_stops_its_provider(clients: Clients, provider: Provider) -> None:
    provider.behaviour.piece_delay_s = 0.3
    begun = await clients.whole.responses.create(model=RAW, input=QUESTION, background=True)
    assert begun.status == "in_progress"
    async with asyncio.timeout(20):
        while not (await clients.whole.responses.retrieve(begun.id)).output_text:
            await asyncio.sleep(0.05)
    stopped = await clients.whole.responses.cancel(begun.id)
    assert stopped.status == "cancelled"
    assert REPLY.startswith(stopped.output_text)
    assert stopped.output_text != REPLY
    async with asyncio.timeout(5):
        while next(provider.log.newest()).state is State.RUNNING:
            await asyncio.sleep(0.05)
    assert next(provider.log.newest()).state is State.CUT


async def test_it_is_no_conversation_and_goes_when_it_is_deleted(clients: Clients) -> None:
    kept = await clients.whole.responses.create(model=RAW, input=QUESTION, store=True)
    loose = await clients.whole.responses.create(model=RAW, input=QUESTION)
    async with clients.http() as plain:
        assert (await plain.get("/v1/conversations")).json()["items"] == []
        answer = (await plain.get(f"/v1/answers/{kept.id}")).json()
        assert (answer["mode"], answer["pins"], answer["answer"]) == ("reply", [], REPLY)
        home = answer["conversation"]
        assert (await plain.get(f"/v1/conversations/{home}")).status_code == 404
        asked = await plain.post("/v1/answers", json={"question": "And?", "conversation": home})
        assert asked.status_code == 404
    for id_ in (loose.id, "0" * 32):
        for call in (clients.whole.responses.retrieve, clients.whole.responses.delete):
            with pytest.raises(openai.NotFoundError):
                await call(id_)
    await clients.whole.responses.delete(kept.id)
    with pytest.raises(openai.NotFoundError):
        await clients.whole.responses.retrieve(kept.id)


async def test_one_of_several_answers_goes_with_its_conversation_alone(clients: Clients) -> None:
    first = await clients.whole.responses.create(model=ASSISTANT, input=QUESTION)
    await clients.whole.responses.create(model=ASSISTANT, input="And cats?", previous_response_id=first.id)
    with pytest.raises(openai.ConflictError, match="DELETE /v1/conversations/"):
        await clients.whole.responses.delete(first.id)
    assert (await clients.whole.responses.retrieve(first.id)).id == first.id
    alone = await clients.whole.responses.create(model=ASSISTANT, input=QUESTION)
    await clients.whole.responses.delete(alone.id)
    with pytest.raises(openai.NotFoundError):
        await clients.whole.responses.retrieve(alone.id)


async def test_of_others_it_is_not_there(house_here: House, clients: Clients) -> None:
    mine = await clients.whole.responses.create(model=RAW, input=QUESTION, store=True)
    rival = await house_here.accounts.create_key((await house_here.accounts.create_tenant("Rival")).scope, "theirs")
    _, token = await house_here.people.invite(await house_here.owner(), name="Ada", role="admin")
    assert token is not None
    session = await house_here.accounts.redeem(token)
    hers = await house_here.accounts.create_key(
        await house_here.accounts.authenticate(bearer=None, session=session), "hers"
    )
    for key in (rival.secret, hers.secret):
        async with clients_of(clients.url, key) as theirs, theirs.http() as plain:
            for method, path in (("GET", ""), ("GET", "?stream=true"), ("DELETE", ""), ("POST", "/cancel")):
                there = await plain.request(method, f"/v1/responses/{mine.id}{path}")
                never = await plain.request(method, f"/v1/responses/{'0' * 32}{path}")
                assert (there.status_code, there.content) == (404, never.content)
    assert (await clients.whole.responses.retrieve(mine.id)).output_text == REPLY


async def test_calls_and_why_it_ended_are_kept_in_both_protocols(clients: Clients, provider: Provider) -> None:
    calling(provider, "Oslo", "Rome")
    chat = await clients.whole.chat.completions.create(model=RAW, messages=HELLO, tools=TOOLS, store=True)
    again = await clients.whole.chat.completions.retrieve(chat.id)
    assert again.choices == chat.choices
    assert again.usage == chat.usage
    assert chat.choices[0].finish_reason == "tool_calls"
    assert [json.loads(each.function.arguments)["city"] for each in again.choices[0].message.tool_calls] == [
        "Oslo",
        "Rome",
    ]
    stream = await clients.whole.chat.completions.create(
        model=RAW, messages=HELLO, tools=TOOLS, store=True, stream=True, stream_options={"include_usage": True}
    )
    chunks = [each async for each in stream]
    assert chunks[-2].choices[0].finish_reason == "tool_calls"
    assert chunks[-1].usage == chat.usage
    tool = {"type": "function", "name": "weather", "parameters": PARAMETERS}
    response = await clients.whole.responses.create(model=RAW, input="Oslo? Rome?", tools=[tool], store=True)
    kept = await clients.whole.responses.retrieve(response.id)
    assert [each.type for each in kept.output] == ["function_call", "function_call"]
    assert kept.output == response.output
    provider.behaviour.raw = None
    provider.behaviour.finish = "length"
    cut = await clients.whole.responses.create(model=RAW, input=QUESTION, store=True, max_output_tokens=30)
    assert (cut.status, cut.incomplete_details.reason) == ("incomplete", "max_output_tokens")
    assert (await clients.whole.responses.retrieve(cut.id)).status == "incomplete"


async def test_what_fails_is_kept_as_failed(clients: Clients, provider: Provider) -> None:
    provider.behaviour.drop_after = 4
    stream = await clients.whole.responses.create(model=RAW, input=QUESTION, store=True, stream=True)
    events = [each async for each in stream]
    assert events[-1].type == "response.failed"
    kept = await clients.whole.responses.retrieve(events[0].response.id)
    assert (kept.status, kept.error.message) == ("failed", events[-1].response.error.message)


@pytest.mark.postgres
async def test_it_is_followed_from_another_process(pincite_home: Path, provider: Provider, postgres_url: str) -> None:
    provider.behaviour.reply, provider.behaviour.piece_delay_s = REPLY, 0.1
    async with (
        house_with_model(pincite_home, provider, database_url=postgres_url) as house,
        opened(house) as here,
        open_house(house.settings) as elsewhere,
        opened(elsewhere) as there,
    ):
        begun = await here.whole.responses.create(model=RAW, input=QUESTION, background=True)
        events = await there.whole.responses.retrieve(begun.id, stream=True)
        assert "".join([each.delta async for each in events if each.type == "response.output_text.delta"]) == REPLY
        slow = await here.whole.responses.create(model=RAW, input=QUESTION, background=True)
        assert (await there.whole.responses.cancel(slow.id)).status == "cancelled"
