"""Chat completions and models by the official client, unchanged: the assistant's citations, the raw model's replies."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from openai import NotFoundError
from tests.doubles.provider import Provider, serve
from tests.flow.conftest import add, house_with_model
from tests.flow.openai_clients import HANDBOOK, QUESTION, Clients, opened

from pincite.app.settings import read_settings
from pincite.app.wiring import House, open_house

ASSISTANT = "pincite/default"
RAW = "openai:test-model"
ASKED: list[Any] = [{"role": "user", "content": QUESTION}]


@pytest.fixture
async def quoting(house: House) -> AsyncIterator[Clients]:
    """Clients of a house without a model, with something to find."""
    async with opened(house) as clients:
        async with clients.http() as plain:
            await add(plain, "ferries.md", HANDBOOK)
        yield clients


@pytest.fixture
async def wording(pincite_home: Path, provider: Provider) -> AsyncIterator[Clients]:
    """Clients of a house with a model, with something to find."""
    async with house_with_model(pincite_home, provider) as house, opened(house) as clients:
        async with clients.http() as plain:
            await add(plain, "ferries.md", HANDBOOK)
        yield clients


async def assert_pinned(clients: Clients, text: str, annotations: Any) -> None:
    """Each annotation's slice of the text is a claim, and its quote stands on the page that it names."""
    assert annotations
    async with clients.http() as plain:
        for each in annotations:
            cited = each.url_citation if hasattr(each, "url_citation") else each["url_citation"]
            cited = cited if isinstance(cited, dict) else cited.model_dump()
            claim = text[cited["start_index"] : cited["end_index"]]
            assert claim.strip() == claim != ""
            assert cited["verdict"] in {"supported", "partial", "unsupported"}
            pages = (await plain.get(f"/v1/passages/{cited['revision']}/{cited['page']}")).json()
            assert pages["text"][cited["start"] : cited["end"]] == cited["quote"]
            assert cited["filename"] == "ferries.md"
            assert (await plain.get(cited["url"])).status_code == 200


async def test_the_models_are_the_assistant_the_chat_model_and_the_embedder(wording: Clients) -> None:
    listed = [each.id async for each in wording.whole.models.list()]
    assert listed[:2] == [ASSISTANT, RAW]
    assert len(listed) == 3
    for name in listed:
        assert (await wording.whole.models.retrieve(name)).id == name
    with pytest.raises(NotFoundError) as none:
        await wording.whole.models.retrieve("openai:gpt-5-mini")
    assert none.value.code == "model_not_found"


