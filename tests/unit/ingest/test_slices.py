"""Many small documents that come together: read as one piece of work, with the results of one after another."""

import asyncio
import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text
from tests.unit.ingest.rooms import SCOPE, Rooms, rooms, stream
from tests.unit.ingest.test_service import points

from pincite.core import PinciteError, Unavailable
from pincite.core.scope import EVERY_TENANT
from pincite.ingest import IngestSettings, Received
from pincite.jobs import JobState, MemoryQueue
from pincite.library import Document, RevisionState

QUICK = IngestSettings(page_batch=8, retry_wait_s=0.01, sweep_s=60.0, maintain_after_s=0.01, slice_documents=16)
BOUNDARIES = ("slice.taken", "slice.stored", "slice.indexed", "slice.published")


def note(number: int, word: str = "valve") -> bytes:
    return f"# Note {number}\n\nThe {word} of unit {number} is checked every {number + 2} days.\n".encode()


async def send(opened: Rooms, files: Sequence[tuple[str, bytes]]) -> list[Document | PinciteError]:
    """Upload all together; returns the documents as they were registered, or why they were refused."""
    staged = [(name, await opened.ingest.stage(SCOPE, name, stream(content))) for name, content in files]
    received = await opened.ingest.register_many(SCOPE, staged, collection="default", bulk=True)
    return [each.document if isinstance(each, Received) else each for each in received]


async def ended(opened: Rooms, sent: Sequence[Document | PinciteError]) -> list[Document]:
    return [await opened.ends(each.id) for each in sent if isinstance(each, Document)]


async def chunks_of(opened: Rooms, document: Document) -> list[tuple[str, int, int, int]]:
    found = opened.library.chunks(SCOPE, document.latest.id)
    return [(chunk.text, chunk.page, chunk.start, chunk.end) async for some in found for chunk in some]


async def test_they_become_what_each_would_become_alone(tmp_path: Path) -> None:
    files = [(f"note-{number}.md", note(number) * 3) for number in range(19)]
    files.append(("notiz.md", "# Notiz\n\nDie Ventile werden von den Beschäftigten alle drei Tage geprüft.".encode()))
    (tmp_path / "together").mkdir()
    (tmp_path / "alone").mkdir()
    async with rooms(tmp_path / "together", settings=QUICK) as opened, rooms(tmp_path / "alone") as other:
        documents = await ended(opened, await send(opened, files))
        assert {each.latest.state for each in documents} == {RevisionState.READY}
        assert len(await _jobs(opened)) == 2  # of sixteen and of four
        for document, (name, content) in zip(documents, files, strict=True):
            alone = await other.add(name, content)
            assert await chunks_of(opened, document) == await chunks_of(other, alone)
            one, two = document.latest, alone.latest
            assert (one.pages_done, one.pages_total, one.chunks) == (two.pages_done, two.pages_total, two.chunks)
            assert one.language == two.language == ("de" if name == "notiz.md" else "en")
        assert await points(opened) == {each.latest.id: each.latest.chunks for each in documents}
        assert (await opened.ingest.fsck(SCOPE, strict=True)).clean


async def _jobs(opened: Rooms) -> set[str]:
    async with opened.db.read(EVERY_TENANT) as session:
        return set((await session.scalars(text("SELECT job FROM library_revisions"))).all())


@pytest.mark.parametrize("boundary", BOUNDARIES)
async def test_what_breaks_off_is_done_again_without_a_trace(tmp_path: Path, boundary: str) -> None:
    broken: list[str] = []

    def break_once(name: str) -> None:
        if name == boundary and not broken:
            broken.append(name)
            raise Unavailable("The storage went away.")

    async with rooms(tmp_path, settings=QUICK, checkpoint=break_once) as opened:
        old = await opened.add("note-3.md", note(3, "boiler"))
        documents = await ended(opened, await send(opened, [(f"note-{n}.md", note(n)) for n in range(6)]))
        assert broken == [boundary]
        assert {each.latest.state for each in documents} == {RevisionState.READY}
        assert documents[3].id == old.id
        await _settled(opened, lambda held: old.latest.id not in held)
        assert await points(opened) == {each.latest.id: each.latest.chunks for each in documents}
        assert (await opened.ingest.fsck(SCOPE, strict=True)).clean


async def _settled(opened: Rooms, fits: Callable[[dict[str, int]], bool]) -> None:
    async with asyncio.timeout(10):
        while not fits(await points(opened)):
            await asyncio.sleep(0.02)


async def test_one_that_cannot_be_read_does_not_hold_up_the_others(tmp_path: Path) -> None:
    long = b"".join(f"# Part {n}\n\n{'The pump runs. ' * 300}\n\n".encode() for n in range(20))
    settings = IngestSettings(page_batch=8, small_bytes=1 << 20, retry_wait_s=0.01, sweep_s=60.0)
    async with rooms(tmp_path, settings=settings) as opened:
        sent = await send(
            opened,
            [("one.md", note(1)), ("none.md", b"---\ntitle: nothing\n---\n"), ("long.md", long), ("\x00", note(4))],
        )
        assert isinstance(sent[3], PinciteError)
        one, none, whole = await ended(opened, sent)
        assert one.latest.state is RevisionState.READY
        assert none.latest.problem is not None
        assert none.latest.problem.code == "unreadable-document"
        assert whole.latest.state is RevisionState.READY
        assert whole.latest.pages_done == 20
        status = await opened.jobs.status(f"ingest:{whole.latest.id}:1")
        assert status is not None  # it went its own way


