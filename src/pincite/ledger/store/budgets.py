"""Queries on budgets: a new one counts what was spent in its window before it was made, and what is under way."""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, insert, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncSession

from pincite.core import Scope
from pincite.core.database import database_now
from pincite.ledger.book import State, began_at
from pincite.ledger.domain import Balance, Budget, Spend, Subject
from pincite.ledger.store.rows import balance_of, booked, budget_of, entry_of, visible_to
from pincite.ledger.tables import BudgetRow, EntryRow, WindowRow


async def budgets_of(session: AsyncSession, scope: Scope) -> list[Budget]:
    """Return the tenant's budgets, oldest first."""
    rows = await session.scalars(select(BudgetRow).where(visible_to(scope, BudgetRow)).order_by(BudgetRow.id))
    return [budget_of(row) for row in rows]


async def balances_now(session: AsyncSession, scope: Scope, budgets: Iterable[Budget]) -> dict[str, Balance]:
    """Return how each budget stands in the window that is now."""
    now = await database_now(session)
    wanted = [(each.id, began_at(each, now)) for each in budgets]
    query = select(WindowRow).where(visible_to(scope, WindowRow), tuple_(WindowRow.budget, WindowRow.began).in_(wanted))
    found = {row.budget: balance_of(row) for row in await session.scalars(query)} if wanted else {}
    return {budget: found.get(budget, Balance()) for budget, _ in wanted}


async def put_budget(session: AsyncSession, scope: Scope, budget: Budget) -> None:
    """Add a budget, or let one of that id be this; what was spent in its window before counts."""
    await let_budgets_be(session, scope, alone=True)
    values: dict[str, Any] = {
        "limit_pico": budget.limit_pico_usd,
        "limit_tokens": budget.limit_tokens,
        "warn_percent": budget.warn_percent,
        "cheaper_percent": budget.cheaper_percent,
    }
    query = update(BudgetRow).where(visible_to(scope, BudgetRow), BudgetRow.id == budget.id).values(values)
    changed: Any = await session.execute(query.execution_options(synchronize_session=False))
    if changed.rowcount:
        return
    now = await database_now(session)
    who = {"subject": budget.subject.value, "subject_id": budget.subject_id, "period": budget.period.value}
    row = {"id": budget.id, "tenant": scope.tenant, "created_at": now, **who, **values}
    await session.execute(insert(BudgetRow), [row])
    await _count_in(session, scope, budget, now)


async def drop_budgets(session: AsyncSession, scope: Scope, ids: Sequence[str]) -> None:
    """Remove budgets with their windows."""
    await session.execute(delete(WindowRow).where(visible_to(scope, WindowRow), WindowRow.budget.in_(ids)))
    await session.execute(delete(BudgetRow).where(visible_to(scope, BudgetRow), BudgetRow.id.in_(ids)))


async def let_budgets_be(session: AsyncSession, scope: Scope, *, alone: bool = False) -> None:
    """Let no budget be made until the transaction ends; with `alone`, wait for whoever counts on that, and make one.

    Else a call could be reserved that neither knows of the new budget nor is counted into it. Writers of SQLite take
    turns anyway.
    """
    if session.get_bind().dialect.name == "postgresql":
        lock = func.pg_advisory_xact_lock if alone else func.pg_advisory_xact_lock_shared
        await session.execute(select(lock(func.hashtextextended(f"ledger {scope.tenant}", 0))))


async def _count_in(session: AsyncSession, scope: Scope, budget: Budget, now: datetime) -> None:
    """Let a new budget know what was spent in its window before it, and what is under way."""
    window = (budget.id, began_at(budget, now))
    column = {Subject.USER: EntryRow.actor, Subject.KEY: EntryRow.key_id, Subject.ASSISTANT: EntryRow.assistant}
    which = [visible_to(scope, EntryRow), EntryRow.created_at >= budget.period.window(now)]
    if budget.subject in column:
        which.append(column[budget.subject] == budget.subject_id)
    # Those first whose cost may still change, and then all that is over: what ends meanwhile is in one of the two.
    query = select(EntryRow).where(*which, EntryRow.state != State.SETTLED.value).order_by(EntryRow.id)
    rows = (await session.scalars(query.with_for_update().execution_options(populate_existing=True))).all()
    for row in rows:
        row.holds = json.dumps([*json.loads(row.holds), list(window)])
    tokens = func.sum(EntryRow.input_tokens + EntryRow.output_tokens)
    ended = select(func.sum(EntryRow.cost_pico), tokens).where(*which, EntryRow.state != State.RESERVED.value)
    pico, spent = (await session.execute(ended)).one()
    reserved = sum((entry_of(row).held for row in rows), Spend())
    balance = Balance(Spend(int(pico or 0), int(spent or 0)), reserved)
    await session.flush()
    row_of = {"budget": window[0], "began": window[1], "tenant": scope.tenant, **booked(balance)}
    await session.execute(insert(WindowRow), [row_of])


async def drop_old_windows(session: AsyncSession, before: datetime) -> None:
    """Delete the windows of all tenants that began before a time and hold nothing; those in total are kept."""
    old = (WindowRow.began > 0, WindowRow.began < int(before.timestamp()), WindowRow.reserved_pico == 0)
    await session.execute(delete(WindowRow).where(*old, WindowRow.reserved_tokens == 0))
