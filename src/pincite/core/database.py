"""The SQL database: SQLite by default, PostgreSQL by URL, opened once and handed out as short transactions.

Queries live in each room's `store.py`; nothing here knows a table.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime
from ssl import SSLError
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, Float, event, extract, func, literal_column, select, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine

from pincite.core.errors import Conflict, InvalidInput, StorageFull, Unavailable
from pincite.core.ids import utc_now
from pincite.core.postgres import for_asyncpg
from pincite.core.scope import EVERY_TENANT, Scope
from pincite.core.sqlite import connector
from pincite.core.telemetry import get_logger

BUSY_TIMEOUT_MS = 20_000
# Longest time for one statement on PostgreSQL: asyncpg waits for ever where a connection is lost while it sends rows.
STATEMENT_LIMIT_S = 300.0
# A process that was frozen amid a transaction would hold its locks until it wakes: a tenant's feed, a job, its own
# heartbeat. This is as long as a silent worker is thought to live, so that taking over stays below ten seconds.
IDLE_IN_TRANSACTION_MS = 5_000
_IDLE = "idle_in_transaction_session_timeout"
# Who waited for a lock goes on with what is there by then; where a database is set otherwise, they would be refused.
_ISOLATION, _COMMITTED = "default_transaction_isolation", "read committed"
LIBPQ_OPTIONS = f"-c {_IDLE}={IDLE_IN_TRANSACTION_MS} -c {_ISOLATION}=read\\ committed"
"""The same, as the job engine's sessions are told."""
# Said in a transaction that takes its time between two statements: a backup copies gigabytes and locks nobody out, and
# migrations load what they need while all wait for them anyway. For PostgreSQL alone.
TAKE_TIME = f"SET LOCAL {_IDLE} = 3600000"
# What sessions call themselves, ours and the job engine's.
_NAME, _ENGINES_NAME = "pincite", "dbos_transact"
# That limit does not run while rows are being sent: whoever was frozen between two of them is taken to be at work. The
# start moves with every message that comes, but not with results that go out: those have a minute.
_END_FROZEN = f"""
    SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
    WHERE datname = current_database() AND usename = current_user
    AND (application_name LIKE '{_NAME}%' OR application_name LIKE '{_ENGINES_NAME}%')
    AND state = 'active' AND wait_event_type = 'Client' AND backend_xid IS NOT NULL
    AND query_start < clock_timestamp()
    - make_interval(secs => CASE wait_event WHEN 'ClientRead' THEN :seconds ELSE 60 END)
"""
UTF_8 = "UTF8"
# The setting that the tables' policies compare with a row's tenant; without it no row is there.
TENANT_SETTING = "pincite.tenant"
_BIND = f"SELECT set_config('{TENANT_SETTING}', :tenant, true)"
_REACH = "Check the database's address in the settings, and that it runs."
_TOO_LATE, _LOOK = "The database did not answer in time.", "Try again; see `pincite doctor`."
_BUSY = f"busy_timeout={BUSY_TIMEOUT_MS}"
# What is deleted is overwritten, but for what SQLite leaves beside rows that it moved to another page: see `scrub`.
_SQLITE_PRAGMAS = ("synchronous=FULL", _BUSY, "foreign_keys=ON", "secure_delete=ON")
_LOG_TRIES, _LOG_WAIT_S, _LOG_BUSY_MS = 40, 0.25, 100

log = get_logger(__name__)
# PostgreSQL's SQLSTATE by its first characters: who may not connect; and what passes: a lost connection, too many of
# them, a server that stops, starts or is read-only while another takes over, a statement that took long, a deadlock.
_REFUSED = ("28", "3D")
_LACKING = ("42P01", "42703")  # a table or a column that is not there
_UNSTORABLE = ("22021", "22P05")  # NUL, and what is no UTF-8
_TOO_LARGE = ("22001", "22003")  # longer or larger than its column
_OVERTAKEN = ("23503", "23505")  # a row that another refers to is gone, or one of that key is there
_FORBIDDEN = "permission denied for"
# By its words, because libpq tells no SQLSTATE of a connection that was refused.
_CROWDED = ("too many connections", "too many clients", "remaining connection slots are reserved")
_PASSING = ("08", "53", "57P", "57014", "55P03", "25006", "40001", "40P01")


