"""Transactions on both databases: all or nothing, readers beside writers, times in UTC, readable errors."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from pincite.core import Conflict, Database, InvalidInput, StorageFull, Unavailable, new_id, utc_now
from pincite.core.database import IDLE_IN_TRANSACTION_MS
from pincite.core.schema import UtcDateTime
from pincite.core.scope import EVERY_TENANT


@pytest.fixture
async def database(sql_url: str) -> AsyncIterator[Database]:
    database = Database(sql_url)
    async with database.transaction(EVERY_TENANT) as tx:
        await tx.execute(text("CREATE TABLE n (v INTEGER)"))
        await tx.execute(text("INSERT INTO n VALUES (0)"))
    yield database
    await database.close()


async def value(database: Database) -> int:
    async with database.read(EVERY_TENANT) as session:
        return int((await session.execute(text("SELECT v FROM n"))).scalar_one())


async def test_a_block_that_raises_keeps_nothing(database: Database) -> None:
    async def broken() -> None:
        async with database.transaction(EVERY_TENANT) as tx:
            await tx.execute(text("UPDATE n SET v = 7"))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await broken()
    assert await value(database) == 0


async def test_many_writers_lose_no_update(database: Database) -> None:
    async def add() -> None:
        async with database.transaction(EVERY_TENANT) as tx:
            await tx.execute(text("UPDATE n SET v = v + 1"))

    await asyncio.gather(*(add() for _ in range(50)))
    assert await value(database) == 50


async def test_readers_do_not_wait_for_a_writer(database: Database) -> None:
    async with database.transaction(EVERY_TENANT) as tx:
        await tx.execute(text("UPDATE n SET v = 1"))
        assert await asyncio.wait_for(value(database), 5) == 0
    assert await value(database) == 1


async def test_ping_says_when_nobody_answers(database: Database, tmp_path: Path) -> None:
    await database.ping()
    elsewhere = Database(f"sqlite+aiosqlite:///{tmp_path}/no/such/folder/x.db")
    with pytest.raises(Unavailable) as caught:
        await elsewhere.ping()
    assert caught.value.remedy
    await elsewhere.close()


async def test_a_connection_that_does_not_become_free_is_said(sqlite_url: str) -> None:
    database = Database(sqlite_url)
    setattr(database.engine.pool, "_timeout", 0.05)  # noqa: B010 - a minute is long for a test
    async with database.transaction(EVERY_TENANT) as tx:
        await tx.execute(text("CREATE TABLE n (v INTEGER)"))
        with pytest.raises(Unavailable):
            async with database.transaction(EVERY_TENANT) as waiting:
                await waiting.execute(text("INSERT INTO n VALUES (1)"))
    await database.close()


async def test_a_full_disk_is_said_and_the_transaction_is_undone(sqlite_url: str) -> None:
    database = Database(sqlite_url)
    async with database.transaction(EVERY_TENANT) as tx:
        await tx.execute(text("CREATE TABLE big (v TEXT)"))
    async with database.transaction(EVERY_TENANT) as tx:
        await tx.execute(text("PRAGMA max_page_count = 20"))  # SQLite's own full disk

    async def fill() -> None:
        async with database.transaction(EVERY_TENANT) as tx:
            await tx.execute(text("INSERT INTO big VALUES ('small')"))
            await tx.execute(text("INSERT INTO big VALUES (:v)"), {"v": "x" * 1_000_000})

    with pytest.raises(StorageFull) as caught:
        await fill()
    assert caught.value.remedy
    async with database.read(EVERY_TENANT) as session:
        assert (await session.execute(text("SELECT count(*) FROM big"))).scalar_one() == 0
    await database.close()


async def test_sqlite_is_opened_for_safety(sqlite_url: str) -> None:
    database = Database(sqlite_url)
    async with database.read(EVERY_TENANT) as session:
        found = {
            name: (await session.execute(text(f"PRAGMA {name}"))).scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
        version = (await session.execute(text("SELECT sqlite_version()"))).scalar_one()
    assert found == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 20_000}
    assert tuple(int(part) for part in version.split(".")) >= (3, 51, 3), "older ones can corrupt a WAL database"
    await database.close()


def test_a_time_without_a_zone_is_refused_and_others_become_utc() -> None:
    kind = UtcDateTime()
    dialect = Database("sqlite+aiosqlite:///never-opened.db").engine.dialect
    with pytest.raises(ValueError, match="time zone"):
        kind.process_bind_param(datetime(2026, 1, 1), dialect)  # noqa: DTZ001
    east = datetime(2026, 1, 1, 2, tzinfo=timezone(timedelta(hours=2)))
    assert kind.process_bind_param(east, dialect) == datetime(2026, 1, 1, tzinfo=UTC)
    assert kind.process_result_value(datetime(2026, 1, 1), dialect) == datetime(2026, 1, 1, tzinfo=UTC)  # noqa: DTZ001
    assert kind.process_bind_param(None, dialect) is None
    assert kind.process_result_value(None, dialect) is None


def test_ids_are_unique_sortable_uuids() -> None:
    from uuid import UUID

    made = [new_id() for _ in range(2000)]
    assert len(set(made)) == 2000
    assert all(UUID(i).version == 7 and len(i) == 32 for i in made)
    assert [i[:12] for i in made] == sorted(i[:12] for i in made)
    assert utc_now().tzinfo is UTC


@pytest.mark.postgres
@pytest.mark.parametrize(("right", "wrong"), [("/t", "/nowhere"), ("//postgres:", "//nobody:")])
async def test_a_connection_that_is_refused_is_said(postgres_url: str, right: str, wrong: str) -> None:
    elsewhere = Database(postgres_url.replace(right, wrong, 1))
    with pytest.raises(Unavailable, match=r"refused the connection.*does not exist") as refused:
        await elsewhere.ping()
    assert "PINCITE_DATABASE_URL" in refused.value.remedy
    await elsewhere.close()


@pytest.mark.postgres
async def test_a_database_that_ends_the_connection_is_unavailable(postgres_url: str) -> None:
    database = Database(postgres_url)
    for state in ("57P03", "57P01", "40P01", "53300"):
        with pytest.raises(Unavailable):
            async with database.transaction(EVERY_TENANT) as tx:
                await tx.execute(text(f"DO $$ BEGIN RAISE EXCEPTION 'going down' USING ERRCODE = '{state}'; END $$"))
    await database.ping()
    await database.close()


@pytest.mark.postgres
async def test_a_database_that_takes_no_more_connections_says_so(postgres_url: str) -> None:
    mighty, role = Database(postgres_url), f"r{uuid4().hex}"
    async with mighty.transaction(EVERY_TENANT) as tx:
        await tx.execute(text(f"CREATE ROLE {role} LOGIN CONNECTION LIMIT 1"))
    poor = Database(postgres_url.replace("//postgres:", f"//{role}:", 1))
    async with poor.read(EVERY_TENANT):
        with pytest.raises(Unavailable, match="takes no more connections") as refused:
            await poor.ping()
    assert "max_connections" in refused.value.remedy
    await poor.ping()
    await poor.close()
    async with mighty.transaction(EVERY_TENANT) as tx:
        await tx.execute(text(f"DROP ROLE {role}"))
    await mighty.close()


@pytest.mark.postgres
async def test_what_a_column_is_too_small_for_is_said(postgres_url: str) -> None:
    database = Database(postgres_url)
    async with database.transaction(EVERY_TENANT) as tx:
        await tx.execute(text("CREATE TABLE things (name VARCHAR(3), number INTEGER)"))
    for name, number in (("long", 1), ("it", 2**31), ("it", 2**70)):
        with pytest.raises(InvalidInput, match="larger than what can be stored"):
            async with database.transaction(EVERY_TENANT) as tx:
                await tx.execute(text("INSERT INTO things VALUES (:name, :number)"), {"name": name, "number": number})
    with pytest.raises(InvalidInput, match="larger than what can be stored"):
        async with database.transaction(EVERY_TENANT) as tx:
            await tx.execute(text("INSERT INTO things VALUES ('it', 2147483647 + 1)"))
    await database.close()


async def test_who_is_frozen_amid_a_transaction_does_not_keep_its_locks(postgres_url: str) -> None:
    database = Database(postgres_url)
    try:
        async with database.transaction(EVERY_TENANT) as tx:
            limit = await tx.scalar(text("SHOW idle_in_transaction_session_timeout"))
    finally:
        await database.close()
    assert limit == f"{IDLE_IN_TRANSACTION_MS // 1000}s"


async def test_what_is_read_as_of_one_moment_does_not_change_meanwhile(sql_url: str) -> None:
    database = Database(sql_url)
    try:
        async with database.transaction(EVERY_TENANT) as tx:
            await tx.execute(text("CREATE TABLE things (number INTEGER)"))
        counted: list[int] = []
        async with database.read(EVERY_TENANT, one_moment=True) as session:
            for number in range(2):
                counted.append((await session.execute(text("SELECT count(*) FROM things"))).scalar_one())
                async with database.transaction(EVERY_TENANT) as tx:
                    await tx.execute(text("INSERT INTO things VALUES (:number)"), {"number": number})
        assert counted == [0, 0]
    finally:
        await database.close()


async def test_a_table_that_is_not_there_is_said_and_is_no_matter_of_time(sql_url: str) -> None:
    database = Database(sql_url)
    try:
        with pytest.raises(Unavailable, match=r"not as this version made it: .*things"):
            async with database.read(EVERY_TENANT) as session:
                await session.execute(text("SELECT * FROM things"))
    finally:
        await database.close()


async def test_what_two_transactions_took_at_once_is_said_to_be_a_conflict(database: Database) -> None:
    async with database.transaction(EVERY_TENANT) as tx:
        await tx.execute(text("CREATE TABLE owner (id INTEGER PRIMARY KEY)"))
        await tx.execute(text("CREATE TABLE thing (id INTEGER PRIMARY KEY, owner INTEGER REFERENCES owner (id))"))
        await tx.execute(text("INSERT INTO owner VALUES (1)"))
        await tx.execute(text("CREATE TABLE strict_one (id INTEGER NOT NULL)"))

    async def run(statement: str) -> None:
        async with database.transaction(EVERY_TENANT) as tx:
            await tx.execute(text(statement))

    for statement in ("INSERT INTO owner VALUES (1)", "INSERT INTO thing VALUES (1, 2)"):
        with pytest.raises(Conflict, match="at the same time"):
            await run(statement)
    with pytest.raises(IntegrityError):  # a mistake of ours stays one
        await run("INSERT INTO strict_one VALUES (NULL)")


def left_in(folder: Path, word: bytes) -> set[str]:
    return {each.name for each in folder.iterdir() if word in each.read_bytes()}


async def test_what_was_deleted_is_in_no_file_though_sqlites_is_not_written_anew(
    sqlite_url: str, tmp_path: Path
) -> None:
    database = Database(sqlite_url)
    async with database.transaction(EVERY_TENANT) as tx:
        await tx.execute(text("CREATE TABLE page (number INTEGER PRIMARY KEY, words TEXT)"))
        for number in range(50):
            words = "zorbik " * (1 if number % 2 else 2000)
            await tx.execute(text("INSERT INTO page VALUES (:n, :w)"), {"n": number, "w": words})
    async with database.transaction(EVERY_TENANT) as tx:
        await tx.execute(text("DELETE FROM page WHERE number >= 10"))
        await tx.execute(text("UPDATE page SET words = 'other'"))
    assert left_in(tmp_path, b"zorbik")
    await database.scrub(anew_up_to=0)
    assert left_in(tmp_path, b"zorbik") == set()
    assert left_in(tmp_path, b"other")
    await database.close()


async def test_nobody_waits_long_while_the_log_is_emptied(sqlite_url: str) -> None:
    database = Database(sqlite_url)
    async with database.transaction(EVERY_TENANT) as tx:
        await tx.execute(text("CREATE TABLE n (v INTEGER)"))
    async with database.read(EVERY_TENANT) as reading:
        await reading.execute(text("SELECT v FROM n"))
        async with database.transaction(EVERY_TENANT) as tx:
            await tx.execute(text("INSERT INTO n VALUES (1)"))
        scrubbing = asyncio.create_task(database.scrub(anew_up_to=0))
        await asyncio.sleep(0.05)
        for _ in range(3):
            async with asyncio.timeout(1), database.transaction(EVERY_TENANT) as tx:
                await tx.execute(text("INSERT INTO n VALUES (2)"))
        assert not scrubbing.done(), "what a reader still needs is in the log"
    await asyncio.wait_for(scrubbing, 5)
    await database.close()
