"""Migrations go up and down on both engines, and leave the schema that the code declares."""

from datetime import timedelta

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, text
from sqlalchemy.exc import DBAPIError

from pincite.accounts import Accounts, Audit, People
from pincite.accounts.domain import Unauthenticated
from pincite.app import migrate
from pincite.core import Conflict, Database, Table, utc_now
from pincite.core.scope import EVERY_TENANT


def _differences(connection: Connection) -> list[object]:
    context = MigrationContext.configure(connection, opts={"compare_type": True, "render_as_batch": True})
    return list(compare_metadata(context, Table.metadata))


def _tables(connection: Connection) -> set[str]:
    return set(inspect(connection).get_table_names()) - {"alembic_version"}


def test_the_newest_is_the_one_that_none_comes_after() -> None:
    script = ScriptDirectory.from_config(migrate.alembic_config())
    known = [each.revision for each in script.walk_revisions()]
    assert migrate.known_revisions() == known[::-1]


async def test_up_down_and_up_again(sql_url: str) -> None:
    database = Database(sql_url)
    try:
        await migrate.upgrade(database)
        async with database.engine.connect() as connection:
            assert await connection.run_sync(_differences) == []
            assert await connection.run_sync(_tables) == set(Table.metadata.tables)
        await migrate.downgrade(database)
        async with database.engine.connect() as connection:
            assert await connection.run_sync(_tables) == set()
        await migrate.upgrade(database)
        await migrate.upgrade(database)
        async with database.engine.connect() as connection:
            assert await connection.run_sync(_tables) == set(Table.metadata.tables)
    finally:
        await database.close()


async def test_going_back_before_grants_leaves_owners_alone_a_way_in(sql_url: str) -> None:
    database = Database(sql_url)
    try:
        await migrate.upgrade(database)
        accounts, people = Accounts(database), People(database)
        await accounts.bootstrap()
        owner = await accounts.owner_scope()
        ada, _ = await people.invite(owner, name="Ada", role="viewer", email="ada@example.com")
        keys = [
            await accounts.create_key(owner, "ada", user=ada.id),
            await accounts.create_key(owner, "narrow", permissions=["read"]),
            await accounts.create_key(owner, "soon", expires_at=utc_now() + timedelta(days=1)),
        ]
        whole = await accounts.create_key(owner, "whole")
        await people.change(owner, ada.id, disabled=True)
        await migrate.downgrade(database, "0010")
        await migrate.upgrade(database)
        assert (await accounts.authenticate(bearer=whole.secret, session=None)).user == owner.user
        for key in keys:
            with pytest.raises(Unauthenticated):
                await accounts.authenticate(bearer=key.secret, session=None)
    finally:
        await database.close()


async def test_data_of_a_newer_version_is_refused(sqlite_url: str) -> None:
    database = Database(sqlite_url)
    try:
        await migrate.upgrade(database)
        async with database.transaction(EVERY_TENANT) as session:
            await session.execute(text("UPDATE alembic_version SET version_num = 'from-the-future'"))
        with pytest.raises(Conflict, match="newer"):
            await migrate.upgrade(database)
    finally:
        await database.close()


def test_the_order_of_migrations_is_that_of_their_chain() -> None:
    from alembic.script import ScriptDirectory

    script = ScriptDirectory.from_config(migrate.alembic_config())
    assert migrate.known_revisions() == [each.revision for each in script.walk_revisions()][::-1]
    assert script.get_heads() == [migrate.known_revisions()[-1]]


async def test_the_audit_log_can_be_added_to_and_nothing_else(sql_url: str) -> None:
    database = Database(sql_url)
    try:
        await migrate.upgrade(database)
        owner = await Accounts(database).bootstrap()
        assert owner is not None
        for refused in (
            "UPDATE audit_entries SET actor_name = 'Nobody'",
            "DELETE FROM audit_entries",
            "DELETE FROM audit_heads",
            "UPDATE audit_heads SET seq = 0",
            *(() if database.is_sqlite else ("TRUNCATE audit_entries", "TRUNCATE audit_heads")),
        ):
            with pytest.raises(DBAPIError, match="append-only"):
                async with database.transaction(EVERY_TENANT) as session:
                    await session.execute(text(refused))
        await People(database).create_group(owner.scope, "team")
        assert [(each.entries, each.problem) for each in await Audit(database).verify()] == [(2, None)]
    finally:
        await database.close()
