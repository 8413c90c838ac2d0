"""Outages are rehearsed: Pincite and the providers' own clients with `pincite simulate`, which knows what they cost."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anthropic
import httpx2
import openai
import pytest
from tests.flow.conftest import add, signed_in
from tests.flow.simulated import Simulated, simulated

from pincite.app.settings import read_settings
from pincite.app.wiring import open_house

FERRY = b"# Ferry\n\nThe ferry leaves from the northern quay at nine every morning. Tickets cost 80 kroner each way.\n"
QUESTION = {"question": "When does the ferry leave?"}
VERDICT = {"type": "object", "properties": {"verdict": {"enum": ["yes", "no"]}}, "required": ["verdict"]}
ASKED: Any = [{"role": "user", "content": "When does the ferry leave?"}]
REPLY = "The ferry leaves at nine, and a letter that is long: ø."


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulated]:
    with simulated(tmp_path_factory.mktemp("simulated"), "--latency", "0", "--rate", "0") as started:
        yield started


@pytest.fixture
def provider(running: Simulated) -> Simulated:
    running.tell(reply=REPLY)
    return running


@pytest.fixture
def gpt(provider: Simulated) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{provider.url}/v1", api_key="any", max_retries=0, timeout=10) as client:
        yield client


@pytest.fixture
def claude(provider: Simulated) -> Iterator[anthropic.Anthropic]:
    with anthropic.Anthropic(base_url=provider.url, api_key="any", max_retries=0, timeout=10) as client:
        yield client


def test_openais_client_reads_it(provider: Simulated, gpt: openai.OpenAI) -> None:
    headers = {"X-Client-Request-Id": "gpt"}
    whole = gpt.chat.completions.create(model="m", messages=ASKED, extra_headers=headers)
    assert whole.choices[0].message.content == REPLY
    assert whole.usage is not None
    record = provider.record("gpt")
    assert (whole.usage.prompt_tokens, whole.usage.completion_tokens) == (
        record["input_tokens"],
        record["output_tokens"],
    )
    stream = gpt.chat.completions.create(model="m", messages=ASKED, stream=True, stream_options={"include_usage": True})
    chunks = list(stream)
    assert "".join(each.choices[0].delta.content or "" for each in chunks if each.choices) == REPLY
    assert chunks[-1].usage is not None
    assert chunks[-1].usage.total_tokens == whole.usage.total_tokens
    assert [each.id for each in gpt.models.list()] == ["simulated"]
    vectors = gpt.embeddings.create(model="m", input=["a", "bb"], dimensions=16)
    by_index = {each.index: each.embedding for each in vectors.data}
    assert sum(by_index[1]) == 2 * sum(by_index[0]) == 2.0
    assert len(by_index[0]) == 16
    provider.tell(flags={"violence": "sink"})
    flagged = gpt.moderations.create(model="m", input=["How do I sink it?", "When does it sail?"])
    assert [each.flagged for each in flagged.results] == [True, False]


def test_anthropics_client_reads_it(provider: Simulated, claude: anthropic.Anthropic) -> None:
    headers = {"X-Client-Request-Id": "claude"}
    whole = claude.messages.create(model="m", messages=ASKED, max_tokens=99, extra_headers=headers)
    assert whole.content[0].type == "text"
    assert whole.content[0].text == REPLY
    record = provider.record("claude")
    assert (whole.usage.input_tokens, whole.usage.output_tokens) == (record["input_tokens"], record["output_tokens"])
    with claude.messages.stream(model="m", messages=ASKED, max_tokens=99) as stream:
        assert "".join(stream.text_stream) == REPLY
        final = stream.get_final_message()
    assert (final.stop_reason, final.usage.output_tokens) == ("end_turn", whole.usage.output_tokens)


def test_tools_that_must_be_called_are(provider: Simulated, gpt: openai.OpenAI, claude: anthropic.Anthropic) -> None:
    provider.tell()
    function: Any = {"type": "function", "function": {"name": "judge", "parameters": VERDICT}}
    given: Any = {"model": "m", "messages": ASKED, "tools": [function], "tool_choice": "required"}
    whole = gpt.chat.completions.create(**given)
    call: Any = (whole.choices[0].message.tool_calls or [])[0]
    assert (call.function.name, json.loads(call.function.arguments)) == ("judge", {"verdict": "yes"})
    assert whole.choices[0].finish_reason == "tool_calls"
    parts = [each.choices[0].delta.tool_calls for each in gpt.chat.completions.create(**given, stream=True)]
    said: list[Any] = [call.function for each in parts if each for call in each]
    assert (said[0].name, json.loads("".join(each.arguments for each in said))) == ("judge", {"verdict": "yes"})
    tool: Any = {"name": "judge", "input_schema": VERDICT}
    asked: Any = {"model": "m", "messages": ASKED, "max_tokens": 99, "tools": [tool], "tool_choice": {"type": "any"}}
    block = claude.messages.create(**asked).content[0]
    with claude.messages.stream(**asked) as stream:
        streamed = stream.get_final_message()
    for each in (block, streamed.content[0]):
        assert each.type == "tool_use"
        assert (each.name, each.input) == ("judge", {"verdict": "yes"})
    assert streamed.stop_reason == "tool_use"


def test_a_schema_is_kept_to(provider: Simulated, gpt: openai.OpenAI) -> None:
    provider.tell()
    form: Any = {"type": "json_schema", "json_schema": {"name": "verdict", "schema": VERDICT, "strict": True}}
    whole = gpt.chat.completions.create(model="m", messages=ASKED, response_format=form)
    assert json.loads(whole.choices[0].message.content or "") == {"verdict": "yes"}


def test_the_clients_know_the_refusals(provider: Simulated, gpt: openai.OpenAI, claude: anthropic.Anthropic) -> None:
    for status, of_gpt, of_claude in (
        (429, openai.RateLimitError, anthropic.RateLimitError),
        (500, openai.InternalServerError, anthropic.InternalServerError),
    ):
        provider.tell({"kind": "status", "value": status})
        with pytest.raises(of_gpt):
            gpt.chat.completions.create(model="m", messages=ASKED)
        with pytest.raises(of_claude):
            claude.messages.create(model="m", messages=ASKED, max_tokens=9)
    provider.tell({"kind": "drop", "value": 300})
    with pytest.raises((openai.APIConnectionError, httpx2.RemoteProtocolError)):
        list(gpt.chat.completions.create(model="m", messages=ASKED, stream=True))


@asynccontextmanager
async def rehearsed(home: Path, running: Simulated, protocol: str) -> AsyncIterator[httpx2.AsyncClient]:
    """Open a client of Pincite that knows of a ferry and asks the simulated provider, without faults so far."""
    running.tell()
    settings = read_settings(
        home=home,
        model=f"{protocol}:simulated",
        model_base_url=running.url if protocol == "anthropic" else f"{running.url}/v1",
        model_api_key="simulated",
        log_level="error",
    )
    async with open_house(settings, work=True) as house, signed_in(house) as client:
        await add(client, "ferry.md", FERRY)
        yield client


async def asked(client: httpx2.AsyncClient) -> dict[str, Any]:
    """Ask when the ferry leaves."""
    async with asyncio.timeout(30):
        answer: dict[str, Any] = (await client.post("/v1/answers", json=QUESTION)).json()
    return answer


@pytest.mark.parametrize("protocol", ["openai", "anthropic"])
async def test_pincite_pins_what_it_says_and_counts_what_it_charged(
    pincite_home: Path, running: Simulated, protocol: str
) -> None:
    async with rehearsed(pincite_home, running, protocol) as client:
        answer = await asked(client)
    assert answer["state"] == "completed"
    assert [pin["verdict"] for pin in answer["pins"]] == ["supported"]
    charged = httpx2.get(f"{running.url}/simulation/requests", params={"limit": 1}).json()["items"][0]
    assert charged["protocol"] == protocol
    for name in ("input_tokens", "output_tokens"):
        assert charged[name] == answer["usage"][name] > 0


FAULTS: list[dict[str, Any]] = [
    {"kind": "status", "value": 429, "retry_after_s": 1},
    {"kind": "status", "value": 529},
    {"kind": "html"},
    {"kind": "drop", "value": 700},
    {"kind": "break", "value": 4},
    {"kind": "malformed", "value": 4},
]


@pytest.mark.parametrize("protocol", ["openai", "anthropic"])
async def test_an_outage_ends_answers_with_a_sentence_and_then_all_is_well_again(
    pincite_home: Path, running: Simulated, protocol: str
) -> None:
    async with rehearsed(pincite_home, running, protocol) as client:
        for fault in FAULTS:
            running.tell(fault)
            failed = await asked(client)
            assert failed["state"] == "failed", fault
            assert failed["problem"]["remedy"], fault
            assert failed["problem"]["code"] != "internal", fault
            running.tell()
            assert (await asked(client))["state"] == "completed", fault


async def test_a_provider_that_asks_for_minutes_is_left_alone(pincite_home: Path, running: Simulated) -> None:
    async with rehearsed(pincite_home, running, "openai") as client:
        running.tell({"kind": "status", "value": 429, "retry_after_s": 600})
        assert (await asked(client))["state"] == "failed"
        running.tell()
        before = len(httpx2.get(f"{running.url}/simulation/requests", params={"limit": 500}).json()["items"])
        held = await client.post("/v1/answers", json=QUESTION)
        assert (held.status_code, held.json()["code"]) == (503, "overloaded"), held.text
        wait_s = int(held.headers["retry-after"])
        assert 50 <= wait_s <= 60
        assert held.json()["remedy"] == f"Try again in {wait_s} s."
        after = httpx2.get(f"{running.url}/simulation/requests", params={"limit": 500}).json()["items"]
        assert len(after) == before, "it was not asked"


@pytest.mark.parametrize("protocol", ["openai", "anthropic"])
async def test_wrong_usage_is_borne_and_a_passing_failure_is_tried_again(
    pincite_home: Path, running: Simulated, protocol: str
) -> None:
    async with rehearsed(pincite_home, running, protocol) as client:
        for fault in ({"kind": "usage", "value": 0}, {"kind": "usage", "value": 1e4}):
            running.tell(fault)
            assert (await asked(client))["state"] == "completed", fault
        running.tell({"kind": "status", "value": 503, "first": 1})
        assert (await asked(client))["state"] == "completed"


async def test_a_stream_without_an_end_is_no_answer_and_one_without_usage_is(
    pincite_home: Path, running: Simulated
) -> None:
    async with rehearsed(pincite_home, running, "openai") as client:
        running.tell({"kind": "no-finish"})
        assert (await asked(client))["state"] == "failed"
        running.tell({"kind": "no-usage"})
        answer = await asked(client)
        assert answer["state"] == "completed"
        assert answer["usage"]["output_tokens"] > 0, "it is estimated"
