"""Pausing, cancelling and going on, the turn of each tenant, and the end of what says nothing any more."""

import asyncio
import time
from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy import text as sql
from tests.unit.ingest.hostile import page, pdf
from tests.unit.ingest.rooms import OTHER, SCOPE, Rooms, rooms, stream
from tests.unit.ingest.test_service import points, text

from pincite.core import Scope
from pincite.core.scope import EVERY_TENANT
from pincite.ingest import IngestSettings
from pincite.jobs import MemoryQueue
from pincite.library import Document, Problem, RevisionOvertaken, RevisionState

STEPS = IngestSettings(page_batch=2, index_batch=4, portion_pages=4, retry_wait_s=0.01, look_s=0.05, sweep_s=60.0)


async def upload(opened: Rooms, name: str, content: bytes, scope: Scope = SCOPE) -> Document:
    return (await opened.ingest.receive(scope, collection="default", source=name, stream=stream(content))).document


async def state(opened: Rooms, document: Document, *wanted: RevisionState) -> Document:
    async with asyncio.timeout(20):
        while (found := await opened.library.document(SCOPE, document.id)).latest.state not in wanted:
            await asyncio.sleep(0.01)
    return found


async def test_a_paused_document_keeps_its_pages_and_goes_on_behind_them(tmp_path: Path) -> None:
    content = pdf([page(f"The valve of unit {number} is red.") for number in range(200)])
    passed: Counter[str] = Counter()
    async with rooms(tmp_path, settings=STEPS, checkpoint=lambda at: passed.update([at])) as opened:
        document = await upload(opened, "valves.pdf", content)
        while (await opened.library.document(SCOPE, document.id)).latest.pages_done < 8:
            await asyncio.sleep(0.005)
        began = time.monotonic()
        assert await opened.ingest.pause(SCOPE, chosen=[document.id]) == (document.id,)
        assert time.monotonic() - began < 2
        paused = await state(opened, document, RevisionState.PAUSED)
        await asyncio.sleep(0.3)
        resting = await opened.library.document(SCOPE, document.id)
        assert resting.latest == paused.latest
        kept = resting.latest.pages_done
        assert 8 <= kept < 200
        passed.clear()
        assert await opened.ingest.go_on(SCOPE, collection="default") == (document.id,)
        ready = await opened.ends(document.id)
        assert (ready.latest.state, ready.latest.pages_done) == (RevisionState.READY, 200)
        assert passed["read.pages"] <= (200 - kept) // 2 + 2
        assert await points(opened) == {ready.latest.id: ready.latest.chunks}
        whole = await opened.add("again.pdf", content)
        assert whole.latest.chunks == ready.latest.chunks


async def test_a_cancelled_document_leaves_nothing_and_its_older_version_answers(tmp_path: Path) -> None:
    async with rooms(tmp_path, settings=STEPS) as opened:
        first = await opened.add("valves.txt", text("valve", 4))
        await upload(opened, "valves.txt", text("boiler", 400))
        await state(opened, first, RevisionState.EXTRACTING, RevisionState.EMBEDDING)
        assert await opened.ingest.cancel(SCOPE, chosen=[first.id]) == (first.id,)
        assert await opened.ingest.cancel(SCOPE, chosen=[first.id]) == ()
        cancelled = await opened.library.document(SCOPE, first.id)
        assert cancelled.latest.state is RevisionState.CANCELLED
        assert cancelled.serving == first.latest.id
        async with asyncio.timeout(5):
            while set(await points(opened)) != {first.latest.id}:
                await asyncio.sleep(0.02)
        assert (await opened.ingest.retry(SCOPE, first.id)).latest.state is RevisionState.QUEUED
        ready = await opened.ends(first.id)
        assert ready.serving == ready.latest.id != first.latest.id


async def test_a_collection_is_stopped_at_once_and_jobs_left_over_do_nothing(tmp_path: Path) -> None:
    async with rooms(tmp_path, settings=STEPS, work=False) as opened:
        documents = [await upload(opened, f"{number}.txt", text("valve", 2)) for number in range(30)]
        other = await upload(opened, "theirs.txt", text("valve", 2), OTHER)
        assert len(await opened.ingest.pause(SCOPE, collection="default")) == 30
        assert len(await opened.ingest.cancel(SCOPE, chosen=[each.id for each in documents[:10]])) == 10
        assert (await opened.library.document(OTHER, other.id)).latest.state is RevisionState.QUEUED
        versions = [change.version for change in await opened.library.changes(SCOPE, 0)]
        assert len(set(versions)) == len(versions) == 30
        assert len(await opened.ingest.go_on(SCOPE, collection="default")) == 30
        await opened.jobs.start()
        ready = [await opened.ends(each.id) for each in documents]
        assert {each.latest.state for each in ready} == {RevisionState.READY}
        assert {each.latest.attempt for each in ready} == {2}
        held = await points(opened)
        assert held == {each.latest.id: each.latest.chunks for each in ready}