class Database:
    """Hands out short transactions. On SQLite writers take turns (BEGIN IMMEDIATE); readers never wait for them.

    Args:
        url: `sqlite+aiosqlite:///path` or `postgresql+asyncpg://...`.
        readers: how many reading connections may be open at once.
        durable: whether what is written must outlive a power cut; SQLite only.
        statement_limit_s: longest time for one statement; PostgreSQL only.
    """

    def __init__(
        self, url: str, *, readers: int = 8, statement_limit_s: float = STATEMENT_LIMIT_S, durable: bool = True
    ) -> None:
        self.url = make_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        if self.is_sqlite:
            self._writer = self._apart = _sqlite(url, pool_size=1, begin="BEGIN IMMEDIATE", durable=durable)
            self._reader = _sqlite(url, pool_size=readers)  # which must not take the write lock
        else:
            self._writer = self._reader = _postgres(url, readers, statement_limit_s)
            # Whoever frees what all others wait for must not wait with them for a connection.
            self._apart = _postgres(url, 1, statement_limit_s)
        self._write_session = async_sessionmaker(self._writer, expire_on_commit=False)
        self._read_session = async_sessionmaker(self._reader, expire_on_commit=False)

    @property
    def engine(self) -> AsyncEngine:
        """The writing engine, for migrations and tests that create tables."""
        return self._writer

    @asynccontextmanager
    async def transaction(self, scope: Scope) -> AsyncIterator[AsyncSession]:
        """Open a writing transaction; commits at the end of the block, rolls back if it raises.

        On PostgreSQL no row of another tenant than the scope's is there in it, whatever a query asks for.

        Raises:
            StorageFull: the disk took no more bytes; nothing of the block was stored.
            Unavailable: the database did not answer or stayed locked for `BUSY_TIMEOUT_MS`.
        """
        with failures_named():
            async with self._write_session.begin() as session:
                await self._bind(session, scope)
                yield session

    @asynccontextmanager
    async def read(self, scope: Scope, *, one_moment: bool = False) -> AsyncIterator[AsyncSession]:
        """Open a reading transaction for a scope, as `transaction` does; nothing done in it is kept.

        With `one_moment` all that is read in it is as of one moment, which on SQLite it always is.

        Raises:
            Unavailable: the database did not answer.
        """
        with failures_named():
            async with self._read_session() as session:
                if one_moment and not self.is_sqlite:
                    await session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
                    await session.execute(text(TAKE_TIME))
                await self._bind(session, scope)
                yield session

    async def ping(self) -> None:
        """Run one trivial query. Raises: Unavailable."""
        async with self.read(EVERY_TENANT) as session:
            await session.execute(text("SELECT 1"))

    async def sees_past_walls(self) -> bool:
        """Say whether the database's user is one for whom the policies of its tables do not count (a superuser).

        Never so on SQLite, which has none. Raises: Unavailable.
        """
        if self.is_sqlite:
            return False
        async with self.read(EVERY_TENANT) as session:
            past = await session.scalar(
                text("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user")
            )
        return bool(past)

    async def encoding(self) -> str:
        """Return how the database keeps text, by PostgreSQL's names; `UTF_8` of SQLite. Raises: Unavailable."""
        if self.is_sqlite:
            return UTF_8
        async with self.read(EVERY_TENANT) as session:
            return str(await session.scalar(text("SHOW server_encoding")))

    async def end_frozen(self, after_s: float) -> int:
        """End sessions that hold locks in the middle of a statement of which nothing has come for so long.

        Their process is frozen, or its host is gone; when it goes on it is told that its connection was lost. Of this
        database alone, and of this user; SQLite has no sessions to end. Returns how many were ended.

        Raises: Unavailable.
        """
        if self.is_sqlite:
            return 0
        with failures_named():
            async with self._apart.begin() as connection:
                ended: int = (await connection.execute(text(_END_FROZEN), {"seconds": after_s})).scalar_one()
        return ended

    async def scrub(self, *, anew_up_to: int | None = None) -> None:
        """SQLite: write the file anew, so that nothing that was deleted is left in it or in its log.

        Writers wait meanwhile, in other processes too. Of a file of more bytes than `anew_up_to` only the log is
        emptied, for which they hardly wait: what was deleted is overwritten already, but for a few rows in a thousand
        of which a copy stays where SQLite had moved them from. What PostgreSQL leaves behind is its own upkeep's.

        Raises: StorageFull, Unavailable.
        """
        if not self.is_sqlite:
            return
        with failures_named():
            if anew_up_to is None or await self._size_bytes() <= anew_up_to:
                await _apart(self._writer, "VACUUM")
            await self._empty_log()

    async def _size_bytes(self) -> int:
        pages, page_bytes = await _apart(self._reader, "PRAGMA page_count", "PRAGMA page_size")
        return pages * page_bytes

    async def _empty_log(self) -> None:
        """Let nothing be left in SQLite's log. Writers wait while its end is copied, and not for readers."""
        await _apart(self._reader, "PRAGMA wal_checkpoint(PASSIVE)")  # most of it, for which nobody waits
        empty = (f"PRAGMA busy_timeout={_LOG_BUSY_MS}", "PRAGMA wal_checkpoint(TRUNCATE)", f"PRAGMA {_BUSY}")
        for _ in range(_LOG_TRIES):
            _, is_busy, _ = await _apart(self._reader, *empty)
            if not is_busy:
                return
            await asyncio.sleep(_LOG_WAIT_S)
        raise Unavailable(
            "The database's log could not be emptied, because it is being read all the time.",
            remedy="Run `pincite erase files` when less is going on.",
        )

    async def _bind(self, session: AsyncSession, scope: Scope) -> None:
        """Say whose rows there are until the transaction ends: what the policies of the tables go by."""
        if not self.is_sqlite:
            await session.execute(text(_BIND), {"tenant": scope.tenant})

    async def close(self) -> None:
        """Close every connection."""
        for engine in {self._writer, self._reader, self._apart}:
            await engine.dispose()


