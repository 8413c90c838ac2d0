"""The work that is disturbed: uploads, small files together, a second version, a removal, a pause.

It can be begun again where it was.

What a client was told is noted in a file; after a crash it goes on with what it was not told, as a client does.
"""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from tests.faults.points import FaultyBlobs, FaultyIndex, FaultyQueue, Points, Work, pieces
from tests.unit.ingest.hostile import page, pdf

from pincite.core import Database, NotFound, PinciteError, Scope, Table
from pincite.gateway import Embedders, StaticEmbedder
from pincite.guard import DocumentReader
from pincite.guard.settings import GuardSettings
from pincite.index.adapters.lance import LanceIndex
from pincite.ingest import IngestParts, IngestService, IngestSettings
from pincite.ingest.tasks import IngestTasks
from pincite.jobs import DbosQueue, JobsSettings
from pincite.library import Document, Library

STARTED = "started"
SCOPE = Scope(tenant="acme", user="ann", roles=frozenset({"owner"}))
SETTINGS = IngestSettings(
    page_batch=4, portion_pages=8, index_batch=8, retry_wait_s=0.02, sweep_s=0.3, maintain_after_s=0.05, look_s=0.2
)


def text(subject: str, parts: int) -> bytes:
    """Return a text of some pages, no two alike."""
    line = "The {} of unit {} is set to {} bar and checked every {} days by two people who sign for it. "
    return "\n\n".join(
        "".join(line.format(subject, 10 * part + item, item + 3, part + 2) for item in range(10))
        for part in range(parts)
    ).encode()


def _page(number: int) -> str:
    return f"The valve of unit {number} is red and closes at {number + 3} bar, as two people sign each week. " * 5


PLANT = pdf([page(_page(number)) for number in range(30)])


class Rooms:
    """The rooms of a home, wired over fault points."""

    def __init__(self, home: Path, points: Points) -> None:
        self.db = Database(f"sqlite+aiosqlite:///{home}/pincite.db")
        self.blobs = FaultyBlobs(str(home / "blobs"))
        self.blobs.points = points
        self.library = Library(self.db, self.blobs)
        self.reader = DocumentReader(GuardSettings(children=1, viewers=1))
        self.index: Any = FaultyIndex(LanceIndex(str(home / "index")), points)
        jobs = JobsSettings(f"sqlite:///{home}/jobs.db", poll_s=0.05, beat_s=0.2, ttl_s=1.0)
        self.queue = FaultyQueue(DbosQueue(self.db, jobs), points)
        parts = IngestParts(
            self.library, self.blobs, self.reader, Embedders(StaticEmbedder()), self.index, self.queue, None
        )
        self.ingest = IngestService(parts, SETTINGS, checkpoint=points.boundary)
        IngestTasks(self.ingest).register(self.queue)


@asynccontextmanager
async def opened(home: Path, points: Points) -> AsyncIterator[Rooms]:
    """Open the rooms over a folder."""
    rooms = Rooms(home, points)
    async with rooms.db.engine.begin() as connection:
        await connection.run_sync(Table.metadata.create_all)
    with points.of_databases():
        await rooms.queue.start()
        await rooms.ingest.start()
        (home / STARTED).touch()
        try:
            yield rooms
        finally:
            await rooms.ingest.stop()
            await rooms.queue.stop()
            await rooms.reader.close()
            await rooms.db.close()


async def play(home: Path, points: Points, work: Work = "documents", limit_s: float = 60.0) -> dict[str, Any]:
    """Do what is left of the work and wait until nothing is open; returns what there is then."""
    told = home / "told.json"
    async with opened(home, points) as rooms, asyncio.timeout(limit_s):
        for number, command in enumerate(_small_ones(rooms) if work == "small ones" else _commands(rooms)):
            if number < _read(told):
                continue
            await _until_told(command)
            _write(told, number + 1)
        while await _is_open(rooms):
            await asyncio.sleep(0.03)
        await rooms.ingest.settle()
        return await _found(rooms)


