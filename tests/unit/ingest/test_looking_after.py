"""What looks after documents: removals that are tried again, chores that go on, and what publishing cleans."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest
from tests.unit.ingest.rooms import OTHER, SCOPE, rooms, stream
from tests.unit.ingest.test_service import SMALL, gone, points, text

from pincite.core import InvalidInput, NotFound, Scope
from pincite.core.scope import EVERY_TENANT
from pincite.index import Generation, Point
from pincite.ingest.receive import removal_job_id
from pincite.ingest.sweep import every
from pincite.ingest.turns import Turns
from pincite.jobs import JobStatus
from pincite.library import RevisionState
from pincite.library.store.documents import Wanted, documents_in_states


async def test_a_removal_that_fails_is_tried_again_with_few_questions_however_often(tmp_path: Path) -> None:
    async with rooms(tmp_path, settings=SMALL, work=False) as opened:
        documents = [
            (await opened.ingest.receive(SCOPE, collection="default", source=f"{n}.txt", stream=stream(text("valve"))))
            for n in range(3)
        ]
        for received in documents:
            await opened.ingest.remove(SCOPE, received.document.id)
        first = documents[0].document.id
        for run in range(1, 40):
            await opened.jobs.enqueue("remove", removal_job_id(first, run), {"tenant": SCOPE.tenant})
            await opened.jobs.cancel(removal_job_id(first, run))
        asked: list[str] = []
        status = opened.jobs.status

        async def counted(job_id: str) -> JobStatus | None:
            asked.append(job_id)
            return await status(job_id)

        setattr(opened.jobs, "status", counted)  # noqa: B010
        assert await opened.ingest.sweep() == 1
        assert len(asked) <= 14
        assert await opened.jobs.status(removal_job_id(first, 40)) is not None
        assert await opened.ingest.sweep() == 0, "the last try is still waiting"
        await opened.jobs.start()
        await gone(opened)
        assert (await opened.ingest.fsck(SCOPE, strict=True)).clean


async def test_a_document_removed_while_it_is_read_leaves_no_point(tmp_path: Path) -> None:
    removed: list[str] = []
    async with rooms(tmp_path, settings=SMALL) as opened:
        write = opened.index.write

        async def removed_before_the_write(scope: Scope, generation: Generation, points: Sequence[Point]) -> None:
            if not removed:
                removed.append(points[0].document_id)
                await opened.ingest.remove(SCOPE, points[0].document_id)
                await gone(opened)  # the removal is over before these points are written
            await write(scope, generation, points)

        setattr(opened.index, "write", removed_before_the_write)  # noqa: B010
        await opened.ingest.receive(SCOPE, collection="default", source="v.txt", stream=stream(text("valve")))
        async with asyncio.timeout(10):
            while not removed or await opened.jobs.unfinished():
                await asyncio.sleep(0.02)
        assert await points(opened) == {}


async def test_a_chore_that_fails_with_anything_is_done_again() -> None:
    times: list[int] = []

    async def chore() -> None:
        times.append(len(times))
        raise ZeroDivisionError

    task = asyncio.create_task(every(0.001, chore))
    async with asyncio.timeout(5):
        while len(times) < 3:
            await asyncio.sleep(0.001)
    task.cancel()


async def test_publishing_cleans_what_it_superseded_and_not_what_was_long_before(tmp_path: Path) -> None:
    async with rooms(tmp_path, settings=SMALL) as opened:
        for number in range(3):
            await opened.add("valves.txt", text(f"valve {number}"))
        latest = (await opened.add("valves.txt", text("boiler"))).latest
        first, again = [await opened.library.publish(SCOPE, latest.id) for _ in range(2)]
        assert first == again
        assert len(first) == 1
        assert await points(opened) == {latest.id: latest.chunks}


async def test_the_turn_of_many_files_is_counted_once_in_a_while(tmp_path: Path) -> None:
    async with rooms(tmp_path, settings=SMALL, work=False) as opened:
        counted: list[int] = []
        count = opened.library.count_unfinished

        async def counting(scope: Scope, most: int = 0) -> int:
            counted.append(await count(scope, most))
            return counted[-1]

        setattr(opened.library, "count_unfinished", counting)  # noqa: B010
        turns = Turns(opened.library)
        assert [await turns.next(SCOPE) for _ in range(2000)] == list(range(2000))
        assert await turns.next(OTHER) == 0
        assert len(counted) < 10


async def test_whoever_sees_little_waits_behind_what_they_do_not_see(tmp_path: Path) -> None:
    async with rooms(tmp_path, settings=SMALL, work=False) as opened:
        for number in range(3):
            await opened.ingest.receive(
                SCOPE, collection="default", source=f"{number}.txt", stream=stream(f"{number}".encode())
            )
        assert await Turns(opened.library).next(Scope(SCOPE.tenant, "ann", roles=frozenset({"editor"}))) == 3


async def test_thousands_are_stopped_and_go_on_in_runs(tmp_path: Path) -> None:
    async with rooms(tmp_path, settings=SMALL, work=False) as opened:
        names = [f"{number}.txt" for number in range(7)]
        for name in names:
            await opened.ingest.receive(SCOPE, collection="default", source=name, stream=stream(name.encode()))
        ids = [each.id for each in (await opened.library.documents(SCOPE)).items]
        found: list[list[str]] = []
        after = ""
        while True:
            wanted = Wanted(frozenset({RevisionState.QUEUED}), ids=ids, after=after)
            async with opened.db.read(EVERY_TENANT) as session:
                some = await documents_in_states(session, SCOPE, wanted, 3)
            if not some:
                break
            found.append([each.id for each in some])
            after = some[-1].id
        assert [len(some) for some in found] == [3, 3, 1]
        assert sorted(each for some in found for each in some) == sorted(ids)


async def test_a_name_that_two_collections_have_is_not_guessed(tmp_path: Path) -> None:
    async with rooms(tmp_path, settings=SMALL, work=False) as opened:
        await opened.library.create_collection(SCOPE, "other")
        both = [
            (await opened.ingest.receive(SCOPE, collection=each, source="a.txt", stream=stream(b"red"))).document.id
            for each in ("default", "other")
        ]
        with pytest.raises(InvalidInput) as caught:
            await opened.library.named(SCOPE, "a.txt")
        assert all(each in caught.value.remedy for each in both)
        assert (await opened.library.named(SCOPE, both[1])).id == both[1]
        with pytest.raises(NotFound):
            await opened.library.named(OTHER, both[1])


async def test_a_removal_waits_for_a_hold_and_goes_on_when_it_is_released(tmp_path: Path) -> None:
    async with rooms(tmp_path, settings=SMALL, work=False) as opened:
        received = await opened.ingest.receive(
            SCOPE, collection="default", source="v.txt", stream=stream(text("valve"))
        )
        document = received.document.id
        await opened.ingest.remove(SCOPE, document)
        await opened.library.hold(SCOPE, "document", document, "a matter")
        await opened.jobs.start()
        async with asyncio.timeout(10):
            while await opened.jobs.unfinished():
                await asyncio.sleep(0.02)
        assert [each.document_id for each in await opened.library.removals(SCOPE)] == [document]
        assert await opened.ingest.sweep() == 0, "nothing is queued for what waits"
        await opened.library.release(SCOPE, "document", document)
        assert await opened.ingest.sweep() == 1
        await gone(opened)
        assert (await opened.ingest.fsck(SCOPE, strict=True)).clean
