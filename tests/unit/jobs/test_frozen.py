"""A process that was frozen amid a statement holds its locks in PostgreSQL; a worker ends that for all who wait."""

import asyncio
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from sqlalchemy import text
from tests.forked import Forked

from pincite.core import Database, Unavailable
from pincite.core.scope import EVERY_TENANT
from pincite.jobs import DbosQueue, JobsSettings

pytestmark = [pytest.mark.postgres, pytest.mark.faults]

TTL_S = 1.0
PATIENCE_S = 4.0  # of the process that wakes: its driver may not be told that the connection was lost
FREED_WITHIN_S = 10.0


def rows() -> Iterator[tuple[int, str]]:
    """More than a socket takes at once; half way this process stops where it is."""
    for number in range(2_000):
        if number == 1_000:
            os.kill(os.getpid(), signal.SIGSTOP)
        yield number, "y" * 2_000


async def write(url: str) -> None:
    """Lock a row, then send others."""
    database = Database(url, statement_limit_s=PATIENCE_S)
    try:
        async with database.transaction(EVERY_TENANT) as tx:
            await tx.execute(text("UPDATE locked SET word = 'mine'"))
            connection = (await (await tx.connection()).get_raw_connection()).driver_connection
            assert connection is not None
            print("locked", flush=True)
            await connection.executemany("INSERT INTO sent VALUES ($1, $2)", rows())
    except Unavailable:
        print("lost", flush=True)
    await database.ping()
    print("well", flush=True)
    await database.close()


def writer(url: str) -> None:
    """Be a process that is frozen amid a statement."""
    asyncio.run(write(url))


async def test_its_locks_are_freed_and_it_goes_on_when_it_wakes(postgres_tables_url: str, tmp_path: Path) -> None:
    database = Database(postgres_tables_url)
    async with database.transaction(EVERY_TENANT) as tx:
        await tx.execute(text("CREATE TABLE sent (number INT, word TEXT)"))
        await tx.execute(text("CREATE TABLE locked (word TEXT)"))
        await tx.execute(text("INSERT INTO locked VALUES ('nobody''s')"))
    process = Forked(writer, (postgres_tables_url,))
    queue = DbosQueue(database, JobsSettings(f"sqlite:///{tmp_path}/jobs.db", beat_s=0.2, ttl_s=TTL_S))
    try:
        async with asyncio.timeout(60):
            while psutil.Process(process.pid).status() != psutil.STATUS_STOPPED:
                await asyncio.sleep(0.05)
        await queue.start()
        began = time.monotonic()
        async with asyncio.timeout(60), database.transaction(EVERY_TENANT) as tx:
            await tx.execute(text("UPDATE locked SET word = 'ours'"))
        assert time.monotonic() - began < FREED_WITHIN_S
        os.kill(process.pid, signal.SIGCONT)
        assert process.wait(30) == 0, process.stderr
        assert process.stdout.split() == ["locked", "lost", "well"]
        async with database.read(EVERY_TENANT) as session:
            assert await session.scalar(text("SELECT count(*) FROM sent")) == 0
    finally:
        process.kill()
        await queue.stop()
        await database.close()


async def test_who_takes_long_and_goes_on_is_left_alone(postgres_tables_url: str, tmp_path: Path) -> None:
    database = Database(postgres_tables_url)
    queue = DbosQueue(database, JobsSettings(f"sqlite:///{tmp_path}/jobs.db", beat_s=0.2, ttl_s=TTL_S))
    await queue.start()
    try:
        async with database.transaction(EVERY_TENANT) as tx:
            await tx.execute(text("CREATE TABLE sent (number INT)"))
            await tx.execute(text(f"INSERT INTO sent SELECT 1 FROM pg_sleep({3 * TTL_S})"))
            await asyncio.sleep(2 * TTL_S)
            await tx.execute(text("INSERT INTO sent VALUES (2)"))
        async with database.read(EVERY_TENANT) as session:
            assert await session.scalar(text("SELECT count(*) FROM sent")) == 2
    finally:
        await queue.stop()
        await database.close()
