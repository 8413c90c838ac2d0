"""A process that sends as many requests as a limit lets pass. Nothing else, so that it starts quickly."""

import asyncio
import json
import time
from pathlib import Path

from sqlalchemy import event

from pincite.app.limits import Limits, Policy
from pincite.app.limits.domain import TooManyRequests
from pincite.core import Database


def hammer(url: str, quota: int, begin: str) -> None:
    """Send as fast as can be from when a file is there until it was refused five times; run in a process of its own.

    Prints how many passed, how often it was the first to be refused, and how often it asked the database.
    """
    print(json.dumps(asyncio.run(_hammer(url, quota, Path(begin)))))


async def _hammer(url: str, quota: int, begin: Path) -> list[int]:
    database = Database(url)
    limits = Limits(database, {"read": Policy("read", quota)})
    asked = passed = first = refused = 0

    def count(*_arguments: object) -> None:
        nonlocal asked
        asked += 1

    event.listen(database.engine.sync_engine, "begin", count)
    while not begin.exists():
        time.sleep(0.001)
    while refused < 5:
        try:
            await limits.take({"read": "ada"})
            passed += 1
        except TooManyRequests as error:
            refused, first = refused + 1, first + error.first
    await database.close()
    return [passed, first, asked]
