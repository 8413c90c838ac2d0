"""A document is removed, cancelled, paused or uploaded anew at every boundary of its reading: what was said last holds.

Nothing comes back that was removed, nothing is read that was cancelled, and what goes on is whole. On the real job
engine, index and parser. CI meddles at some boundaries, `make faults` at all.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.faults.meddling import Action, Meddler, Watched, WatchedQueue
from tests.faults.scenario import text
from tests.unit.ingest.rooms import SCOPE, stream

from pincite.core import Database, Table
from pincite.core.blobs import BlobStore
from pincite.gateway import Embedders, StaticEmbedder
from pincite.guard import DocumentReader
from pincite.guard.settings import GuardSettings
from pincite.index.adapters.lance import LanceIndex
from pincite.ingest import IngestParts, IngestService, IngestSettings
from pincite.ingest.tasks import IngestTasks
from pincite.jobs import DbosQueue, JobsSettings
from pincite.library import Document, Library, RevisionState
from pincite.library.domain import DocumentBusy

WHOLE = os.environ.get("FAULTS") == "whole"
OF_EACH = 2
SETTINGS = IngestSettings(
    page_batch=1, portion_pages=2, index_batch=2, retry_wait_s=0.02, sweep_s=0.3, look_s=0.05, maintain_after_s=3600
)
PARTS = 10


@dataclass(frozen=True, slots=True)
class Stage:
    """Rooms that are watched."""

    library: Library
    blobs: BlobStore
    index: LanceIndex
    ingest: IngestService
    jobs: DbosQueue
    meddler: Meddler

    async def upload(self, source: str, content: bytes) -> Document:
        """Take a document in; one whose bytes are just being deleted is sent again, as the error says."""
        while True:
            try:
                received = await self.ingest.receive(SCOPE, collection="default", source=source, stream=stream(content))
            except DocumentBusy:
                await asyncio.sleep(0.02)
            else:
                return received.document

    async def quiet(self) -> None:
        """Wait until nothing is open."""
        async with asyncio.timeout(60):
            if self.meddler.doing is not None:
                await self.meddler.doing
            while await self.library.unfinished() or await self.library.removals(SCOPE) or await self.jobs.unfinished():
                await asyncio.sleep(0.02)

    async def named(self, source: str) -> Document | None:
        """Return the document of that name."""
        found = (await self.library.documents(SCOPE, limit=200)).items
        return next((each for each in found if each.source == source), None)

    async def points(self) -> dict[str, int]:
        """Return how many points each revision has."""
        generation = await self.library.active_generation(SCOPE)
        held: dict[str, int] = {}
        if generation is not None:
            async for _, revision in self.index.chunk_ids(SCOPE, generation):
                held[revision] = held.get(revision, 0) + 1
        return held


@asynccontextmanager
async def stage(home: Path) -> AsyncIterator[Stage]:
    db = Database(f"sqlite+aiosqlite:///{home}/pincite.db")
    async with db.engine.begin() as connection:
        await connection.run_sync(Table.metadata.create_all)
    blobs = BlobStore(str(home / "blobs"))
    library, index = Library(db, blobs), LanceIndex(str(home / "index"))
    jobs = DbosQueue(db, JobsSettings(f"sqlite:///{home}/jobs.db", poll_s=0.03))
    reader, meddler = DocumentReader(GuardSettings()), Meddler()
    watched: Any = [Watched(*each) for each in ((library, meddler, "library"), (blobs, meddler, "blobs"))]
    queue: Any = WatchedQueue(jobs, meddler, "jobs")
    indexed: Any = Watched(index, meddler, "index")
    parts = IngestParts(watched[0], watched[1], reader, Embedders(StaticEmbedder()), indexed, queue, None)
    ingest = IngestService(parts, SETTINGS)
    IngestTasks(ingest).register(queue)
    await jobs.start()
    await ingest.start()
    try:
        yield Stage(library, blobs, index, ingest, jobs, meddler)
    finally:
        await ingest.stop()
        await jobs.stop()
        await reader.close()
        await db.close()


@dataclass(frozen=True, slots=True)
class Case:
    """One document, what is done to it on the way, and what must have come of it."""

    on: Stage
    source: str
    revised: bool

    def content(self, version: str) -> bytes:
        """Return bytes that no other case has."""
        return text(f"{self.source} {version}", PARTS)

    async def play(self, at: str, act: Callable[["Case", Document], Action]) -> Document | None:
        """Read it, meddle, and wait until nothing is open; returns it as it is then."""
        if self.revised:
            self.on.meddler.arm("", _nothing)
            await self.on.upload(self.source, self.content("old"))
            await self.on.quiet()

        async def meddle() -> None:
            document = await self.on.named(self.source)
            if document is not None:  # else it is not registered yet: nobody can do anything to it
                await act(self, document)()

        self.on.meddler.arm(at, meddle)
        await self.on.upload(self.source, self.content("new"))
        await self.on.quiet()
        return await self.on.named(self.source)

    async def whole(self, document: Document | None, version: str) -> None:
        """See that it is ready, with that content and nothing else of it in the index."""
        assert document is not None
        assert document.latest.state is RevisionState.READY, document.latest
        assert document.serving == document.latest.id
        pages = await self.on.library.pages(SCOPE, document.latest.id)
        assert " ".join(each.text for each in pages).split() == self.content(version).decode().split()
        held = await self.on.points()
        assert held.get(document.latest.id) == document.latest.chunks


async def _nothing() -> None:
    """Do nothing."""


async def removed(case: Case, document: Document | None) -> None:
    assert document is None
    assert not [each async for each in case.on.blobs.list(SCOPE)]
    assert await case.on.points() == {}


async def cancelled(case: Case, document: Document | None) -> None:
    assert document is not None
    if document.latest.state is RevisionState.READY:  # it was too late
        await case.whole(document, "new")
        return
    assert document.latest.state is RevisionState.CANCELLED, document.latest
    held = await case.on.points()
    assert set(held) == ({document.serving} if case.revised else set())
    await case.on.ingest.retry(SCOPE, document.id)
    await case.on.quiet()
    await case.whole(await case.on.named(case.source), "new")


async def again(case: Case, document: Document | None) -> None:
    await case.whole(document, "new")


async def newest(case: Case, document: Document | None) -> None:
    await case.whole(document, "newest")


async def goes_on(case: Case, document: Document | None) -> None:
    assert document is not None
    assert document.latest.state in {RevisionState.PAUSED, RevisionState.READY}
    await case.on.ingest.go_on(SCOPE)
    await case.on.quiet()
    await case.whole(await case.on.named(case.source), "new")


def remove(case: Case, document: Document) -> Action:
    return lambda: case.on.ingest.remove(SCOPE, document.id)


def cancel(case: Case, document: Document) -> Action:
    return lambda: case.on.ingest.cancel(SCOPE, chosen=[document.id])


def pause(case: Case, document: Document) -> Action:
    return lambda: case.on.ingest.pause(SCOPE, chosen=[document.id])


def pause_and_go_on(case: Case, document: Document) -> Action:
    async def both() -> None:
        await case.on.ingest.pause(SCOPE, chosen=[document.id])
        await case.on.ingest.go_on(SCOPE, chosen=[document.id])

    return both


def cancel_and_retry(case: Case, document: Document) -> Action:
    async def both() -> None:
        await case.on.ingest.cancel(SCOPE, chosen=[document.id])
        await case.on.ingest.go_on(SCOPE, chosen=[document.id])

    return both


def replace(case: Case, document: Document) -> Action:
    return lambda: case.on.upload(case.source, case.content("newest"))


MEDDLING: dict[str, tuple[Callable[[Case, Document], Action], Callable[[Case, Document | None], Any]]] = {
    "remove": (remove, removed),
    "cancel": (cancel, cancelled),
    "pause": (pause, goes_on),
    "pause and go on": (pause_and_go_on, again),
    "cancel and retry": (cancel_and_retry, again),
    "replace": (replace, newest),
}


@pytest.mark.faults
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("revised", [False, True], ids=["first version", "second version"])
async def test_what_was_said_last_holds_at_every_boundary(tmp_path: Path, revised: bool) -> None:
    async with stage(tmp_path) as on:
        calm = Case(on, "calm.txt", revised)
        await calm.whole(await calm.play("", lambda _case, _document: _nothing), "new")
        boundaries = sorted(set(on.meddler.seen))
        await on.ingest.remove(SCOPE, (await on.named("calm.txt")).id)  # pyright: ignore[reportOptionalMemberAccess]
        await on.quiet()
        wrong: dict[str, str] = {}
        struck = 0
        for name, (act, holds) in MEDDLING.items():
            step = 1 if WHOLE else max(1, len(boundaries) // OF_EACH)
            for number, at in enumerate(boundaries[(len(name) if step > 1 else 0) % step :: step]):
                case = Case(on, f"{name} {number}.txt", revised)
                try:
                    left = await case.play(at, act)
                    if on.meddler.struck:
                        struck += 1
                        await holds(case, left)
                    findings = (await on.ingest.fsck(SCOPE, repair=False, strict=True)).findings
                    assert findings == ()
                except (AssertionError, TimeoutError) as error:
                    wrong[f"{name} at {at}"] = str(error)[:900]
                if (last := await on.named(case.source)) is not None:
                    await on.ingest.remove(SCOPE, last.id)
                    await on.quiet()
        print(f"{struck} times meddled at {len(boundaries)} boundaries")
        assert wrong == {}, "\n".join(f"{at}: {why}" for at, why in wrong.items())
        assert struck
