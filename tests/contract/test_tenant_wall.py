"""The second wall in PostgreSQL: a query that forgets to say whose rows it wants gets its own tenant's all the same."""

import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import ColumnElement, select, text, true
from sqlalchemy.exc import DBAPIError
from tests.contract.conftest import Hands

from pincite.accounts import Accounts, People
from pincite.answers import store as answers
from pincite.answers.domain import Answer, Conversation
from pincite.answers.journal import Journal
from pincite.answers.log import LogWriter
from pincite.app import migrate
from pincite.core import Conflict, Database, NotFound, Scope, Table, new_id, utc_now
from pincite.core.blobs import BlobStore
from pincite.core.scope import EVERY_TENANT
from pincite.library import Library
from pincite.library.store import access, collections, documents, passages, revisions
from pincite.library.tables import DocumentRow, PageRow

pytestmark = pytest.mark.postgres
MINE, RIVAL = (Scope(tenant, "u", roles=frozenset({"owner"})) for tenant in ("tenant-1", "tenant-2"))


@pytest.fixture
async def database(_postgres_server: str) -> AsyncIterator[Database]:
    """A database that belongs to a user who is no superuser, made by the migrations; superusers see past all walls."""
    name = f"w{uuid.uuid4().hex}"
    with psycopg.connect(_postgres_server.format("postgres"), autocommit=True) as connection:
        for order in ("CREATE ROLE {} LOGIN", "CREATE DATABASE {} OWNER {}"):
            names = [sql.Identifier(name)] * order.count("{}")
            connection.execute(sql.SQL(order).format(*names))
    url = _postgres_server.format(name).replace("postgresql://postgres:", f"postgresql+asyncpg://{name}:")
    opened = Database(url.replace("postgresql://postgres@", f"postgresql+asyncpg://{name}@"))
    await migrate.upgrade(opened)
    yield opened
    await opened.close()
    with psycopg.connect(_postgres_server.format("postgres"), autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
        connection.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(name)))


@pytest.fixture
async def hands(database: Database, tmp_path: Path) -> Hands:
    blobs = BlobStore(str(tmp_path / "blobs"))
    made = Hands(Library(database, blobs), blobs)
    await made.ready(scope=MINE)
    return made


async def test_every_table_has_the_wall(database: Database) -> None:
    query = "SELECT relname FROM pg_class WHERE relrowsecurity AND relforcerowsecurity"
    async with database.read(EVERY_TENANT) as session:
        walled = set((await session.scalars(text(query))).all())
    # Which workers are alive concerns no tenant; tries of secrets and requests are counted before anybody is known.
    assert set(Table.metadata.tables) - walled == {"jobs_workers", "accounts_tries", "app_limits"}


async def test_a_query_without_its_predicate_leaks_no_row(
    hands: Hands, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def everything(*_arguments: object) -> ColumnElement[bool]:
        return true()

    for store in (access, collections, documents, passages, revisions):
        monkeypatch.setattr(store, "visible_to", everything)
    mine = (await hands.library.documents(MINE)).items[0]
    assert (await hands.library.documents(RIVAL)).items == ()
    assert (await hands.library.list_collections(RIVAL)).items == ()
    for attempt in (
        hands.library.document(RIVAL, mine.id),
        hands.library.page(RIVAL, mine.latest.id, 1),
        hands.library.collection(RIVAL, "default"),
    ):
        with pytest.raises(NotFound):
            await attempt
    async with database.read(RIVAL) as session:
        for row in (DocumentRow.id, PageRow.text):
            assert (await session.scalars(select(row))).all() == []


async def test_rows_of_another_tenant_are_neither_changed_nor_made(hands: Hands, database: Database) -> None:
    async with database.transaction(RIVAL) as tx:
        await tx.execute(text("UPDATE library_documents SET source = 'taken'"))
        await tx.execute(text("DELETE FROM library_pages"))
    assert (await hands.library.documents(MINE)).items[0].source == "a.pdf"
    with pytest.raises(DBAPIError, match="row-level security"):
        async with database.transaction(RIVAL) as tx:
            await tx.execute(text("INSERT INTO library_feeds (tenant, version) VALUES ('tenant-1', 9)"))


async def test_without_a_tenant_no_row_is_there(hands: Hands, database: Database) -> None:
    async with database.engine.connect() as connection:
        assert (await connection.execute(text("SELECT count(*) FROM library_documents"))).scalar_one() == 0
    async with database.read(EVERY_TENANT) as session:
        assert await session.scalar(text("SELECT count(*) FROM library_documents")) == 1
    async with database.engine.connect() as connection:  # the setting ended with the transaction
        assert (await connection.execute(text("SELECT count(*) FROM library_documents"))).scalar_one() == 0


async def test_accounts_work_behind_the_wall(database: Database) -> None:
    accounts, people = Accounts(database), People(database)
    await accounts.bootstrap()
    owner = await accounts.owner_scope()
    rival = (await accounts.create_tenant("Rival")).scope
    user, token = await people.invite(owner, name="Ada", role="editor", email="ada@example.com")
    assert token is not None
    scope = await accounts.authenticate(bearer=None, session=await accounts.redeem(token))
    key = await accounts.create_key(scope, "mine")
    assert (await accounts.authenticate(bearer=key.secret, session=None)).user == user.id
    assert [each.id for each in await people.users(rival)] == [rival.user]
    assert (await accounts.scope_named("ada@example.com")).user == user.id
    assert await accounts.scope_named(rival.user) == rival
    assert len(await accounts.tenants()) == 2


async def test_a_superuser_sees_past_it_and_is_told_so(database: Database, postgres_url: str) -> None:
    assert not await database.sees_past_walls()
    mighty = Database(postgres_url)
    assert await mighty.sees_past_walls()
    await mighty.close()


async def test_an_address_that_somebody_behind_the_wall_has_is_said_to_be_taken(database: Database) -> None:
    accounts, people = Accounts(database), People(database)
    first = await accounts.bootstrap()
    assert first is not None
    here, there = first.scope, (await accounts.create_tenant("Rival")).scope
    await people.invite(here, name="Ada", role="viewer", email="ada@example.com")
    with pytest.raises(Conflict):
        await people.invite(there, name="Eve", role="viewer", email="ada@example.com")
    eve, _ = await people.invite(there, name="Eve", role="viewer")
    with pytest.raises(Conflict):
        await people.change(there, eve.id, email="ada@example.com")
    assert [user.email for user in await people.users(there) if user.name == "Eve"] == [None]


async def test_who_writes_to_an_answer_that_was_deleted_is_told_so(database: Database) -> None:
    now, scope = utc_now(), Scope("tenant-1", "ada")
    conversation = Conversation(new_id(), "Who?", now, now, 0)
    answer = Answer(new_id(), conversation.id, "Who?", now)
    async with database.transaction(scope) as tx:
        await answers.add_conversation(tx, scope, conversation)
        await answers.add_answer(tx, scope, answer, "here")
        await answers.delete_conversation(tx, scope, conversation.id)
    writer = LogWriter(Journal(database), scope, answer.id)
    for _ in range(2):
        with pytest.raises(Conflict):
            await writer.write("answer.pin", {"claim": [0, 3]})
    with pytest.raises(Conflict):
        async with database.transaction(scope) as tx:
            await answers.note_basis(tx, answer.id, {"d"})
