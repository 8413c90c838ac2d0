"""Hosts whose clocks are two hours apart, and a clock that is set while documents are read: both change nothing."""

import os
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
import pytest
from tests.doubles.provider import serve
from tests.e2e.conftest import Server, kill_server, start_server, stop_server
from tests.faults.clocks import HOUR_S, Started, wrong_clock
from tests.faults.cluster import cluster, report
from tests.flow.conftest import add, house_with_model, signed_in
from tests.forked import pincite_json

REPORT = report(270)
TAKEN_OVER_S = 10.0


@pytest.mark.faults
@pytest.mark.postgres
@pytest.mark.timeout(300)
async def test_workers_whose_clocks_are_two_hours_apart(tmp_path: Path, postgres_url: str) -> None:
    async with cluster(tmp_path, postgres_url) as stands:
        behind = await stands.start_worker(**wrong_clock(tmp_path, -HOUR_S).environment)
        ahead = await stands.start_worker(**wrong_clock(tmp_path, HOUR_S).environment)
        documents = [await stands.upload(f"{number}.pdf", REPORT) for number in range(3)]
        await stands.both_at_work(behind, ahead)
        assert ["jobs taken over" in each.process.stderr for each in (behind, ahead)] == [False, False]
        ahead.process.kill()
        assert await stands.taken_over(ahead) < TAKEN_OVER_S
        await stands.finished(*documents)
        assert await stands.wrong(documents[0]) == []


def ask(server: Server, key: str, path: str) -> Any:
    headers = {"Authorization": f"Bearer {key}"}
    return httpx2.get(f"{server.url}{path}", headers=headers, timeout=30).json()


def states(server: Server, key: str) -> list[str]:
    return [each["state"] for each in ask(server, key, "/v1/documents")["items"]]


@pytest.mark.faults
@pytest.mark.timeout(300)
def test_a_clock_that_is_set_back_and_forth_under_work_and_after_a_kill(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    key = pincite_json(["keys", "create", "tests"], {"PINCITE_HOME": str(home)})["key"]
    clock = wrong_clock(tmp_path, HOUR_S)
    environment = {**os.environ, "PINCITE_HOME": str(home), "PINCITE_MODEL": "none", **clock.environment}
    process = Started(["serve", "--port", "0"], environment, tmp_path / "server.log")
    process.wait_for("#token=", 60)
    server = Server((home / "address").read_text(), "", home, process)  # pyright: ignore[reportArgumentType]
    files = [("file", (f"{number}.pdf", REPORT)) for number in range(6)]
    headers = {"Authorization": f"Bearer {key}"}
    accepted = httpx2.post(f"{server.url}/v1/documents", files=files, headers=headers, timeout=60)
    assert accepted.status_code == 202, accepted.text
    created = datetime.fromisoformat(accepted.json()["items"][0]["created_at"])
    assert abs((created - datetime.now(UTC)).total_seconds() - HOUR_S) < HOUR_S / 2, "its clock is right"
    for ready, moved in enumerate((2 * HOUR_S, 0, HOUR_S)):
        while states(server, key).count("ready") < ready:
            time.sleep(0.05)
        clock.move(moved)
        time.sleep(0.5)
    kill_server(server)
    # It died an hour ahead of the clock that is right again: its last sign of life lies in the future.
    again = start_server(home)
    try:
        assert set(states(again, key)) != {"ready"}, "it was too late to kill it"
        until = time.monotonic() + 90
        while set(states(again, key)) != {"ready"}:
            assert time.monotonic() < until, "the jobs of the dead server wait for its clock"
            time.sleep(0.05)
        assert pincite_json(["fsck", "--check", "--deep", "--strict"], {"PINCITE_HOME": str(home)})["findings"] == []
    finally:
        stop_server(again)


@pytest.mark.faults
@pytest.mark.postgres
@pytest.mark.timeout(300)
async def test_a_server_whose_clock_is_ahead_takes_no_other_for_dead(
    tmp_path: Path, pincite_home: Path, postgres_url: str
) -> None:
    url = postgres_url.replace("+asyncpg", "", 1)
    environment = {**os.environ, "PINCITE_HOME": str(tmp_path / "ahead"), "PINCITE_DATABASE_URL": url}
    environment |= {"PINCITE_MODEL": "none", **wrong_clock(tmp_path, HOUR_S).environment}
    with serve() as provider:
        provider.behaviour.reply = " ".join(f"Sentence number {n} says that dogs travel free [1]." for n in range(12))
        provider.behaviour.piece_delay_s = 0.05
        async with house_with_model(pincite_home, provider, database_url=url) as house, signed_in(house) as client:
            await add(client, "rules.md", b"# Rules\n\nDogs travel free of charge.\n")
            ahead = Started(["serve", "--port", "0", "--workers", "0"], environment, tmp_path / "ahead.log")
            try:
                ahead.wait_for("Pincite is at", 60)
                answer = (
                    await client.post("/v1/answers", json={"question": "Do dogs travel free?"}, timeout=60)
                ).json()
            finally:
                ahead.kill()
                ahead.wait(10)
    assert (answer["state"], answer["problem"]) == ("completed", None)
