"""Two worker processes on one PostgreSQL: one is killed, one is frozen and woken. Another takes over; nothing is twice.

`make faults` freezes for a minute, CI for somewhat longer than a worker may be silent.
"""

import asyncio
import os
import time
from pathlib import Path

import pytest
from tests.faults.cluster import Cluster, Worker, cluster, report

from pincite.jobs import JobsSettings
from pincite.library import Document

WHOLE = os.environ.get("FAULTS") == "whole"
FROZEN_S = 60.0 if WHOLE else JobsSettings("").ttl_s + 3
MOST = 60  # documents
REPORT = report(700 if WHOLE else 270)
TAKEN_OVER_S = 10.0
STOPPED_S = 10.0

pytestmark = [pytest.mark.postgres, pytest.mark.faults]


async def busy(stands: Cluster, name: str, *workers: Worker) -> list[Document]:
    """Bring documents until each of the workers reads one: how many that takes depends on who is quicker."""
    documents: list[Document] = []
    while not {worker.id for worker in workers} <= set((await stands.running()).values()):
        assert len(documents) < MOST, "a worker takes nothing"
        some = [await stands.upload(f"{name}-{len(documents) + number}.pdf", REPORT) for number in range(3)]
        documents += some
        await asyncio.sleep(0.5)
    return documents


@pytest.mark.timeout(300)
async def test_one_is_killed_and_one_is_frozen_and_woken(tmp_path: Path, postgres_url: str) -> None:
    async with cluster(tmp_path, postgres_url) as stands:
        doomed, heir = await stands.start_worker(), await stands.start_worker()
        calm = await stands.upload("calm.pdf", REPORT)
        await stands.finished(calm)

        killed = await busy(stands, "killed", doomed, heir)
        doomed.process.kill()
        after_kill_s = await stands.taken_over(doomed)
        await stands.finished(*killed)

        frozen = await busy(stands, "frozen", heir, await stands.start_worker())
        heir.freeze()
        began = time.monotonic()
        after_freeze_s = await stands.taken_over(heir)
        await stands.finished(*frozen)
        ready = [(await stands.document(each)).latest for each in frozen]
        await asyncio.sleep(FROZEN_S - (time.monotonic() - began))
        heir.thaw()
        # It wakes in the middle of its work, is refused, and then works like any other.
        after = await busy(stands, "after", heir)
        await stands.finished(*after)
        assert heir.lives
        assert [(await stands.document(each)).latest for each in frozen] == ready

        # One that is told to stop ends at once, and what it read goes on elsewhere.
        last = await busy(stands, "last", heir)
        began = time.monotonic()
        heir.process.terminate()
        assert await asyncio.to_thread(heir.process.wait, STOPPED_S) == 0
        stopped_s = time.monotonic() - began
        await stands.finished(*last)
        assert await stands.wrong(calm) == []
        print(f"stopped after {stopped_s:.1f} s")
        print(f"taken over {after_kill_s:.1f} s after a kill, {after_freeze_s:.1f} s after a freeze")
        assert max(after_kill_s, after_freeze_s) < TAKEN_OVER_S
