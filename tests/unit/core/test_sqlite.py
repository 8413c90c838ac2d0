"""SQLite's cursors as SQLAlchemy uses them: few rows, many, rows in portions, transactions that never begin."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from sqlalchemy import text

from pincite.core import Database
from pincite.core.scope import EVERY_TENANT
from pincite.core.sqlite import Connection, Errand

ROWS = 2_500


@pytest.fixture
async def path(tmp_path: Path) -> Path:
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'some.db'}")
    async with database.transaction(EVERY_TENANT) as tx:
        await tx.execute(text("CREATE TABLE n (v INTEGER PRIMARY KEY)"))
        await tx.execute(text("INSERT INTO n VALUES (:v)"), [{"v": number} for number in range(ROWS)])
    await database.close()
    return tmp_path / "some.db"


class Watched(Connection):
    """A connection that counts what its thread is given: errands that are waited for, and others."""

    def __init__(self, path: Path) -> None:
        super().__init__(str(path), "BEGIN", {"isolation_level": None})
        self.visits = self.left = 0

    async def visit(self, errand: Errand) -> None:
        """Count it."""
        self.visits += 1
        await super().visit(errand)

    def leave(self, errand: Callable[[], object]) -> None:
        """Count it."""
        self.left += 1
        super().leave(errand)


@pytest.fixture
async def connection(path: Path) -> AsyncIterator[Watched]:
    opened = Watched(path)
    await opened
    yield opened
    await opened.close()


async def test_a_transaction_that_reads_a_little_is_one_visit_and_its_end_is_not_waited_for(
    connection: Watched,
) -> None:
    await connection.cursor().execute("BEGIN")
    cursor = connection.cursor()
    await cursor.execute("SELECT v FROM n WHERE v < ? ORDER BY v", (3,))
    assert cursor.description[0][0] == "v"
    assert await cursor.fetchall() == [(0,), (1,), (2,)]
    await cursor.close()
    await connection.rollback()
    assert (connection.visits, connection.left) == (1, 1)


async def test_a_transaction_without_a_statement_never_begins(
    connection: Watched,
) -> None:
    await connection.cursor().execute("BEGIN")
    await connection.rollback()
    await connection.cursor().execute("BEGIN")
    await connection.commit()
    assert (connection.visits, connection.left) == (0, 0)


@pytest.mark.parametrize("size", [1, 7, 999, 1_000, 1_001, ROWS, 10_000])
async def test_rows_come_in_portions_each_once(connection: Watched, size: int) -> None:
    cursor = connection.cursor()
    await cursor.execute("SELECT v FROM n ORDER BY v")
    found: list[int] = []
    while some := await cursor.fetchmany(size):
        assert len(some) <= size
        found += [value for (value,) in some]
    assert found == list(range(ROWS))


async def test_the_rest_comes_after_what_was_fetched_and_nothing_after_the_end(connection: Watched) -> None:
    cursor = connection.cursor()
    await cursor.execute("SELECT v FROM n ORDER BY v")
    assert await cursor.fetchone() == (0,)
    assert [value for (value,) in await cursor.fetchall()] == list(range(1, ROWS))
    assert await cursor.fetchone() is None
    await cursor.execute("SELECT v FROM n ORDER BY v")
    await cursor.close()
    assert await cursor.fetchall() == []


async def test_what_fails_fails_where_it_is_waited_for_and_the_transaction_can_be_left(connection: Watched) -> None:
    await connection.cursor().execute("BEGIN")
    with pytest.raises(sqlite3.OperationalError, match="no such table"):
        await connection.cursor().execute("SELECT v FROM other")
    await connection.rollback()
    await connection.cursor().execute("BEGIN")
    cursor = connection.cursor()
    await cursor.execute("DELETE FROM n WHERE v >= 10")
    assert cursor.rowcount == ROWS - 10
    await connection.rollback()
    await cursor.execute("SELECT count(*) FROM n")
    assert await cursor.fetchone() == (ROWS,)


async def test_what_was_half_read_ends_with_its_transaction(connection: Watched) -> None:
    rows = "SELECT v FROM n ORDER BY v"
    for _ in range(20):
        await connection.cursor().execute("BEGIN")
        left = connection.cursor()
        await left.execute(rows)
        assert await left.fetchmany(10) == [(number,) for number in range(10)]
        await connection.rollback()  # nobody waits for it, and the next reader comes at once, with the same statement
        await connection.cursor().execute("BEGIN")
        cursor = connection.cursor()
        await cursor.execute(rows)
        del left
        assert [value for (value,) in await cursor.fetchall()] == list(range(ROWS))
        await connection.rollback()


async def test_streams_that_are_left_disturb_no_others(path: Path) -> None:
    database = Database(f"sqlite+aiosqlite:///{path}", readers=2)

    async def read(stop: int) -> None:
        expected = 0
        async with database.read(EVERY_TENANT) as session:
            streamed = await session.stream(text("SELECT v FROM n ORDER BY v").execution_options(yield_per=100))
            async for row in streamed:
                assert row.v == expected
                expected += 1
                if expected == stop:
                    return

    for _ in range(20):
        await asyncio.gather(*(read(stop) for stop in (10, 500, 1_500, 2_400, ROWS + 1)))
    await database.close()


async def test_many_at_once_are_counted(connection: Watched) -> None:
    cursor = connection.cursor()
    await cursor.executemany("INSERT INTO n VALUES (?)", [(ROWS + number,) for number in range(5)])
    assert cursor.rowcount == 5
    assert connection.visits == 1


async def test_many_rows_are_streamed(path: Path) -> None:
    database = Database(f"sqlite+aiosqlite:///{path}")
    async with database.read(EVERY_TENANT) as session:
        streamed = await session.stream(text("SELECT v FROM n ORDER BY v").execution_options(yield_per=300))
        found = [row.v async for row in streamed]
    await database.close()
    assert found == list(range(ROWS))


async def test_several_may_open_a_new_file_at_the_same_time(tmp_path: Path) -> None:
    async def read(database: Database) -> None:
        async with database.read(EVERY_TENANT) as session:
            await session.execute(text("SELECT 1"))

    for number in range(40):
        several = [Database(f"sqlite+aiosqlite:///{tmp_path / f'{number}.db'}") for _ in range(4)]
        await asyncio.gather(*(read(each) for each in several))
        for each in several:
            await each.close()