def _postgres(url: str, pool_size: int, statement_limit_s: float) -> AsyncEngine:
    place, asked = for_asyncpg(make_url(url))
    engine = create_async_engine(
        place,
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_pre_ping=True,
        connect_args={
            "timeout": 10,
            "command_timeout": statement_limit_s,
            "server_settings": {_IDLE: str(IDLE_IN_TRANSACTION_MS), _ISOLATION: _COMMITTED, "application_name": _NAME},
            **asked,
        },
    )
    event.listen(engine.sync_engine, "do_connect", _connect_postgres)
    return engine


async def _apart(engine: AsyncEngine, *statements: str) -> list[int]:
    """Run statements of SQLite on one connection, outside of any transaction; returns the number that each answers."""
    found: list[int] = []
    async with engine.connect() as connection:
        driver: Any = (await connection.get_raw_connection()).driver_connection
        for statement in statements:
            cursor = await driver.execute(statement)
            row = await cursor.fetchone()
            await cursor.close()
            found.append(0 if row is None else row[0])
    return found


def _sqlite(url: str, *, pool_size: int, begin: str = "BEGIN", durable: bool = True) -> AsyncEngine:
    # Who writes takes the lock as the transaction begins; who reads takes none, and need not say so at once.
    connect = connector("BEGIN" if begin == "BEGIN" else None)
    engine = create_async_engine(
        url, pool_size=pool_size, max_overflow=0, pool_timeout=60, connect_args={"async_creator_fn": connect}
    )
    _prepare_sqlite(engine.sync_engine, begin, (*_SQLITE_PRAGMAS, *(() if durable else ("synchronous=NORMAL",))))
    return engine


def _connect_postgres(dialect: Any, _record: object, arguments: Any, named: Any) -> Any:
    """Connect as the dialect would; what is raised instead of a database's error is named here."""
    try:
        return dialect.connect(*arguments, **named)
    except OSError as error:  # refused, unknown host, too slow, a certificate that is not there or not believed
        why = f": {error}" if isinstance(error, SSLError) or "SSL" in str(error) else ""
        files = ", the files that it names" if "dsn" in named else ""
        remedy = f"Check PINCITE_DATABASE_URL{files} and that the database runs."
        raise Unavailable(f"The database cannot be reached{why}.", remedy=remedy) from error


