"""Images on their way to each family of providers, over HTTP: the same bytes in the same order, and what they cost."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from typing import Any

import pytest
import structlog
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from pydantic import SecretStr
from tests.doubles.pictures import picture
from tests.doubles.provider import Behaviour, Provider, serve
from tests.spans import spans

from pincite.core import Scope
from pincite.core.images import Detail, Image
from pincite.core.redaction import Redactor
from pincite.core.telemetry import TelemetrySettings, configure_telemetry
from pincite.gateway import ChatFinished, ChatRequest, Message, ModelError, Models, Shape
from pincite.gateway.adapters.memory import MemoryMeter
from pincite.gateway.cache_key import key_of
from pincite.gateway.course import Courses, Stop
from pincite.gateway.domain import RequestRejected
from pincite.gateway.metering import most_tokens
from pincite.gateway.service import Discovery
from pincite.gateway.settings import ModelSettings

__all__ = ["spans"]

SCOPE = Scope("acme", "ada")
OPENAI, ANTHROPIC, OLLAMA = "openai:test-model", "anthropic:claude-haiku-4-5", "ollama:test-model"
NAMES = (OPENAI, ANTHROPIC, OLLAMA)
KINDS = ("PNG", "JPEG", "GIF", "WEBP")
PRICES = "openai:test-model=1/3, anthropic:claude-haiku-4-5=1/3"


def image(kind: str = "PNG", detail: Detail | None = None, size: tuple[int, int] = (32, 24)) -> Image:
    found = Image.of(picture(kind, size), detail)
    assert found is not None
    return found


SHOWN = Message.shown(("What is this?", image("PNG", "low"), "And these?", image("JPEG"), image("WEBP", "high")))
REQUEST = ChatRequest("Be brief.", (SHOWN,), max_tokens=100, timeout_s=10, may_be_cut=True)


@pytest.fixture
def provider() -> Iterator[Provider]:
    with serve() as running:
        running.behaviour.reply = "A red one."
        yield running


@pytest.fixture
def meter() -> MemoryMeter:
    return MemoryMeter()


def model(url: str, name: str, meter: MemoryMeter) -> Any:
    base = url if name.startswith(("anthropic", "google")) else f"{url}/v1"
    settings = ModelSettings(model=name, base_url=base, api_key=SecretStr("good-key"), prices=PRICES)
    return Models(settings, {}, Discovery(name, ()), meter).choose(None)


async def ask(chat: Any, request: ChatRequest = REQUEST) -> ChatFinished:
    (end,) = [event async for event in chat.stream(SCOPE, request) if isinstance(event, ChatFinished)]
    return end


def parts_of(sent: dict[str, Any]) -> list[tuple[str, ...]]:
    """What the provider was sent of the user's turn: texts, and of images the type, the base64 and the detail."""
    content = sent["messages"][-1]["content"]
    found: list[tuple[str, ...]] = []
    for part in content:
        if part["type"] == "text":
            found.append((part["text"],))
        elif part["type"] == "image_url":
            said, _, data = part["image_url"]["url"].removeprefix("data:").partition(";base64,")
            found.append((said, data, part["image_url"].get("detail", "-")))
        else:
            assert part["source"]["type"] == "base64"
            found.append((part["source"]["media_type"], part["source"]["data"], "-"))
    return found


@pytest.mark.parametrize("name", NAMES)
async def test_each_family_is_sent_what_came_in_its_order(provider: Provider, meter: MemoryMeter, name: str) -> None:
    await ask(model(provider.url, name, meter))
    heard = "-" if name != OPENAI else None
    assert parts_of(provider.requests[-1]) == [
        ("What is this?",),
        ("image/png", base64.b64encode(picture("PNG")).decode(), heard or "low"),
        ("And these?",),
        ("image/jpeg", base64.b64encode(picture("JPEG")).decode(), "-"),
        ("image/webp", base64.b64encode(picture("WEBP")).decode(), heard or "high"),
    ]


