"""A process that ingests and kills itself at a boundary of the work; run by `test_kill_ingest.py`.

`run(HOME, BOUNDARY, NUMBER)`; with the boundary `none` it only finishes what is open.
"""

import asyncio
import json
import os
import signal
from pathlib import Path

from tests.unit.ingest.rooms import SCOPE, Rooms, rooms, stream

from pincite.index.adapters.lance import LanceIndex
from pincite.ingest import IngestSettings
from pincite.jobs import DbosQueue, JobsSettings
from pincite.library import RevisionState

ACKNOWLEDGED = "acknowledged"
SETTINGS = IngestSettings(page_batch=4, index_batch=8, retry_wait_s=0.05, sweep_s=0.5)


def text(number: int, revision: int) -> bytes:
    """Return a document of about a dozen pages, no two alike."""
    line = "Unit {:04d} of plant {:02d} (issue {}): the valve is set to {:02d} bar and checked every {:02d} days. "
    return "\n\n".join(
        "".join(line.format(100 * part + item, number, revision, item + 3, part + 2) for item in range(12))
        for part in range(30)
    ).encode()


class Trap:
    """Kills the process at a boundary, once it is armed."""

    def __init__(self, boundary: str) -> None:
        self._boundary = boundary
        self.armed = False

    def __call__(self, boundary: str) -> None:
        """Be at a boundary."""
        if self.armed and boundary == self._boundary:
            os.kill(os.getpid(), signal.SIGKILL)


async def main(home: Path, boundary: str, number: int) -> None:
    """Bring in a first revision in peace, then die over the second, or over the removal."""
    trap = Trap(boundary)

    def queue(db: object) -> DbosQueue:
        settings = JobsSettings(f"sqlite:///{home}/jobs.db", poll_s=0.05, beat_s=0.2, ttl_s=1.0)
        return DbosQueue(db, settings)  # pyright: ignore[reportArgumentType]

    index = LanceIndex(str(home / "index"))
    async with rooms(home, index=index, jobs=queue, settings=SETTINGS, checkpoint=trap) as opened:
        if boundary == "none":
            await finish(opened)
            return
        document = await opened.add(f"doc-{number}.txt", text(number, 1))
        trap.armed = True
        if boundary.startswith("remove"):
            await opened.ingest.remove(SCOPE, document.id)
        else:
            await opened.ingest.receive(
                SCOPE, collection="default", source=document.source, stream=stream(text(number, 2))
            )
            print(ACKNOWLEDGED, flush=True)
        await asyncio.sleep(20)


async def finish(opened: Rooms) -> None:
    """Wait until nothing is open, then report what there is."""
    async with asyncio.timeout(40):
        while await opened.library.unfinished() or await opened.library.removals(SCOPE):
            await asyncio.sleep(0.1)
    report = await opened.ingest.fsck(SCOPE, repair=False, strict=True)
    generation = await opened.library.active_generation(SCOPE)
    assert generation is not None
    points = [chunk_id async for chunk_id, _ in opened.index.chunk_ids(SCOPE, generation)]
    documents = (await opened.library.documents(SCOPE, limit=100)).items
    print(
        json.dumps(
            {
                "findings": [finding.what for finding in report.findings],
                "points": len(points),
                "distinct": len(set(points)),
                "documents": {
                    document.source: {
                        "ready": document.latest.state is RevisionState.READY,
                        "serves_latest": document.serving == document.latest.id,
                        "revision": document.latest.number,
                        "chunks": document.latest.chunks,
                        "pages": document.latest.pages_done,
                    }
                    for document in documents
                },
            }
        )
    )


def run(home: Path, boundary: str, number: int) -> None:
    """Be the process."""
    asyncio.run(main(home, boundary, number))
