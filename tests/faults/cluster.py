"""A cluster in small: one PostgreSQL, worker processes as people start them, and a house that takes uploads.

What is done to its parts is in the tests.
"""

import asyncio
import hashlib
import os
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import text as sql
from tests.faults.clocks import Started
from tests.forked import Forked, command
from tests.unit.ingest.hostile import page, pdf
from tests.unit.ingest.rooms import stream

from pincite.app.settings import read_settings
from pincite.app.wiring import House, open_house
from pincite.core import Scope
from pincite.core.scope import EVERY_TENANT
from pincite.library import Document, RevisionState

READY = "Reading documents"


def report(pages: int) -> bytes:
    """Return a PDF of so many pages, no two alike."""
    line = "The valve of unit {} is red and closes at {} bar, as two people sign each week. "
    return pdf([page(line.format(number, number + 3) * 5) for number in range(pages)])


@dataclass(slots=True)
class Worker:
    """A worker process, its log, and what the job engine calls it."""

    process: Forked | Started
    id: str = ""

    @property
    def lives(self) -> bool:
        """Whether it has not ended."""
        return self.process.returncode is None

    def freeze(self) -> None:
        """Stop it where it is."""
        os.kill(self.process.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        os.kill(self.process.pid, signal.SIGCONT)


@dataclass(slots=True)
class Cluster:
    """What stands, and what it holds.

    Args:
        house: takes uploads, reads nothing.
        scope: the owner.
        environment: of worker processes.
        folder: where workers that are started from nothing write what they say.
    """

    house: House
    scope: Scope
    environment: dict[str, str]
    folder: Path
    workers: list[Worker] = field(default_factory=list[Worker])

    async def start_worker(self, **more: str) -> Worker:
        """Start `pincite worker` and wait until it works; `more` is added to its environment."""
        known = await self._known_workers()
        environment = {**os.environ, **self.environment, **more}
        # What a library is loaded into before others has to be started from nothing.
        started = Started(["worker"], environment, self.folder / f"worker-{len(self.workers)}.log") if more else None
        worker = Worker(started or Forked(command, (["worker"],), environment))
        self.workers.append(worker)

        async def up() -> bool:
            return READY in worker.process.stderr or not worker.lives

        await until(up)
        assert worker.lives, worker.process.stderr[-3000:]
        (worker.id,) = await self._known_workers() - known
        return worker

    def stop(self) -> None:
        """End every worker, also one that is frozen."""
        for worker in self.workers:
            worker.process.kill()
            worker.process.wait(10)

    async def upload(self, source: str, content: bytes) -> Document:
        """Take a document in."""
        received = await self.house.ingest.receive(
            self.scope, collection="default", source=source, stream=stream(content)
        )
        return received.document

    async def document(self, document: Document) -> Document:
        """Return it as it is now."""
        return await self.house.library.document(self.scope, document.id)

    async def finished(self, *documents: Document, limit_s: float = 90.0) -> None:
        """Wait until each is ready. What failed is told with its reason."""
        until_s = time.monotonic() + limit_s
        for document in documents:
            while (found := (await self.document(document)).latest).state is not RevisionState.READY:
                assert not found.state.final, found
                assert time.monotonic() < until_s, f"{found}\n{await self._told()}"
                await asyncio.sleep(0.05)

    async def running(self) -> dict[str, str]:
        """Return the running jobs of documents, each with its worker's id in the engine."""
        client = self.house.jobs._open
        assert client is not None
        found = await asyncio.to_thread(
            lambda: client.list_workflows(status="PENDING", name="ingest", load_input=False, load_output=False)
        )
        return {job.workflow_id: job.executor_id or "" for job in found}

    async def both_at_work(self, *workers: Worker) -> None:
        """Wait until each of these has begun a document."""

        async def begun() -> bool:
            return {worker.id for worker in workers} <= set((await self.running()).values())

        await until(begun)

    async def taken_over(self, worker: Worker) -> float:
        """Wait until another runs or has run a job that this worker has now; returns how long it took, in seconds."""
        orphans = [job for job, owner in (await self.running()).items() if owner == worker.id]
        assert orphans
        began = time.monotonic()

        async def elsewhere() -> bool:
            running = await self.running()
            waiting = {job.id for job in await self.house.jobs.unfinished()} - running.keys()
            return any(job not in waiting and running.get(job) != worker.id for job in orphans)

        await until(elsewhere)
        return time.monotonic() - began

    async def wrong(self, twin: Document) -> list[str]:
        """Return what is wrong: `fsck --strict`, states, and any document that is not word for word like its twin.

        Every job has to end first: what the engine could not write of one's end it tries again, later each time.
        """
        await until(self._at_rest)
        found = (await self.house.fsck(repair=False, deep=True, strict=True))["findings"]
        wrong = [str(each) for each in found]
        like = await self._content(twin)
        documents = (await self.house.library.documents(self.scope, limit=100)).items
        for document in documents:
            if document.latest.state is not RevisionState.READY or document.latest.number != 1:
                wrong.append(f"{document.source}: {document.latest}")
            elif await self._content(document) != like:
                wrong.append(f"{document.source}: other pages or chunks than those of {twin.source}")
        generation = await self.house.library.active_generation(self.scope)
        assert generation is not None
        points = [one async for one, _ in self.house.index.chunk_ids(self.scope, generation)]
        twice = len(points) - len(set(points))
        if twice or len(points) != like[0] * len(documents):
            wrong.append(f"{len(points)} points, {twice} of them twice")
        return wrong

    async def _at_rest(self) -> bool:
        return not await self.running()

    async def _told(self) -> str:
        """Say who runs what, and what each worker logged last."""
        logs = (f"{worker.id}: {worker.process.stderr[-1500:]}" for worker in self.workers)
        return "\n".join([str(await self.running()), *logs])

    async def _known_workers(self) -> set[str]:
        async with self.house.database.read(EVERY_TENANT) as session:
            return set((await session.execute(sql("SELECT id FROM jobs_workers"))).scalars())

    async def _content(self, document: Document) -> tuple[int, str, str]:
        revision = (await self.document(document)).latest.id
        pages = [each.text for each in await self.house.library.pages(self.scope, revision, limit=20_000)]
        chunks = [each.text async for some in self.house.library.chunks(self.scope, revision) for each in some]
        return len(chunks), digest(pages), digest(chunks)


@asynccontextmanager
async def cluster(folder: Path, postgres_url: str) -> AsyncIterator[Cluster]:
    """Open a house without a worker on an empty database; its workers end with the block."""
    home = folder / "home"
    environment = {
        "PINCITE_HOME": str(home),
        "PINCITE_DATABASE_URL": postgres_url,
        "PINCITE_MODEL": "none",
        "PINCITE_WORKERS": "2",
        "PINCITE_LOG_LEVEL": "info",
    }
    settings = read_settings(home=home, database_url=postgres_url, model="none", log_level="error")
    async with open_house(settings) as house:
        opened = Cluster(house, await house.owner(), environment, folder)
        try:
            yield opened
        finally:
            opened.stop()


def digest(texts: list[str]) -> str:
    """Return a short sum of texts in order."""
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()[:16]


async def until(condition: Callable[[], Awaitable[bool]], limit_s: float = 60.0) -> None:
    """Wait for a condition."""
    async with asyncio.timeout(limit_s):
        while not await condition():
            await asyncio.sleep(0.03)
