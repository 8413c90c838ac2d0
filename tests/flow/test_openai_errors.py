"""Every class of error by the official client, from the edges before the routes too; and what a cut client leaves."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import openai
import pytest
from tests.doubles.provider import Provider
from tests.flow.conftest import house_with_model
from tests.flow.openai_clients import QUESTION, Clients, clients_of, opened

from pincite.app.wiring import House

ASSISTANT, RAW = "pincite/default", "openai:test-model"
ASKED: list[Any] = [{"role": "user", "content": QUESTION}]
CALLED = {"name": "f", "arguments": "{}"}
PNG = {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}


@pytest.fixture
async def house_here(pincite_home: Path, provider: Provider) -> AsyncIterator[House]:
    async with house_with_model(pincite_home, provider, limit_ask=1_000) as house:
        yield house


@pytest.fixture
async def clients(house_here: House) -> AsyncIterator[Clients]:
    async with opened(house_here) as found:
        yield found


def shape_of(response: httpx2.Response) -> dict[str, Any]:
    """Return the error of a reply that has OpenAI's shape."""
    body = response.json()
    assert set(body) == {"error"}
    assert set(body["error"]) == {"message", "type", "param", "code"}
    assert response.headers["content-type"] == "application/json"
    return dict(body["error"])


REFUSED: list[tuple[str, dict[str, Any], str]] = [
    (ASSISTANT, {"tools": [{"type": "function", "function": {"name": "f"}}]}, "tools"),
    (ASSISTANT, {"response_format": {"type": "json_object"}}, "response_format"),
    (ASSISTANT, {"stop": ["."]}, "stop"),
    (ASSISTANT, {"n": 2}, "n"),
    (ASSISTANT, {"logprobs": True}, "logprobs"),
    (ASSISTANT, {"messages": [{"role": "assistant", "content": "Hello."}]}, "messages"),
    (ASSISTANT, {"messages": [{"role": "user", "content": [PNG]}]}, "messages.0.content.0"),
    (RAW, {"messages": [{"role": "user", "content": [PNG]}]}, "messages.0.content.0"),
    (RAW, {"messages": [{"role": "system", "content": "Hello."}]}, "messages"),
    (RAW, {"messages": [*ASKED, {"role": "tool", "content": "7", "tool_call_id": "no"}]}, "messages.1.tool_call_id"),
    (RAW, {"messages": [*ASKED, {"role": "assistant", "function_call": CALLED}]}, "messages.1.function_call"),
    (RAW, {"n": 3}, "n"),
    (RAW, {"logit_bias": {"7": 1}}, "logit_bias"),
    (RAW, {"presence_penalty": 2.5}, "presence_penalty"),
    (RAW, {"reasoning_effort": "enormous"}, "reasoning_effort"),
    (RAW, {"verbosity": "shouted"}, "verbosity"),
    (RAW, {"tool_choice": "required"}, "tool_choice"),
    (RAW, {"response_format": {"type": "json_schema"}}, "response_format.json_schema"),
    (RAW, {"temperature": 9}, "temperature"),
    (RAW, {"messages": []}, "messages"),
    (RAW, {"extra_body": {"no_such": 1}}, "no_such"),
]


async def test_what_is_not_spoken_is_a_bad_request(
    clients: Clients, provider: Provider, subtests: pytest.Subtests
) -> None:
    for model, given, param in REFUSED:
        with subtests.test(model=model, given=str(given)[:60]):
            asked = {"messages": ASKED, **given}
            with pytest.raises(openai.BadRequestError) as refused:
                await clients.whole.chat.completions.create(model=model, **asked)
            assert refused.value.param == param
            assert refused.value.type == "invalid_request_error"
            assert provider.requests == []