async def test_each_tenant_gets_its_turn_and_bulk_waits(tmp_path: Path) -> None:
    order: list[str] = []
    async with rooms(tmp_path, settings=STEPS, work=False, jobs=lambda _: MemoryQueue(1)) as opened:
        for number in range(8):
            await opened.ingest.receive(
                OTHER, collection="default", source=f"bulk-{number}.txt", stream=stream(text("valve", 1)), bulk=True
            )
        for number in range(4):
            await upload(opened, f"theirs-{number}.txt", text(f"pump {number}", 1), OTHER)
        await upload(opened, "ours.txt", text("valve", 1))
        await opened.jobs.start()
        async with asyncio.timeout(20):
            while len(order) < 13:
                for scope in (SCOPE, OTHER):
                    for document in (await opened.library.documents(scope)).items:
                        if document.latest.state is RevisionState.READY and document.source not in order:
                            order.append(document.source)
                await asyncio.sleep(0.001)
    assert order.index("ours.txt") < 2
    assert max(order.index(f"theirs-{number}.txt") for number in range(4)) < 6


async def test_what_says_nothing_any_more_fails_with_a_reason(tmp_path: Path) -> None:
    settings = IngestSettings(page_batch=2, silence_s=0.2, sweep_s=60.0)
    async with rooms(tmp_path, settings=settings, work=False) as opened:
        document = await upload(opened, "valves.txt", text("valve", 2))
        await opened.library.take(SCOPE, document.latest.id, "1")
        await opened.library.set_state(SCOPE, document.latest.id, RevisionState.EXTRACTING)
        assert await opened.ingest.sweep() == 0
        await asyncio.sleep(0.3)
        assert await opened.ingest.sweep() == 1
        stuck = (await opened.library.document(SCOPE, document.id)).latest
        assert stuck.state is RevisionState.FAILED
        assert stuck.problem is not None
        assert (stuck.problem.code, bool(stuck.problem.remedy)) == ("stuck", True)


async def test_a_worker_that_was_frozen_writes_nothing_when_it_wakes(tmp_path: Path) -> None:
    async with rooms(tmp_path, settings=STEPS, work=False) as opened:
        document = await upload(opened, "valves.pdf", pdf([page(f"Unit {number}.") for number in range(60)]))
        frozen, _ = await opened.library.take(SCOPE, document.latest.id, "1")
        await opened.jobs.start()
        ready = await opened.ends(document.id)
        assert ready.latest.lease > frozen.lease
        for late in (
            opened.library.save_pages(SCOPE, frozen.id, (), lease=frozen.lease),
            opened.library.save_chunks(SCOPE, frozen.id, (), lease=frozen.lease),
            opened.library.set_state(SCOPE, frozen.id, RevisionState.EMBEDDING, lease=frozen.lease, pages_done=1),
        ):
            with pytest.raises(RevisionOvertaken):
                await late
        assert (await opened.library.document(SCOPE, document.id)).latest == ready.latest


async def test_a_document_that_was_interrupted_is_whole_in_an_index_that_was_built_meanwhile(tmp_path: Path) -> None:
    async with rooms(tmp_path, settings=STEPS) as opened:
        await opened.add("first.txt", text("boiler", 2))
        document = await upload(opened, "valves.txt", text("valve", 300))
        async with asyncio.timeout(20):
            while (await opened.library.document(SCOPE, document.id)).latest.chunks < 8:
                await asyncio.sleep(0.002)
        await opened.jobs.stop()
        latest = (await opened.library.document(SCOPE, document.id)).latest
        assert latest.state not in {RevisionState.READY, RevisionState.FAILED}
        async with opened.db.transaction(
            EVERY_TENANT
        ) as tx:  # it served early, and the new index would hold what it has so far
            await tx.execute(sql("UPDATE library_documents SET serving = NULL WHERE source = 'valves.txt'"))
        await opened.ingest.reindex(SCOPE, progress=lambda _: None)
        await opened.jobs.start()
        ready = await opened.ends(document.id)
        assert (ready.latest.state, ready.latest.attempt) == (RevisionState.READY, 1)
        assert (await points(opened))[ready.latest.id] == ready.latest.chunks
        assert (await opened.ingest.fsck(SCOPE, repair=False, strict=True)).clean