def _prepare_sqlite(engine: Engine, begin: str, pragmas: Sequence[str]) -> None:
    def on_connect(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves
        cursor = connection.cursor()
        for pragma in pragmas:
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    def on_begin(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    event.listen(engine, "connect", on_connect)
    event.listen(engine, "begin", on_begin)


async def database_now(session: AsyncSession) -> datetime:
    """Return the time by the database's clock: hosts may disagree, their database does not. Of SQLite, this host's."""
    if session.get_bind().dialect.name == "sqlite":
        return utc_now()
    return (await session.execute(select(func.clock_timestamp()))).scalar_one()


def clock(session: AsyncSession) -> ColumnElement[float]:
    """Return the database's clock as seconds since 1970: hosts may disagree, their database does not."""
    if session.get_bind().dialect.name == "postgresql":
        return extract("epoch", func.clock_timestamp()).cast(Float(53))
    return literal_column("(julianday('now') - 2440587.5) * 86400.0", Float(53))


@contextmanager
def failures_named() -> Iterator[None]:
    """Raise what a failure of a database means for its users, or the error itself.

    Raises: StorageFull, Unavailable; InvalidInput for text that no database takes; Conflict where another transaction
        took or removed what this one had looked up.
    """
    try:
        yield
    except UnicodeEncodeError as error:
        raise _unstorable() from error
    except (DBAPIError, PoolTimeout, TimeoutError) as error:
        raise _named(error) from error


def _unstorable() -> InvalidInput:
    return InvalidInput(
        "A text holds a character that cannot be stored.",
        remedy="Take out NUL characters and halves of surrogate pairs.",
    )


def _named(error: DBAPIError | PoolTimeout | TimeoutError) -> Exception:
    if isinstance(error, PoolTimeout):
        return Unavailable("Too much is going on: no connection to the database was free.", remedy="Try again.")
    if isinstance(error, TimeoutError):
        return Unavailable(_TOO_LATE, remedy=_LOOK)
    said = str(error.orig).lower()
    state = str(getattr(error.orig, "sqlstate", None) or "")
    if "disk is full" in said or "no space left" in said:
        return StorageFull("The disk is full, so nothing was stored.", remedy="Free some space and try again.")
    if state in _UNSTORABLE or "codec can't encode" in said:
        return _unstorable()
    if state in _TOO_LARGE or "out of int" in said:  # the second is the driver's word
        remedy = "Give a shorter text, or a smaller number."
        return InvalidInput("A text or a number is larger than what can be stored.", remedy=remedy)
    if state in _LACKING or said.startswith(("no such table", "no such column")):
        message = f"The database is not as this version made it: {said.splitlines()[0][:200]}."
        return Unavailable(message, remedy="Use the version that wrote it, or restore a backup; see `pincite doctor`.")
    if state.startswith(_REFUSED):
        message = f"The database refused the connection: {error.orig.args[0] if error.orig else state}."
        return Unavailable(message, remedy="Check the user, password and name in PINCITE_DATABASE_URL.")
    if isinstance(error, IntegrityError) and (state in _OVERTAKEN or said.startswith(("unique", "foreign key"))):
        log.warning("overtaken", said=said.splitlines()[0][:200])
        return Conflict("The same thing was changed at the same time.", remedy="Look at it as it is now and try again.")
    if said.startswith(_FORBIDDEN):  # a row that a policy forbids is no matter of the user's
        message = f"The database's user may not do what is needed: {said.splitlines()[0][:200]}."
        return Unavailable(message, remedy="Let it own the database: `ALTER DATABASE name OWNER TO user`.")
    if any(words in said for words in _CROWDED):
        remedy = "Try again. Where this goes on, raise max_connections, or the limit of the role or the database."
        return Unavailable("The database takes no more connections.", remedy=remedy)
    if said.startswith("connection failed"):  # of libpq, whose words have neither password nor SQLSTATE
        return Unavailable(f"The database cannot be reached: {said.splitlines()[0][:300]}.", remedy=_REACH)
    if "unsupported startup parameter" in said:
        remedy = "Name PostgreSQL itself in PINCITE_DATABASE_URL: a pooler in between gives sessions to others."
        return Unavailable(f"The database cannot be used: {said.splitlines()[0][:200]}.", remedy=remedy)
    if "certificate file" in said:
        return Unavailable(f"The database cannot be reached: {said}.", remedy="Name one by sslrootcert in its address.")
    if isinstance(error, OperationalError) or error.connection_invalidated or state.startswith(_PASSING):
        return Unavailable(_TOO_LATE, remedy=_LOOK)
    return error
