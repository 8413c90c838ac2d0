"""Images to a model itself by the official clients, unchanged: what is sent on, what it costs, what is refused."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import openai
import pytest
from tests.doubles.pictures import TYPES, address_of, picture
from tests.doubles.provider import Provider
from tests.flow.conftest import house_with_model
from tests.flow.openai_clients import Clients, opened

from pincite.app.wiring import House

RAW, ASSISTANT = "openai:test-model", "pincite/default"
PNG, JPEG = picture("PNG", (40, 30)), picture("JPEG", (64, 48))
PRICES = "openai:test-model=1/3"
TOOLS: list[Any] = [{"type": "function", "function": {"name": "seen", "parameters": {"type": "object"}}}]


@pytest.fixture
async def house_here(pincite_home: Path, provider: Provider) -> AsyncIterator[House]:
    given = {"model_prices": PRICES, "model_cache": "semantic", "limit_ask": 1_000}
    async with house_with_model(pincite_home, provider, **given) as house:
        provider.behaviour.reply = "A red one."
        yield house


@pytest.fixture
async def clients(house_here: House) -> AsyncIterator[Clients]:
    async with opened(house_here) as found:
        yield found


def shown(data: bytes, said: str = "image/png", **more: Any) -> dict[str, Any]:
    """A part of a chat's message."""
    return {"type": "image_url", "image_url": {"url": address_of(data, said), **more}}


def seen(data: bytes, said: str = "image/png", **more: Any) -> dict[str, Any]:
    """A part of a response's input."""
    return {"type": "input_image", "image_url": address_of(data, said), **more}


ASKED: list[Any] = [
    {
        "role": "user",
        "content": [
            {"type": "text", "text": "What is this?"},
            shown(PNG, detail="low"),
            {"type": "text", "text": "And this?"},
            shown(JPEG, "image/jpeg"),
        ],
    }
]
INPUT: list[Any] = [
    {
        "role": "user",
        "content": [
            {"type": "input_text", "text": "What is this?"},
            seen(PNG, detail="low"),
            {"type": "input_text", "text": "And this?"},
            seen(JPEG, "image/jpeg", detail="auto"),
        ],
    }
]


def assert_sent(provider: Provider, detail: str | None) -> None:
    """The provider got the texts and images in their order, with the same bytes."""
    content = provider.requests[-1]["messages"][-1]["content"]
    assert [each["type"] for each in content] == ["text", "image_url", "text", "image_url"]
    assert [content[0]["text"], content[2]["text"]] == ["What is this?", "And this?"]
    assert content[1]["image_url"] == {"url": address_of(PNG), "detail": "low"}
    assert content[3]["image_url"] == {"url": address_of(JPEG, "image/jpeg"), **({"detail": detail} if detail else {})}
    assert next(provider.log.newest()).images == 2


async def test_a_chat_shows_them_whole_and_as_a_stream_async_and_sync(clients: Clients, provider: Provider) -> None:
    provider.requests.clear()
    whole = await clients.whole.chat.completions.create(model=RAW, messages=ASKED)
    assert whole.choices[0].message.content == "A red one."
    assert_sent(provider, None)
    stream = await clients.whole.chat.completions.create(
        model=RAW, messages=ASKED, stream=True, stream_options={"include_usage": True}
    )
    chunks = [each async for each in stream]
    assert "".join(each.choices[0].delta.content or "" for each in chunks if each.choices) == "A red one."
    assert chunks[-1].usage.prompt_tokens == whole.usage.prompt_tokens > 765 + 85
    again = await asyncio.to_thread(clients.sync.chat.completions.create, model=RAW, messages=ASKED)
    assert again.choices[0].message.content == "A red one."
    assert len(provider.requests) == 3


async def test_a_response_shows_them_whole_and_as_a_stream_async_and_sync(clients: Clients, provider: Provider) -> None:
    made = await clients.whole.responses.create(model=RAW, input=INPUT)
    assert made.output_text == "A red one."
    assert_sent(provider, "auto")
    stream = await clients.whole.responses.create(model=RAW, input=INPUT, instructions="Be brief.", stream=True)
    ends = [each async for each in stream if each.type == "response.completed"]
    assert ends[0].response.output_text == "A red one."
    assert_sent(provider, "auto")
    again = await asyncio.to_thread(clients.sync.responses.create, model=RAW, input=INPUT)
    assert again.output_text == "A red one."


@pytest.mark.parametrize("kind", list(TYPES))
async def test_each_kind_is_sent_as_it_came(clients: Clients, provider: Provider, kind: str) -> None:
    data = picture(kind, (50, 20))
    messages = [{"role": "user", "content": [shown(data, TYPES[kind])]}]
    await clients.whole.chat.completions.create(model=RAW, messages=messages)
    (part,) = provider.requests[-1]["messages"][-1]["content"]
    assert base64.b64decode(part["image_url"]["url"].partition(",")[2]) == data


