"""Streams over a real socket: cut at random and taken up again, kept alive, bounded, and nobody else's."""

import asyncio
import os
import random
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
import uvicorn
from tests.doubles.provider import Provider
from tests.flow.conftest import add, house_with_model
from tests.flow.serving import Served, served

from pincite.answers import event_stream
from pincite.app.front import BoundedHttp
from pincite.app.listening import bound
from pincite.app.settings import Settings, read_settings
from pincite.app.wiring import open_house

WHOLE = os.environ.get("FAULTS") == "whole"
STREAMS = 60 if WHOLE else 6
RULES = b"# Ferry rules\n\nThe ferry to Hven leaves the northern quay at nine. Dogs travel free of charge.\n"
REPLY = " ".join(f"Sentence number {n} says that dogs travel free [1]." for n in range(40))
BLOCK = re.compile(rb"event: (\S+)\ndata: (.*)\nid: (\d+)\n\n")


@pytest.fixture
async def server(pincite_home: Path, provider: Provider) -> AsyncIterator[Served]:
    provider.behaviour.reply = REPLY
    async with house_with_model(pincite_home, provider, streams="3,5") as house:
        running = await served(house)
        async with running.client() as client:
            await add(client, "rules.md", RULES)
        yield running
        await running.stop()


async def _key_of_another(server: Served, role: str) -> str:
    owner = await server.house.owner()
    other, _ = await server.house.people.invite(owner, name="Ben", role=role)
    return (await server.house.accounts.create_key(owner, "ben", user=other.id)).secret


async def _begun(client: httpx2.AsyncClient) -> str:
    body = {"question": "Who travels free?", "stream": True}
    return (await client.post("/v1/answers", json=body)).json()["id"]


async def _piece(client: httpx2.AsyncClient, answer: str, after: int, most: int) -> bytes:
    """Return the whole events that came behind a number, until so many bytes came or the stream ended."""
    came = b""
    path = f"/v1/answers/{answer}/events"
    async with client.stream("GET", path, headers={"Last-Event-ID": str(after)}) as response:
        assert response.status_code == 200
        async for part in response.aiter_raw():
            came += part
            if len(came) >= most:
                break
    return b"".join(found[0] for found in BLOCK.finditer(came))


async def _in_pieces(clients: list[httpx2.AsyncClient], answer: str, chance: random.Random) -> bytes:
    """Return an answer's events as one who is cut off again and again has them, each time from another server."""
    came, ended = b"", False
    while not ended:
        seen = [found[3] for found in BLOCK.finditer(came)]
        came += await _piece(chance.choice(clients), answer, int(seen[-1]) if seen else 0, chance.randint(1, 1_500))
        ended = b"event: answer.completed" in came or b"event: answer.failed" in came
    return came


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def given(request: pytest.FixtureRequest, pincite_home: Path, provider: Provider) -> Settings:
    """Settings over either database."""
    url = request.getfixturevalue("postgres_url") if request.param == "postgres" else None
    return read_settings(
        home=pincite_home,
        database_url=url,
        model="openai:test-model",
        model_base_url=f"{provider.url}/v1",
        model_api_key="good-key",
        log_level="error",
        limit_read=0,
        streams="0,0",
    )


@pytest.mark.timeout(300)
async def test_what_is_cut_and_taken_up_at_random_is_the_log_byte_for_byte(given: Settings, provider: Provider) -> None:
    provider.behaviour.reply, provider.behaviour.piece_delay_s = REPLY, 0.002
    chance = random.Random(7)
    async with open_house(given, work=True) as house, open_house(given) as beside:
        servers = [await served(house), await served(beside)]
        async with servers[0].client() as first, servers[1].client() as second:
            await add(first, "rules.md", RULES)
            answers = [await _begun(first) for _ in range(STREAMS)]
            came = await asyncio.gather(*(_in_pieces([first, second], each, chance) for each in answers))
            for answer, bytes_ in zip(answers, came, strict=True):
                assert bytes_ == (await first.get(f"/v1/answers/{answer}/events")).content
                numbers = [int(found[3]) for found in BLOCK.finditer(bytes_)]
                assert numbers == list(range(1, len(numbers) + 1))
                assert (await second.get(f"/v1/answers/{answer}")).json()["state"] == "completed"
        for each in servers:
            await each.stop()


@pytest.mark.timeout(120)
async def test_a_stream_goes_on_behind_a_restart_and_ends_with_what_became_of_the_answer(
    given: Settings, provider: Provider
) -> None:
    provider.behaviour.reply, provider.behaviour.piece_delay_s = REPLY, 0.02
    async with open_house(given, work=True) as house:
        server = await served(house)
        async with server.client() as client:
            await add(client, "rules.md", RULES)
            answer = await _begun(client)
            before = await _piece(client, answer, 0, 4_000)
        await server.stop()
        key = server.key
    seen = [int(found[3]) for found in BLOCK.finditer(before)]
    assert b"event: answer.delta" in before
    async with open_house(given) as again:
        server = Served(again, key)
        async with server.client() as client:
            rest = await _piece(client, answer, seen[-1], 10_000_000)
            whole = (await client.get(f"/v1/answers/{answer}/events")).content
        await server.stop()
    assert before + rest == whole
    assert whole.count(b"event: answer.failed") == 1
    assert b"The server stopped while it answered" in whole


