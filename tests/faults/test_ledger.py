"""The ledger under fire: a thousand calls over several processes, a provider that fails, processes that are killed.

The provider's own log equals the ledger to the last digit, the cap is never passed, and nobody is refused who fits.
"""

import asyncio
import json
import os
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx2
import pytest
from sqlalchemy import text
from tests.faults.ledger_driver import MODEL, PRICES, ledger_of, run
from tests.flow.simulated import simulated
from tests.forked import Forked

from pincite.core import Database, Scope
from pincite.core.scope import EVERY_TENANT
from pincite.gateway.domain import Usage
from pincite.gateway.prices import rates_of
from pincite.ledger import Budget, Ledger, Period, Spend, Subject

CALLS = 1000 if os.environ.get("FAULTS") == "whole" else 160
# What a process has sent reaches the provider although the process is dead; the ledger waits for a minute and more.
ON_ITS_WAY_S = 3.0
OWNER = Scope("t", "olga", roles=frozenset({"owner"}))
FAULTS = ("status=500,share=0.1", "drop=700,share=0.1", "no-usage,share=0.1", "malformed=4,share=0.05")
# Tokens of all calls together are about this many; the cap is somewhat less, in dollars and in tokens.
CAP = Budget("", Subject.TENANT, "t", Period.TOTAL, limit_pico_usd=CALLS * 700 * 10**6, limit_tokens=None)
RATES = rates_of(PRICES)[MODEL]


async def watched(ledger: Ledger, over: asyncio.Event) -> int:
    """Look again and again how the budget stands; returns how often. The cap is never passed."""
    looks = 0
    while not over.is_set():
        ((budget, balance),) = await ledger.budgets(OWNER)
        assert budget.fits(balance.taken), balance
        looks += 1
        await asyncio.sleep(0.05)
    return looks


def said(processes: list[Forked]) -> list[dict[str, Any]]:
    return [json.loads(line) for each in processes for line in each.stdout.splitlines() if line.endswith("}")]


async def struck(database: Database, provider: str, processes: int, kills: int) -> list[dict[str, Any]]:
    """Make all calls, kill some of the processes amid them, and have others make what those had not; returns what came.

    What a killed one had under way is made once more: its numbers are, its calls are others.
    """
    shares = [list(range(at, CALLS, processes)) for at in range(processes)]
    url = database.url.render_as_string(hide_password=False)
    victims = [(f"mortal {at}", share) for at, share in enumerate(shares[:kills])]
    running = [Forked(run, (url, provider, share)) for share in shares[kills:]]
    dying = [Forked(run, (url, provider, share, whose, len(share) // 4)) for whose, share in victims]

    async def once_more(victim: Forked, whose: str, share: list[int]) -> Forked:
        assert await asyncio.to_thread(victim.wait, 100) == -9
        await asyncio.sleep(ON_ITS_WAY_S)
        await outlast(database, whose)  # at once, for it holds what another victim may wait for
        over = {line["number"] for line in said([victim])}
        return Forked(run, (url, provider, sorted(set(share) - over)))

    running += await asyncio.gather(*map(once_more, dying, *zip(*victims, strict=True))) if victims else []
    for process in running:
        assert await asyncio.to_thread(process.wait, 300) == 0, process.stderr[-3000:]
    return said([*dying, *running])


async def charged(provider: str) -> dict[str, Usage]:
    """Return what the provider charges, by the id that a call was sent with."""
    found: dict[str, Usage] = {}
    async with httpx2.AsyncClient(base_url=provider, timeout=30) as client:
        params: dict[str, str | int] = {"limit": 500}
        while True:
            page = (await client.get("/simulation/requests", params=params)).json()
            for each in page["items"]:
                assert each["state"] != "running"
                found[each["client_request_id"]] = Usage(each["input_tokens"], each["output_tokens"])
            if page["next_before"] is None:
                return found
            params["before"] = page["next_before"]


async def booked(database: Database) -> dict[str, tuple[int, int, int | None, str]]:
    async with database.read(EVERY_TENANT) as session:
        rows = await session.execute(
            text("SELECT id, input_tokens, output_tokens, cost_pico, state FROM ledger_entries")
        )
        return {row[0]: (row[1], row[2], row[3], row[4]) for row in rows.all()}


async def outlast(database: Database, whose: str = "%") -> None:
    """Let the time of somebody's calls be over that are not settled, as if a while had gone by."""
    async with database.transaction(EVERY_TENANT) as session:
        past = "CURRENT_TIMESTAMP" if database.is_sqlite else "now() - interval '1 second'"
        update = f"UPDATE ledger_entries SET expires_at = {past} WHERE state = 'reserved' AND actor LIKE :whose"
        await session.execute(text(update), {"whose": whose})


async def settled(database: Database, ledger: Ledger) -> None:
    """Settle what nobody did."""
    await outlast(database)
    until = time.monotonic() + 60
    while await ledger.sweep():
        assert time.monotonic() < until


@pytest.mark.faults
@pytest.mark.parametrize(
    ("database_of", "processes", "kills"),
    [
        pytest.param("postgres_tables_url", 4, 2, id="postgres", marks=pytest.mark.postgres),
        pytest.param("sqlite_tables_url", 1, 0, id="sqlite"),
    ],
)
async def test_the_ledger_is_the_providers_log_to_the_last_digit(
    request: pytest.FixtureRequest, tmp_path: Path, database_of: str, processes: int, kills: int
) -> None:
    database = Database(str(request.getfixturevalue(database_of)))
    faults = [word for each in FAULTS for word in ("--fault", each)]
    with simulated(tmp_path, "--latency", "0.05", "--rate", "30", *faults) as provider:
        ledger = ledger_of(database, provider.url)
        await ledger.set_budget(OWNER, CAP)
        over = asyncio.Event()
        watching = asyncio.create_task(watched(ledger, over))
        outcomes = await struck(database, provider.url, processes, kills)
        over.set()
        assert await watching > 5
        ((budget, before),) = await ledger.budgets(OWNER)
        await settled(database, ledger)
        ((_, after),) = await ledger.budgets(OWNER)
        log, entries = await charged(provider.url), await booked(database)
    assert set(log) <= set(entries)
    for call, (read, written, cost, state) in entries.items():
        usage = log.get(call, Usage())
        assert (read, written, state) == (usage.input_tokens, usage.output_tokens, "settled"), call
        assert cost == RATES.cost(usage) * 10**12
    assert after.reserved == Spend()
    total = sum((RATES.cost(usage) for usage in log.values()), Decimal(0))
    assert after.spent.pico_usd == total * 10**12
    assert after.spent.pico_usd <= (CAP.limit_pico_usd or 0)
    refused = [each for each in outcomes if "refused" in each]
    assert refused, "the cap was for less than all"
    assert sum("done" in each for each in outcomes) > CALLS / 5
    for each in refused:
        # What was there when it was refused was no more than what is there now, with what the dead had reserved.
        held = before.spent if each["refused"] == "for good" else before.taken
        bound = most_cost(each["bound"])
        assert not budget.fits(held + Spend(bound, 0)), each


def most_cost(tokens: int) -> int:
    """Return the bound of a call in picodollars: 60 tokens are written, the rest is read."""
    return int(RATES.cost(Usage(tokens - 60, 60)) * 10**12)
