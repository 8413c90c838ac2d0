"""Brings the database's schema to this version's, safely when several processes start at once.

The migrations themselves are in `migrations/versions/`.
"""

from importlib import import_module
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from pincite.core import Conflict, Database

_FOLDER = Path(__file__).parent / "migrations"
_ADVISORY_LOCK = 7_106_114_203  # any constant of ours: PostgreSQL processes take turns on it
_ROOMS_WITH_TABLES = ("accounts", "answers", "jobs", "library")


def declare_tables() -> None:
    """Import the face of every room that owns tables, so that the metadata is whole."""
    for room in _ROOMS_WITH_TABLES:
        import_module(f"pincite.{room}")


def alembic_config(connection: Connection | None = None) -> Config:
    """Return Alembic's configuration, bound to `connection` where one is given."""
    config = Config()
    config.set_main_option("script_location", str(_FOLDER))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


async def upgrade(database: Database, revision: str = "head") -> None:
    """Run what is missing, in one transaction.

    Raises:
        Conflict: the database was written by a newer Pincite.
    """
    declare_tables()
    async with database.engine.begin() as connection:
        if not database.is_sqlite:
            await connection.execute(text(f"SELECT pg_advisory_xact_lock({_ADVISORY_LOCK})"))
        await connection.run_sync(_upgrade, revision)


async def downgrade(database: Database, revision: str = "base") -> None:
    """Take migrations back to `revision`; data that an older schema cannot hold is lost."""
    declare_tables()
    async with database.engine.begin() as connection:
        await connection.run_sync(lambda sync: command.downgrade(alembic_config(sync), revision))


def _upgrade(connection: Connection, revision: str) -> None:
    config = alembic_config(connection)
    script = ScriptDirectory.from_config(config)
    current = MigrationContext.configure(connection).get_current_revision()
    known = {step.revision for step in script.walk_revisions()}
    if current is not None and current not in known:
        raise Conflict(
            "The data was written by a newer Pincite.", remedy="Install that version, or restore an older backup."
        )
    if revision != "head" or current != script.get_current_head():
        command.upgrade(config, revision)
