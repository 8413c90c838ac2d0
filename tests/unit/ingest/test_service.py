"""What the write path does for its callers, on real SQLite, real files and a real parser."""

import asyncio
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from tests.unit.ingest.rooms import OTHER, SCOPE, Rooms, rooms, stream

from pincite.core import Conflict, NotFound, Scope, Unavailable
from pincite.core.blobs import UploadTooLarge
from pincite.guard import UnsupportedType
from pincite.index import Filter, Generation, Point
from pincite.index.adapters.memory import MemoryIndex
from pincite.ingest import EmptyUpload, IngestSettings
from pincite.ingest.receive import ingest_job_id
from pincite.library import Document, RegisterOutcome, RevisionState

SMALL = IngestSettings(page_batch=2, index_batch=4, retry_wait_s=0.01, sweep_s=60.0, maintain_after_s=0.01)
PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 64
BROKEN_PDF = b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\n"


def text(subject: str, parts: int = 40) -> bytes:
    line = "The {} of unit {} is checked every {} days by two people who sign for it. "
    return "\n\n".join(
        "".join(line.format(subject, n * 10 + k, k + 2) for k in range(8)) for n in range(parts)
    ).encode()


async def points(opened: Rooms, scope: Scope = SCOPE) -> dict[str, int]:
    """Return how many points each revision has in the index that answers."""
    generation = await opened.library.active_generation(scope)
    held: dict[str, int] = {}
    if generation is not None:
        async for _, revision_id in opened.index.chunk_ids(scope, generation):
            held[revision_id] = held.get(revision_id, 0) + 1
    return held


async def gone(opened: Rooms) -> None:
    async with asyncio.timeout(10):
        while any(job.name == "remove" for job in await opened.jobs.unfinished()):  # bytes go after the rows
            await asyncio.sleep(0.02)


async def test_an_upload_becomes_pages_chunks_and_points(tmp_path: Path) -> None:
    async with rooms(tmp_path, settings=SMALL) as opened:
        document = await opened.add("valves.txt", text("valve"))
        latest = document.latest
        assert latest.state is RevisionState.READY
        assert latest.pages_done == latest.pages_total == len(await opened.library.pages(SCOPE, latest.id)) > 2
        assert await points(opened) == {latest.id: latest.chunks}
        assert document.serving == latest.id
        generation = await opened.library.active_generation(SCOPE)
        assert generation is not None
        where = Filter(collections=(document.collection_id,))
        hits = await opened.index.search_text(SCOPE, generation, "valve of unit 11", where, 5)
        found = await opened.library.hydrate(SCOPE, [hit.chunk_id for hit in hits])
        passage = found[hits[0].chunk_id]
        page = await opened.library.page(SCOPE, latest.id, passage.chunk.page)
        assert passage.source == "valves.txt"
        assert passage.chunk.text.startswith(page.text[passage.chunk.start :][:40])


async def test_the_same_bytes_change_nothing_and_other_bytes_are_a_revision(tmp_path: Path) -> None:
    async with rooms(tmp_path, settings=SMALL) as opened:
        first = await opened.add("valves.txt", text("valve"))
        same = await opened.ingest.receive(
            SCOPE, collection="default", source="valves.txt", stream=stream(text("valve"))
        )
        assert same.outcome is RegisterOutcome.UNCHANGED
        second = await opened.add("valves.txt", text("boiler"))
        assert second.id == first.id
        assert second.latest.number == 2
        async with asyncio.timeout(5):
            while set(await points(opened)) != {second.latest.id}:
                await asyncio.sleep(0.02)
        assert second.serving == second.latest.id
        assert (await opened.library.revision(SCOPE, first.latest.id)).state is RevisionState.SUPERSEDED
        assert (await opened.library.page(SCOPE, first.latest.id, 1)).text  # old pins still resolve


async def test_the_old_revision_serves_until_the_flip_and_a_first_one_is_served_early(tmp_path: Path) -> None:
    seen: list[tuple[str, str | None]] = []
    watched: list[Rooms] = []

    class Watching(MemoryIndex):
        async def write(self, scope: Scope, generation: Generation, points: Sequence[Point]) -> None:
            document = await watched[0].library.document(scope, points[0].document_id)
            seen.append((document.latest.id, document.serving))
            await super().write(scope, generation, points)

    async with rooms(tmp_path, settings=SMALL, index=Watching()) as opened:
        watched.append(opened)
        first = await opened.add("valves.txt", text("valve"))
        assert seen[0] == (first.latest.id, None)
        assert seen[-1] == (first.latest.id, first.latest.id)  # it served before it was ready
        seen.clear()
        second = await opened.add("valves.txt", text("boiler"))
        assert set(seen) == {(second.latest.id, first.latest.id)}