async def test_spellings_of_addresses_that_clients_use(clients: Clients, provider: Provider) -> None:
    coded = base64.b64encode(JPEG).decode()
    for url in (
        f"data:image/jpg;base64,{coded}",
        f"DATA:IMAGE/JPEG;BASE64,{coded}",
        f"data:image/jpeg;name=a;base64,{coded}",
    ):
        part = {"type": "image_url", "image_url": {"url": url, "detail": "original"}}
        await clients.whole.chat.completions.create(model=RAW, messages=[{"role": "user", "content": [part]}])
        (sent,) = provider.requests[-1]["messages"][-1]["content"]
        assert sent["image_url"] == {"url": address_of(JPEG, "image/jpeg"), "detail": "original"}


async def test_tools_and_shapes_go_with_them(clients: Clients, provider: Provider) -> None:
    called = await clients.whole.chat.completions.create(model=RAW, messages=ASKED, tools=TOOLS, tool_choice="required")
    (call,) = called.choices[0].message.tool_calls
    going_on = [
        *ASKED,
        {"role": "assistant", "tool_calls": [call.model_dump()]},
        {"role": "tool", "tool_call_id": call.id, "content": "Red."},
    ]
    await clients.whole.chat.completions.create(model=RAW, messages=going_on, tools=TOOLS)
    assert provider.requests[-1]["messages"][0] == provider.requests[-2]["messages"][0]
    provider.behaviour.reply = '{"colour": "red"}'
    shape = {
        "type": "json_schema",
        "json_schema": {"name": "seen", "schema": {"type": "object", "required": ["colour"]}},
    }
    made = await clients.whole.chat.completions.create(model=RAW, messages=ASKED, response_format=shape)
    assert json.loads(made.choices[0].message.content) == {"colour": "red"}