async def test_one_that_is_removed_or_stopped_meanwhile_stays_so(tmp_path: Path) -> None:
    reached, go = asyncio.Event(), asyncio.Event()
    async with rooms(tmp_path, settings=QUICK) as opened:
        reader = opened.ingest.work.reader.parts.index
        write = reader.write

        async def slow(*arguments: object) -> None:
            reached.set()
            await go.wait()
            await write(*arguments)  # pyright: ignore[reportArgumentType]

        reader.write = slow  # pyright: ignore[reportAttributeAccessIssue]
        sent = await send(opened, [(f"note-{n}.md", note(n)) for n in range(4)])
        await asyncio.wait_for(reached.wait(), 10)
        ids = [each.id for each in sent if isinstance(each, Document)]
        await opened.ingest.remove(SCOPE, ids[0])
        await opened.ingest.cancel(SCOPE, chosen=[ids[1]])
        await opened.ingest.pause(SCOPE, chosen=[ids[2]])
        go.set()
        kept = await opened.ends(ids[3])
        cancelled = await opened.library.document(SCOPE, ids[1])
        paused = await opened.library.document(SCOPE, ids[2])
        assert (cancelled.latest.state, paused.latest.state) == (RevisionState.CANCELLED, RevisionState.PAUSED)
        assert cancelled.serving is None
        await _settled(opened, lambda held: set(held) <= {kept.latest.id, paused.latest.id})
        await opened.ingest.go_on(SCOPE, chosen=[ids[2]])
        again = await opened.ends(ids[2])
        assert again.latest.state is RevisionState.READY
        assert await points(opened) == {each.latest.id: each.latest.chunks for each in (kept, again)}


async def test_a_job_that_ended_without_a_result_is_taken_up_by_the_sweep(tmp_path: Path) -> None:
    failures: list[str] = []

    def fail(name: str) -> None:
        if name == "slice.stored" and not failures:
            failures.append(name)
            raise ValueError("nobody expects this")

    async with rooms(tmp_path, settings=QUICK, checkpoint=fail) as opened:
        sent = await send(opened, [(f"note-{n}.md", note(n)) for n in range(3)])
        async with asyncio.timeout(10):
            while not failures or any(each.state is not JobState.DONE for each in await opened.jobs.unfinished()):
                await asyncio.sleep(0.02)
        assert await opened.ingest.sweep() == 3
        documents = await ended(opened, sent)
        assert {each.latest.attempt for each in documents} == {2}
        assert await points(opened) == {each.latest.id: each.latest.chunks for each in documents}


async def test_what_is_there_already_is_known_by_its_bytes(tmp_path: Path) -> None:
    async with rooms(tmp_path, settings=QUICK) as opened:
        documents = await ended(opened, await send(opened, [(f"note-{n}.md", note(n)) for n in range(3)]))
        hashes = {f"note-{n}.md": hashlib.sha256(note(n if n != 2 else 9)).hexdigest() for n in range(4)}
        known = await opened.library.unchanged(SCOPE, documents[0].collection_id, hashes)
        assert known == {f"note-{n}.md": (documents[n].id, RevisionState.READY) for n in range(2)}


async def test_what_rested_goes_on_together(tmp_path: Path) -> None:
    files = [(f"note-{number}.md", note(number)) for number in range(40)]
    async with rooms(tmp_path, settings=QUICK, work=False) as opened:
        sent = await send(opened, files)
        assert len(await opened.ingest.pause(SCOPE, collection="default")) == 40
        assert len(await opened.ingest.go_on(SCOPE, collection="default")) == 40
        assert len(await _jobs(opened)) == 3
        await opened.jobs.start()
        ready = await ended(opened, sent)
        assert {each.latest.state for each in ready} == {RevisionState.READY}
        assert {each.latest.attempt for each in ready} == {2}
        assert await points(opened) == {each.latest.id: each.latest.chunks for each in ready}


async def test_what_was_registered_and_never_queued_is_swept_together(tmp_path: Path) -> None:
    class Absent(MemoryQueue):
        answers = False

        async def enqueue(self, name: str, job_id: str, payload: Mapping[str, str], *, priority: int = 0) -> None:
            if not self.answers:
                raise Unavailable("The queue does not answer.")
            await super().enqueue(name, job_id, payload, priority=priority)

    queue = Absent()
    async with rooms(
        tmp_path, settings=replace(QUICK, small_bytes=4_000), work=False, jobs=lambda _db: queue
    ) as opened:
        small = [(f"note-{number}.md", note(number)) for number in range(20)]
        sent = await send(opened, [*small, ("long.md", note(99) * 90)])
        lost = await _jobs(opened)
        codes = [finding.code for finding in (await opened.ingest.fsck(SCOPE, repair=False)).findings]
        assert codes == ["stuck-revision"] * 21
        queue.answers = True
        assert await opened.ingest.sweep() == 21
        assert await opened.ingest.sweep() == 0, "they are queued now"
        found = await _jobs(opened)
        assert len(found) == 3  # of sixteen, of four, and the long one's own
        assert found & lost == {None}
        assert (await opened.ingest.fsck(SCOPE, repair=False)).clean, "they wait for their turn"
        await opened.jobs.start()
        assert {each.latest.state for each in await ended(opened, sent)} == {RevisionState.READY}