@pytest.mark.parametrize(
    ("name", "content", "error"),
    [("empty.txt", b"", EmptyUpload), ("photo.pdf", PNG, UnsupportedType), ("big.txt", b"x" * 2000, UploadTooLarge)],
)
async def test_what_cannot_be_read_is_refused_at_once(
    tmp_path: Path, name: str, content: bytes, error: type[Exception]
) -> None:
    settings = IngestSettings(max_upload_bytes=1000, sweep_s=60.0)
    async with rooms(tmp_path, settings=settings) as opened:
        with pytest.raises(error):
            await opened.ingest.receive(SCOPE, collection="default", source=name, stream=stream(content))
        assert (await opened.library.documents(SCOPE)).items == ()


async def test_bytes_of_refused_uploads_do_not_stay(tmp_path: Path) -> None:
    async with rooms(tmp_path, settings=SMALL) as opened:
        kept = await opened.add("valves.txt", text("valve"))
        with pytest.raises(UnsupportedType):
            await opened.ingest.receive(SCOPE, collection="default", source="a.pdf", stream=stream(PNG))
        stored = [path for path in (tmp_path / "blobs").rglob("*") if path.is_file()]
        assert len(stored) == 2
        for path in stored:
            os.utime(path, (0, 0))  # long ago: no upload is still under way
    async with rooms(tmp_path, settings=SMALL) as opened:
        async with asyncio.timeout(5):
            while len([blob async for blob in opened.blobs.list(SCOPE)]) > 1:
                await asyncio.sleep(0.02)
        assert await opened.blobs.exists(SCOPE, kept.latest.sha256)


async def test_a_damaged_document_fails_once_with_a_remedy_and_can_be_retried(tmp_path: Path) -> None:
    async with rooms(tmp_path, settings=SMALL) as opened:
        try:
            failed = await opened.add("broken.pdf", BROKEN_PDF)
        except UnsupportedType:
            pytest.skip("refused already by its content")
        assert failed.latest.state is RevisionState.FAILED
        problem = failed.latest.problem
        assert problem is not None
        assert problem.message
        assert problem.remedy
        assert await points(opened) == {}
        again = await opened.ingest.retry(SCOPE, failed.id)
        assert again.latest.attempt == 2
        assert (await opened.ends(failed.id)).latest.state is RevisionState.FAILED


class Failing(MemoryIndex):
    """An index whose writes fail a number of times."""

    def __init__(self, error: Exception, times: int) -> None:
        super().__init__()
        self._error = error
        self.times = times

    async def write(self, scope: Scope, generation: Generation, points: Sequence[Point]) -> None:
        if self.times:
            self.times -= 1
            raise self._error
        await super().write(scope, generation, points)


async def test_a_short_outage_is_waited_out(tmp_path: Path) -> None:
    index = Failing(Unavailable("The index does not answer.", remedy="Try again."), 2)
    async with rooms(tmp_path, settings=SMALL, index=index) as opened:
        document = await opened.add("valves.txt", text("valve"))
        assert document.latest.state is RevisionState.READY
        assert await points(opened) == {document.latest.id: document.latest.chunks}
        assert (await opened.ingest.fsck(SCOPE)).clean


async def test_a_long_outage_fails_with_its_remedy_and_retry_brings_it_in(tmp_path: Path) -> None:
    index = Failing(Unavailable("The index does not answer.", remedy="Start it."), 100)
    async with rooms(tmp_path, settings=SMALL, index=index) as opened:
        document = await opened.add("valves.txt", text("valve"))
        problem = document.latest.problem
        assert document.latest.state is RevisionState.FAILED
        assert problem is not None
        assert (problem.code, problem.remedy) == ("unavailable", "Start it.")
        index.times = 0
        await opened.ingest.retry(SCOPE, document.id)
        assert (await opened.ends(document.id)).latest.state is RevisionState.READY
        with pytest.raises(Conflict):
            await opened.ingest.retry(SCOPE, document.id)


async def test_the_unexpected_is_shown_and_not_leaked(tmp_path: Path) -> None:
    index = Failing(ZeroDivisionError("secret detail"), 100)
    async with rooms(tmp_path, settings=SMALL, index=index) as opened:
        document = await opened.add("valves.txt", text("valve"))
        assert document.latest.state is RevisionState.FAILED
        assert document.latest.problem is not None
        assert document.latest.problem.code == "internal"
        assert "secret" not in document.latest.problem.message


