"""Parsers that eat memory, turn in circles, sleep, fork, crowd or crash: only the child dies, and the next one begins.

Through the real confined child, the real job engine and one reader, so that whatever holds it up is seen.
"""

import asyncio
import statistics
import time
from pathlib import Path

import psutil
import pytest
from tests.faults.scenario import text
from tests.unit.ingest.rooms import SCOPE, Rooms, rooms, stream

from pincite.guard.sandbox import ChildPool
from pincite.guard.service import _Pools
from pincite.guard.settings import GuardSettings
from pincite.ingest import IngestSettings
from pincite.jobs import DbosQueue, JobsSettings
from pincite.library import Document, RevisionState

DEEDS = {
    "EAT": "quarantined",
    "TURN": "quarantined",
    "SLEEP": "quarantined",
    "CRASH": "quarantined",
    "FLOOD": "quarantined",
    "CROWD": "unreadable-document",
    "FORK": "unreadable-document",  # like a crowd, it is told no and takes that for damage
}
GUARD = GuardSettings(memory_limit_mb=512, batch_time_limit_s=1.0, children=1, viewers=1)
NEXT_BEGINS_S = 1.0
GROWN_BYTES = 100 << 20

pytestmark = pytest.mark.faults


async def until_begun(opened: Rooms, bad: Document, good: Document) -> float:
    """Return how long after the end of the bad one the good one is begun, in seconds."""
    ended: float | None = None
    async with asyncio.timeout(60):
        while True:
            if ended is None and (await opened.library.document(SCOPE, bad.id)).latest.state.final:
                ended = time.monotonic()
            if (await opened.library.document(SCOPE, good.id)).latest.state is not RevisionState.QUEUED:
                return 0.0 if ended is None else time.monotonic() - ended
            await asyncio.sleep(0.005)


@pytest.mark.timeout(300)
async def test_whatever_a_parser_does_only_its_child_dies_and_the_next_document_begins(tmp_path: Path) -> None:
    def queue(db: object) -> DbosQueue:
        settings = JobsSettings(f"sqlite:///{tmp_path}/jobs.db", concurrency=1)
        return DbosQueue(db, settings)  # pyright: ignore[reportArgumentType]

    this = psutil.Process()
    others = set(this.children(recursive=True))  # of tests before this one
    waited: dict[str, float] = {}
    async with rooms(tmp_path, jobs=queue, guard=GUARD, settings=IngestSettings(sweep_s=3600)) as opened:
        reader = opened.ingest._parts.reader
        hostile = ChildPool(GUARD, size=1, entry=Path(__file__).with_name("hostile_child.py"))
        reader._pools[asyncio.get_running_loop()] = _Pools(hostile, ChildPool(GUARD, size=1))
        first = (await opened.add("first.txt", text("valve", 2))).latest
        assert first.state is RevisionState.READY, first.problem
        before = this.memory_info().rss
        for deed, code in DEEDS.items():
            bad = await opened.ingest.receive(
                SCOPE, collection="default", source=f"{deed}.txt", stream=stream(f"{deed} is what I do.\n".encode())
            )
            good = await opened.ingest.receive(
                SCOPE, collection="default", source=f"after {deed}.txt", stream=stream(text(f"pump {deed}", 2))
            )
            waited[deed] = await until_begun(opened, bad.document, good.document)
            failed = (await opened.ends(bad.document.id)).latest
            assert failed.state is RevisionState.FAILED, deed
            assert failed.problem is not None
            assert (failed.problem.code, bool(failed.problem.remedy)) == (code, True), failed.problem
            if code == "quarantined":
                assert "3 times" in failed.problem.message
            assert (await opened.ends(good.document.id)).latest.state is RevisionState.READY, deed
            assert len(set(this.children(recursive=True)) - others) <= 2, "something was left behind"
        assert this.memory_info().rss - before < GROWN_BYTES
        assert (await opened.ingest.fsck(SCOPE, repair=False, strict=True)).clean
    print(f"the next document began after: { ({deed: round(seconds, 2) for deed, seconds in waited.items()}) } s")
    # One may be slower on a busy machine; what is held up by its predecessor would be slow each time.
    assert statistics.median(waited.values()) < NEXT_BEGINS_S
    assert max(waited.values()) < 5 * NEXT_BEGINS_S
