"""Where requests are counted: in PostgreSQL with everything else, beside SQLite's file in one of their own.

SQLite lets one process write at a time: who only reads must not wait until a long document is stored, nor for a disk.
"""

from pathlib import Path

from sqlalchemy.exc import DBAPIError

from pincite.app.limits.tables import LimitRow
from pincite.core import Database, Table, get_logger
from pincite.core.database import failures_named

_FILE = "limits.db"
log = get_logger(__name__)


async def open_counts(database: Database) -> Database:
    """Return the database that requests are counted in, with its table. Raises: Unavailable, StorageFull."""
    if not database.is_sqlite:
        return database
    path = Path(database.url.database or "").with_name(_FILE)
    counts = Database(f"sqlite+aiosqlite:///{path}", durable=False)
    with failures_named():
        try:
            await _make_table(counts)
        except DBAPIError as error:
            if not _is_broken(error):
                raise
            log.warning("requests are counted anew: the file was broken", file=path.name)
            for name in (path.name, f"{path.name}-wal", f"{path.name}-shm"):
                path.with_name(name).unlink(missing_ok=True)
            await counts.close()
            await _make_table(counts)
    return counts


async def _make_table(counts: Database) -> None:
    tables = [Table.metadata.tables[LimitRow.__tablename__]]
    async with counts.engine.begin() as connection:
        await connection.run_sync(lambda sync: Table.metadata.create_all(sync, tables=tables))


def _is_broken(error: DBAPIError) -> bool:
    return str(error.orig).lower().startswith(("file is not a database", "database disk image is malformed"))
