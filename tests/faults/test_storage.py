"""Places where things are kept that fail: a bucket that refuses, hangs or breaks off; a disk that is full of the index.

What is asked meanwhile is told so in time; what waits goes on by itself when the place is back, or is tried again.
"""

import asyncio
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.faults.bucket import NAME, Bucket
from tests.faults.scenario import text
from tests.unit.ingest.rooms import SCOPE, rooms, stream

from pincite.core import Unavailable
from pincite.core.blobs import BlobStore
from pincite.index.adapters.lance import LanceIndex
from pincite.ingest import IngestSettings
from pincite.library import RevisionState

SETTINGS = IngestSettings(retry_wait_s=0.05, sweep_s=0.5, index_batch=8)
TOLD_WITHIN_S = 5.0

pytestmark = pytest.mark.faults


@pytest.mark.parametrize("failing", ["refuse", "hang", "break off"])
async def test_a_bucket_that_fails_costs_nothing_but_time(tmp_path: Path, kept: Bucket, failing: str) -> None:
    blobs = BlobStore(f"s3://{NAME}/pincite", staging=tmp_path / "staging", timeout_s=1.0)
    async with rooms(tmp_path, blobs=blobs, settings=SETTINGS, work=False) as opened:
        received = await opened.ingest.receive(
            SCOPE, collection="default", source="valves.txt", stream=stream(text("valve", 6))
        )
        assert len(kept.held) == 1
        kept.failing = failing
        await opened.jobs.start()
        began = time.monotonic()
        if failing != "break off":  # that one can be written to
            with pytest.raises(Unavailable) as refused:
                await opened.ingest.receive(
                    SCOPE, collection="default", source="pumps.txt", stream=stream(text("pump", 6))
                )
            assert refused.value.remedy
            assert time.monotonic() - began < TOLD_WITHIN_S
        asked = kept.asked
        await asyncio.sleep(1.0)
        assert kept.asked > asked, "it does not try again"
        state = (await opened.library.document(SCOPE, received.document.id)).latest.state
        assert state is not RevisionState.READY
        kept.failing = ""
        ready = (await opened.ends(received.document.id, 60)).latest
        assert ready.state is RevisionState.READY, ready.problem
        again = await opened.add("pumps.txt", text("pump", 6))
        assert again.latest.state is RevisionState.READY
        assert not list((tmp_path / "staging").iterdir())
        assert (await opened.ingest.fsck(SCOPE, repair=False, strict=True)).clean


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 4 MB; skipped, visibly, where this user may not mount one."""
    place = tmp_path / "small"
    place.mkdir()
    mounting = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(place)]
    if subprocess.run(mounting, capture_output=True, check=False).returncode != 0:
        pytest.skip("a small file system cannot be mounted here")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


async def test_a_disk_that_is_full_for_the_index_alone(tmp_path: Path, small_disk: Path) -> None:
    async with rooms(tmp_path, index=LanceIndex(str(small_disk / "index")), settings=SETTINGS) as opened:
        first = await opened.add("valves.txt", text("valve", 6))
        assert first.latest.state is RevisionState.READY
        filler = small_disk / "filler"
        with filler.open("wb", buffering=0) as out:
            try:
                while True:
                    out.write(bytes(4096))
            except OSError:
                pass
        failed = await opened.add("pumps.txt", text("pump", 60))
        assert failed.latest.state is RevisionState.FAILED, failed.latest
        assert failed.latest.problem is not None
        assert failed.latest.problem.code == "storage-full"
        assert "disk is full" in failed.latest.problem.message
        assert failed.latest.problem.remedy
        filler.unlink()
        await opened.ingest.retry(SCOPE, failed.id)
        assert (await opened.ends(failed.id)).latest.state is RevisionState.READY
        assert (await opened.ingest.fsck(SCOPE, repair=False, strict=True)).clean