@pytest.mark.parametrize("kind", KINDS)
async def test_gemini_is_sent_the_same_bytes_and_nothing_that_it_takes_for_a_video(kind: str) -> None:
    shown = Message.shown((image(kind, "high"), "What is this?"))
    async with gemini() as (url, sent):
        end = await ask(model(url, "google:gemini-2.5-flash", MemoryMeter()), replace(REQUEST, messages=(shown,)))
    assert (end.usage.input_tokens, end.usage.output_tokens) == (300, 5)
    (content,) = sent[0]["contents"]
    picture_part, text = content["parts"]
    assert text == {"text": "What is this?"}
    ((name, held),) = picture_part.items()
    assert name.replace("_", "").lower() == "inlinedata"
    assert held.get("mime_type", held.get("mimeType")) == f"image/{kind.lower()}"
    assert _unspelled(held["data"]) == picture(kind)


@pytest.mark.parametrize("name", [OPENAI, ANTHROPIC])
async def test_what_they_cost_is_reserved_before_and_settled_as_the_provider_says(
    provider: Provider, meter: MemoryMeter, name: str
) -> None:
    await ask(model(provider.url, name, meter))
    (call,), (spent,), charged = meter.calls, meter.settled, next(provider.log.newest())
    assert charged.images == 3
    assert (spent.input_tokens, spent.estimated) == (charged.input_tokens, False)
    assert charged.input_tokens > (85 + 2 * 765 if name == OPENAI else 3 * 765)
    assert sum(most_tokens(REQUEST)) == call.bound.tokens >= spent.spend.tokens
    assert call.bound.pico_usd >= spent.spend.pico_usd > 0


@pytest.mark.parametrize("change", [{"usage": None}, {"no_finish": True}])
async def test_where_nobody_says_what_they_cost_it_is_what_was_reserved(
    provider: Provider, meter: MemoryMeter, change: dict[str, Any]
) -> None:
    for name, value in change.items():
        setattr(provider.behaviour, name, value)
    with suppress(ModelError):
        await ask(model(provider.url, OPENAI, meter))
    (call,), (spent,) = meter.calls, meter.settled
    assert spent.estimated
    assert spent.spend.tokens <= call.bound.tokens
    assert spent.input_tokens > 2_833 + 2 * (2_833 + 5_667)


async def test_images_are_in_the_key_of_a_reply(meter: MemoryMeter) -> None:
    shown = Message.shown(("What is this?", image("PNG", "low")))
    others = (
        replace(shown, parts=("What is this?", image("PNG", "high"))),
        replace(shown, parts=("What is this?", image("PNG"))),
        replace(shown, parts=("What is this?", image("PNG", "low", (33, 24)))),
        replace(shown, parts=("What is this?", image("JPEG", "low"))),
        replace(shown, parts=(image("PNG", "low"), "What is this?")),
        replace(shown, parts=("What is this?", image("PNG", "low"), image("PNG", "low"))),
        Message("user", "What is this?"),
    )
    keys = {key_of(SCOPE, replace(REQUEST, messages=(each,)), "m") for each in (shown, *others)}
    assert len(keys) == 1 + len(others)
    again = Message.shown(("What is this?", image("PNG", "low")))
    assert key_of(SCOPE, replace(REQUEST, messages=(again,)), "m") in keys
    assert set(shown.__dataclass_fields__) == {"role", "text", "calls", "parts"}, "what is new is in the key as well"
    assert set(image().__dataclass_fields__) == {"media_type", "data", "detail", "size"}, "a size is the data's"


async def test_who_must_reply_in_a_shape_sees_the_images_again(provider: Provider, meter: MemoryMeter) -> None:
    left = ["not this", '{"colour": "red"}']
    provider.behaviour.script = lambda _: Behaviour(reply=left.pop(0))
    shape = Shape("seen", {"type": "object", "required": ["colour"]})
    end = await ask(model(provider.url, OPENAI, meter), replace(REQUEST, reply=shape))
    assert end.reason == "stop"
    first, second = provider.requests
    assert len(second["messages"]) == len(first["messages"]) + 2
    assert next(each for each in second["messages"] if each["role"] == "user") == first["messages"][-1]
    assert [each.images for each in provider.log.newest()] == [3, 3]


