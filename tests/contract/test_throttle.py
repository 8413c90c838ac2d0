"""How often a secret may be tried, on both databases: exact for many at once, no way to lock others out."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from sqlalchemy import select, text, update

from pincite.accounts.passwords import sign_in_limits
from pincite.accounts.tables import TriesRow
from pincite.accounts.throttle import Limit, Throttle
from pincite.core import Database, utc_now
from pincite.core.errors import TooManyTries
from pincite.core.scope import EVERY_TENANT

FIVE = [Limit("five", 5, 900.0, own=True)]


@pytest.fixture
async def database(tables_url: str) -> AsyncIterator[Database]:
    opened = Database(tables_url)
    yield opened
    await opened.close()


async def refused_for(throttle: Throttle, limits: list[Limit]) -> int:
    """Try, and return the seconds to wait; 0 where it may be tried."""
    try:
        await throttle.begin(limits)
    except TooManyTries as error:
        return error.retry_after_s
    return 0


async def later(database: Database, seconds: float) -> None:
    """Let everything have happened so much earlier."""
    async with database.transaction(EVERY_TENANT) as tx:
        for found in (await tx.scalars(select(TriesRow))).all():
            found.last_at -= timedelta(seconds=seconds)
            found.until = None if found.until is None else found.until - timedelta(seconds=seconds)


async def test_of_many_at_once_in_two_processes_five_are_tried(database: Database, tables_url: str) -> None:
    other = Database(tables_url)
    try:
        tries = [refused_for(Throttle(each), FIVE) for each in (database, other) for _ in range(12)]
        assert sorted(await asyncio.gather(*tries))[:6] == [0, 0, 0, 0, 0, 2]
    finally:
        await other.close()


async def test_the_wait_doubles_and_ends(database: Database) -> None:
    throttle, waits = Throttle(database), list[int]()
    for _ in range(5):
        assert not await refused_for(throttle, FIVE)
    for _ in range(12):
        waits.append(await refused_for(throttle, FIVE))
        assert await refused_for(throttle, FIVE) == waits[-1], "who tries on meanwhile does not wait longer"
        await later(database, waits[-1])
        assert not await refused_for(throttle, FIVE)
    assert waits == [2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900]
    await later(database, 3601)
    for _ in range(5):
        assert not await refused_for(throttle, FIVE)


async def test_who_succeeds_begins_anew(database: Database) -> None:
    throttle = Throttle(database)
    for _ in range(5):
        await throttle.begin(FIVE)
    await throttle.succeeded(FIVE)
    for _ in range(5):
        assert not await refused_for(throttle, FIVE)


async def test_a_stranger_cannot_lock_somebody_out_for_long(database: Database) -> None:
    throttle = Throttle(database)
    for number in range(30):
        if await refused_for(throttle, sign_in_limits("ada@example.com", f"198.51.100.{number}")):
            await later(database, 30)
    assert 0 < await refused_for(throttle, sign_in_limits("ada@example.com", "192.0.2.1")) <= 30
    assert not await refused_for(throttle, sign_in_limits("bob@example.com", "192.0.2.1"))


async def test_one_client_cannot_try_one_password_with_every_address(database: Database) -> None:
    throttle = Throttle(database)
    tried = [not await refused_for(throttle, sign_in_limits(f"{n}@example.com", f"2001:db8::{n:x}")) for n in range(40)]
    assert sum(tried) == 20


async def test_what_was_tried_long_ago_is_forgotten(database: Database) -> None:
    throttle = Throttle(database)
    await throttle.begin([Limit("old", 5, 900.0)])
    async with database.transaction(EVERY_TENANT) as tx:
        await tx.execute(update(TriesRow).values(last_at=utc_now() - timedelta(hours=2)))
    await throttle.begin(FIVE)
    async with database.read(EVERY_TENANT) as reading:
        assert (await reading.execute(text("SELECT key FROM accounts_tries"))).scalars().all() == [FIVE[0].key]
