"""A model that thinks for long: the stream begins before its first word, and what comes then is told in it."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import openai
import pytest
from tests.doubles.provider import Provider
from tests.flow.conftest import house_with_model
from tests.flow.openai_clients import QUESTION, Clients, opened

from pincite.answers import event_stream
from pincite.answers.openai import streams
from pincite.app.simulation.log import State

RAW = "openai:test-model"
ASKED: list[Any] = [{"role": "user", "content": QUESTION}]
BODIES = [
    ("/v1/chat/completions", {"model": RAW, "messages": ASKED, "stream": True}),
    ("/v1/chat/completions", {"model": RAW, "messages": ASKED, "stream": True, "store": True}),
    ("/v1/responses", {"model": RAW, "input": QUESTION, "stream": True}),
]


@pytest.fixture
async def clients(pincite_home: Path, provider: Provider, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Clients]:
    monkeypatch.setattr(streams, "PATIENCE_S", 0.3)
    monkeypatch.setattr(event_stream, "QUIET_S", 0.3)
    provider.behaviour.reply, provider.behaviour.piece_chars = "The ferry leaves at nine.", 100
    provider.behaviour.first_delay_s = 1.5
    async with house_with_model(pincite_home, provider) as house, opened(house) as found:
        yield found


@pytest.mark.parametrize(("path", "body"), BODIES)
async def test_it_begins_before_the_first_word_and_is_kept_alive(clients: Clients, path: str, body: Any) -> None:
    async with clients.http() as plain, asyncio.timeout(10):
        began = asyncio.get_running_loop().time()
        async with plain.stream("POST", path, json=body) as response:
            assert response.status_code == 200
            assert asyncio.get_running_loop().time() - began < 1.2, "its head comes before the first word"
            text = "".join([piece async for piece in response.aiter_text()])
    before, _, after = text.partition("ferry")
    assert ": ping" in before, "something is heard while nothing is said"
    assert "nine" in after


@pytest.mark.parametrize(("path", "body"), BODIES)
async def test_what_fails_later_is_told_in_the_stream(
    clients: Clients, provider: Provider, path: str, body: Any
) -> None:
    provider.behaviour.status, provider.behaviour.fail_times = 400, 9
    async with clients.http() as plain, plain.stream("POST", path, json=body) as response:
        text = "".join([piece async for piece in response.aiter_text()])
    assert response.status_code == 200
    assert "error" in text or "response.failed" in text
    assert "[DONE]" not in text


@pytest.mark.parametrize(("path", "body"), BODIES)
async def test_with_a_key_what_failed_may_be_sent_again(
    clients: Clients, provider: Provider, path: str, body: Any
) -> None:
    provider.behaviour.status, provider.behaviour.fail_times = 400, 1
    headers = {"Idempotency-Key": "once"}
    async with clients.http() as plain:
        failed = await plain.post(path, json=body, headers=headers)
        again = await plain.post(path, json=body, headers=headers)
    assert failed.status_code >= 400
    assert again.status_code == 200
    assert "ferry" in again.text
    assert len(provider.requests) == 2


async def test_what_fails_soon_has_a_status(clients: Clients, provider: Provider) -> None:
    provider.behaviour.status, provider.behaviour.fail_times, provider.behaviour.first_delay_s = 400, 9, 0.0
    with pytest.raises(openai.APIStatusError) as refused:
        await clients.whole.chat.completions.create(model=RAW, messages=ASKED, stream=True)
    assert refused.value.status_code >= 400


@pytest.mark.parametrize("begun", [False, True])
async def test_who_goes_away_meanwhile_ends_it_at_the_provider(
    clients: Clients, provider: Provider, monkeypatch: pytest.MonkeyPatch, begun: bool
) -> None:
    monkeypatch.setattr(streams, "PATIENCE_S", 0.3 if begun else 30.0)
    provider.behaviour.first_delay_s = 20.0
    async with clients.http() as plain:
        reading = asyncio.create_task(_read(plain))
        async with asyncio.timeout(10):
            while not provider.requests:
                await asyncio.sleep(0.02)
        await asyncio.sleep(0.6)
        reading.cancel()
        await asyncio.wait([reading])
    async with asyncio.timeout(10):
        while next(provider.log.newest()).state is State.RUNNING:
            await asyncio.sleep(0.05)
    assert next(provider.log.newest()).state is State.CUT


async def _read(plain: httpx2.AsyncClient) -> None:
    async with plain.stream("POST", BODIES[0][0], json=BODIES[0][1]) as response:
        await response.aread()
