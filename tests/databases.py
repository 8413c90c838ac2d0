"""Databases with every table, copied from one that was made once: making the tables takes longer than most tests."""

import asyncio
import shutil
import tempfile
from functools import lru_cache
from pathlib import Path

from sqlalchemy import create_engine

from pincite.app.migrate import declare_tables, upgrade
from pincite.core import Database, Table


def sqlite_with_tables(path: Path) -> str:
    """Put a SQLite file with every table in a place where there is none yet, and return its URL."""
    if not path.exists():
        shutil.copyfile(_template(), path)
    return f"sqlite+aiosqlite:///{path}"


def put_migrated(home: Path) -> None:
    """Put the database of this version into a data folder that has none yet: migrating takes longer than most tests."""
    shutil.copyfile(_migrated(), home / "pincite.db")


def make_tables(url: str) -> None:
    """Make every table in an empty database. Blocks."""
    declare_tables()
    engine = create_engine(url)
    Table.metadata.create_all(engine)
    engine.dispose()


@lru_cache(maxsize=1)
def _migrated() -> Path:
    made = Path(tempfile.mkdtemp(prefix="pincite-migrated-")) / "pincite.db"
    asyncio.run(_migrate(f"sqlite+aiosqlite:///{made}"))
    return made


async def _migrate(url: str) -> None:
    database = Database(url)
    await upgrade(database)
    await database.close()


@lru_cache(maxsize=1)
def _template() -> Path:
    made = Path(tempfile.mkdtemp(prefix="pincite-tables-")) / "tables.db"
    make_tables(f"sqlite:///{made}")
    return made
