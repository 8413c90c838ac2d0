"""The ledger on real databases: reserving, waiting, settling, budgets made amid calls, calls that nobody settled."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import event, text

from pincite.core import Database, NotFound, Scope, Unavailable, utc_now
from pincite.core.scope import EVERY_TENANT
from pincite.ledger import (
    Budget,
    BudgetExceeded,
    By,
    Call,
    Ledger,
    Period,
    PriceUnknown,
    Purpose,
    Reservation,
    Spend,
    Spent,
    Subject,
    Wanted,
)
from pincite.ledger.store.budgets import drop_old_windows

OWNER = Scope("t", "olga", roles=frozenset({"owner"}))
ANNA = Scope("t", "anna", key="k1")
STRANGER = Scope("other", "eve", roles=frozenset({"owner"}))
LIMIT = Budget("", Subject.TENANT, "t", Period.DAY, limit_pico_usd=100, limit_tokens=None)


PLAIN = Call("chat", "openai:test", Purpose("answer", "a1"), Spend(30, 3))


def call(pico: int = 30, tokens: int = 3, *, lasts_s: float = 120.0) -> Call:
    return replace(PLAIN, bound=Spend(pico, tokens), lasts_s=lasts_s)


@pytest.fixture
async def database(tables_url: str) -> AsyncIterator[Database]:
    made = Database(tables_url)
    yield made
    await made.close()


@pytest.fixture
async def ledger(database: Database) -> AsyncIterator[Ledger]:
    made = Ledger(database)
    yield made
    await made.close()


async def stands(ledger: Ledger) -> tuple[Spend, Spend]:
    ((_, balance),) = await ledger.budgets(OWNER)
    return balance.spent, balance.reserved


async def test_a_call_is_reserved_and_settled(ledger: Ledger) -> None:
    await ledger.set_budget(OWNER, LIMIT)
    held = await ledger.reserve(ANNA, call())
    assert await stands(ledger) == (Spend(), Spend(30, 3))
    ledger.settle(held, Spent(1, 1, pico_usd=12))
    assert await stands(ledger) == (Spend(12, 2), Spend())


async def test_what_a_call_came_to_is_written_with_what_is_asked_next(ledger: Ledger, database: Database) -> None:
    commits: list[object] = []
    event.listen(database.engine.sync_engine, "commit", commits.append)
    held = await ledger.reserve(ANNA, call())
    for _ in range(4):
        ledger.settle(held, Spent(1, 1, pico_usd=12))
        await asyncio.sleep(0.005)
        held = await ledger.reserve(ANNA, call())
    assert len(commits) < 9  # five, unless this process was held up
    ledger.settle(held, Spent(1, 1, pico_usd=12))
    for _ in range(100):  # nothing is asked any more, and another process looks
        if (await Ledger(database).entry(OWNER, held.id)).ended_at is not None:
            break
        await asyncio.sleep(0.05)
    else:
        pytest.fail("it was not written")


async def test_who_waits_for_a_call_to_end_is_told_at_once(ledger: Ledger) -> None:
    await ledger.set_budget(OWNER, LIMIT)
    held = await ledger.reserve(ANNA, call(100))
    waiting = asyncio.create_task(ledger.reserve(ANNA, call(30), patience_s=60))
    await asyncio.sleep(0.3)
    ledger.settle(held, Spent(1, 1, pico_usd=12))
    ledger.settle(await waiting, Spent(1, 1, pico_usd=20))
    assert await stands(ledger) == (Spend(32, 4), Spend())


async def test_hundreds_at_once_pass_no_cap_by_a_cent(ledger: Ledger) -> None:
    await ledger.set_budget(OWNER, replace(LIMIT, limit_pico_usd=1000))
    refused = 0

    async def one(number: int) -> None:
        nonlocal refused
        try:
            held = await ledger.reserve(ANNA, call(30), patience_s=30)
        except BudgetExceeded:
            refused += 1
            return
        await asyncio.sleep(0.001 * (number % 3))
        ledger.settle(held, Spent(pico_usd=10 + number % 20))

    await asyncio.gather(*(one(number) for number in range(300)))
    spent, reserved = await stands(ledger)
    assert reserved == Spend()
    # Whoever was refused would not have fitted: there was less left than a call's bound.
    assert 1000 - 30 < spent.pico_usd <= 1000
    assert refused


async def test_two_processes_share_a_cap(database: Database) -> None:
    ledgers = [Ledger(database), Ledger(database)]
    await ledgers[0].set_budget(OWNER, LIMIT)
    asked = [each.reserve(ANNA, call(30)) for each in ledgers * 4]
    answers = await asyncio.gather(*asked, return_exceptions=True)
    assert sum(isinstance(each, Reservation) for each in answers) == 3
    for each in ledgers:
        await each.close()


async def test_what_fits_but_for_others_waits_for_them(ledger: Ledger) -> None:
    await ledger.set_budget(OWNER, replace(LIMIT, limit_pico_usd=40))
    first = await ledger.reserve(ANNA, call(30))
    with pytest.raises(BudgetExceeded, match="under way") as at_once:
        await ledger.reserve(ANNA, call(30))
    assert at_once.value.retry_after_s == 1
    waiting = asyncio.create_task(ledger.reserve(ANNA, call(30), patience_s=20))
    await asyncio.sleep(0.05)
    assert not waiting.done()
    ledger.settle(first, Spent(pico_usd=5))
    ledger.settle(await waiting, Spent(pico_usd=20))
    with pytest.raises(BudgetExceeded, match="left") as for_good:
        await ledger.reserve(ANNA, call(30), patience_s=20)
    assert 0 < (for_good.value.retry_after_s or 0) <= 24 * 3600


async def test_who_no_longer_waits_holds_nothing(ledger: Ledger) -> None:
    await ledger.set_budget(OWNER, replace(LIMIT, limit_pico_usd=40))
    first = await ledger.reserve(ANNA, call(30))
    gone = [asyncio.create_task(ledger.reserve(ANNA, call(30), patience_s=20)) for _ in range(3)]
    await asyncio.sleep(0.05)
    for each in gone:
        each.cancel()
    ledger.settle(first, Spent())
    await asyncio.sleep(0.3)
    assert await stands(ledger) == (Spend(), Spend())


async def test_a_budget_made_amid_calls_knows_of_them(ledger: Ledger) -> None:
    ledger.settle(await ledger.reserve(ANNA, call(50)), Spent(2, 2, pico_usd=40))
    under_way = await ledger.reserve(ANNA, call(50))
    await ledger.set_budget(OWNER, LIMIT)
    assert await stands(ledger) == (Spend(40, 4), Spend(50, 3))
    with pytest.raises(BudgetExceeded):
        await ledger.reserve(ANNA, call(20))
    ledger.settle(under_way, Spent(pico_usd=10))
    assert await stands(ledger) == (Spend(50, 4), Spend())


async def test_a_budget_is_changed_and_removed(ledger: Ledger) -> None:
    made = await ledger.set_budget(OWNER, LIMIT)
    again = await ledger.set_budget(OWNER, replace(LIMIT, limit_pico_usd=None, limit_tokens=7, warn_percent=50))
    assert (again.id, len(await ledger.budgets(OWNER))) == (made.id, 1)
    held = await ledger.reserve(ANNA, call(1000, 7))
    assert held.warnings == ("7 tokens a day for the whole organisation",)
    await ledger.remove_budget(OWNER, made.id)
    ledger.settle(held, Spent(100, 100))
    assert await ledger.budgets(OWNER) == []
    with pytest.raises(NotFound):
        await ledger.remove_budget(OWNER, made.id)


async def test_budgets_of_others_are_nothing_to_us(ledger: Ledger) -> None:
    made = await ledger.set_budget(OWNER, LIMIT)
    assert await ledger.budgets(STRANGER) == []
    with pytest.raises(NotFound):
        await ledger.remove_budget(STRANGER, made.id)
    await ledger.reserve(STRANGER, call(10**9))


async def test_a_model_without_a_price_passes_no_budget_in_dollars(ledger: Ledger) -> None:
    await ledger.set_budget(OWNER, LIMIT)
    with pytest.raises(PriceUnknown, match="openai:test"):
        await ledger.reserve(ANNA, replace(PLAIN, priced=False))


class Log:
    def __init__(self, known: dict[str, Spent]) -> None:
        self.known = known

    async def spent(self, scope: Scope, call_id: str, call: Call) -> Spent | None:
        return self.known.get(call_id)


async def test_what_nobody_settled_is_settled_by_evidence_or_by_rule(database: Database) -> None:
    log = Log({})
    ledger = Ledger(database, log)
    await ledger.set_budget(OWNER, LIMIT)
    known = await ledger.reserve(ANNA, call(lasts_s=-1))
    unknown = await ledger.reserve(ANNA, call(lasts_s=-1))
    running = await ledger.reserve(ANNA, call())
    log.known[known.id] = Spent(1, 1, pico_usd=7)
    again = Ledger(database, log)  # another process
    assert await again.sweep() == 2
    assert await again.sweep() == 0
    assert await stands(again) == (Spend(37, 5), Spend(30, 3))
    entry = await again.entry(OWNER, unknown.id)
    assert entry.spent.estimated
    assert not (await again.entry(OWNER, known.id)).spent.estimated
    # Whoever made it was frozen, and says after all what it came to.
    ledger.settle(unknown, Spent(1, 0, pico_usd=2))
    ledger.settle(running, Spent())
    assert await stands(ledger) == (Spend(9, 3), Spend())
    await ledger.close()


async def test_a_clock_that_is_set_back_opens_no_window_twice(
    ledger: Ledger, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not database.is_sqlite:
        pytest.skip("PostgreSQL's clock is its own")
    await ledger.set_budget(OWNER, replace(LIMIT, period=Period.HOUR))
    now = utc_now().replace(minute=30)
    times = [now, now + timedelta(hours=3), now]
    for moment, fits in zip(times, (True, True, False), strict=True):
        monkeypatch.setattr("pincite.core.database.utc_now", lambda moment=moment: moment)
        if fits:
            ledger.settle(await ledger.reserve(ANNA, call(100)), Spent(pico_usd=100))
        else:
            with pytest.raises(BudgetExceeded):
                await ledger.reserve(ANNA, call(1))


async def test_spending_is_reported_by_whatever_is_asked_for(ledger: Ledger) -> None:
    for scope, model, pico in ((ANNA, "openai:a", 5), (ANNA, "openai:b", 7), (OWNER, "openai:b", 11)):
        held = await ledger.reserve(scope, replace(PLAIN, model=model))
        ledger.settle(held, Spent(10, 1, 4, pico_usd=pico))
    free = await ledger.reserve(ANNA, replace(PLAIN, model="local:x", priced=False, purpose=Purpose("chat")))
    ledger.settle(free, Spent(1, 1, pico_usd=None, estimated=True))
    await ledger.reserve(ANNA, replace(PLAIN, model="openai:b"))
    by_model = await ledger.report(OWNER, Wanted((By.MODEL,)))
    assert [(each.of[By.MODEL], each.calls, each.pico_usd) for each in by_model] == [
        ("openai:b", 3, 18),
        ("openai:a", 1, 5),
        ("local:x", 1, 0),
    ]
    assert [(each.running, each.unpriced, each.estimated) for each in by_model] == [(1, 0, 0), (0, 0, 0), (0, 1, 1)]
    (mine,) = await ledger.report(ANNA, Wanted())
    assert (mine.calls, mine.input_tokens, mine.cached_tokens, mine.pico_usd) == (4, 21, 8, 12)
    assert (mine.answers, mine.answer_pico_usd) == (1, 12)
    (day,) = await ledger.report(OWNER, Wanted((By.DAY,), since=utc_now() - timedelta(days=1)))
    assert day.of[By.DAY] == f"{utc_now():%Y-%m-%d}"
    assert await ledger.report(OWNER, Wanted(until=utc_now() - timedelta(days=1))) == []
    assert await ledger.report(ANNA, Wanted(user="olga")) == []
    assert await ledger.report(STRANGER, Wanted()) == []


async def test_where_the_database_does_not_take_it_no_call_is_made(ledger: Ledger, database: Database) -> None:
    held = await ledger.reserve(ANNA, call())
    async with database.transaction(EVERY_TENANT) as tx:
        await tx.execute(text("ALTER TABLE ledger_entries RENAME TO elsewhere"))
    with pytest.raises(Unavailable):
        await ledger.reserve(ANNA, call())
    ledger.settle(held, Spent(1, 1, pico_usd=3))
    await asyncio.sleep(0.1)
    async with database.transaction(EVERY_TENANT) as tx:
        await tx.execute(text("ALTER TABLE elsewhere RENAME TO ledger_entries"))
    (line,) = await ledger.report(OWNER, Wanted())  # what was told is written down when that can be done again
    assert (line.pico_usd, line.running) == (3, 0)


async def test_where_somebody_may_know_better_an_estimate_holds_its_bound_till_then(database: Database) -> None:
    log = Log({})
    ledger = Ledger(database, log)
    await ledger.set_budget(OWNER, LIMIT)
    cut = await ledger.reserve(ANNA, call(60, 9))
    ledger.settle(cut, Spent(1, pico_usd=10, estimated=True))
    assert await stands(ledger) == (Spend(10, 1), Spend(50, 8))
    assert await ledger.sweep() == 0
    log.known[cut.id] = Spent(2, 4, pico_usd=33)
    assert await ledger.sweep() == 1
    assert await stands(ledger) == (Spend(33, 6), Spend())
    forgotten = await ledger.reserve(ANNA, call(60, 9, lasts_s=-3600))
    ledger.settle(forgotten, Spent(1, pico_usd=10, estimated=True))
    assert await stands(ledger) == (Spend(43, 7), Spend(50, 8))
    assert await ledger.sweep() == 1  # nobody will say it now
    assert await stands(ledger) == (Spend(43, 7), Spend())
    await ledger.close()


async def test_a_budget_follows_what_is_put_right_of_calls_before_it(database: Database) -> None:
    log = Log({})
    ledger = Ledger(database, log)
    cut, gone = await ledger.reserve(ANNA, call(60, 9)), await ledger.reserve(ANNA, call(20, 1, lasts_s=-1))
    ledger.settle(cut, Spent(1, pico_usd=10, estimated=True))
    await ledger.report(OWNER, Wanted())
    assert await ledger.sweep() == 1
    await ledger.set_budget(OWNER, LIMIT)
    assert await stands(ledger) == (Spend(30, 2), Spend(50, 8))
    log.known |= {cut.id: Spent(2, 4, pico_usd=33), gone.id: Spent(1, pico_usd=5)}
    assert await ledger.sweep() == 2
    assert await stands(ledger) == (Spend(38, 7), Spend())
    await ledger.close()


async def test_that_a_call_never_came_is_believed_when_it_can_come_no_more(database: Database) -> None:
    log = Log({})
    ledger = Ledger(database, log)
    held = await ledger.reserve(ANNA, call())
    ledger.settle(held, Spent(1, pico_usd=10, estimated=True))
    await ledger.report(OWNER, Wanted())
    log.known[held.id] = Spent()
    assert await ledger.sweep() == 0
    log.known[held.id] = Spent(1, 1, pico_usd=7)
    assert await ledger.sweep() == 1
    await ledger.close()


async def test_one_tenants_trouble_holds_up_nobody_else(database: Database) -> None:
    class Troubled(Log):
        async def spent(self, scope: Scope, call_id: str, call: Call) -> Spent | None:
            if scope.tenant == "t":
                raise ValueError("a count that is none")
            return None

    ledger = Ledger(database, Troubled({}))
    await ledger.reserve(ANNA, call(lasts_s=-2))
    await ledger.reserve(STRANGER, call(lasts_s=-1))
    assert await ledger.sweep() == 1
    await ledger.close()


async def test_windows_that_were_over_long_ago_are_dropped_and_totals_kept(database: Database) -> None:
    ledger = Ledger(database)
    for period in (Period.HOUR, Period.TOTAL):
        await ledger.set_budget(OWNER, replace(LIMIT, period=period))
    ledger.settle(await ledger.reserve(ANNA, call()), Spent(pico_usd=3))
    assert len(await ledger.budgets(OWNER)) == 2
    async with database.transaction(EVERY_TENANT) as tx:
        await tx.execute(text("UPDATE ledger_windows SET began = 1000000 WHERE began > 0"))
    async with database.transaction(EVERY_TENANT) as tx:
        await drop_old_windows(tx, utc_now() - timedelta(days=90))
    async with database.read(EVERY_TENANT) as session:
        assert (await session.scalars(text("SELECT began FROM ledger_windows"))).all() == [0]
    await ledger.close()
