"""Responses by the official client, unchanged: whole, event by event, in conversations, read later, stopped."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import openai
import pytest
from tests.doubles.provider import Provider
from tests.flow.conftest import add, house_with_model
from tests.flow.openai_clients import HANDBOOK, QUESTION, Clients, clients_of, opened
from tests.flow.test_openai_tools import GOOD, PARAMETERS, SCHEMA, calling, replying

from pincite.app.wiring import House

ASSISTANT, RAW = "pincite/default", "openai:test-model"
AROUND = (
    ["response.created", "response.in_progress", "response.output_item.added", "response.content_part.added"],
    ["response.output_text.done", "response.content_part.done", "response.output_item.done", "response.completed"],
)
TOOL = {"type": "function", "name": "weather", "parameters": PARAMETERS}


@pytest.fixture
async def house_here(pincite_home: Path, provider: Provider) -> AsyncIterator[House]:
    async with house_with_model(pincite_home, provider) as house:
        yield house


@pytest.fixture
async def clients(house_here: House) -> AsyncIterator[Clients]:
    async with opened(house_here) as found:
        async with found.http() as plain:
            await add(plain, "ferries.md", HANDBOOK)
        yield found


def cited(response: Any) -> list[tuple[str, str]]:
    """Return each citation's claim and quote."""
    part = response.output[0].content[0]
    return [(part.text[each.start_index : each.end_index], each.quote) for each in part.annotations]


async def test_an_answer_is_a_response_with_file_citations(clients: Clients) -> None:
    response = await clients.whole.responses.create(
        model=ASSISTANT, input=QUESTION, instructions="Be a pirate.", metadata={"a": "b"}, temperature=0
    )
    assert response.status == "completed"
    assert response.object == "response"
    assert "free of charge" in response.output_text
    assert response.metadata == {"a": "b"}
    assert sorted(response.pincite["ignored"]) == ["instructions", "temperature"]
    annotation = response.output[0].content[0].annotations[0]
    assert (annotation.type, annotation.filename) == ("file_citation", "ferries.md")
    for claim, quote in cited(response):
        assert claim
        assert quote in HANDBOOK.decode()
    again = await clients.whole.responses.retrieve(response.id)
    assert again.output_text == response.output_text
    assert cited(again) == cited(response)


async def test_events_come_in_the_order_that_clients_expect(clients: Clients) -> None:
    kinds: list[str] = []
    numbers: list[int] = []
    async with clients.whole.responses.stream(model=ASSISTANT, input=QUESTION) as stream:
        async for event in stream:
            kinds.append(event.type)
            numbers.append(event.sequence_number)
        final = await stream.get_final_response()
    assert numbers == list(range(len(numbers)))
    assert kinds[:4] == AROUND[0]
    assert kinds[-4:] == AROUND[1]
    assert kinds.count("response.output_text.delta") > 1
    assert kinds.count("response.output_text.annotation.added") == len(cited(final)) > 0
    stored = await clients.whole.responses.retrieve(final.id)
    assert stored.output_text == final.output_text


async def test_the_sync_client_streams_too(clients: Clients) -> None:
    def ask() -> str:
        events = clients.sync.responses.create(model=ASSISTANT, input=QUESTION, stream=True)
        return "".join(each.delta for each in events if each.type == "response.output_text.delta")

    assert "free of charge" in await asyncio.to_thread(ask)


