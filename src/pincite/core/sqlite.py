"""SQLite in a thread, one visit for each statement: execute, fetch and close are one errand there, not four.

A visit costs more than most of our statements, and the event loop makes each one. What reads need not wait until the
thread has begun or ended its transaction. It stands where SQLAlchemy's dialect expects aiosqlite's own connection.
"""

import sqlite3
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, Self

import aiosqlite

Parameters = Sequence[Any] | Mapping[str, Any]
Errand = Callable[[sqlite3.Connection], None]
_AT_ONCE = 1000  # rows that are fetched as a statement runs; those behind them as they are asked for
_MAKING_S, _AGAIN_S = 10.0, 0.01


class Cursor:
    """One statement and its rows, as PEP 249 describes it, asynchronously."""

    def __init__(self, connection: "Connection") -> None:
        self._connection = connection
        self._open: sqlite3.Cursor | None = None  # while there may be more rows than were fetched
        self._rows: deque[Any] = deque()
        self.description: Any = None
        self.rowcount = -1
        self.lastrowid: int | None = None
        self.arraysize = 1

    async def __aenter__(self) -> Self:
        return self

    async def execute(self, operation: str, parameters: Parameters = ()) -> "Cursor":
        """Run a statement and fetch its first rows. Raises: sqlite3.Error."""
        if not self._connection.puts_off(operation):
            await self._connection.visit(partial(self._run, operation, parameters))
        return self

    async def executemany(self, operation: str, parameters: Iterable[Parameters]) -> "Cursor":
        """Run a statement once for each of many parameters. Raises: sqlite3.Error."""
        await self._connection.visit(partial(self._run_many, operation, parameters))
        return self

    async def fetchone(self) -> Any:
        """Return the next row, or None."""
        found = await self.fetchmany(1)
        return found[0] if found else None

    async def fetchmany(self, size: int | None = None) -> list[Any]:
        """Return the next rows, no more than that."""
        size = self.arraysize if size is None else size
        if len(self._rows) < size and self._open is not None:
            await self._connection.visit(partial(self._fetch, max(size, _AT_ONCE)))
        return [self._rows.popleft() for _ in range(min(size, len(self._rows)))]

    async def fetchall(self) -> list[Any]:
        """Return the rows that are left."""
        if self._open is not None:
            await self._connection.visit(partial(self._fetch, None))
        found = list(self._rows)
        self._rows.clear()
        return found

    async def close(self) -> None:
        """Let go of what was not fetched."""
        self._rows.clear()
        if self._open is not None:
            await self._connection.visit(self.abandon)

    # What follows runs in the thread.

    def _run(self, operation: str, parameters: Parameters, connection: sqlite3.Connection) -> None:
        self._begin(connection.execute(operation, parameters))
        self._fetch(_AT_ONCE, connection)

    def _run_many(self, operation: str, parameters: Iterable[Parameters], connection: sqlite3.Connection) -> None:
        self._begin(connection.executemany(operation, parameters))
        self.abandon(connection)

    def _begin(self, cursor: sqlite3.Cursor) -> None:
        self._open = cursor
        self._connection.unread.add(self)
        self.description = cursor.description
        self.lastrowid = cursor.lastrowid

    def _fetch(self, most: int | None, connection: sqlite3.Connection) -> None:
        assert self._open is not None
        rows = self._open.fetchall() if most is None else self._open.fetchmany(most)
        self._rows.extend(rows)
        self.rowcount = self._open.rowcount
        if most is None or len(rows) < most:
            self.abandon(connection)

    def abandon(self, _connection: sqlite3.Connection) -> None:
        """Let go of the statement, in the thread."""
        if self._open is not None:
            self.rowcount = self._open.rowcount
            self._open.close()
            self._open = None
        self._connection.unread.discard(self)


class Connection(aiosqlite.Connection):
    """A connection in a thread of its own.

    Args:
        path: the database's file.
        put_off: a statement that begins transactions and need not run before the first that follows it, such as a plain
            `BEGIN`, which locks nothing by itself. The end of such a transaction is not waited for either.
        given: what `sqlite3.connect` is to know.
    """

    def __init__(self, path: str, put_off: str | None, given: Mapping[str, Any]) -> None:
        super().__init__(partial(_opened, path, given), iter_chunk_size=_AT_ONCE)
        self._thread.daemon = True
        self._put_off = put_off
        self._to_begin = False
        self._was_used = False  # since a transaction ended: else there is none to end
        self.unread: set[Cursor] = set()  # the thread's: what ends a transaction ends its statements first

    def puts_off(self, operation: str) -> bool:
        """Whether a statement was noted to run with the next one."""
        if operation != self._put_off:
            return False
        self._to_begin = True
        return True

    async def visit(self, errand: Errand) -> None:
        """Do something in the thread, in the transaction that was to begin."""
        begin, self._to_begin = self._put_off if self._to_begin else None, False
        self._was_used = True
        await self._execute(_visited, errand, self._conn, begin)

    def leave(self, errand: Callable[[], object]) -> None:
        """Have something done in the thread for which nobody waits."""
        self._tx.put_nowait((None, errand))

    def cursor(self) -> Any:
        """Return a cursor; it costs no visit."""
        return Cursor(self)

    async def commit(self) -> None:
        """End the transaction and keep what was done in it."""
        if not self._has_nothing():
            await self._execute(self._ended, self._conn, self._conn.commit)
            self._was_used = False

    async def rollback(self) -> None:
        """End the transaction and keep nothing."""
        if self._has_nothing():
            return
        if self._put_off is None:
            await self._execute(self._ended, self._conn, self._conn.rollback)
        else:  # in its turn: what comes next comes after it
            self.leave(partial(self._ended, self._conn, self._conn.rollback))
        self._was_used = False

    def _ended(self, connection: sqlite3.Connection, end: Callable[[], None]) -> None:
        """End the transaction, in the thread: a statement that was half read would begin anew under its next reader."""
        for each in list(self.unread):
            each.abandon(connection)
        end()

    def _has_nothing(self) -> bool:
        """Whether a transaction was to begin and never did, which it need not any more; or none is left to be ended."""
        nothing, self._to_begin = self._to_begin or not self._was_used, False
        return nothing


def connector(put_off: str | None) -> Callable[..., Connection]:
    """Return what makes connections for SQLAlchemy's `async_creator_fn`; see `Connection`."""

    def connect(path: str, **given: Any) -> Connection:
        return Connection(path, put_off, given)

    return connect


def _opened(path: str, given: Mapping[str, Any]) -> sqlite3.Connection:
    """Open a file whose log is written ahead, in the thread.

    Of several that open a new file at the same time some are told that it is locked, whatever time limit SQLite has.
    """
    connection = sqlite3.connect(path, **given)
    connection.create_function("lower", 1, _lowered, deterministic=True)
    until = time.monotonic() + _MAKING_S
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL").close()
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > until:
                connection.close()
                raise
            time.sleep(_AGAIN_S)
        else:
            return connection


def _lowered(value: Any) -> Any:
    """Do what `lower` does elsewhere: SQLite's own knows the letters of ASCII alone."""
    return value.lower() if isinstance(value, str) else value


def _visited(errand: Errand, connection: sqlite3.Connection, begin: str | None) -> None:
    if begin is not None:
        connection.execute(begin)
    errand(connection)