async def test_the_next_model_sees_them_where_the_first_fails(provider: Provider, meter: MemoryMeter) -> None:
    with serve() as second:
        second.behaviour.reply = "It is red."
        provider.behaviour.fail_times, provider.behaviour.status = 9, 503
        stops = (
            Stop(model=OPENAI, base_url=f"{provider.url}/v1", api_key=SecretStr("good-key")),
            Stop(model=ANTHROPIC, base_url=second.url, api_key=SecretStr("good-key")),
        )
        settings = ModelSettings(model="route:r", routes=Courses({"r": stops}), prices=PRICES)
        end = await ask(Models(settings, {}, Discovery("route:r", ()), meter).choose(None))
        assert end.model == ANTHROPIC
        first, then = parts_of(provider.requests[0]), parts_of(second.requests[-1])
        assert [each[:2] for each in first] == [each[:2] for each in then]


async def test_a_model_that_sees_no_images_refuses_them(provider: Provider, meter: MemoryMeter) -> None:
    provider.behaviour.fail_times, provider.behaviour.status = 1, 400
    with pytest.raises(RequestRejected):
        await ask(model(provider.url, OPENAI, meter))
    assert meter.settled[0].spend.tokens == 0


@pytest.fixture
def as_served() -> Iterator[None]:
    configure_telemetry(TelemetrySettings("debug"), Redactor([]))
    yield
    structlog.reset_defaults()


@pytest.mark.usefixtures("as_served")
async def test_traces_and_logs_say_how_many_and_how_large_and_no_more(
    provider: Provider, meter: MemoryMeter, spans: InMemorySpanExporter, capsys: pytest.CaptureFixture[str]
) -> None:
    spans.clear()
    await ask(model(provider.url, OPENAI, meter))
    provider.behaviour.raw = (b"data: 7\n\n",)
    with pytest.raises(ModelError):
        await ask(model(provider.url, OPENAI, meter))
    told = "".join(each.to_json() for each in spans.get_finished_spans())
    assert '"pincite.images": 3' in told
    assert f'"pincite.image_bytes": {sum(len(picture(kind)) for kind in ("PNG", "JPEG", "WEBP"))}' in told
    logged = "".join(capsys.readouterr())
    assert "model.unreadable" in logged, "with all that it came of"
    for kind in ("PNG", "JPEG", "WEBP"):
        assert base64.b64encode(picture(kind)).decode()[:24] not in told + logged
    assert "x89PNG" not in told + logged
    assert "IHDR" not in told + logged


async def test_a_talk_about_images_is_marked_for_anthropics_cache(provider: Provider, meter: MemoryMeter) -> None:
    large = Message.shown((image("PNG", None, (1_500, 1_500)), "What is this?"))
    talk = (large, Message("assistant", "A red one."), Message("user", "Sure?"))
    await ask(model(provider.url, ANTHROPIC, meter), replace(REQUEST, messages=talk))
    assert "cache_control" in str(provider.requests[-1])


@asynccontextmanager
async def gemini() -> AsyncIterator[tuple[str, list[dict[str, Any]]]]:
    """Serve one reply of Gemini's to each request, and remember what was sent."""
    sent: list[dict[str, Any]] = []
    reply = {
        "candidates": [{"content": {"role": "model", "parts": [{"text": "A red one."}]}, "finishReason": "STOP"}],
        "usageMetadata": {"promptTokenCount": 300, "candidatesTokenCount": 5, "totalTokenCount": 305},
    }

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        length = int(head.partition("content-length:")[2].split("\r\n")[0])
        sent.append(json.loads(await reader.readexactly(length)))
        body = f"data: {json.dumps(reply)}\r\n\r\n".encode()
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n")
        writer.write(f"content-length: {len(body)}\r\n\r\n".encode() + body)
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", sent


def _unspelled(data: str) -> bytes:
    return base64.b64decode(data.replace("-", "+").replace("_", "/"))
