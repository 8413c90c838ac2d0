"""What only the durable queue does: adopt the jobs of dead workers, keep JSON only, work once in a process."""

import asyncio
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest
from sqlalchemy import text

from pincite.core import Conflict, Database, Scope, Table
from pincite.core.scope import EVERY_TENANT
from pincite.jobs import DbosQueue, JobsSettings, JobState, May, Steps, store
from pincite.jobs.adapters import dbos

MAY = (May.READ, May.WRITE)
OURS = {"tenant": "t1"}
WORKER = """
import asyncio, sys
from pathlib import Path
from pincite.core import Database
from pincite.jobs import DbosQueue, JobsSettings, May

home, beat_s, seconds = Path(sys.argv[1]), 0.2, float(sys.argv[2])

async def workflow(steps, scope, payload):
    async def slow():
        (home / f"{payload['n']}.started").write_text("")
        await asyncio.sleep(seconds)
    async def note():
        with (home / "finished").open("a") as out:
            out.write(payload["n"] + "\\n")
    await steps.run("slow", slow)
    await steps.run("note", note)

async def main():
    db = Database(f"sqlite+aiosqlite:///{home}/pincite.db")
    queue = DbosQueue(db, JobsSettings(f"sqlite:///{home}/jobs.db", poll_s=0.05, beat_s=beat_s, ttl_s=1.0))
    queue.register("slow", workflow, [May.READ])
    await queue.start()
    print("up", flush=True)
    await asyncio.sleep(60)

asyncio.run(main())
"""


@pytest.fixture
async def db(tmp_path: Path) -> AsyncIterator[Database]:
    opened = Database(f"sqlite+aiosqlite:///{tmp_path}/pincite.db")
    async with opened.engine.begin() as connection:
        await connection.run_sync(Table.metadata.create_all)
    yield opened
    await opened.close()


def a_queue(db: Database, home: Path) -> DbosQueue:
    return DbosQueue(db, JobsSettings(f"sqlite:///{home}/jobs.db", poll_s=0.05, beat_s=0.2, ttl_s=1.0))