async def test_a_removed_document_leaves_nothing(tmp_path: Path) -> None:
    async with rooms(tmp_path, settings=SMALL) as opened:
        kept = await opened.add("kept.txt", text("valve"))
        document = await opened.add("valves.txt", text("boiler"))
        await opened.ingest.remove(SCOPE, document.id)
        with pytest.raises(NotFound):
            await opened.library.document(SCOPE, document.id)
        await gone(opened)
        assert await points(opened) == {kept.latest.id: kept.latest.chunks}
        assert [blob.sha256 async for blob in opened.blobs.list(SCOPE)] == [kept.latest.sha256]
        with pytest.raises(NotFound):
            await opened.ingest.remove(SCOPE, document.id)


async def test_a_document_removed_while_it_is_read_leaves_nothing(tmp_path: Path) -> None:
    reached = asyncio.Event()
    go_on = asyncio.Event()

    class Slow(MemoryIndex):
        async def write(self, scope: Scope, generation: Generation, points: Sequence[Point]) -> None:
            reached.set()
            await go_on.wait()
            await super().write(scope, generation, points)

    async with rooms(tmp_path, settings=SMALL, index=Slow()) as opened:
        received = await opened.ingest.receive(
            SCOPE, collection="default", source="valves.txt", stream=stream(text("valve"))
        )
        await asyncio.wait_for(reached.wait(), 10)
        await opened.ingest.remove(SCOPE, received.document.id)
        await gone(opened)
        go_on.set()
        async with asyncio.timeout(5):
            while await points(opened) or [blob async for blob in opened.blobs.list(SCOPE)]:
                await asyncio.sleep(0.02)
        await asyncio.sleep(0.2)
        assert await points(opened) == {}


async def test_a_worker_taken_for_dead_does_not_undo_what_its_heir_finished(tmp_path: Path) -> None:
    async with rooms(tmp_path, settings=SMALL) as opened:
        document = await opened.add("valves.txt", text("valve"))
        before = await points(opened)
        await opened.jobs.enqueue("ingest", "zombie", {"tenant": "acme", "user": "ann", "revision": document.latest.id})
        async with asyncio.timeout(5):
            while (status := await opened.jobs.status("zombie")) is None or status.state.value in {"queued", "running"}:
                await asyncio.sleep(0.02)
        assert await points(opened) == before
        assert (await opened.library.document(SCOPE, document.id)).latest.state is RevisionState.READY
        assert (await opened.ingest.fsck(SCOPE)).clean


class Crash(Exception):
    """Stands for the death of the process between commit and queue."""


async def test_the_sweep_queues_what_was_committed_but_never_queued(tmp_path: Path) -> None:
    def dies(boundary: str) -> None:
        if boundary == "receive.registered":
            raise Crash

    async with rooms(tmp_path, settings=SMALL, checkpoint=dies) as opened:
        with pytest.raises(Crash):
            await opened.ingest.receive(SCOPE, collection="default", source="valves.txt", stream=stream(text("valve")))
        (document,) = (await opened.library.documents(SCOPE)).items
        assert document.latest.state is RevisionState.QUEUED
        assert await opened.ingest.sweep() == 1
        assert (await opened.ends(document.id)).latest.state is RevisionState.READY
        assert await opened.ingest.sweep() == 0


async def test_the_sweep_begins_again_where_a_job_was_lost_and_gives_up_in_the_end(tmp_path: Path) -> None:
    async with rooms(tmp_path, settings=SMALL, work=False) as opened:
        received = await opened.ingest.receive(
            SCOPE, collection="default", source="valves.txt", stream=stream(text("valve"))
        )
        latest = received.document.latest
        for attempt in (2, 3):
            await opened.jobs.cancel(ingest_job_id(latest))
            assert await opened.ingest.sweep() == 1
            latest = (await opened.library.document(SCOPE, received.document.id)).latest
            assert (latest.state, latest.attempt) == (RevisionState.QUEUED, attempt)
            assert await opened.ingest.sweep() == 0
        await opened.jobs.cancel(ingest_job_id(latest))
        await opened.ingest.sweep()
        document = await opened.library.document(SCOPE, received.document.id)
        assert document.latest.state is RevisionState.FAILED
        assert document.latest.problem is not None
        assert document.latest.problem.code == "interrupted"


async def test_tenants_do_not_see_each_other(tmp_path: Path) -> None:
    async with rooms(tmp_path, settings=SMALL) as opened:
        mine = await opened.add("valves.txt", text("valve"))
        with pytest.raises(NotFound):
            await opened.ingest.remove(OTHER, mine.id)
        with pytest.raises(NotFound):
            await opened.ingest.retry(OTHER, mine.id)
        assert await points(opened, OTHER) == {}
        report = await opened.ingest.fsck(OTHER)
        assert (report.documents, report.blobs) == (0, 0)


