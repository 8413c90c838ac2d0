"""The audit log on both databases: whatever was meddled with is found, and changes made at once leave no gap.

The tables are made without the migrations' triggers here, so that a test can do what those refuse.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import pytest
from sqlalchemy import text
from tests.contract.conftest import SCOPE, Hands

from pincite.accounts import Accounts, Audit, People
from pincite.core import Database, PinciteError, Scope, new_id
from pincite.core.blobs import BlobStore
from pincite.core.origin import Origin, asked_from
from pincite.core.scope import EVERY_TENANT
from pincite.guard import FileType
from pincite.library import Library
from pincite.library.grants import Grant

Row = dict[str, Any]
HOW_MANY = 50


@pytest.fixture
async def owner(database: Database) -> Scope:
    made = await Accounts(database).bootstrap()
    assert made is not None
    return made.scope


async def rows(database: Database, tenant: str) -> list[Row]:
    async with database.read(EVERY_TENANT) as session:
        found = await session.execute(
            text("SELECT * FROM audit_entries WHERE tenant = :tenant ORDER BY seq"), {"tenant": tenant}
        )
        return [dict(each) for each in found.mappings()]


async def run(database: Database, statement: str, /, **values: Any) -> None:
    async with database.transaction(EVERY_TENANT) as tx:
        await tx.execute(text(statement), values)


async def problems(database: Database, **asked: str) -> list[str]:
    return [each.problem for each in await Audit(database).verify(**asked) if each.problem is not None]


async def some_history(database: Database, library: Library, hands: Hands, owner: Scope, seed: int) -> None:
    """Do a dozen things in an order of chance, some of which are refused and must leave no row."""
    chance, people, accounts = random.Random(seed), People(database), Accounts(database)
    user, _ = await people.invite(owner, name="Ada", role="editor")
    group = await people.create_group(owner, f"team {seed}")
    home = await library.create_collection(owner, f"papers {seed}")
    document = (await hands.upload("a.pdf", b"one", owner, home.name)).document
    key = (await accounts.create_key(owner, "nightly")).key
    steps: Sequence[Callable[[], Awaitable[object]]] = (
        lambda: people.change(owner, user.id, disabled=chance.random() < 0.5),
        lambda: people.set_members(owner, group.id, [user.id] if chance.random() < 0.5 else []),
        lambda: library.grant(owner, "collection", home.id, Grant.of("user", user.id, "viewer")),
        lambda: library.revoke(owner, "collection", home.id, Grant.of("user", user.id)),
        lambda: accounts.rotate_key(owner, key.id),
        lambda: hands.upload(f"{chance.randrange(3)}.pdf", chance.randbytes(4), owner, home.name),
        lambda: library.delete_collection(owner, home.id),  # holds a document: refused
        lambda: library.retry(owner, document.id),  # has not failed: refused
        lambda: library.begin_batch(owner, "import"),
        lambda: library.set_batch(owner, "import", "paused"),
    )
    for _ in range(12):
        before = await rows(database, owner.tenant)
        try:
            await chance.choice(steps)()
        except PinciteError:
            assert await rows(database, owner.tenant) == before, "what was not done has a row"
        else:
            assert len(await rows(database, owner.tenant)) == len(before) + 1, "what was done has one row"


async def put_back(database: Database, found: Sequence[Row], head: Row) -> None:
    columns = ", ".join(f'"{each}"' for each in found[0])
    values = ", ".join(f":{each}" for each in found[0])
    async with database.transaction(EVERY_TENANT) as tx:
        await tx.execute(text("DELETE FROM audit_entries"))
        await tx.execute(text(f"INSERT INTO audit_entries ({columns}) VALUES ({values})"), list(found))
        await tx.execute(text("DELETE FROM audit_heads"))
        await tx.execute(text("INSERT INTO audit_heads (tenant, seq, hash) VALUES (:tenant, :seq, :hash)"), [head])


async def the_head(database: Database, tenant: str) -> Row:
    async with database.read(EVERY_TENANT) as session:
        found = await session.execute(text("SELECT * FROM audit_heads WHERE tenant = :tenant"), {"tenant": tenant})
        return dict(found.mappings().one())


async def test_whatever_is_done_to_a_row_is_found(
    database: Database, library: Library, hands: Hands, owner: Scope
) -> None:
    seed = random.randrange(1_000_000)
    await some_history(database, library, hands, owner, seed)
    whole, head = await rows(database, owner.tenant), await the_head(database, owner.tenant)
    assert await problems(database) == []
    chance, last = random.Random(seed), len(whole)
    where = "WHERE tenant = :tenant AND seq = :seq"
    later = "datetime(at, '+1 second')" if database.is_sqlite else "at + interval '1 microsecond'"
    for column in whole[0]:
        seq = chance.randint(1, last)
        was = whole[seq - 1][column]
        other: Any = {"seq": last + 7, "hash": "0" * 64, "outcome": "denied"}.get(column, f"{was or ''}x"[-60:])
        values = {"tenant": owner.tenant, "seq": seq} | ({} if column == "at" else {"other": other})
        await run(
            database, f"UPDATE audit_entries SET {column} = {later if column == 'at' else ':other'} {where}", **values
        )
        found = [each for each in await Audit(database).verify() if each.tenant == owner.tenant]
        assert found[0].problem is not None, (seed, column)
        assert found[0].broken_at == seq, (seed, column, found)
        await put_back(database, whole, head)
    assert await problems(database) == []


async def test_rows_that_are_taken_out_put_in_or_moved_are_found(database: Database, owner: Scope) -> None:
    people = People(database)
    for number in range(6):
        await people.create_group(owner, f"group {number}")
    whole, head = await rows(database, owner.tenant), await the_head(database, owner.tenant)
    here = {"tenant": owner.tenant}

    async def drop(where: str) -> None:
        await run(database, f"DELETE FROM audit_entries WHERE tenant = :tenant AND {where}", **here)

    async def move(one: int, other: int) -> None:
        for seq, to in ((one, 1000), (other, one), (1000, other)):
            statement = "UPDATE audit_entries SET seq = :to WHERE tenant = :tenant AND seq = :seq"
            await run(database, statement, **here, seq=seq, to=to)

    async def put_in(seq: int) -> None:
        columns = [f'"{each}"' for each in whole[0]]
        values = [":seq" if each == '"seq"' else each for each in columns]
        statement = (
            f"INSERT INTO audit_entries ({', '.join(columns)}) SELECT {', '.join(values)} FROM audit_entries "
            "WHERE tenant = :tenant AND seq = 2"
        )
        await run(database, statement, **here, seq=seq)

    cases: Sequence[tuple[str, Callable[[], Awaitable[None]], int]] = (
        ("the first taken out", lambda: drop("seq = 1"), 1),
        ("one taken out", lambda: drop("seq = 4"), 4),
        ("the end cut off", lambda: drop("seq > 5"), 6),
        ("all taken out", lambda: drop("seq > 0"), 1),
        ("two moved", lambda: move(3, 4), 3),
        ("one put in at the end", lambda: put_in(len(whole) + 1), len(whole) + 1),
        ("one put in before the first", lambda: put_in(0), 1),
        ("the head gone", lambda: run(database, "DELETE FROM audit_heads"), len(whole) + 1),
        ("the head set back", lambda: run(database, "UPDATE audit_heads SET seq = 3"), len(whole) + 1),
    )
    for what, meddle, broken_at in cases:
        await meddle()
        assert [each.broken_at for each in await Audit(database).verify()] == [broken_at], what
        await put_back(database, whole, head)
        assert await problems(database) == [], what


async def test_a_log_written_anew_is_told_from_a_hash_that_was_kept(database: Database, owner: Scope) -> None:
    people = People(database)
    await people.create_group(owner, "before")
    kept = (await Audit(database).verify())[0].hash
    await people.create_group(owner, "after")
    assert await problems(database, expect=kept) == []
    await run(database, "DELETE FROM audit_entries")
    await run(database, "DELETE FROM audit_heads")
    await people.create_group(owner, "forged")
    assert await problems(database) == [], "a chain alone cannot prove that it was not written anew"
    assert await problems(database, expect=kept) != []


async def test_fifty_changes_at_once_leave_a_chain_without_a_gap(
    database: Database, owner: Scope, blobs: BlobStore, hands: Hands
) -> None:
    """Through connections of several pools, as of several processes, in rooms whose locks differ."""
    doors = [Database(database.url.render_as_string(hide_password=False), readers=3) for _ in range(4)]
    blob = await hands.store(b"shared", owner)
    home = await Library(database, blobs).create_collection(owner, "papers")
    user, _ = await People(database).invite(owner, name="Ada", role="editor")
    group = await People(database).create_group(owner, "team")
    before = len(await rows(database, owner.tenant))

    async def change(number: int) -> None:
        door = doors[number % len(doors)]
        library, people, accounts = Library(door, blobs), People(door), Accounts(door)
        match number % 5:
            case 0:
                await people.set_members(owner, group.id, [user.id] if number % 2 else [])
            case 1:
                await library.grant(owner, "collection", home.id, Grant.of("user", user.id, "viewer"))
            case 2:
                arrivals = [(f"{number}-{each}.pdf", blob, FileType.PDF, None) for each in range(4)]
                await library.register_uploads(owner, home.name, arrivals)
            case 3:
                await accounts.create_key(owner, f"key {number}")
            case _:
                await people.change(owner, user.id, name=f"Ada {number}")

    try:
        await asyncio.gather(*(change(number) for number in range(HOW_MANY)))
    finally:
        for door in doors:
            await door.close()
    found = await rows(database, owner.tenant)
    assert [each["seq"] for each in found] == list(range(1, before + HOW_MANY + 1))
    assert await problems(database) == []


async def test_one_row_says_what_became_of_many_files(database: Database, library: Library, hands: Hands) -> None:
    blobs = [await hands.store(f"note {number}".encode()) for number in range(30)]
    arrivals = [(f"note-{number}.pdf", blob, FileType.PDF, None) for number, blob in enumerate(blobs)]
    with asked_from(Origin("192.0.2.7", "a program", "request-1")):
        sent = await library.register_uploads(SCOPE, "default", arrivals)
        await library.register_uploads(SCOPE, "default", arrivals[:1])
    many, one = [each for each in await rows(database, SCOPE.tenant) if "uploaded" in each["action"]]
    assert (many["action"], many["client"], many["request"]) == ("documents.uploaded", "192.0.2.7", "request-1")
    assert '"count":30' in many["detail"]
    assert '"created":30' in many["detail"]
    named = [each.document.id for each in sent if not isinstance(each, PinciteError)]
    assert named[0] in many["detail"]
    assert named[-1] not in many["detail"], "the first ids, not all"
    assert (one["action"], one["object_id"]) == ("document.uploaded", named[0])
    assert '"unchanged":1' in one["detail"]


async def test_another_tenants_log_is_its_own(database: Database, owner: Scope) -> None:
    rival = (await Accounts(database).create_tenant("Rival")).scope
    await People(database).create_group(rival, f"theirs {new_id()}")
    ours = [each["seq"] for each in await rows(database, owner.tenant)]
    theirs = [each["seq"] for each in await rows(database, rival.tenant)]
    assert (ours, theirs) == ([1], [1, 2])
    assert {each.tenant for each in await Audit(database).verify()} == {owner.tenant, rival.tenant}
    assert [each.tenant for each in await Audit(database).verify(rival.tenant)] == [rival.tenant]
