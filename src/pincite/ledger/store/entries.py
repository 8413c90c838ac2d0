"""Queries on calls and the windows that they count in, between which `book.py` decides.

Windows are locked in one order, and calls before them, so that no two transactions wait in a circle.
"""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import insert, select, tuple_, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from pincite.core import Scope
from pincite.core.database import database_now
from pincite.ledger.book import Ask, Book, Entry, State, Tell, Window, began_at, concerning
from pincite.ledger.domain import Balance
from pincite.ledger.store.budgets import budgets_of, let_budgets_be
from pincite.ledger.store.rows import ENDING, balance_of, booked, entry_of, values_of, visible_to
from pincite.ledger.tables import EntryRow, WindowRow


async def open_book(session: AsyncSession, scope: Scope, asks: Sequence[Ask], tells: Sequence[Tell]) -> Book:
    """Read what some calls concern, and let nobody else change it until the transaction ends."""
    if asks:
        await let_budgets_be(session, scope)
    budgets = await budgets_of(session, scope) if asks else []
    entries = await _entries(session, scope, [each.id for each in tells])
    now = await database_now(session)
    asked = {(budget.id, began_at(budget, now)) for ask in asks for budget in concerning(budgets, ask)}
    await _make_windows(session, scope, sorted(asked))
    held = {window for entry in entries.values() for window in entry.holds}
    return Book(now, budgets, await _balances(session, scope, sorted(asked | held)), entries)


async def close_book(session: AsyncSession, scope: Scope, book: Book) -> None:
    """Write down what has changed."""
    if book.added:
        await session.execute(insert(EntryRow), [values_of(scope, entry) for entry in book.added.values()])
    for entry_id in sorted(book.changed):
        values = values_of(scope, book.entries[entry_id])
        await session.execute(
            update(EntryRow)
            .where(visible_to(scope, EntryRow), EntryRow.id == entry_id)
            .values({name: values[name] for name in ENDING})
            .execution_options(synchronize_session=False)
        )
    for budget, began in sorted(book.moved):
        await session.execute(
            update(WindowRow)
            .where(visible_to(scope, WindowRow), WindowRow.budget == budget, WindowRow.began == began)
            .values(booked(book.balances[budget, began]))
            .execution_options(synchronize_session=False)
        )


async def overdue(session: AsyncSession, *, most: int) -> list[tuple[str, str]]:
    """Return tenant and id of calls of all tenants that are over by now, whatever became of them; oldest first."""
    query = (
        select(EntryRow.tenant, EntryRow.id)
        .where(EntryRow.state == State.RESERVED.value, EntryRow.expires_at < await database_now(session))
        .order_by(EntryRow.expires_at)
        .limit(most)
    )
    return [(row[0], row[1]) for row in (await session.execute(query)).all()]


async def doubtful(session: AsyncSession, *, newer_than: timedelta, most: int) -> list[tuple[str, str]]:
    """Return tenant and id of calls of all tenants whose cost may be known better, oldest first.

    Those that were billed by rule are given up after a while.
    """
    since = await database_now(session) - newer_than
    query = (
        select(EntryRow.tenant, EntryRow.id)
        .where(
            (EntryRow.state == State.ESTIMATED.value)
            | ((EntryRow.state == State.EXPIRED.value) & (EntryRow.expires_at > since))
        )
        .order_by(EntryRow.expires_at)
        .limit(most)
    )
    return [(row[0], row[1]) for row in (await session.execute(query)).all()]


async def entries_of(session: AsyncSession, scope: Scope, ids: Sequence[str]) -> dict[str, Entry]:
    """Return calls of the tenant by id."""
    rows = await session.scalars(select(EntryRow).where(visible_to(scope, EntryRow), EntryRow.id.in_(ids)))
    return {row.id: entry_of(row) for row in rows}


async def _entries(session: AsyncSession, scope: Scope, ids: Sequence[str]) -> dict[str, Entry]:
    if not ids:
        return {}
    query = select(EntryRow).where(visible_to(scope, EntryRow), EntryRow.id.in_(ids)).order_by(EntryRow.id)
    rows = await session.scalars(query.with_for_update().execution_options(populate_existing=True))
    return {row.id: entry_of(row) for row in rows}


async def _make_windows(session: AsyncSession, scope: Scope, windows: Sequence[Window]) -> None:
    if not windows:
        return
    kind = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    empty = {"tenant": scope.tenant, **booked(Balance())}
    made = kind(WindowRow).values([{"budget": budget, "began": began, **empty} for budget, began in windows])
    await session.execute(made.on_conflict_do_nothing(index_elements=["budget", "began"]))


async def _balances(session: AsyncSession, scope: Scope, windows: Sequence[Window]) -> dict[Window, Balance]:
    """Lock windows and return how they stand; those of budgets that are gone are left out."""
    if not windows:
        return {}
    query = (
        select(WindowRow)
        .where(visible_to(scope, WindowRow), tuple_(WindowRow.budget, WindowRow.began).in_(windows))
        .order_by(WindowRow.budget, WindowRow.began)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return {(row.budget, row.began): balance_of(row) for row in await session.scalars(query)}