async def test_values_that_ask_for_nothing_are_taken(clients: Clients, provider: Provider) -> None:
    provider.behaviour.reply = "Yes."
    harmless: dict[str, Any] = {
        "n": 1,
        "logprobs": False,
        "logit_bias": {},
        "presence_penalty": 0,
        "frequency_penalty": 0.0,
        "store": False,
        "metadata": {"a": "b"},
        "user": "ada",
        "tools": [],
        "stop": None,
        "service_tier": "auto",
    }
    for model in (ASSISTANT, RAW):
        await clients.whole.chat.completions.create(model=model, messages=ASKED, tool_choice="auto", **harmless)
    for stop in ("", [""]):
        await clients.whole.chat.completions.create(model=RAW, messages=ASKED, stop=stop)
        assert "stop" not in provider.requests[-1]


async def test_a_wrong_key_a_narrow_one_and_a_missing_model(house_here: House, clients: Clients) -> None:
    with pytest.raises(openai.AuthenticationError) as wrong:
        await clients.whole.with_options(api_key="pin_of_nobody").models.list()
    assert wrong.value.code == "invalid_api_key"
    owner = await house_here.owner()
    narrow = await house_here.accounts.create_key(owner, "narrow", permissions=["audit"])
    async with clients_of(clients.url, narrow.secret) as theirs:
        with pytest.raises(openai.PermissionDeniedError) as denied:
            await theirs.whole.chat.completions.create(model=ASSISTANT, messages=ASKED)
    assert denied.value.code == "denied"
    for model in ("pincite/other", "pincite/a\x00b", "openai:gpt-5-mini", "pincite-static-256-v1", "ollama:x"):
        with pytest.raises(openai.NotFoundError) as none:
            await clients.whole.chat.completions.create(model=model, messages=ASKED)
        assert none.value.code == "model_not_found"
        assert none.value.param == "model"


async def test_every_edge_before_the_routes_says_it_in_the_same_shape(clients: Clients) -> None:
    at = "/v1/chat/completions"
    told: list[tuple[int, dict[str, Any]]] = [
        (401, {"headers": {"Authorization": "Basic abc"}}),
        (421, {"headers": {"Host": "rebound.example"}}),
        (413, {"content": b"x" * (2 << 20), "headers": {"content-type": "application/json"}}),
        (400, {"content": b"{", "headers": {"content-type": "application/json"}}),
        (400, {"content": b"[]", "headers": {"content-type": "application/json"}}),
        (400, {"json": {}, "headers": {"Idempotency-Key": "a b"}}),
    ]
    async with clients.http() as plain:
        for status, given in told:
            response = await plain.post(at, **given)
            assert response.status_code == status, response.text
            assert shape_of(response)["message"]
        response = await plain.put(at, json={})
        assert response.status_code == 405
        shape_of(response)
        missing = await plain.get("/v1/models/none/of/these")
        assert missing.status_code == 404
        shape_of(missing)
    async with httpx2.AsyncClient(base_url=clients.url) as stranger:
        assert shape_of(await stranger.get("/v1/models"))["code"] == "invalid_api_key"


async def test_too_many_requests_say_when_to_come_again(pincite_home: Path, provider: Provider) -> None:
    async with house_with_model(pincite_home, provider, limit_ask=2) as house, opened(house) as clients:
        provider.behaviour.reply = "Yes."
        for _ in range(2):
            await clients.whole.chat.completions.create(model=RAW, messages=ASKED)
        with pytest.raises(openai.RateLimitError) as limited:
            await clients.whole.chat.completions.create(model=RAW, messages=ASKED)
        assert limited.value.code == "rate_limit_exceeded"
        assert 0 < int(limited.value.response.headers["retry-after"]) <= 60


@pytest.mark.parametrize(
    ("status", "kind", "told"), [(500, openai.InternalServerError, 503), (400, openai.BadRequestError, 400)]
)
async def test_a_provider_that_fails_is_a_server_error(
    clients: Clients, provider: Provider, status: int, kind: type[openai.APIStatusError], told: int
) -> None:
    provider.behaviour.fail_times = 99
    provider.behaviour.status = status
    for stream in (False, True):
        with pytest.raises(kind) as failed:
            await clients.whole.chat.completions.create(model=RAW, messages=ASKED, stream=stream)
        assert failed.value.status_code == told
        assert "told to fail" not in str(failed.value)