async def ready(opened: Rooms, source: str, subject: str) -> Document:
    document = await opened.add(source, text(subject))
    assert document.latest.state is RevisionState.READY
    return document


async def test_a_new_index_holds_what_the_old_one_did_and_what_came_meanwhile(tmp_path: Path) -> None:
    async with rooms(tmp_path, settings=SMALL) as opened:
        for subject in ("valve", "boiler"):
            await ready(opened, f"{subject}.txt", subject)
        old = await opened.library.active_generation(SCOPE)
        before = await points(opened)
        late: list[asyncio.Task[Document]] = []

        def progress(_chunks: int) -> None:
            if not late:
                late.append(asyncio.create_task(ready(opened, "gauge.txt", "gauge")))

        assert await opened.ingest.reindex(SCOPE, progress=progress) >= sum(before.values())
        added = (await late[0]).latest
        assert await points(opened) == before | {added.id: added.chunks}
        new = await opened.library.active_generation(SCOPE)
        assert old is not None
        assert new is not None
        assert new.name != old.name
        assert [one async for one in opened.index.chunk_ids(SCOPE, old)] == []
        assert [entry.generation for entry in await opened.library.generations(SCOPE)] == [new]
        assert (await opened.ingest.fsck(SCOPE)).clean


async def test_fsck_finds_and_mends_what_the_index_lost_or_should_not_have(tmp_path: Path) -> None:
    async with rooms(tmp_path, settings=SMALL) as opened:
        lost = await ready(opened, "valve.txt", "valve")
        kept = await ready(opened, "boiler.txt", "boiler")
        before = await points(opened)
        generation = await opened.library.active_generation(SCOPE)
        assert generation is not None
        await opened.index.delete_revisions(SCOPE, generation, [lost.latest.id])
        vector = np.ones(generation.dimensions, dtype=np.float32) / generation.dimensions**0.5
        stray = Point("stray-1", kept.id, "nobody", kept.collection_id, "t", "x", vector)
        await opened.index.write(SCOPE, generation, [stray])

        looked = await opened.ingest.fsck(SCOPE, repair=False)
        assert sorted(finding.code for finding in looked.findings) == ["points-differ", "stray-points"]
        assert not any(finding.repaired for finding in looked.findings)
        mended = await opened.ingest.fsck(SCOPE)
        assert all(finding.repaired for finding in mended.findings)
        assert await points(opened) == before
        assert (await opened.ingest.fsck(SCOPE)).clean


async def test_fsck_leaves_a_document_alone_that_is_being_read(tmp_path: Path) -> None:
    reached, go_on = asyncio.Event(), asyncio.Event()

    class Slow(MemoryIndex):
        async def write(self, scope: Scope, generation: Generation, points: Sequence[Point]) -> None:
            await super().write(scope, generation, points)
            reached.set()
            await go_on.wait()

    async with rooms(tmp_path, settings=SMALL, index=Slow()) as opened:
        received = await opened.ingest.receive(
            SCOPE, collection="default", source="valves.txt", stream=stream(text("valve"))
        )
        await asyncio.wait_for(reached.wait(), 10)
        assert (await opened.ingest.fsck(SCOPE)).clean
        go_on.set()
        assert (await opened.ends(received.document.id)).latest.state is RevisionState.READY


async def test_fsck_finds_damaged_bytes(tmp_path: Path) -> None:
    async with rooms(tmp_path, settings=SMALL) as opened:
        document = await ready(opened, "valve.txt", "valve")
        (stored,) = (tmp_path / "blobs").rglob(document.latest.sha256)
        content = bytearray(stored.read_bytes())
        content[10] ^= 1
        stored.write_bytes(content)
        assert (await opened.ingest.fsck(SCOPE)).clean
        report = await opened.ingest.fsck(SCOPE, deep=True)
        assert [finding.code for finding in report.findings] == ["blob-damaged"]


async def test_a_tidy_up_follows_a_burst_of_writes_once(tmp_path: Path) -> None:
    tidied: list[str] = []

    class Counting(MemoryIndex):
        async def maintain(self, scope: Scope, generation: Generation) -> None:
            tidied.append(generation.name)

    settings = IngestSettings(page_batch=2, index_batch=4, sweep_s=60.0, maintain_after_s=1.5)
    async with rooms(tmp_path, settings=settings, index=Counting()) as opened:
        await asyncio.gather(*(opened.add(f"{n}.txt", text("valve", 12)) for n in range(3)))
        await opened.ingest.settle()
    assert len(tidied) == 1