async def test_streams_of_one_and_of_all_are_bounded_and_places_come_back(server: Served, provider: Provider) -> None:
    provider.behaviour.piece_delay_s = 0.05
    key = await _key_of_another(server, "admin")
    async with server.client() as mine, server.client(key) as theirs:
        answers = [await _begun(mine), await _begun(theirs)]
        streams = [mine.stream("GET", f"/v1/answers/{answers[0]}/events") for _ in range(3)]
        streams += [theirs.stream("GET", f"/v1/answers/{answers[1]}/events") for _ in range(2)]
        opened = [await each.__aenter__() for each in streams]
        assert [each.status_code for each in opened] == [200] * 5
        for client, answer, status, code in (
            (mine, answers[0], 429, "too-many-streams"),
            (theirs, answers[1], 503, "streams-full"),
        ):
            refused = await client.get(f"/v1/answers/{answer}/events")
            assert (refused.status_code, refused.json()["code"]) == (status, code)
            assert int(refused.headers["Retry-After"]) > 0
            assert refused.json()["remedy"]
        chat = {"model": "openai:test-model", "stream": True, "messages": [{"role": "user", "content": "Who?"}]}
        assert (await mine.post("/v1/chat/completions", json=chat)).status_code == 429
        response = {"model": "pincite/default", "input": "Who?", "stream": True}
        assert (await mine.post("/v1/responses", json=response)).status_code == 429
        assert (await mine.get(f"/v1/answers/{answers[0]}")).status_code == 200, "what is no stream is read"
        for each in streams:
            await each.__aexit__(None, None, None)
        await mine.post(f"/v1/answers/{answers[0]}/cancel")
        async with asyncio.timeout(10):
            while (again := await mine.get(f"/v1/answers/{answers[0]}/events")).status_code != 200:
                await asyncio.sleep(0.05)
        assert b"event: answer.failed" in again.content


async def test_nobody_else_is_told_of_a_stream(server: Served) -> None:
    key = await _key_of_another(server, "admin")
    async with server.client() as mine, server.client(key) as theirs:
        answer = await _begun(mine)
        for path in (f"/v1/answers/{answer}/events", f"/v1/answers/{'0' * 32}/events"):
            refused = await theirs.get(path)
            assert (refused.status_code, refused.json()["code"]) == (404, "not-found")


@pytest.mark.parametrize("path", ["answers", "chat", "responses"])
async def test_silence_is_filled_and_proxies_are_told_to_pass_it_on(
    server: Served, provider: Provider, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    monkeypatch.setattr(event_stream, "QUIET_S", 0.3)
    provider.behaviour.first_delay_s = 1.5
    async with server.client() as client:
        if path == "answers":
            asked = client.stream("GET", f"/v1/answers/{await _begun(client)}/events")
        elif path == "chat":
            messages = [{"role": "user", "content": "Who travels free?"}]
            body = {"model": "pincite/default", "stream": True, "messages": messages}
            asked = client.stream("POST", "/v1/chat/completions", json=body)
        else:
            body = {"model": "pincite/default", "stream": True, "input": "Who travels free?"}
            asked = client.stream("POST", "/v1/responses", json=body)
        async with asked as response:
            assert response.headers["content-type"].startswith("text/event-stream")
            assert response.headers["x-accel-buffering"] == "no"
            assert response.headers["cache-control"] == "no-store, no-transform"
            assert "content-length" not in response.headers
            came = b"".join([part async for part in response.aiter_raw()])
    assert came.count(b"\n: ping\n\n") + came.startswith(b": ping\n\n") >= 3
    assert b"travel free" in came, "and what is told is whole"


async def test_who_does_not_read_is_cut_off_and_holds_little(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_stream, "QUIET_S", 0.3)
    monkeypatch.setattr(event_stream, "PATIENCE_S", 1.0)
    made, over = 0, asyncio.Event()

    async def blocks() -> AsyncIterator[bytes]:
        nonlocal made
        try:
            while True:
                made += 1
                yield b"data: " + b"x" * 10_000 + b"\n\n"
        finally:
            over.set()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await event_stream.EventStream(blocks())(scope, receive, send)

    listener = bound("127.0.0.1", 0)
    server = uvicorn.Server(uvicorn.Config(app, http=BoundedHttp, lifespan="off", log_level="critical"))
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    _, writer = await asyncio.open_connection("127.0.0.1", listener.getsockname()[1], limit=1_024)
    writer.write(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    async with asyncio.timeout(10):
        await over.wait()
    assert 0 < made < 2_000, "what is made waits for the reader; the rest is in sockets"
    writer.close()
    server.should_exit = True
    await serving
    listener.close()