WRONG: dict[str, tuple[Any, str]] = {
    "an address": ({"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}, "Nothing is fetched"),
    "a local address": (
        {"type": "image_url", "image_url": {"url": "http://169.254.169.254/a.png"}},
        "Nothing is fetched",
    ),
    "a file's address": ({"type": "image_url", "image_url": {"url": "file:///etc/passwd"}}, "Nothing is fetched"),
    "a file by its id": ({"type": "image_url", "file_id": "file-7"}, "data address"),
    "nothing": ({"type": "image_url"}, "data address"),
    "no base64": ({"type": "image_url", "image_url": {"url": "data:image/png,abc"}}, "data address"),
    "broken base64": ({"type": "image_url", "image_url": {"url": "data:image/png;base64,@@@="}}, "data address"),
    "base64 of elsewhere": ({"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBö"}}, "data address"),
    "no image": (shown(b"<html></html>"), "PNG, JPEG, GIF or WebP"),
    "an SVG": (shown(b"<svg/>", "image/svg+xml"), "PNG, JPEG, GIF or WebP"),
    "a PDF": (shown(b"%PDF-1.7", "application/pdf"), "PNG, JPEG, GIF or WebP"),
    "no type": (shown(PNG, ""), "PNG, JPEG, GIF or WebP"),
    "another type": (shown(PNG, "image/jpeg"), "image/png"),
    "too large": (shown(PNG + b"\x00" * (5 << 20)), "5 MB"),
    "no such detail": (shown(PNG, detail="enormous"), "auto, low, high, original"),
    "sound": ({"type": "input_audio", "input_audio": {"data": "", "format": "wav"}}, "text"),
}


@pytest.mark.parametrize("face", ["chat", "responses"])
async def test_what_is_no_image_here_is_refused_by_name(
    clients: Clients, provider: Provider, subtests: pytest.Subtests, face: str
) -> None:
    provider.requests.clear()
    for what, (part, said) in WRONG.items():
        with subtests.test(what=what):
            with pytest.raises(openai.BadRequestError) as refused:
                await (_chat(clients, part) if face == "chat" else _response(clients, part))
            assert refused.value.param == ("messages.0.content.2" if face == "chat" else "input.0.content.0")
            assert said in refused.value.message
            assert refused.value.type == "invalid_request_error"
    assert provider.requests == []


async def _chat(clients: Clients, part: Any) -> None:
    content = [{"type": "text", "text": "What is it?"}, shown(PNG), part]
    messages: list[Any] = [{"role": "user", "content": content}]
    await clients.whole.chat.completions.create(model=RAW, messages=messages)


async def _response(clients: Clients, part: Any) -> None:
    image = part.get("image_url")
    item: dict[str, Any] = {**part, "image_url": image["url"]} if isinstance(image, dict) else dict(part)
    item |= {"type": "input_image"} if part["type"] == "image_url" else {}
    item |= {"detail": image["detail"]} if isinstance(image, dict) and "detail" in image else {}
    items: list[Any] = [{"role": "user", "content": [item]}]
    await clients.whole.responses.create(model=RAW, input=items, instructions="Be brief.")


async def test_images_stand_in_what_the_user_says_and_there_are_no_more_than_so_many(
    clients: Clients, provider: Provider
) -> None:
    provider.requests.clear()
    user = {"role": "user", "content": "What is it?"}
    call = {"id": "c1", "type": "function", "function": {"name": "seen", "arguments": "{}"}}
    wrong: list[tuple[list[Any], str]] = [
        ([{"role": "system", "content": [shown(PNG)]}, user], "messages.0.content.0"),
        ([user, {"role": "assistant", "content": [shown(PNG)]}, user], "messages.1.content.0"),
        (
            [
                user,
                {"role": "assistant", "tool_calls": [call]},
                {"role": "tool", "tool_call_id": "c1", "content": [shown(PNG)]},
            ],
            "messages.2.content.0",
        ),
        ([{"role": "user", "content": [shown(PNG)] * 21}], "messages"),
        ([{"role": "user", "content": [shown(PNG)] * 11}] * 2, "messages"),
    ]
    for messages, param in wrong:
        with pytest.raises(openai.BadRequestError) as refused:
            await clients.whole.chat.completions.create(model=RAW, messages=messages)
        assert refused.value.param == param
    with pytest.raises(openai.BadRequestError) as assistant:
        await clients.whole.chat.completions.create(model=ASSISTANT, messages=ASKED)
    assert assistant.value.param == "messages.0.content.1"
    assert "Only text is read" in assistant.value.message
    assert provider.requests == []
    most = [{"role": "user", "content": [shown(PNG)] * 20}]
    await clients.whole.chat.completions.create(model=RAW, messages=most)
    assert next(provider.log.newest()).images == 20


async def test_items_are_named_as_they_were_sent(clients: Clients) -> None:
    call = {"type": "function_call", "call_id": "c1", "name": "seen", "arguments": "{}"}
    result = {"type": "function_call_output", "call_id": "c1", "output": [seen(PNG)]}
    items = [{"role": "user", "content": "What?"}, {"role": "assistant", "content": "I look."}, call, call, result]
    with pytest.raises(openai.BadRequestError) as refused:
        await clients.whole.responses.create(model=RAW, input=items, instructions="Be brief.")
    assert refused.value.param == "input.4.content.0"
    with pytest.raises(openai.BadRequestError) as unknown:
        await clients.whole.responses.create(model=RAW, input=[items[0], {**result, "call_id": "no", "output": "7"}])
    assert unknown.value.param == "input.1.call_id"


async def test_a_reply_to_them_is_stored_nowhere(clients: Clients, provider: Provider) -> None:
    provider.requests.clear()
    with pytest.raises(openai.BadRequestError) as chat:
        await clients.whole.chat.completions.create(model=RAW, messages=ASKED, store=True)
    assert chat.value.param == "store"
    for given in ({"store": True}, {"background": True}):
        with pytest.raises(openai.BadRequestError) as refused:
            await clients.whole.responses.create(model=RAW, input=INPUT, **given)
        assert refused.value.param == next(iter(given))
    assert provider.requests == []
    await clients.whole.responses.create(model=RAW, input=INPUT, store=False)


async def test_budgets_bear_them_to_the_last_token(clients: Clients, provider: Provider) -> None:
    made = await clients.whole.chat.completions.create(model=RAW, messages=ASKED, max_tokens=50)
    charged = next(provider.log.newest())
    assert made.usage.prompt_tokens == charged.input_tokens
    async with clients.http() as plain:
        (line,) = (await plain.get("/v1/usage/costs")).json()["items"]
        assert (line["input_tokens"], line["output_tokens"]) == (charged.input_tokens, charged.output_tokens)
        assert line["cost_usd"] == pytest.approx((charged.input_tokens + 3 * charged.output_tokens) / 10**6, abs=1e-12)
        # The most that two images can be is 2,833 and a tile of 5,667 at detail auto, and 2,833 at low.
        wanted = {"subject": "tenant", "period": "day", "limit_tokens": line["input_tokens"] + 2_833 + 8_500}
        budget = (await plain.post("/v1/budgets", json=wanted)).json()
        provider.requests.clear()
        with pytest.raises(openai.RateLimitError) as refused:
            await clients.whole.chat.completions.create(model=RAW, messages=ASKED, max_tokens=50)
        assert refused.value.code == "insufficient_quota"
        assert provider.requests == [], "nothing was asked that might not have been borne"
        text = [{"role": "user", "content": "What is this?"}]
        await clients.whole.chat.completions.create(model=RAW, messages=text, max_tokens=50)
        await plain.delete(f"/v1/budgets/{budget['id']}")
    await clients.whole.chat.completions.create(model=RAW, messages=ASKED, max_tokens=50)


async def test_the_same_images_are_answered_again_and_others_are_not(clients: Clients, provider: Provider) -> None:
    create = clients.whole.chat.completions.create
    first = await create(model=RAW, messages=ASKED, temperature=0)
    again = await create(model=RAW, messages=ASKED, temperature=0)
    assert (first.usage.model_extra or {}).get("cached") is None
    assert (again.usage.model_extra or {})["cached"] is True
    asked = len(provider.requests)
    other = json.loads(json.dumps(ASKED))
    other[0]["content"][1] = shown(picture("PNG", (41, 30)), detail="low")
    await create(model=RAW, messages=other, temperature=0)
    assert len(provider.requests) == asked + 1
    provider.behaviour.first_delay_s = 0.3
    many = await asyncio.gather(*(create(model=RAW, messages=ASKED, temperature=0, seed=9) for _ in range(5)))
    assert len({each.choices[0].message.content for each in many}) == 1
    assert len(provider.requests) == asked + 2, "those who show the same at once are one call"


async def test_long_bodies_are_long_by_their_images_alone(clients: Clients, provider: Provider) -> None:
    noise = PNG + b"\x00" * (3 << 20)  # what stands behind a picture is nobody's business
    messages = [{"role": "user", "content": [{"type": "text", "text": "What is it? \N{SHIP}"}, *[shown(noise)] * 4]}]
    await clients.whole.chat.completions.create(model=RAW, messages=messages)
    assert next(provider.log.newest()).images == 4
    provider.requests.clear()
    async with clients.http() as plain:
        at, said = "/v1/chat/completions", {"content-type": "application/json"}
        long = {"model": RAW, "messages": [{"role": "user", "content": [{"type": "text", "text": "x" * 600_000}] * 3}]}
        too_long: list[tuple[str, dict[str, Any]]] = [
            (at, {"content": json.dumps(long), "headers": said}),
            (at, {"content": b" " * (21 << 20), "headers": said}),
            ("/v1/answers", {"content": json.dumps({"question": address_of(noise)}), "headers": said}),
        ]
        for path, given in too_long:
            assert (await plain.post(path, **given)).status_code == 413
        # Text that looks like the address of an image is text.
        false = {"type": "text", "text": address_of(b"\x00" * 700_000)}
        for refused in (
            await plain.post(at, json={"model": RAW, "messages": [{"role": "user", "content": [false] * 2}]}),
            await plain.post(
                at,
                json={
                    "model": RAW,
                    "messages": [{"role": "user", "content": "Hi."}],
                    "metadata": {"a": address_of(noise)},
                },
            ),
            await plain.post(
                "/v1/responses", json={"model": RAW, "input": "Hi.", "metadata": {"a": address_of(noise)}}
            ),
        ):
            assert refused.status_code == 400
            assert "Beside its images" in refused.text
    assert provider.requests == []


@pytest.mark.parametrize("by", ["phrases", "provider"])
async def test_where_what_is_asked_is_looked_through_they_are_refused(
    pincite_home: Path, provider: Provider, tmp_path: Path, by: str
) -> None:
    phrases = tmp_path / "phrases.txt"
    phrases.write_text("how to sink\n")
    provided = {
        "moderation": "openai:omni-moderation-latest",
        "moderation_base_url": f"{provider.url}/v1",
        "moderation_api_key": "good-key",
    }
    given: dict[str, Any] = {"moderation_phrases": phrases} if by == "phrases" else provided
    async with house_with_model(pincite_home, provider, **given) as house, opened(house) as clients:
        for stream in (False, True):
            with pytest.raises(openai.BadRequestError) as chat:
                await clients.whole.chat.completions.create(model=RAW, messages=ASKED, stream=stream)
            assert chat.value.param == "messages"
            with pytest.raises(openai.BadRequestError) as response:
                await clients.whole.responses.create(model=RAW, input=INPUT, stream=stream)
            assert response.value.param == "input"
            assert "reads text alone" in response.value.message
        assert [each for each in provider.requests if "messages" in each] == []
        text = [{"role": "user", "content": "What is this?"}]
        await clients.whole.chat.completions.create(model=RAW, messages=text)


async def test_nothing_of_them_stays_in_the_data_folder(
    house_here: House, clients: Clients, pincite_home: Path
) -> None:
    await clients.whole.chat.completions.create(model=RAW, messages=ASKED, temperature=0)
    await clients.whole.responses.create(model=RAW, input=INPUT)
    await house_here.ledger.close()
    held = b"".join(path.read_bytes() for path in pincite_home.rglob("*") if path.is_file())
    for data in (PNG, JPEG):
        assert data not in held
        assert base64.b64encode(data)[:64] not in held
