"""A server under load: the same file fifty times at once, and SIGTERM in the middle of everything."""

import asyncio
import os
import random
import signal
import sqlite3
import time
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx2
import pytest
from tests.e2e.conftest import Server, start_server, stop_server
from tests.faults.cluster import report
from tests.forked import pincite_json

AT_ONCE = 50
PAGES = 150
REPORT = report(PAGES)
DRAINED_S = 10.0

pytestmark = [pytest.mark.faults, pytest.mark.timeout(300)]


def client(server: Server, key: str) -> httpx2.AsyncClient:
    limits = httpx2.Limits(max_connections=AT_ONCE + 10)
    headers = {"Authorization": f"Bearer {key}"}
    return httpx2.AsyncClient(base_url=server.url, headers=headers, timeout=60, limits=limits)


async def documents(asked: httpx2.AsyncClient) -> dict[str, dict[str, Any]]:
    found = (await asked.get("/v1/documents", params={"limit": 200})).json()["items"]
    assert len({each["source"] for each in found}) == len(found)
    return {each["source"]: each for each in found}


async def ready(asked: httpx2.AsyncClient, sources: set[str]) -> dict[str, dict[str, Any]]:
    async with asyncio.timeout(120):
        while True:
            found = await documents(asked)
            if sources <= {source for source, each in found.items() if each["state"] == "ready"}:
                return found
            assert "failed" not in {each["state"] for each in found.values()}, found
            await asyncio.sleep(0.1)


async def same_file_at_once(asked: httpx2.AsyncClient) -> None:
    """Upload one file fifty times at once: one document, one version, one reading."""
    sent = [asked.post("/v1/documents", files={"file": ("twin.pdf", REPORT)}) for _ in range(AT_ONCE)]
    replies = await asyncio.gather(*sent)
    assert {reply.status_code for reply in replies} <= {200, 202}, [reply.text for reply in replies][:2]
    assert len({reply.json()["items"][0]["id"] for reply in replies}) == 1
    found = await ready(asked, {"twin.pdf"})
    assert list(found) == ["twin.pdf"]
    assert found["twin.pdf"]["pages_done"] == PAGES


def rows(database: Path, query: str) -> int:
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as opened:
        return opened.execute(query).fetchone()[0]


async def load(asked: httpx2.AsyncClient, acknowledged: set[str]) -> None:
    """Upload and search until the server does not answer any more; notes what it acknowledged."""
    words = random.Random(1)
    number = 0
    while True:
        number += 1
        source = f"load-{number}.pdf"
        try:
            reply = await asked.post("/v1/documents", files={"file": (source, REPORT + b"%" + str(number).encode())})
            if reply.status_code == 202:
                acknowledged.add(source)
            elif reply.status_code < 500:
                raise AssertionError(reply.text)
            await asked.get("/v1/search", params={"q": f"valve unit {words.randint(1, 99)}"})
        except httpx2.HTTPError:
            return
        await asyncio.sleep(0.05)


async def test_fifty_times_the_same_file_and_then_sigterm_under_load(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    key = pincite_json(["keys", "create", "tests"], {"PINCITE_HOME": str(home)})["key"]
    server = await asyncio.to_thread(start_server, home)
    acknowledged: set[str] = set()
    try:
        async with client(server, key) as asked:
            await same_file_at_once(asked)
            assert rows(home / "pincite.db", "SELECT count(*) FROM library_revisions") == 1
            assert rows(home / "jobs.db", "SELECT count(*) FROM workflow_status WHERE name = 'ingest'") == 1
            loading = asyncio.create_task(load(asked, acknowledged))
            while len(acknowledged) < 6:
                await asyncio.sleep(0.02)
            states = Counter(each["state"] for each in (await documents(asked)).values())
            assert states["ready"] < len(acknowledged) + 1, "nothing was being read"
            began = time.monotonic()
            os.kill(server.process.pid, signal.SIGTERM)
            code = await asyncio.to_thread(server.process.wait, DRAINED_S + 20)
            drained_s = time.monotonic() - began
            await loading
        print(f"drained in {drained_s:.1f} s with {len(acknowledged)} uploads acknowledged, {dict(states)}")
        assert (code, drained_s < DRAINED_S) == (0, True), server.process.stderr[-3000:]
    finally:
        stop_server(server)

    again = await asyncio.to_thread(start_server, home)
    try:
        async with client(again, key) as asked:
            found = await ready(asked, acknowledged | {"twin.pdf"})
            assert {each["pages_done"] for each in found.values()} == {PAGES}
            assert len({each["chunks"] for each in found.values()}) == 1
        checked = await asyncio.to_thread(
            pincite_json, ["fsck", "--check", "--deep", "--strict"], {"PINCITE_HOME": str(home)}
        )
        assert checked["findings"] == []
        assert checked["documents"] == len(found)
    finally:
        stop_server(again)
