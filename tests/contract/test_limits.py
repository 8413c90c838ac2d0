"""Requests counted over several processes, on both databases: never more than the quota, and all of it."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update
from tests.contract.hammering import hammer
from tests.forked import Forked

from pincite.app.limits import Limits, Policy
from pincite.app.limits import service as limits_service
from pincite.app.limits.domain import Taken, TooManyRequests
from pincite.app.limits.service import Cell
from pincite.app.limits.tables import LimitRow
from pincite.core import Database
from pincite.core.database import clock
from pincite.core.scope import EVERY_TENANT


@pytest.fixture
async def database(tables_url: str) -> AsyncIterator[Database]:
    opened = Database(tables_url)
    yield opened
    await opened.close()


async def passes(limits: Limits, name: str = "read", who: str = "ada") -> bool:
    """Say whether a request passes."""
    try:
        await limits.take({name: who})
    except TooManyRequests:
        return False
    return True


def test_four_processes_let_exactly_the_quota_pass(tables_url: str, tmp_path: Path) -> None:
    quota, begin = 1000, tmp_path / "begin"
    children = [Forked(hammer, (tables_url, quota, str(begin))) for _ in range(4)]
    begin.touch()
    for each in children:
        assert each.wait(60) == 0, each.stderr
    passed, first, asked = map(sum, zip(*(json.loads(each.stdout) for each in children), strict=True))
    assert passed == quota
    assert first == 1, "one of all says that it was the first to be refused"
    assert asked < quota / 4, "most requests ask nobody"


async def test_many_at_once_and_in_turn(database: Database, tables_url: str) -> None:
    async with AsyncExitStack() as closing:
        both = []
        for _ in range(2):
            other = Database(tables_url)
            closing.push_async_callback(other.close)
            both.append(Limits(other, {"read": Policy("read", 100)}))
        passed = await asyncio.gather(*(passes(both[number % 2]) for number in range(300)))
        assert passed.count(True) == 100
        assert await passes(both[0], who="bob"), "another's requests are others"


async def test_the_next_window_begins_when_one_is_over(database: Database) -> None:
    limits = Limits(database, {"read": Policy("read", 3, window_s=1)})
    assert [await passes(limits) for _ in range(5)] == [True, True, True, False, False]
    await asyncio.sleep(1.05)
    assert [await passes(limits) for _ in range(5)] == [True, True, True, False, False]


async def test_a_clock_that_was_set_back_locks_nobody_out(database: Database) -> None:
    policies = {"read": Policy("read", 1)}
    assert [await passes(Limits(database, policies)) for _ in range(2)] == [True, False]
    async with database.transaction(EVERY_TENANT) as tx:
        await tx.execute(update(LimitRow).values(ends_at=LimitRow.ends_at + 3600))
    assert [await passes(Limits(database, policies)) for _ in range(2)] == [True, False]


async def test_who_waited_for_the_row_does_not_begin_the_window_anew(database: Database, tables_url: str) -> None:
    """Its own time is older than the window, which has begun meanwhile."""
    policies = {"read": Policy("read", 3)}
    assert await passes(Limits(database, policies))
    async with AsyncExitStack() as closing:
        other = Database(tables_url)
        closing.push_async_callback(other.close)
        async with database.transaction(EVERY_TENANT) as tx:
            await tx.execute(update(LimitRow).values(used=3))
            waiting = asyncio.create_task(passes(Limits(other, policies)))
            await asyncio.sleep(0.5)
            assert not waiting.done()
            await tx.execute(update(LimitRow).values(ends_at=clock(tx) + 60))
        assert not await waiting


async def test_a_request_that_one_limit_refuses_is_counted_in_none(database: Database) -> None:
    limits = Limits(database, {"key": Policy("key", 2), "ask": Policy("ask", 1)})
    wanted = {"key": "k", "ask": "ada"}
    standings = await limits.take(wanted)
    assert [each.field for each in standings] == ['"key";r=1;t=60', '"ask";r=0;t=60']
    for _ in range(3):
        with pytest.raises(TooManyRequests) as caught:
            await limits.take(wanted)
        assert caught.value.standing.policy.name == "ask"
    assert await passes(limits, "key", "k")
    assert not await passes(limits, "key", "k")


async def test_a_database_that_takes_nothing_stops_nobody_and_is_no_way_round(tmp_path: Path) -> None:
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'no folder' / 'limits.db'}")
    limits = Limits(database, {"read": Policy("read", 3, window_s=1)})
    assert [await passes(limits) for _ in range(5)] == [True, True, True, False, False]
    await asyncio.sleep(1.0)
    assert await passes(limits)
    await database.close()


async def test_what_is_over_is_deleted_and_who_is_forgotten_gets_nothing_twice(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits_service, "MOST_CELLS", 1)
    limits = Limits(database, {"read": Policy("read", 2), "short": Policy("short", 1, window_s=1)})
    assert await passes(limits, "short")
    passed = [await passes(limits, who=who) for _ in range(4) for who in ("ada", "bob")]
    assert passed == [True] * 4 + [False] * 4
    await asyncio.sleep(1.05)
    cleaning = asyncio.create_task(limits.clean())
    async with asyncio.timeout(5):
        while await _rows(database) > 2:
            await asyncio.sleep(0.01)
    cleaning.cancel()
    await asyncio.wait([cleaning])


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 40), st.integers(0, 20), st.booleans()), max_size=30))
def test_what_is_held_is_never_spent_after_its_window(steps: list[tuple[float, int, bool]]) -> None:
    """A naive count beside: of what a window granted no more is spent, and nothing of it after its end."""
    cell, now, ends, left = Cell(Policy("read", 100), "k"), 0.0, 0.0, 0
    for passed_s, granted, asks in steps:
        now += passed_s
        left = left if now < ends else 0
        if asks:
            ends = ends if now < ends else now + 60
            cell.put(Taken(granted, 5, ends - now, 0), now)
            left += granted
        try:
            spent = cell.spend(now) is not None
        except TooManyRequests:
            spent = False
        assert spent == (left > 0)
        left -= spent


async def _rows(database: Database) -> int:
    async with database.read(EVERY_TENANT) as session:
        return len((await session.scalars(select(LimitRow.key))).all())
