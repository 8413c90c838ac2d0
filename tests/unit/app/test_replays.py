"""Writes with an `Idempotency-Key`: one of many is done, for each user, on both databases; old ones are forgotten."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import text

from pincite.app.replays import Replays
from pincite.app.replays.domain import Answered, Fingerprint, StillRunning
from pincite.app.replays.reading import HashedRequest
from pincite.app.replays.service import Claim
from pincite.app.replays.tables import ReplayRow
from pincite.core import Database, Scope, Table
from pincite.core.scope import EVERY_TENANT
from pincite.library.store.rows import table_of

ANN, BOB = Scope("acme", "ann"), Scope("acme", "bob")
DONE = Answered(Fingerprint("d" * 64, 3), 201, {"content-type": "application/json"}, b"{}")


@pytest.fixture
async def db(sql_url: str) -> AsyncIterator[Database]:
    database = Database(sql_url)
    async with database.engine.begin() as connection:
        await connection.run_sync(lambda sync: Table.metadata.create_all(sync, tables=[table_of(ReplayRow)]))
    yield database
    await database.close()


async def test_of_many_at_once_one_does_it_and_the_others_hear_what_came_of_it(db: Database) -> None:
    replays = Replays(db)
    done: list[int] = []

    async def one(number: int) -> Answered:
        begun = await replays.begin(ANN, "key")
        if isinstance(begun, Answered):
            return begun
        await asyncio.sleep(0.05)
        done.append(number)
        await replays.keep(ANN, begun, DONE)
        return DONE

    assert await asyncio.gather(*(one(number) for number in range(20))) == [DONE] * 20
    assert len(done) == 1
    assert isinstance(await replays.begin(BOB, "key"), Claim), "another user's key is another key"
    assert isinstance(await replays.begin(Scope("rival", "ann"), "key"), Claim)


async def test_what_came_to_nothing_is_done_again_and_what_takes_long_is_waited_for(db: Database) -> None:
    replays = Replays(db, wait_s=0.1)
    first = await replays.begin(ANN, "key")
    assert isinstance(first, Claim)
    with pytest.raises(StillRunning):
        await replays.begin(ANN, "key")
    await replays.release(ANN, first)
    assert isinstance(await replays.begin(ANN, "key"), Claim)


async def test_a_dead_process_holds_a_key_for_its_lease_and_a_live_one_for_as_long_as_it_takes(db: Database) -> None:
    replays = Replays(db, lease_s=0.3, wait_s=0.0)
    dead = await replays.begin(ANN, "key")
    assert isinstance(dead, Claim)
    async with replays.renewed(ANN, dead):
        await asyncio.sleep(0.6)
        with pytest.raises(StillRunning):
            await replays.begin(ANN, "key")
    await asyncio.sleep(0.4)
    heir = await replays.begin(ANN, "key")
    assert isinstance(heir, Claim)
    await replays.keep(ANN, dead, DONE)
    with pytest.raises(StillRunning):
        await replays.begin(ANN, "key")


async def test_what_is_a_day_old_counts_for_nothing_and_is_deleted(db: Database) -> None:
    replays = Replays(db)
    for key in ("old", "new"):
        claim = await replays.begin(ANN, key)
        assert isinstance(claim, Claim)
        await replays.keep(ANN, claim, DONE)
    async with db.transaction(EVERY_TENANT) as tx:
        await tx.execute(text("UPDATE app_replays SET created_at = created_at - 86401 WHERE key = :key"),
                         {"key": _digest("old")})  # fmt: skip
    assert isinstance(await replays.begin(ANN, "old"), Claim)
    async with db.transaction(EVERY_TENANT) as tx:
        await tx.execute(text("UPDATE app_replays SET created_at = created_at - 86401 WHERE key = :key"),
                         {"key": _digest("new")})  # fmt: skip
    await replays.forget_old()
    async with db.read(EVERY_TENANT) as session:
        assert (await session.execute(text("SELECT key FROM app_replays"))).scalars().all() == [_digest("old")]


def _digest(key: str) -> str:
    import hashlib

    return hashlib.sha256(key.encode()).hexdigest()


@pytest.mark.parametrize("size", [1, 7, 30, 4096])
async def test_the_boundary_of_an_upload_is_not_part_of_it(size: int) -> None:
    async def fingerprint(boundary: bytes, content: bytes) -> Fingerprint | None:
        body = b"--" + boundary + b"\r\n\r\n" + content + b"\r\n--" + boundary + b"--\r\n"
        pieces = [body[start : start + size] for start in range(0, len(body), size)]

        async def receive() -> dict[str, object]:
            piece = pieces.pop(0)
            return {"type": "http.request", "body": piece, "more_body": bool(pieces)}

        kind = b"multipart/form-data; boundary=" + boundary
        scope = {"type": "http", "method": "POST", "path": "/v1/documents", "headers": [(b"content-type", kind)]}
        return await HashedRequest(scope, receive).finish(10_000)

    same = await fingerprint(b"aa11bb22cc33", b"The valve is red. aa11")
    assert same is not None
    assert same == await fingerprint(b"zz99", b"The valve is red. aa11")
    assert same != await fingerprint(b"zz99", b"The valve is blue. aa11")
