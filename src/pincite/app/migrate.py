"""Brings the database's schema to this version's, safely when several processes start at once.

The migrations themselves are in `migrations/versions/`; Alembic is imported only when there is one to run.
"""

import re
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from sqlalchemy import Connection, inspect, text

from pincite.core import Conflict, Database, Unavailable
from pincite.core.database import TAKE_TIME, TENANT_SETTING, UTF_8, failures_named
from pincite.core.scope import EVERY_TENANT

if TYPE_CHECKING:
    from alembic.config import Config

_FOLDER = Path(__file__).parent / "migrations"
_SAID = re.compile(r'^(revision|down_revision) = "?(\w+)"?$', re.MULTILINE)
_ADVISORY_LOCK = 7_106_114_203  # any constant of ours: PostgreSQL processes take turns on it
_OF_ALL = f"SELECT set_config('{TENANT_SETTING}', '{EVERY_TENANT.tenant}', true)"
_ROOMS_WITH_TABLES = ("accounts", "answers", "evals", "jobs", "ledger", "library", "sources")


def declare_tables() -> None:
    """Import the face of every room that owns tables, so that the metadata is whole."""
    for room in _ROOMS_WITH_TABLES:
        import_module(f"pincite.{room}")
    import_module("pincite.app.replays.tables")
    import_module("pincite.app.limits.tables")


def known_revisions() -> list[str]:
    """Return the numbers of the migrations there are, oldest first, as each says which it comes after.

    Read and not imported: Alembic takes its time, and at most starts there is nothing to do.
    """
    after: dict[str, str] = {}
    for path in (_FOLDER / "versions").glob("[0-9]*_*.py"):
        said = dict(_SAID.findall(path.read_text("utf-8")))
        after[said["down_revision"]] = said["revision"]
    chain: list[str] = []
    while (following := after.get(chain[-1] if chain else "None")) is not None:
        chain.append(following)
    return chain


def alembic_config(connection: Connection | None = None) -> "Config":
    """Return Alembic's configuration, bound to `connection` where one is given."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_FOLDER))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


async def upgrade(database: Database) -> None:
    """Run what is missing, in one transaction.

    Raises:
        Conflict: the database was written by a newer Pincite.
        Unavailable: the database does not answer, its user may not make tables, or its text is not kept in UTF-8.
    """
    await database.ping()
    async with database.engine.connect() as connection:
        current = await connection.run_sync(_current)
    if current == known_revisions()[-1]:
        return
    if current is None and (encoding := await database.encoding()) != UTF_8:
        remedy = "Make it anew: `CREATE DATABASE name OWNER user ENCODING 'UTF8' TEMPLATE template0`."
        raise Unavailable(f"The database keeps text in {encoding}, which has no place for most scripts.", remedy=remedy)
    declare_tables()
    with failures_named():
        await _run_missing(database)


async def _run_missing(database: Database) -> None:
    async with database.engine.begin() as connection:
        if not database.is_sqlite:
            await connection.execute(text(TAKE_TIME))
            await connection.execute(text(f"SELECT pg_advisory_xact_lock({_ADVISORY_LOCK})"))
            await connection.execute(text(_OF_ALL))
        await connection.run_sync(_upgrade)


async def standing(database: Database) -> Literal["empty", "older", "current", "newer"]:
    """Return how a database stands to this version; nothing is changed. Raises: Unavailable."""
    await database.ping()
    async with database.engine.connect() as connection:
        current = await connection.run_sync(_current)
    if current is None:
        return "empty"
    known = known_revisions()
    if current not in known:
        return "newer"
    return "current" if current == known[-1] else "older"


async def downgrade(database: Database, revision: str = "base") -> None:
    """Take migrations back to `revision`; data that an older schema cannot hold is lost."""
    from alembic import command

    declare_tables()
    async with database.engine.begin() as connection:
        if not database.is_sqlite:
            await connection.execute(text(TAKE_TIME))
            await connection.execute(text(_OF_ALL))
        await connection.run_sync(lambda sync: command.downgrade(alembic_config(sync), revision))


def _current(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return found


def _upgrade(connection: Connection) -> None:
    from alembic import command

    current = _current(connection)
    if current is not None and current not in known_revisions():
        raise Conflict(
            "The data was written by a newer Pincite.", remedy="Install that version, or restore an older backup."
        )
    command.upgrade(alembic_config(connection), "head")
