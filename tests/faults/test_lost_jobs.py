"""Jobs that end without their document, and documents that are stopped, on the real engine with both databases."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.faults.cluster import report
from tests.unit.ingest.rooms import SCOPE, Rooms, rooms, stream

from pincite.core import Database
from pincite.ingest import IngestSettings
from pincite.jobs import DbosQueue, JobsSettings, JobState
from pincite.library import Document, RevisionState

SETTINGS = IngestSettings(page_batch=8, portion_pages=16, index_batch=16, retry_wait_s=0.02, sweep_s=0.3)
STOPPED_S = 2.0

pytestmark = pytest.mark.faults


@pytest.fixture
async def opened(tmp_path: Path, sql_url: str) -> AsyncIterator[Rooms]:
    database = Database(sql_url)
    jobs_url = f"sqlite:///{tmp_path}/jobs.db" if database.is_sqlite else sql_url

    def queue(db: Database) -> DbosQueue:
        return DbosQueue(db, JobsSettings(jobs_url, poll_s=0.05))

    async with rooms(tmp_path, database=database, jobs=queue, settings=SETTINGS) as found:
        yield found


async def begun(opened: Rooms, pages: int, chunks: int = 0) -> Document:
    """Upload a long report and wait until so much of it is read."""
    received = await opened.ingest.receive(
        SCOPE, collection="default", source="report.pdf", stream=stream(report(pages))
    )
    async with asyncio.timeout(60):
        while True:
            document = await opened.library.document(SCOPE, received.document.id)
            if document.latest.pages_done >= 16 and document.latest.chunks >= chunks:
                return document
            await asyncio.sleep(0.01)


async def points(opened: Rooms) -> int:
    generation = await opened.library.active_generation(SCOPE)
    assert generation is not None
    return len([each async for each in opened.index.chunk_ids(SCOPE, generation)])


async def test_a_job_that_was_lost_begins_again_behind_what_is_read_and_not_for_ever(opened: Rooms) -> None:
    document = await begun(opened, 600)
    for attempt in (1, 2, 3):
        async with asyncio.timeout(60):
            while (now := await opened.library.document(SCOPE, document.id)).latest.attempt < attempt:
                await asyncio.sleep(0.02)
        assert now.latest.pages_done >= 16, "it began at page 1"
        job = f"ingest:{document.latest.id}:{attempt}"
        async with asyncio.timeout(60):
            while (known := await opened.jobs.status(job)) is None or known.state is not JobState.RUNNING:
                await asyncio.sleep(0.01)
        # The engine drops it, and nobody says so to the library: as where a step could not be written down.
        await opened.jobs.cancel(job)
    lost = (await opened.ends(document.id, 60)).latest
    assert lost.state is RevisionState.FAILED, lost
    assert lost.problem is not None
    assert (lost.problem.code, bool(lost.problem.remedy)) == ("interrupted", True)
    await opened.ingest.retry(SCOPE, document.id)
    ready = (await opened.ends(document.id, 60)).latest
    assert (ready.state, ready.attempt, ready.pages_done) == (RevisionState.READY, 4, 600)
    assert await points(opened) == ready.chunks
    assert (await opened.ingest.fsck(SCOPE, repair=False, strict=True)).clean


async def test_a_huge_document_is_cancelled_within_two_seconds(opened: Rooms) -> None:
    document = await begun(opened, 4000, chunks=16)
    began = time.monotonic()
    assert await opened.ingest.cancel(SCOPE, chosen=[document.id]) == (document.id,)
    said_s = time.monotonic() - began
    while [job for job in await opened.jobs.unfinished() if job.name == "ingest"]:
        await asyncio.sleep(0.02)
    let_go_s = time.monotonic() - began
    async with asyncio.timeout(30):
        while await points(opened):
            await asyncio.sleep(0.02)
    print(f"cancelled after {said_s:.2f} s, let go after {let_go_s:.2f} s")
    assert let_go_s < STOPPED_S
    cancelled = (await opened.library.document(SCOPE, document.id)).latest
    assert cancelled.state is RevisionState.CANCELLED
    assert cancelled.pages_done < 4000
    assert (await opened.ingest.fsck(SCOPE, repair=False, strict=True)).clean