def a_worker(home: Path, seconds: float) -> subprocess.Popen[bytes]:
    process = subprocess.Popen([sys.executable, "-c", WORKER, str(home), str(seconds)], stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert b"up\n" in iter(process.stdout.readline, b"")  # what it logs before that is its own
    return process


async def until(condition: object, limit_s: float = 15.0) -> None:
    assert callable(condition)
    end = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        await asyncio.sleep(0.05)


@pytest.mark.faults
async def test_jobs_of_a_killed_worker_are_taken_over_once(db: Database, tmp_path: Path) -> None:
    async def elsewhere(_steps: Steps, _scope: Scope, _payload: Mapping[str, str]) -> None:
        raise AssertionError("this process takes no jobs")

    front = a_queue(db, tmp_path)
    front.register("slow", elsewhere, MAY)
    await front.start(work=False)
    doomed = a_worker(tmp_path, 0.4)
    for n in range(4):
        await front.enqueue("slow", f"job-{n}", {**OURS, "n": str(n)})
    await until(lambda: len(list(tmp_path.glob("*.started"))) >= 2)
    assert await front.workers() == 1
    os.kill(doomed.pid, signal.SIGKILL)
    doomed.wait()
    while await front.workers():
        await asyncio.sleep(0.05)
    heir = a_worker(tmp_path, 0.1)
    try:
        assert await front.workers() == 1
        killed_at = time.monotonic()
        for n in range(4):
            while (status := await front.status(f"job-{n}")) is None or status.state is not JobState.DONE:
                assert time.monotonic() < killed_at + 10, "not taken over within 10 s"
                await asyncio.sleep(0.05)
    finally:
        heir.kill()
        heir.wait()
        await front.stop()
    assert sorted((tmp_path / "finished").read_text().split()) == ["0", "1", "2", "3"]


async def test_a_living_worker_keeps_its_jobs(db: Database, tmp_path: Path) -> None:
    busy = a_worker(tmp_path, 2.5)
    other = a_queue(db, tmp_path)
    taken: list[str] = []

    async def workflow(_steps: Steps, _scope: Scope, payload: Mapping[str, str]) -> None:
        taken.append(payload["n"])

    other.register("slow", workflow, MAY)
    await other.start(work=False)
    await other.enqueue("slow", "job-0", {**OURS, "n": "0"})
    await until(lambda: list(tmp_path.glob("*.started")))
    await other.stop()
    await other.start()
    try:
        await until((tmp_path / "finished").exists)
    finally:
        busy.kill()
        busy.wait()
        await other.stop()
    assert taken == []


async def test_jobs_that_ended_long_ago_are_forgotten_with_their_steps(
    db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dbos, "_FORGET_AT_ONCE", 1)  # the next one at the next beat

    async def workflow(steps: Steps, _scope: Scope, payload: Mapping[str, str]) -> None:
        async def step() -> None:
            if payload["ends"] == "badly":
                raise ValueError(payload["ends"])
            while payload["ends"] == "never":
                await asyncio.sleep(0.05)

        await steps.run("step", step)

    queue = a_queue(db, tmp_path)
    queue.register("ending", workflow, MAY)
    await queue.start()
    for ends in ("well", "badly", "never"):
        await queue.enqueue("ending", ends, {**OURS, "ends": ends})
    while {each.id for each in await queue.unfinished()} != {"never"}:
        await asyncio.sleep(0.05)
    await queue.stop()
    forgetful = DbosQueue(
        db, JobsSettings(f"sqlite:///{tmp_path}/jobs.db", poll_s=0.05, beat_s=0.2, ttl_s=1.0, keep_s=0.0)
    )
    forgetful.register("ending", workflow, MAY)
    await forgetful.start()
    try:
        async with asyncio.timeout(15):
            while set(await forgetful.statuses(["well", "badly", "never"])) != {"never"}:
                await asyncio.sleep(0.05)
    finally:
        await forgetful.stop()
    with sqlite3.connect(tmp_path / "jobs.db") as engine:
        kept = engine.execute("SELECT DISTINCT workflow_uuid FROM operation_outputs").fetchall()
    assert ("well",) not in kept


async def test_the_engine_keeps_json_and_no_pickle(db: Database, tmp_path: Path) -> None:
    async def workflow(steps: Steps, _scope: Scope, _payload: Mapping[str, str]) -> None:
        async def step() -> dict[str, int]:
            return {"pages": 7}

        async def broken() -> None:
            raise ValueError("no")

        await steps.run("count", step)
        await steps.run("broken", broken)

    queue = a_queue(db, tmp_path)
    queue.register("count", workflow, MAY)
    await queue.start()
    await queue.enqueue("count", "job-1", {**OURS, "revision": "r"})
    for _ in range(200):
        status = await queue.status("job-1")
        if status is not None and status.state is JobState.FAILED:
            break
        await asyncio.sleep(0.05)
    await queue.stop()
    rows = sqlite3.connect(tmp_path / "jobs.db").execute("SELECT output, error, serialization FROM operation_outputs")
    stored = rows.fetchall()
    assert len(stored) == 2
    assert all(kind == "portable_json" for _, _, kind in stored)
    assert json.loads(stored[0][0]) == {"pages": 7}
    assert json.loads(stored[1][1])["message"] == "no"


async def test_a_job_that_names_no_tenant_or_is_of_no_kind_fails_however_it_came_to_the_engine(
    db: Database, tmp_path: Path
) -> None:
    ran: list[str] = []

    async def workflow(_steps: Steps, scope: Scope, _payload: Mapping[str, str]) -> None:
        ran.append(scope.tenant)

    queue = a_queue(db, tmp_path)
    queue.register("read", workflow, MAY)
    await queue.start()
    assert queue._open is not None
    for job_id, name, payload in (("nobody's", "read", {}), ("all", "read", {"tenant": "*"}), ("other", "odd", OURS)):
        queue._open.enqueue(
            {"workflow_name": name, "queue_name": dbos.QUEUE, "workflow_id": job_id, "app_version": dbos.VERSION},
            dict(payload),
        )
    await queue.enqueue("read", "ours", OURS)
    try:
        async with asyncio.timeout(15):
            while (await queue.statuses(["ours", "all", "nobody's"])).values() and {
                each.state for each in (await queue.statuses(["ours", "all", "nobody's"])).values()
            } != {JobState.DONE, JobState.FAILED}:
                await asyncio.sleep(0.05)
    finally:
        await queue.stop()
    assert ran == ["t1"]


async def test_two_working_queues_in_one_process_are_refused(db: Database, tmp_path: Path) -> None:
    first, second = a_queue(db, tmp_path), a_queue(db, tmp_path)
    await first.start()
    try:
        with pytest.raises(Conflict):
            await second.start()
    finally:
        await first.stop()


async def test_who_stops_waits_until_the_jobs_have_let_go(db: Database, tmp_path: Path) -> None:
    held: list[str] = []

    async def workflow(steps: Steps, _scope: Scope, _payload: Mapping[str, str]) -> None:
        async def step() -> None:
            held.append("a parser")
            try:
                await asyncio.sleep(60)
            finally:
                await asyncio.sleep(0.5)
                held.remove("a parser")

        await steps.run("read", step)

    queue = a_queue(db, tmp_path)
    queue.register("read", workflow, MAY)
    await queue.start()
    await queue.enqueue("read", "job-1", OURS)
    await until(lambda: held)
    await queue.stop()
    assert not held


async def test_nothing_is_printed(db: Database, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    queue = a_queue(db, tmp_path)
    await queue.start()
    await queue.stop()
    assert capfd.readouterr() == ("", "")


async def test_a_job_that_was_taken_and_lost_by_the_engine_is_run_after_all(db: Database, tmp_path: Path) -> None:
    ran: list[str] = []

    async def workflow(steps: Steps, _scope: Scope, payload: Mapping[str, str]) -> None:
        async def slow() -> None:
            await asyncio.sleep(1.6)
            ran.append(payload["n"])

        await steps.run("slow", slow)

    queue = a_queue(db, tmp_path)
    queue.register("slow", workflow, MAY)
    await queue.start()
    assert queue._open is not None
    assert queue._reaper is not None
    queue._open.enqueue(
        {"workflow_name": "slow", "queue_name": "nowhere", "workflow_id": "lost"}, {**OURS, "n": "lost"}
    )
    await queue.enqueue("slow", "kept", {**OURS, "n": "kept"})
    with sqlite3.connect(tmp_path / "jobs.db") as engine:  # as it is where its database fails after the claim
        engine.execute(
            "UPDATE workflow_status SET status = 'PENDING', executor_id = ? WHERE workflow_uuid = 'lost'",
            [queue._reaper._worker],
        )
    try:
        await until(lambda: sorted(ran) == ["kept", "lost"])
        await asyncio.sleep(0.5)
    finally:
        await queue.stop()
    assert sorted(ran) == ["kept", "lost"]


async def test_a_clock_that_was_set_back_keeps_no_dead_worker_alive(sql_url: str) -> None:
    database = Database(sql_url)
    async with database.engine.begin() as connection:
        await connection.run_sync(Table.metadata.create_all)
    async with database.transaction(EVERY_TENANT) as tx:
        for worker in ("dead", "claimed", "living"):
            await store.beat(tx, worker)
        await tx.execute(text("UPDATE jobs_workers SET beat_at = beat_at + 3600 WHERE id <> 'living'"))
        await tx.execute(text("UPDATE jobs_workers SET claimed_at = beat_at WHERE id = 'claimed'"))
        assert await store.living(tx, 5.0) == {"living"}
        assert not await store.claim(tx, "living", 5.0)
        for worker in ("dead", "claimed"):
            assert await store.claim(tx, worker, 5.0)
            assert not await store.claim(tx, worker, 5.0)
    await database.close()
