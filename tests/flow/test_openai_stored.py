"""Replies of a model itself that are stored: followed again from any event, left, stopped, read elsewhere, deleted."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import openai
import pytest
from tests.doubles.provider import Provider, serve
from tests.flow.conftest import add, house_with_model
from tests.flow.openai_clients import HANDBOOK, QUESTION, Clients, clients_of, opened
from tests.flow.test_openai_tools import HELLO, PARAMETERS, TOOLS, calling

from pincite.app.settings import read_settings
from pincite.app.simulation.log import State
from pincite.app.wiring import House, open_house
from pincite.core import utc_now
from pincite.core.errors import OnHold

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


@asynccontextmanager
async def routed(home: Path, routes: Path) -> AsyncIterator[House]:
    """Open a house whose model is the route `r` of a file."""
    settings = read_settings(home=home, model="route:r", model_routes=routes, log_level="error")
    async with open_house(settings) as opened_house:
        yield opened_house


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
    asked = len(provider.requests)
    with pytest.raises(openai.BadRequestError):  # what stays as it is, clients do not ask for again
        await clients.whole.chat.completions.retrieve(kept.id)
    assert len(provider.requests) == asked


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


@pytest.mark.parametrize("store", [False, True])
async def test_what_may_not_be_asked_or_shown_is_refused_alike(
    pincite_home: Path, provider: Provider, tmp_path: Path, store: bool
) -> None:
    phrases = tmp_path / "phrases.txt"
    phrases.write_text("walrus recipe\n")
    asked = [{"role": "user", "content": "Of the walrus recipe."}, {"role": "user", "content": "Tell me."}]
    async with house_with_model(pincite_home, provider, moderation_phrases=phrases) as house, opened(house) as clients:
        for stream in (False, True):
            with pytest.raises(openai.BadRequestError) as refused:
                await clients.whole.chat.completions.create(model=RAW, messages=asked, store=store, stream=stream)
            assert refused.value.code == "question-refused"
        assert provider.requests == []
        provider.behaviour.reply = "This is a walrus recipe: none."
        for stream in (False, True):
            with pytest.raises(openai.BadRequestError) as hidden:
                await clients.whole.chat.completions.create(model=RAW, messages=HELLO, store=store, stream=stream)
            assert hidden.value.code == "answer-refused"
        assert len(provider.requests) == 2, "what was refused is not asked again by the client"
        text = b'data: {"choices": [{"index": 0, "delta": {"content": "A walrus recipe."}}]}\n\n'
        calling(provider, "Oslo")
        provider.behaviour.raw = (text, *(provider.behaviour.raw or ()))
        if store:
            begun = await clients.whole.responses.create(
                model=RAW, input="Oslo?", tools=[{"type": "function", "name": "weather"}], background=True
            )
            async with asyncio.timeout(20), clients.http() as plain:
                while (kept := (await plain.get(f"/v1/answers/{begun.id}")).json())["state"] == "running":
                    await asyncio.sleep(0.05)
            assert (kept["state"], kept["answer"], kept["ended"]) == ("failed", "", None)


@pytest.mark.parametrize("store", [False, True])
async def test_what_fails_at_once_fails_alike(clients: Clients, provider: Provider, store: bool) -> None:
    create = clients.whole.chat.completions.create
    async with clients.http() as plain:
        budget = {"subject": "tenant", "period": "month", "limit_tokens": 1}
        made = await plain.post("/v1/budgets", json=budget)
        assert made.status_code == 200
        for stream in (False, True):
            with pytest.raises(openai.RateLimitError) as spent:
                await create(model=RAW, messages=HELLO, store=store, stream=stream)
            assert spent.value.code == "insufficient_quota"
            assert int(spent.value.response.headers["retry-after"]) > 0
        await plain.delete(f"/v1/budgets/{made.json()['id']}")
    form = {"type": "json_schema", "json_schema": {"name": "x", "schema": {"$ref": "http://other.example/x"}}}
    with pytest.raises(openai.BadRequestError) as unusable:
        await create(model=RAW, messages=HELLO, store=store, response_format=form)
    assert unusable.value.code == "schema-unusable"
    assert provider.requests == []


async def test_who_waits_for_one_that_is_stopped_is_told_so(clients: Clients, provider: Provider) -> None:
    provider.behaviour.piece_delay_s = 0.2
    waiting = asyncio.create_task(clients.whole.responses.create(model=RAW, input=QUESTION, store=True))
    chat = asyncio.create_task(clients.whole.chat.completions.create(model=RAW, messages=HELLO, store=True))
    async with asyncio.timeout(20):
        while len(provider.requests) < 2:
            await asyncio.sleep(0.05)
    async with clients.http() as plain:
        rows = (await plain.get("/v1/audit?action=model.asked")).json()["items"]
        for each in rows:
            assert (await plain.post(f"/v1/answers/{each['detail']['answer']}/cancel")).status_code == 202
        assert (await waiting).status == "cancelled"
        with pytest.raises(openai.BadRequestError) as stopped:
            await chat
        assert stopped.value.code == "cancelled"
        assert len(provider.requests) == 2


async def test_a_stream_that_is_sent_twice_with_a_key_is_one(clients: Clients, provider: Provider) -> None:
    provider.behaviour.piece_delay_s = 0.05
    keyed = {"Idempotency-Key": "the-same-key"}
    for create, given in (
        (clients.whole.responses.create, {"input": QUESTION}),
        (clients.whole.chat.completions.create, {"messages": HELLO}),
    ):
        provider.requests.clear()
        headers = {**keyed, "Idempotency-Key": f"key-of-{next(iter(given))}"}
        first = await create(model=RAW, store=True, stream=True, extra_headers=headers, **given)
        begun = await anext(aiter(first))
        await first.close()
        sent = {"model": RAW, "store": True, "stream": True, "extra_headers": headers, **given}
        again = [each async for each in await create(**sent)]
        once_more = [each async for each in await create(**sent)]
        ids = {each.id if "messages" in given else each.response.id for each in (begun, again[0], once_more[0])}
        assert len(ids) == len(provider.requests) == 1
        if "messages" in given:
            for seen in (again, once_more):
                assert "".join(each.choices[0].delta.content or "" for each in seen if each.choices) == REPLY
        else:
            assert told(again) == told(once_more)
            assert again[-1].response.output_text == REPLY


async def test_text_that_is_void_is_not_told_when_it_is_over(
    pincite_home: Path, provider: Provider, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PINCITE_SECRET_X", "good-key")
    with serve() as second:
        provider.behaviour.reply, provider.behaviour.drop_after = "Half of a loaf, and more of it.", 3
        second.behaviour.reply = REPLY
        routes = tmp_path / "routes.toml"
        routes.write_text(
            f'[[routes.r]]\nmodel = "openai:test-model"\nbase_url = "{provider.url}/v1"\nkey = "PINCITE_SECRET_X"\n'
            f'[[routes.r]]\nmodel = "openai:test-model"\nbase_url = "{second.url}/v1"\nkey = "PINCITE_SECRET_X"\n'
        )
        async with routed(pincite_home, routes) as house, opened(house) as clients:
            events = await clients.whole.responses.create(model=RAW, input=QUESTION, store=True, stream=True)
            seen = [each async for each in events]
            assert seen[-1].type == "response.failed"
            assert seen[-1].sequence_number == seen[-2].sequence_number, "the log goes on with the next"
            id_ = seen[0].response.id
            async with asyncio.timeout(20):
                while (whole := await clients.whole.responses.retrieve(id_)).status == "in_progress":
                    await asyncio.sleep(0.05)
            assert whole.output_text == REPLY
            again = await clients.whole.responses.retrieve(id_, stream=True, starting_after=seen[-1].sequence_number)
            told_again = [each async for each in again]
            assert told_again[-1].type == "response.completed"
            said = "".join(each.delta for each in told_again if each.type == "response.output_text.delta")
            assert said == REPLY
            async with clients.http() as plain:
                chunks = (await plain.get(f"/v1/chat/completions/{id_}?stream=true")).text
            assert "Half of" not in chunks
            assert chunks.rstrip().endswith("[DONE]")


async def test_it_goes_after_thirty_days_unless_it_is_held(house_here: House, clients: Clients) -> None:
    kept = await clients.whole.responses.create(model=RAW, input=QUESTION, store=True, metadata={"batch": "7"})
    answer = await clients.whole.responses.create(model=ASSISTANT, input=QUESTION)
    assert (await clients.whole.responses.retrieve(kept.id)).metadata == {"batch": "7"}
    scope, now = await house_here.owner(), utc_now()
    assert await house_here.answers.drop_old_replies(scope, now + timedelta(days=29)) == 0
    async with clients.http() as plain:
        assert (await plain.put("/v1/tenant/hold", json={"reason": "A dispute."})).status_code == 200
        with pytest.raises(OnHold):
            await house_here.answers.drop_old_replies(scope, now + timedelta(days=31))
        assert (await plain.delete("/v1/tenant/hold")).status_code == 204
    assert await house_here.answers.drop_old_replies(scope, now + timedelta(days=31)) == 1
    with pytest.raises(openai.NotFoundError):
        await clients.whole.responses.retrieve(kept.id)
    assert (await clients.whole.responses.retrieve(answer.id)).status == "completed"


async def test_what_goes_on_in_the_background_is_stored(clients: Clients) -> None:
    with pytest.raises(openai.BadRequestError) as refused:
        await clients.whole.responses.create(model=RAW, input=QUESTION, background=True, store=False)
    assert refused.value.param == "background"
    odd = await clients.whole.responses.create(model=RAW, input="a\x00b", store=True)
    assert (await clients.whole.responses.retrieve(odd.id)).status == "completed"
    completion = await clients.whole.chat.completions.create(model=RAW, messages=HELLO, store=True)
    assert (await clients.whole.chat.completions.delete(completion.id)).deleted
    with pytest.raises(openai.NotFoundError):
        await clients.whole.chat.completions.retrieve(completion.id)


async def test_a_reader_who_leaves_before_the_first_word_has_one_reply(clients: Clients, provider: Provider) -> None:
    provider.behaviour.first_delay_s = 1.0
    body = {"model": RAW, "messages": HELLO, "store": True, "stream": True, "stream_options": {"include_usage": True}}
    keyed = {"Idempotency-Key": "left-early"}
    async with clients.http() as plain:
        with pytest.raises(httpx2.ReadTimeout):
            await plain.post("/v1/chat/completions", json=body, headers=keyed, timeout=0.5)
        again = await plain.post("/v1/chat/completions", json=body, headers=keyed)
        assert again.headers["idempotency-replayed"] == "true"
        assert '"choices":[],"usage"' in again.text
        plainly = await plain.get(again.headers["content-location"].partition("&")[0])
        assert '"choices":[]' not in plainly.text
    assert len(provider.requests) == 1