async def test_each_route_is_a_model_of_its_own(
    pincite_home: Path, provider: Provider, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PINCITE_SECRET_X", "good-key")
    with serve() as second:
        routes = tmp_path / "routes.toml"
        lines = [
            f'[[routes.{name}]]\nmodel = "openai:test-model"\nbase_url = "{url}/v1"\nkey = "PINCITE_SECRET_X"\n'
            for name, url in (("fast", provider.url), ("good", second.url))
        ]
        routes.write_text("".join(lines))
        provider.behaviour.reply, second.behaviour.reply = "Fast.", "Good."
        settings = read_settings(home=pincite_home, model="route:fast", model_routes=routes, log_level="error")
        async with open_house(settings) as house, opened(house) as clients:
            listed = [each.id async for each in clients.whole.models.list()]
            assert listed[:4] == [ASSISTANT, "openai:test-model", "route:fast", "route:good"]
            for model, said in (("route:fast", "Fast."), ("route:good", "Good."), ("openai:test-model", "Fast.")):
                reply = await clients.whole.chat.completions.create(model=model, messages=ASKED)
                assert (reply.choices[0].message.content, reply.model) == (said, model)
            for model in ("route:none", "openai:other-model"):
                with pytest.raises(NotFoundError):
                    await clients.whole.chat.completions.create(model=model, messages=ASKED)


async def test_an_answer_comes_whole_with_citations(quoting: Clients) -> None:
    reply = await quoting.whole.chat.completions.create(model=ASSISTANT, messages=ASKED, temperature=0, user="ada")
    message = reply.choices[0].message
    assert "free of charge" in (message.content or "")
    assert reply.choices[0].finish_reason == "stop"
    assert reply.model == ASSISTANT
    assert reply.usage is not None
    assert reply.usage.total_tokens == 0
    await assert_pinned(quoting, message.content or "", message.annotations)
    assert reply.model_extra is not None
    assert reply.model_extra["pincite"]["ignored"] == ["temperature"]
    again = await quoting.whole.chat.completions.retrieve(reply.id)
    assert again.choices[0].message.content == message.content


async def test_an_address_leads_to_the_version_that_was_quoted(quoting: Clients) -> None:
    reply = await quoting.whole.chat.completions.create(model=ASSISTANT, messages=ASKED)
    async with quoting.http() as plain:
        await add(plain, "ferries.md", b"# Trams\n\nBy now there are trams where the ferries were.\n")
        again = await quoting.whole.chat.completions.retrieve(reply.id)
        cited: Any = (again.choices[0].message.annotations or [])[0].url_citation
        assert cited.quote in (await plain.get(cited.url)).text


async def test_an_answer_streams_and_its_last_chunk_holds_the_citations(wording: Clients) -> None:
    text, last, usage = "", None, None
    stream = await wording.whole.chat.completions.create(
        model=ASSISTANT, messages=ASKED, stream=True, stream_options={"include_usage": True}
    )
    pieces = 0
    async for chunk in stream:
        usage = chunk.usage or usage
        if chunk.choices:
            last = chunk.choices[0]
            text += last.delta.content or ""
            pieces += bool(last.delta.content)
    assert last is not None
    assert last.finish_reason == "stop"
    assert pieces > 1
    assert usage is not None
    assert usage.completion_tokens > 0
    assert last.delta.model_extra is not None
    await assert_pinned(wording, text, last.delta.model_extra["annotations"])


async def test_what_the_documents_do_not_say_is_a_reply_without_citations(quoting: Clients) -> None:
    reply = await quoting.whole.chat.completions.create(
        model=ASSISTANT, messages=[{"role": "user", "content": "Who won the chess championship in Reykjavik in 1972?"}]
    )
    assert (reply.choices[0].message.content or "").startswith("The documents do not say")
    assert not reply.choices[0].message.annotations
    assert reply.model_extra is not None
    assert reply.model_extra["pincite"]["abstained"]


async def test_what_was_said_before_is_understood_with_the_question(wording: Clients, provider: Provider) -> None:
    before: list[Any] = [
        {"role": "system", "content": "You are a pirate."},
        {"role": "user", "content": "Who is the captain of the ferry?"},
        {"role": "assistant", "content": "Ines is the captain."},
        {"role": "user", "content": "When did she begin?"},
    ]
    provider.requests.clear()
    reply = await wording.whole.chat.completions.create(model=ASSISTANT, messages=before)
    sent = provider.requests[-1]["messages"]
    assert [each["role"] for each in sent] == ["system", "user", "assistant", "user"]
    assert sent[2]["content"] == "Ines is the captain."
    assert "pirate" not in str(sent)
    assert reply.model_extra is not None
    assert reply.model_extra["pincite"]["ignored"] == ["messages.system"]


async def test_the_sync_client_gets_the_same(quoting: Clients) -> None:
    def ask() -> tuple[str, str]:
        whole = quoting.sync.chat.completions.create(model=ASSISTANT, messages=ASKED)
        stream = quoting.sync.chat.completions.create(model=ASSISTANT, messages=ASKED, stream=True)
        pieces = [chunk.choices[0].delta.content or "" for chunk in stream]
        return whole.choices[0].message.content or "", "".join(pieces)

    whole, streamed = await asyncio.to_thread(ask)
    assert whole == streamed != ""


async def test_the_raw_model_replies_without_documents(wording: Clients, provider: Provider) -> None:
    provider.behaviour.reply = "Ahoy, landlubber."
    messages: list[Any] = [{"role": "developer", "content": "You are a pirate."}, {"role": "user", "content": "Hello"}]
    provider.requests.clear()
    reply = await wording.whole.chat.completions.create(
        model=RAW, messages=messages, temperature=0.5, top_p=0.9, seed=7, stop=["END"], max_completion_tokens=64
    )
    assert reply.choices[0].message.content == "Ahoy, landlubber."
    assert reply.choices[0].finish_reason == "stop"
    assert reply.usage is not None
    assert reply.usage.prompt_tokens == next(provider.log.newest()).input_tokens
    (sent,) = provider.requests
    assert [(each["role"], each["content"]) for each in sent["messages"]] == [
        ("system", "You are a pirate."),
        ("user", "Hello"),
    ]
    assert (sent["temperature"], sent["top_p"], sent["seed"], sent["stop"]) == (0.5, 0.9, 7, ["END"])
    assert sent.get("max_completion_tokens", sent.get("max_tokens")) == 64
    stream = await wording.whole.chat.completions.create(model=RAW, messages=messages, stream=True)
    pieces = [chunk.choices[0].delta.content or "" async for chunk in stream]
    assert "".join(pieces) == "Ahoy, landlubber."
    assert len([each for each in pieces if each]) > 1


async def test_how_the_raw_model_is_to_reply_goes_with_what_it_is_asked(wording: Clients, provider: Provider) -> None:
    manner: dict[str, Any] = {"presence_penalty": 0.5, "frequency_penalty": -1, "reasoning_effort": "max"}
    asked: list[Any] = [{"role": "user", "content": "Hello"}]
    provider.requests.clear()
    await wording.whole.chat.completions.create(model=RAW, messages=asked, verbosity="low", **manner)
    await wording.whole.responses.create(
        model=RAW, input="Hello", reasoning={"effort": "none"}, text={"verbosity": "high"}
    )
    await wording.whole.chat.completions.create(model=RAW, messages=asked, presence_penalty=0, frequency_penalty=0)
    chat, response, plain = provider.requests
    assert {**chat, **manner, "verbosity": "low"} == chat
    assert (response["reasoning_effort"], response["verbosity"]) == ("none", "high")
    assert not {*manner, "verbosity"} & plain.keys()


async def test_the_guide_runs(quoting: Clients, capsys: pytest.CaptureFixture[str]) -> None:
    page = (Path(__file__).parents[2] / "docs/how-to/use-openai-clients.md").read_text()
    code = page.partition("```python\n")[2].partition("```")[0]
    code = code.replace("http://127.0.0.1:8700", quoting.url).replace("pin_...", quoting.key)
    code = code.replace("How much leave is there when a parent dies?", QUESTION)
    await asyncio.to_thread(exec, compile(code, "guide", "exec"), {})
    assert "<- ferries.md 1 Dogs travel free of charge" in capsys.readouterr().out