def _small_ones(rooms: Rooms) -> list[Callable[[], Awaitable[object]]]:
    """Small files that are read together: new ones, a changed one, and one that has to be read alone after all."""

    async def together(*files: tuple[str, bytes]) -> None:
        staged = [(name, await rooms.ingest.stage(SCOPE, name, pieces(content))) for name, content in files]
        for became in await rooms.ingest.register_many(SCOPE, staged, collection="default", bulk=True, batch="notes"):
            if isinstance(became, PinciteError):
                raise became

    async def ready(*sources: str) -> None:
        for source in sources:
            await _ready(rooms, source)

    return [
        lambda: together(*((f"note-{number}.txt", text(f"note {number}", 1)) for number in range(3))),
        lambda: ready("note-0.txt", "note-1.txt", "note-2.txt"),
        lambda: together(("note-1.txt", text("changed note", 1)), ("long.txt", text("long note", 20))),
    ]


async def _ready(rooms: Rooms, source: str) -> None:
    while not (await _named(rooms, source)).latest.state.final:
        await asyncio.sleep(0.02)


def _commands(rooms: Rooms) -> list[Callable[[], Awaitable[object]]]:
    async def upload(source: str, content: bytes) -> Document:
        received = await rooms.ingest.receive(SCOPE, collection="default", source=source, stream=pieces(content))
        return received.document

    async def stopped() -> None:
        document = await _named(rooms, "plant.pdf")
        await rooms.ingest.pause(SCOPE, chosen=[document.id])
        await rooms.ingest.go_on(SCOPE, chosen=[document.id])

    async def removed() -> None:
        try:
            await rooms.ingest.remove(SCOPE, (await _named(rooms, "gone.txt")).id)
        except NotFound:
            return  # it was done, and nobody was told

    return [
        lambda: upload("valves.txt", text("valve", 12)),
        lambda: upload("gone.txt", text("boiler", 6)),
        lambda: _ready(rooms, "valves.txt"),
        lambda: upload("plant.pdf", PLANT),
        stopped,
        lambda: upload("valves.txt", text("pump", 14)),
        removed,
    ]


async def _is_open(rooms: Rooms) -> bool:
    try:
        left = await rooms.library.unfinished() or await rooms.library.removals(SCOPE)
        return bool(left) or bool(await rooms.queue.unfinished())
    except PinciteError:
        return True  # who only looks meets the fault, too


async def _until_told(command: Callable[[], Awaitable[object]]) -> None:
    """Do what a client does with an error that says it may be tried again."""
    for attempt in range(5):
        try:
            await command()
        except PinciteError:
            if attempt == 4:
                raise
            await asyncio.sleep(0.05)
        else:
            return


async def _named(rooms: Rooms, source: str) -> Document:
    for document in (await rooms.library.documents(SCOPE, limit=50)).items:
        if document.source == source:
            return document
    raise NotFound(source)


async def _found(rooms: Rooms) -> dict[str, Any]:
    """Return what there is, without ids and times: two runs of the same work give the same."""
    report = await rooms.ingest.fsck(SCOPE, repair=False, strict=True)
    documents: dict[str, Any] = {}
    for document in (await rooms.library.documents(SCOPE, limit=50)).items:
        latest = document.latest
        pages = [page.text for page in await rooms.library.pages(SCOPE, latest.id, limit=200)]
        chunks = [chunk.text async for batch in rooms.library.chunks(SCOPE, latest.id) for chunk in batch]
        documents[document.source] = {
            "state": latest.state.value,
            "revision": latest.number,
            "serves": document.serving == latest.id,
            "problem": None if latest.problem is None else latest.problem.code,
            "pages": hashlib.sha256(json.dumps(pages).encode()).hexdigest()[:12],
            "chunks": [len(chunks), hashlib.sha256(json.dumps(chunks).encode()).hexdigest()[:12]],
        }
    generation = await rooms.library.active_generation(SCOPE)
    points = [] if generation is None else [one async for one, _ in rooms.index.chunk_ids(SCOPE, generation)]
    return {
        "documents": documents,
        "points": len(points),
        "twice": len(points) - len(set(points)),
        "findings": [finding.what for finding in report.findings],
    }


def _write(told: Path, number: int) -> None:
    """Note what was told, whole or not at all."""
    written = told.with_suffix(".tmp")
    written.write_text(str(number))
    written.rename(told)


def _read(told: Path) -> int:
    return int(told.read_text()) if told.exists() else 0
