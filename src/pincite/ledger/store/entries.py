"""Queries on calls and the windows that they count in, between which `book.py` decides.

Windows are locked in one order, and calls before them, so that no two transactions wait in a circle.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import Any, cast

from sqlalchemy import Insert, Select, Update, bindparam, insert, select, tuple_, update
from sqlalchemy import Table as SqlTable
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from pincite.core import Scope, Table
from pincite.core.database import database_now
from pincite.ledger.book import Ask, Book, Entry, State, Tell, Window, began_at, concerning
from pincite.ledger.domain import Balance
from pincite.ledger.store.budgets import let_budgets_be
from pincite.ledger.store.rows import ENDING, balance_of, booked, budget_of, entry_of, values_of, visible_to
from pincite.ledger.tables import BudgetRow, EntryRow, WindowRow

_TENANTS = 64


def _table_of(row: type[Table]) -> SqlTable:
    return cast("SqlTable", row.__table__)


_MAKE_WINDOW = {
    dialect.name: kind(_table_of(WindowRow)).on_conflict_do_nothing(index_elements=["budget", "began"])
    for dialect, kind in ((postgresql.dialect, postgresql.insert), (sqlite.dialect, sqlite.insert))
}


@dataclass(frozen=True, slots=True)
class _Prepared:
    """What each call of a model runs, built once for a tenant: to build them takes longer than to run them.

    They stand on the bare tables, since no row is to become an object of the mapper's.
    """

    add_entry: Insert
    budgets: Select[Any]
    entries: Select[Any]
    windows: Select[Any]
    end_entry: Update
    move_window: Update


@lru_cache(maxsize=_TENANTS)
def _prepared(scope: Scope) -> _Prepared:
    entry, budget, window = _table_of(EntryRow), _table_of(BudgetRow), _table_of(WindowRow)
    which = tuple_(window.c.budget, window.c.began).in_(bindparam("windows", expanding=True))
    this = (window.c.budget == bindparam("of_budget"), window.c.began == bindparam("of_began"))
    return _Prepared(
        add_entry=insert(entry),
        budgets=select(budget).where(visible_to(scope, BudgetRow)).order_by(budget.c.id),
        entries=select(entry)
        .where(visible_to(scope, EntryRow), entry.c.id.in_(bindparam("ids", expanding=True)))
        .order_by(entry.c.id)
        .with_for_update(),
        windows=select(window)
        .where(visible_to(scope, WindowRow), which)
        .order_by(window.c.budget, window.c.began)
        .with_for_update(),
        end_entry=update(entry).where(visible_to(scope, EntryRow), entry.c.id == bindparam("of_entry")),
        move_window=update(window).where(visible_to(scope, WindowRow), *this),
    )


async def open_book(session: AsyncSession, scope: Scope, asks: Sequence[Ask], tells: Sequence[Tell]) -> Book:
    """Read what some calls concern, and let nobody else change it until the transaction ends."""
    if asks:
        await let_budgets_be(session, scope)
    connection, prepared = await session.connection(), _prepared(scope)
    budgets = [budget_of(row) for row in await connection.execute(prepared.budgets)] if asks else []
    entries = await _entries(connection, prepared, [each.id for each in tells])
    now = await database_now(session)
    asked = {(budget.id, began_at(budget, now)) for ask in asks for budget in concerning(budgets, ask)}
    held = {window for entry in entries.values() for window in entry.holds}
    # Of several that make the same windows each waits at the first. Writers of SQLite take turns: most find them made.
    made = connection.dialect.name == "postgresql"
    if made:
        await _make_windows(connection, scope, sorted(asked))
    balances = await _balances(connection, prepared, sorted(asked | held))
    missing = set[Window]() if made else asked - balances.keys()
    if missing:
        await _make_windows(connection, scope, sorted(missing))
        balances |= dict.fromkeys(missing, Balance())
    return Book(now, budgets, balances, entries)


async def close_book(session: AsyncSession, scope: Scope, book: Book) -> None:
    """Write down what has changed."""
    connection, prepared = await session.connection(), _prepared(scope)
    if book.added:
        await connection.execute(prepared.add_entry, [values_of(scope, entry) for entry in book.added.values()])
    if book.changed:
        ends = [(entry_id, values_of(scope, book.entries[entry_id])) for entry_id in sorted(book.changed)]
        rows = [{"of_entry": entry_id, **{name: values[name] for name in ENDING}} for entry_id, values in ends]
        await connection.execute(prepared.end_entry, rows)
    if book.moved:
        moves = [(window, booked(book.balances[window])) for window in sorted(book.moved)]
        rows = [{"of_budget": budget, "of_began": began, **values} for (budget, began), values in moves]
        await connection.execute(prepared.move_window, rows)


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


async def _entries(connection: AsyncConnection, prepared: _Prepared, ids: Sequence[str]) -> dict[str, Entry]:
    """Lock calls and return them by id."""
    rows = await connection.execute(prepared.entries, {"ids": ids}) if ids else ()
    return {row.id: entry_of(row) for row in rows}


async def _make_windows(connection: AsyncConnection, scope: Scope, windows: Sequence[Window]) -> None:
    if windows:
        empty = {"tenant": scope.tenant, **booked(Balance())}
        made = _MAKE_WINDOW[connection.dialect.name]
        await connection.execute(made, [{"budget": budget, "began": began, **empty} for budget, began in windows])


async def _balances(
    connection: AsyncConnection, prepared: _Prepared, windows: Sequence[Window]
) -> dict[Window, Balance]:
    """Lock windows and return how they stand; those of budgets that are gone are left out."""
    rows = await connection.execute(prepared.windows, {"windows": windows}) if windows else ()
    return {(row.budget, row.began): balance_of(row) for row in rows}
