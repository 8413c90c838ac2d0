"""A process that keeps a folder in step and kills itself at a boundary of a run; run by `test_kill_sources.py`.

`python -m tests.faults.source_driver HOME FOLDER BOUNDARY`; with the boundary `none` it finishes what is open and looks
once more.
"""

import asyncio
import json
import os
import signal
import sys
from pathlib import Path

from tests.unit.ingest.rooms import SCOPE
from tests.unit.sources.kept import kept

from pincite.core import Database
from pincite.jobs import DbosQueue, JobsSettings
from pincite.sources import SourcesSettings

# Jobs end after an item or two, so that a run is a chain of them.
SETTINGS = SourcesSettings(portion_s=0.0, batch=2, at_once=2, look_s=0.2, settle_s=0.1)


async def main(home: Path, folder: Path, boundary: str) -> None:
    """Look at the folder, and die at the boundary the second time it is passed."""
    passed = 0

    def trap(name: str) -> None:
        nonlocal passed
        passed += name == boundary
        if passed == 2:
            os.kill(os.getpid(), signal.SIGKILL)

    def queue(db: Database) -> DbosQueue:
        return DbosQueue(db, JobsSettings(f"sqlite:///{home}/jobs.db", poll_s=0.05, beat_s=0.2, ttl_s=1.0))

    async with kept(home, jobs=queue, settings=SETTINGS, checkpoint=trap, chores=True) as opened:
        if not await opened.sources.sources(SCOPE):
            await opened.add("folder", str(folder))
        async with asyncio.timeout(90):
            await opened.ended()
            done = await opened.sync(delete=True, limit_s=80)
        texts = await opened.texts()
        print(json.dumps({"texts": texts, "items": done.items, "state": done.run.state}))


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]))
