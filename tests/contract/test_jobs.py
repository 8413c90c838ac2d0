"""What every job queue must do: run each job once, remember steps, go on after a stop. DBOS and the one in memory."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from pincite.core import Database, Scope
from pincite.core.scope import EVERY_TENANT
from pincite.jobs import DbosQueue, JobQueue, JobsSettings, JobState, May, MemoryQueue, Steps

MAY = (May.READ, May.WRITE)
OURS = {"tenant": "t1"}
Make = Callable[[], Awaitable[JobQueue]]


@pytest.fixture(params=["memory", "sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
async def make(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Make]:
    """Opens the same queue each time it is called, as a restart does; the double lives as long as the test."""
    if request.param == "memory":
        memory = MemoryQueue()

        async def same() -> JobQueue:
            return memory

        yield same
        return
    url: str = request.getfixturevalue(f"{request.param}_tables_url")
    jobs_url = url if request.param == "postgres" else f"sqlite:///{tmp_path}/jobs.db"
    db = Database(url)

    async def opened() -> JobQueue:
        return DbosQueue(db, JobsSettings(url=jobs_url, poll_s=0.05))

    yield opened
    await db.close()


@asynccontextmanager
async def working(queue: JobQueue) -> AsyncIterator[JobQueue]:
    await queue.start()
    try:
        yield queue
    finally:
        await queue.stop()


async def ends(queue: JobQueue, job_id: str) -> JobState:
    for _ in range(400):
        status = await queue.status(job_id)
        if status is not None and status.state not in {JobState.QUEUED, JobState.RUNNING}:
            return status.state
        await asyncio.sleep(0.025)
    raise AssertionError(f"{job_id} did not end")


async def test_a_job_runs_its_steps_in_order_on_the_loop_that_started_the_queue(make: Make) -> None:
    seen: list[object] = []
    home = asyncio.get_running_loop()

    async def workflow(steps: Steps, _scope: Scope, payload: Mapping[str, str]) -> None:
        async def first() -> dict[str, int]:
            seen.append(asyncio.get_running_loop() is home)
            return {"pages": 3}

        async def second() -> None:
            seen.append(payload["revision"])

        seen.append(asyncio.get_running_loop() is home)
        seen.append(await steps.run("first", first))
        await steps.run("second", second)

    queue = await make()
    queue.register("read", workflow, MAY)
    async with working(queue):
        await queue.enqueue("read", "job-1", {**OURS, "revision": "r1"})
        assert await ends(queue, "job-1") is JobState.DONE
    assert seen == [True, True, {"pages": 3}, "r1"]


async def test_a_job_gets_the_scope_of_the_tenant_in_its_payload_and_may_what_its_kind_declares(make: Make) -> None:
    seen: list[tuple[Scope, Mapping[str, str]]] = []

    async def workflow(_steps: Steps, scope: Scope, payload: Mapping[str, str]) -> None:
        seen.append((scope, payload))

    queue = await make()
    queue.register("look", workflow, [May.READ])
    async with working(queue):
        await queue.enqueue("look", "job-1", {"tenant": "t1", "document": "d"})
        await ends(queue, "job-1")
        await queue.enqueue("look", "job-2", {"tenant": "t2"})
        await ends(queue, "job-2")
    assert [scope.tenant for scope, _ in seen] == ["t1", "t2"]
    assert {(scope.user, scope.roles, scope.permissions) for scope, _ in seen} == {
        ("system", frozenset({"system"}), frozenset({"read"}))
    }
    assert [dict(payload) for _, payload in seen] == [{"document": "d"}, {}], (
        "what would name a tenant is not handed on"
    )


async def test_a_kind_that_does_not_say_what_it_may_do_is_refused(make: Make) -> None:
    async def workflow(_steps: Steps, _scope: Scope, _payload: Mapping[str, str]) -> None: ...

    queue = await make()
    wrong: list[Any] = [(), ("admin",)]
    for each in wrong:
        with pytest.raises(RuntimeError, match="must declare what it may do: read, write"):
            queue.register("look", workflow, each)
    queue.register("look", workflow, [May.READ])
    with pytest.raises(RuntimeError, match="declared twice"):
        queue.register("look", workflow, MAY)


async def test_a_job_of_no_kind_and_one_for_no_tenant_are_not_queued(make: Make) -> None:
    async def workflow(_steps: Steps, _scope: Scope, _payload: Mapping[str, str]) -> None: ...

    queue = await make()
    queue.register("look", workflow, MAY)
    async with working(queue):
        with pytest.raises(RuntimeError, match="no job `peek` is declared"):
            await queue.enqueue("peek", "job-1", OURS)
        for payload in ({}, {"tenant": ""}, {"tenant": EVERY_TENANT.tenant}):
            with pytest.raises(RuntimeError, match="names none"):
                await queue.enqueue("look", "job-2", payload)
        assert await queue.statuses(["job-1", "job-2"]) == {}


async def test_the_same_job_id_runs_once(make: Make) -> None:
    runs: list[str] = []

    async def workflow(steps: Steps, _scope: Scope, payload: Mapping[str, str]) -> None:
        async def step() -> None:
            runs.append(payload["n"])

        await steps.run("count", step)

    queue = await make()
    queue.register("count", workflow, MAY)
    async with working(queue):
        await asyncio.gather(*(queue.enqueue("count", "job-1", {**OURS, "n": str(n)}) for n in range(5)))
        await ends(queue, "job-1")
        await queue.enqueue("count", "job-1", {**OURS, "n": "late"})
        await queue.enqueue("count", "job-2", {**OURS, "n": "other"})
        await ends(queue, "job-2")
    assert len(runs) == 2
    assert runs[1] == "other"


async def test_an_unknown_job_has_no_status_and_can_be_cancelled(make: Make) -> None:
    queue = await make()
    async with working(queue):
        assert await queue.status("never") is None
        await queue.cancel("never")


async def test_a_failed_step_can_be_handled_and_an_unhandled_one_fails_the_job(make: Make) -> None:
    handled: list[str] = []

    async def broken() -> None:
        raise ValueError("no such page")

    async def careful(steps: Steps, _scope: Scope, _payload: Mapping[str, str]) -> None:
        try:
            await steps.run("broken", broken)
        except ValueError as error:
            handled.append(str(error))

    async def careless(steps: Steps, _scope: Scope, _payload: Mapping[str, str]) -> None:
        await steps.run("broken", broken)

    queue = await make()
    queue.register("careful", careful, MAY)
    queue.register("careless", careless, MAY)
    async with working(queue):
        await queue.enqueue("careful", "job-1", OURS)
        await queue.enqueue("careless", "job-2", OURS)
        assert await ends(queue, "job-1") is JobState.DONE
        assert await ends(queue, "job-2") is JobState.FAILED
    assert handled == ["no such page"]


async def test_a_cancelled_job_stops_before_its_next_step(make: Make) -> None:
    started, go_on = asyncio.Event(), asyncio.Event()
    ran: list[str] = []

    async def workflow(steps: Steps, _scope: Scope, _payload: Mapping[str, str]) -> None:
        async def first() -> None:
            ran.append("first")
            started.set()
            await go_on.wait()

        async def second() -> None:
            ran.append("second")

        await steps.run("first", first)
        await steps.run("second", second)

    queue = await make()
    queue.register("long", workflow, MAY)
    async with working(queue):
        await queue.enqueue("long", "job-1", OURS)
        await asyncio.wait_for(started.wait(), 10)
        await queue.cancel("job-1")
        go_on.set()
        assert await ends(queue, "job-1") is JobState.CANCELLED
        await asyncio.sleep(0.2)
    assert ran == ["first"]


async def test_after_a_stop_a_job_goes_on_behind_its_last_finished_step(make: Make) -> None:
    ran: list[str] = []
    started = asyncio.Event()
    blocked = asyncio.Event()

    async def workflow(steps: Steps, _scope: Scope, _payload: Mapping[str, str]) -> None:
        async def first() -> str:
            ran.append("first")
            return "kept"

        async def second() -> None:
            ran.append("second")
            started.set()
            await blocked.wait()

        kept = await steps.run("first", first)
        await steps.run("second", second)
        ran.append(kept)

    queue = await make()
    queue.register("long", workflow, MAY)
    await queue.start()
    await queue.enqueue("long", "job-1", OURS)
    await asyncio.wait_for(started.wait(), 10)
    await queue.stop()
    assert ran == ["first", "second"]

    blocked.set()
    again = await make()
    again.register("long", workflow, MAY)
    async with working(again):
        assert await ends(again, "job-1") is JobState.DONE
    assert ran == ["first", "second", "second", "kept"]


async def test_a_queue_that_does_not_work_only_enqueues(make: Make) -> None:
    ran = asyncio.Event()

    async def workflow(_steps: Steps, _scope: Scope, _payload: Mapping[str, str]) -> None:
        ran.set()

    front = await make()
    front.register("later", workflow, MAY)
    await front.start(work=False)
    await front.enqueue("later", "job-1", OURS)
    await asyncio.sleep(0.2)
    assert not ran.is_set()
    await front.stop()

    worker = await make()
    worker.register("later", workflow, MAY)
    async with working(worker):
        assert await ends(worker, "job-1") is JobState.DONE
    assert ran.is_set()


async def test_no_more_jobs_at_once_than_allowed(make: Make) -> None:
    running = 0
    most = 0

    async def workflow(steps: Steps, _scope: Scope, _payload: Mapping[str, str]) -> None:
        async def step() -> None:
            nonlocal running, most
            running += 1
            most = max(most, running)
            await asyncio.sleep(0.1)
            running -= 1

        await steps.run("busy", step)

    queue = await make()
    queue.register("busy", workflow, MAY)
    async with working(queue):
        for n in range(5):
            await queue.enqueue("busy", f"job-{n}", OURS)
        for n in range(5):
            assert await ends(queue, f"job-{n}") is JobState.DONE
    assert most == 2


async def test_jobs_that_wait_for_others_take_no_place_of_those_that_work(make: Make) -> None:
    queue, go, waiting = await make(), asyncio.Event(), set[str]()

    async def wait(steps: Steps, _: Scope, payload: Mapping[str, str]) -> None:
        async def step() -> None:
            waiting.add(payload["number"])
            await go.wait()

        await steps.run("wait", step)

    async def work(steps: Steps, _: Scope, __: Mapping[str, str]) -> None:
        async def step() -> None:
            return None

        await steps.run("work", step)

    queue.register("wait", wait, MAY, waits=True)
    queue.register("work", work, MAY)
    async with working(queue):
        for number in range(5):
            await queue.enqueue("wait", f"w{number}", OURS | {"number": str(number)})
        async with asyncio.timeout(20):
            while len(waiting) < 2:
                await asyncio.sleep(0.02)
        await queue.enqueue("work", "j", OURS, priority=9)
        assert await ends(queue, "j") is JobState.DONE
        assert len(waiting) == 2, "nor are there more of them at once than of others"
        go.set()
        for number in range(5):
            assert await ends(queue, f"w{number}") is JobState.DONE


async def test_of_those_that_wait_the_lowest_priority_goes_first(make: Make) -> None:
    order: list[str] = []

    async def noted(steps: Steps, _scope: Scope, payload: Mapping[str, str]) -> None:
        order.append(payload["name"])

    queue = await make()
    queue.register("note", noted, MAY)
    await queue.start(work=False)
    for name, priority in (("c", 7), ("a", 0), ("d", 1_000_000), ("b", 3), ("a2", 0)):
        await queue.enqueue("note", name, {**OURS, "name": name}, priority=priority)
    assert set(await queue.statuses(["a", "d", "nothing"])) == {"a", "d"}
    await queue.stop()
    queue = await make()
    queue.register("note", noted, MAY)
    async with working(queue):
        for name in ("a", "a2", "b", "c", "d"):
            assert await ends(queue, name) is JobState.DONE
    # Two may run at once, so neighbours may change places.
    assert all(abs(order.index(name) - place) <= 1 for place, name in enumerate(("a", "a2", "b", "c", "d")))