async def test_a_conversation_goes_on(clients: Clients, provider: Provider) -> None:
    first = await clients.whole.responses.create(model=ASSISTANT, input="Who is the captain of the ferry?")
    provider.requests.clear()
    second = await clients.whole.responses.create(
        model=ASSISTANT, input="When did she begin?", previous_response_id=first.id
    )
    assert second.previous_response_id == first.id
    assert second.pincite["conversation"] == first.pincite["conversation"]
    told = provider.requests[-1]["messages"]
    assert [each["role"] for each in told] == ["system", "user", "assistant", "user"]
    given = [
        {"role": "user", "content": "Who is the captain?"},
        {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Ines is."}]},
        {"role": "user", "content": [{"type": "input_text", "text": "When did she begin?"}]},
    ]
    await clients.whole.responses.create(model=ASSISTANT, input=given)
    assert provider.requests[-1]["messages"][2]["content"] == "Ines is."


async def test_an_answer_can_be_read_later_and_stopped(clients: Clients, provider: Provider) -> None:
    provider.behaviour.piece_delay_s = 0.2
    begun = await clients.whole.responses.create(model=ASSISTANT, input=QUESTION, background=True)
    assert begun.status == "in_progress"
    async with asyncio.timeout(20):
        while not (await clients.whole.responses.retrieve(begun.id)).output_text:
            await asyncio.sleep(0.1)
    stopped = await clients.whole.responses.cancel(begun.id)
    assert stopped.status == "cancelled"
    assert stopped.output_text
    assert (await clients.whole.responses.retrieve(begun.id)).status == "cancelled"


async def test_a_stream_that_fails_ends_with_its_failure(clients: Clients, provider: Provider) -> None:
    provider.behaviour.reply, provider.behaviour.drop_after = "The ferry leaves at nine and is blue.", 4
    for model in (ASSISTANT, RAW):
        stream = await clients.whole.responses.create(model=model, input=QUESTION, stream=True)
        last = [event async for event in stream][-1]
        assert last.type == "response.failed"
        assert last.response.status == "failed"
        assert "cut" in last.response.error.message
    with pytest.raises(openai.InternalServerError):
        await clients.whole.responses.create(model=ASSISTANT, input=QUESTION)


async def test_the_model_itself_calls_tools(clients: Clients, provider: Provider) -> None:
    calling(provider, "Oslo", "Rome")
    asked: list[Any] = [{"role": "user", "content": "What is the weather?"}]
    first = await clients.whole.responses.create(model=RAW, input=asked, tools=[TOOL], tool_choice="required")
    assert first.id.startswith("resp_")
    assert [each.type for each in first.output] == ["function_call", "function_call"]
    assert [json.loads(each.arguments)["city"] for each in first.output] == ["Oslo", "Rome"]
    async with clients.whole.responses.stream(model=RAW, input=asked, tools=[TOOL]) as stream:
        kinds = [event.type async for event in stream]
        streamed = await stream.get_final_response()
    assert [each.arguments for each in streamed.output] == [each.arguments for each in first.output]
    assert kinds.count("response.function_call_arguments.done") == 2
    provider.behaviour.raw = None
    provider.behaviour.reply = "Rain, and sun."
    results = [
        {"type": "function_call_output", "call_id": each.call_id, "output": f"weather {each.call_id}"}
        for each in first.output
    ]
    sent_back = [each.model_dump() for each in first.output]
    second = await clients.whole.responses.create(
        model=RAW, input=[*asked, *sent_back, *results], tools=[TOOL], instructions="Be brief."
    )
    assert second.output_text == "Rain, and sun."
    told = provider.requests[-1]["messages"]
    assert [each["role"] for each in told] == ["system", "user", "assistant", "tool", "tool"]
    assert second.usage.input_tokens == next(provider.log.newest()).input_tokens


async def test_the_model_itself_keeps_to_a_schema(clients: Clients, provider: Provider) -> None:
    replying(provider, ["No.", GOOD])
    form = {"type": "json_schema", "name": "report", "schema": SCHEMA, "strict": True}
    response = await clients.whole.responses.create(model=RAW, input="Oslo?", text={"format": form})
    assert response.output_text == GOOD
    provider.behaviour.script = None
    provider.behaviour.reply, provider.behaviour.finish = "Far too long", "length"
    cut = await clients.whole.responses.create(model=RAW, input="Oslo?", max_output_tokens=16)
    assert cut.status == "incomplete"
    assert cut.incomplete_details.reason == "max_output_tokens"


REFUSED: list[tuple[str, dict[str, Any], str]] = [
    (ASSISTANT, {"tools": [TOOL]}, "tools"),
    (ASSISTANT, {"text": {"format": {"type": "json_object"}}}, "text.format"),
    (ASSISTANT, {"input": [{"role": "assistant", "content": "Hello."}]}, "input"),
    (ASSISTANT, {"include": ["file_search_call.results"]}, "include"),
    (RAW, {"input": [{"role": "user", "content": [{"type": "input_image", "image_url": "x"}]}]}, "input.0.content.0"),
    (RAW, {"input": [{"type": "function_call_output", "call_id": "c", "output": "7"}]}, "input.0.call_id"),
    (RAW, {"previous_response_id": "0" * 32}, "previous_response_id"),
    (RAW, {"previous_response_id": "0" * 32, "store": True}, "previous_response_id"),
    (RAW, {"reasoning": {"effort": "high", "summary": "auto"}}, "reasoning.summary"),
    (RAW, {"reasoning": {"effort": "enormous"}}, "reasoning.effort"),
    (RAW, {"reasoning": {"effort": 5}}, "reasoning.effort"),
    (RAW, {"reasoning": {"effrot": "high"}}, "reasoning.effrot"),
    (RAW, {"truncation": "auto"}, "truncation"),
    (RAW, {"text": {"format": {"type": "json_schema"}}}, "text.format"),
]


async def test_what_is_not_spoken_is_a_bad_request(clients: Clients, subtests: pytest.Subtests) -> None:
    for model, given, param in REFUSED:
        with subtests.test(model=model, given=str(given)[:60]):
            with pytest.raises(openai.BadRequestError) as refused:
                await clients.whole.responses.create(model=model, **{"input": QUESTION, **given})
            assert refused.value.param == param


@pytest.mark.parametrize("reasoning", [{"effort": "max", "summary": "auto"}, {"summary": "auto"}, {"effort": "so so"}])
async def test_an_assistant_heeds_nothing_of_how_to_think_and_says_so(
    clients: Clients, reasoning: dict[str, Any]
) -> None:
    options: dict[str, Any] = {"reasoning": reasoning, "text": {"verbosity": "auto"}}
    response = await clients.whole.responses.create(model=ASSISTANT, input=QUESTION, **options)
    assert response.status == "completed"
    assert sorted(response.pincite["ignored"]) == ["reasoning.effort", "text.verbosity"]


async def test_responses_of_others_are_not_there(house_here: House, clients: Clients) -> None:
    mine = await clients.whole.responses.create(model=ASSISTANT, input=QUESTION)
    rival = await house_here.accounts.create_key((await house_here.accounts.create_tenant("Rival")).scope, "theirs")
    async with clients_of(clients.url, rival.secret) as theirs:
        for call in (theirs.whole.responses.retrieve, theirs.whole.responses.cancel):
            with pytest.raises(openai.NotFoundError) as none:
                await call(mine.id)
            with pytest.raises(openai.NotFoundError) as never:
                await call("0" * 32)
            assert none.value.body == never.value.body
        with pytest.raises(openai.NotFoundError):
            await theirs.whole.responses.create(model=ASSISTANT, input="And?", previous_response_id=mine.id)