async def test_a_request_sent_again_with_its_key_is_done_once(clients: Clients, provider: Provider) -> None:
    provider.behaviour.reply = "Yes."
    for model in (ASSISTANT, RAW):
        key = {"Idempotency-Key": f"once-{model}"}
        given: dict[str, Any] = {"model": model, "messages": ASKED, "extra_headers": key}
        first = await clients.whole.chat.completions.create(**given)
        assert (await clients.whole.chat.completions.create(**given)).id == first.id
    assert len(provider.requests) == 1
    async with clients.http() as plain:
        body = {"model": RAW, "messages": ASKED, "stream": True}
        for status in (200, 409):
            response = await plain.post("/v1/chat/completions", json=body, headers={"Idempotency-Key": "a-stream"})
            assert response.status_code == status
    shape_of(response)


async def test_whoever_may_not_read_on_is_told_so(house_here: House, clients: Clients, provider: Provider) -> None:
    provider.behaviour.reply, provider.behaviour.piece_delay_s = "word " * 500, 0.05
    owner = await house_here.owner()
    short = await house_here.accounts.create_key(owner, "short")
    async with clients_of(clients.url, short.secret) as theirs:
        stream = await theirs.whole.chat.completions.create(model=RAW, messages=ASKED, stream=True)
        chunks = aiter(stream)
        await anext(chunks)
        await house_here.accounts.revoke_key(owner, short.key.id)
        with pytest.raises(openai.APIError, match="broken off"):
            await drained(chunks)


@pytest.mark.parametrize("model", [ASSISTANT, RAW])
async def test_a_stream_that_breaks_raises_where_it_breaks(clients: Clients, provider: Provider, model: str) -> None:
    provider.behaviour.reply, provider.behaviour.drop_after = "The ferry leaves at nine and is blue.", 4
    if model == ASSISTANT:
        async with clients.http() as plain:
            await plain.post("/v1/documents", files={"file": ("a.md", b"# A\n\nThe ferry leaves at nine.\n")})
            await asyncio.sleep(2)
    stream = await clients.whole.chat.completions.create(model=model, messages=ASKED, stream=True)
    chunks = aiter(stream)
    assert (await anext(chunks)).choices[0].delta.role == "assistant"
    with pytest.raises(openai.APIError, match="cut"):
        await drained(chunks)


async def drained(chunks: AsyncIterator[Any]) -> None:
    async for _ in chunks:
        pass


async def ended(provider: Provider, before: int) -> None:
    async with asyncio.timeout(10):
        while provider.closed_early == before:
            await asyncio.sleep(0.05)


@pytest.mark.parametrize("stream", [True, False])
async def test_whoever_goes_away_ends_the_raw_reply(clients: Clients, provider: Provider, stream: bool) -> None:
    provider.behaviour.reply, provider.behaviour.piece_delay_s = "word " * 500, 0.05
    before = provider.closed_early
    body = {"model": RAW, "messages": ASKED, "stream": stream}
    async with clients.http() as plain, asyncio.timeout(30):
        asked = len(provider.requests)
        going = asyncio.create_task(plain.post("/v1/chat/completions", json=body))
        while len(provider.requests) == asked:
            await asyncio.sleep(0.02)
        await asyncio.sleep(0.3)
        going.cancel()
        await asyncio.wait([going])
    await ended(provider, before)


async def test_an_assistants_answer_goes_on_without_its_reader(clients: Clients, provider: Provider) -> None:
    provider.behaviour.piece_delay_s = 0.02
    async with clients.http() as plain:
        await plain.post("/v1/documents", files={"file": ("a.md", b"# A\n\nDogs pay nothing on the lower deck.\n")})
        await asyncio.sleep(2)
    stream = await clients.whole.chat.completions.create(model=ASSISTANT, messages=ASKED, stream=True)
    first = await anext(aiter(stream))
    await stream.close()
    async with asyncio.timeout(20), clients.http() as plain:
        while (response := await plain.get(f"/v1/chat/completions/{first.id}")).status_code == 503:
            assert shape_of(response)["code"] == "answer-not-whole"
            await asyncio.sleep(0.1)
    assert response.json()["choices"][0]["message"]["content"]