async def test_who_still_reads_for_a_cancelled_attempt_writes_nothing_into_the_next(tmp_path: Path) -> None:
    async with rooms(tmp_path, settings=STEPS, work=False) as opened:
        document = await upload(opened, "valves.txt", text("valve", 40))
        late, _ = await opened.library.take(SCOPE, document.latest.id, "1")
        await opened.library.set_state(SCOPE, late.id, RevisionState.EXTRACTING, lease=late.lease)
        await opened.ingest.cancel(SCOPE, chosen=[document.id])
        await opened.ingest.retry(SCOPE, document.id)
        for write in (
            opened.library.set_state(
                SCOPE, late.id, RevisionState.EXTRACTING, lease=late.lease, pages_done=9, chunks=9
            ),
            opened.library.save_chunks(SCOPE, late.id, (), lease=late.lease),
        ):
            with pytest.raises(RevisionOvertaken):
                await write
        waiting = (await opened.library.document(SCOPE, document.id)).latest
        assert (waiting.state, waiting.pages_done, waiting.chunks) == (RevisionState.QUEUED, 0, 0)


async def test_a_document_paused_between_reading_and_publishing_keeps_what_is_read(tmp_path: Path) -> None:
    async with rooms(tmp_path, settings=STEPS) as opened:
        pausing: list[asyncio.Task[object]] = []

        async def pause() -> None:
            await opened.ingest.pause(SCOPE, collection="default")

        publish = opened.library.publish

        async def paused_just_before(scope: Scope, revision_id: str, *, lease: int | None = None) -> tuple[str, ...]:
            if not pausing:
                pausing.append(asyncio.create_task(pause()))
                await pausing[0]
            return await publish(scope, revision_id, lease=lease)

        opened.library.publish = paused_just_before
        document = await upload(opened, "valves.txt", text("valve", 40))
        paused = await state(opened, document, RevisionState.PAUSED)
        async with asyncio.timeout(10):
            while await opened.jobs.unfinished():
                await asyncio.sleep(0.01)
        assert (await points(opened)).get(paused.latest.id, 0) == paused.latest.chunks > 0
        await opened.ingest.go_on(SCOPE, chosen=[document.id])
        ready = await opened.ends(document.id)
        assert await points(opened) == {ready.latest.id: ready.latest.chunks}


async def test_a_late_worker_neither_publishes_nor_fails_what_another_one_reads(tmp_path: Path) -> None:
    async with rooms(tmp_path, settings=STEPS, work=False) as opened:
        document = await upload(opened, "valves.txt", text("valve", 2))
        revision = document.latest.id
        late, _ = await opened.library.take(SCOPE, revision, "1")
        await opened.library.set_state(SCOPE, revision, RevisionState.EXTRACTING, lease=late.lease)
        mine, _ = await opened.library.take(SCOPE, revision, "2")
        with pytest.raises(RevisionOvertaken):
            await opened.library.publish(SCOPE, revision, lease=late.lease)
        problem = Problem("unavailable", "The index did not answer.")
        await opened.ingest.work.fail(SCOPE, revision, problem, lease=late.lease)
        await opened.ingest.work.fail(SCOPE, revision, problem, attempt=late.attempt + 1)
        found = await opened.library.revision(SCOPE, revision)
        assert (found.state, found.lease) == (RevisionState.EXTRACTING, mine.lease)
        assert await opened.library.begin_again(SCOPE, revision, late.attempt) is not None
        assert await opened.library.begin_again(SCOPE, revision, late.attempt) is None, "two sweeps begin one attempt"


async def test_a_document_whose_bytes_are_gone_says_so_at_once(tmp_path: Path) -> None:
    async with rooms(tmp_path, settings=STEPS, work=False) as opened:
        document = await upload(opened, "valves.txt", text("valve", 2))
        await opened.blobs.delete(SCOPE, document.latest.sha256)
        await opened.jobs.start()
        failed = (await opened.ends(document.id)).latest
        assert failed.problem is not None
        assert (failed.state, failed.problem.code) == (RevisionState.FAILED, "bytes-lost")


async def test_another_host_whose_clock_is_behind_is_not_silent(tmp_path: Path) -> None:
    settings = IngestSettings(page_batch=2, silence_s=0.2, sweep_s=60.0)
    async with rooms(tmp_path, settings=settings, work=False) as opened:
        document = await upload(opened, "valves.txt", text("valve", 2))
        await opened.library.take(SCOPE, document.latest.id, "1")
        for hours in (2, 3, 1):
            await opened.library.set_state(SCOPE, document.latest.id, RevisionState.EXTRACTING)
            async with opened.db.transaction(EVERY_TENANT) as tx:
                await tx.execute(sql(f"UPDATE library_revisions SET updated_at = datetime('now', '-{hours} hours')"))
            assert await opened.ingest.sweep() == 0
            await asyncio.sleep(0.15)
        assert (await opened.library.document(SCOPE, document.id)).latest.state is RevisionState.EXTRACTING
