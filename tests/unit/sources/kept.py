"""Sources over real rooms for their tests: a real write path, a real folder, and the double of the queue."""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.unit.ingest.rooms import SCOPE, Rooms, rooms

from pincite.core import Database
from pincite.guard import DocumentReader, Fetcher
from pincite.guard.outbound import Outbound
from pincite.guard.settings import GuardSettings
from pincite.jobs import JobQueue
from pincite.sources import LIVE_RUNS, NewSource, Source, SourceParts, Sources, SourcesSettings, Tools
from pincite.sources.tasks import SourceTasks

QUICK = SourcesSettings(look_s=0.1, settle_s=0.05)


@dataclass(slots=True)
class Kept:
    """Sources that are kept, over rooms, and the boundaries that runs passed."""

    rooms: Rooms
    sources: Sources
    secrets: dict[str, str]
    passed: list[str] = field(default_factory=list[str])

    async def add(self, kind: str, location: str, **options: Any) -> Source:
        """Add a source that is looked at only when asked, named `place`."""
        await self.rooms.library.create_collection(SCOPE, "kept")
        new = NewSource("place", kind, location, "kept", options, every_s=0)
        return await self.sources.add(SCOPE, new, anywhere=True)

    async def sync(self, *, delete: bool = False, limit_s: float = 60.0) -> Source:
        """Run once and wait until it has ended."""
        async with asyncio.timeout(limit_s):
            await self.sources.sync(SCOPE, "place", delete=delete)
            return await self.ended()

    async def ended(self) -> Source:
        """Wait until no run is under way."""
        while (found := await self.sources.source(SCOPE, "place")).run.state in LIVE_RUNS:
            await asyncio.sleep(0.01)
        return found

    async def texts(self) -> Mapping[str, str]:
        """Return the text of every document by its name, when all have been read."""
        async with asyncio.timeout(60):
            while await self.rooms.library.count_unfinished(SCOPE):
                await asyncio.sleep(0.02)
        found: dict[str, str] = {}
        for document in (await self.rooms.library.documents(SCOPE, limit=200)).items:
            pages = await self.rooms.library.pages(SCOPE, document.serving) if document.serving else ()
            found[document.source] = "\n".join(page.text for page in pages)
        return found


@asynccontextmanager
async def kept(
    home: Path,
    *,
    allowed: Collection[str] = (),
    settings: SourcesSettings = QUICK,
    checkpoint: Callable[[str], None] = lambda _: None,
    jobs: Callable[[Database], JobQueue] | None = None,
    chores: bool = False,
) -> AsyncIterator[Kept]:
    """Open rooms and sources over a folder; with `chores` they are looked at by themselves too."""
    async with rooms(home, jobs=jobs, work=False) as opened:
        await opened.jobs.stop()
        fetcher = Fetcher(Outbound(allowed))
        reader = DocumentReader(GuardSettings())
        secrets: dict[str, str] = {}
        passed: list[str] = []

        def passing(boundary: str) -> None:
            passed.append(boundary)
            checkpoint(boundary)

        tools = Tools(fetcher, reader, secrets.__getitem__, home / "cache")
        parts = SourceParts(opened.db, opened.library, opened.ingest, opened.jobs, tools)
        sources = Sources(parts, settings, checkpoint=passing)
        SourceTasks(sources).register(opened.jobs)
        await opened.jobs.start(work=True)
        await opened.ingest.start()
        if chores:
            await sources.start()
        try:
            yield Kept(opened, sources, secrets, passed)
        finally:
            await sources.stop()
            await opened.jobs.stop()
            await fetcher.close()
            await reader.close()
