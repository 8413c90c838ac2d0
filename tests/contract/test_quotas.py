"""How much a tenant may hold, on both databases: exact for many at once, freed by deletion, and never counted wrong."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update
from tests.contract.conftest import SCOPE, Hands
from tests.databases import sqlite_with_tables

from pincite.core import Database, NotFound, PinciteError
from pincite.core.blobs import BlobStore
from pincite.core.errors import QuotaExceeded
from pincite.core.scope import EVERY_TENANT
from pincite.guard import FileType
from pincite.library import Library, Problem, RevisionState
from pincite.library.domain import Registered
from pincite.library.quotas import Amount
from pincite.library.store import usage
from pincite.library.tables import UsageRow

FULL = Problem("quota-exceeded", "No room.", "")


@pytest.fixture
async def other(tables_url: str, tmp_path: Path) -> AsyncIterator[Hands]:
    """Another process's library on the same database and bytes."""
    database, blobs = Database(tables_url), BlobStore(str(tmp_path / "blobs"))
    yield Hands(Library(database, blobs), blobs)
    await database.close()


async def held(hands: Hands) -> Amount:
    """Return what is said to be held, which is what there is."""
    assert await hands.library.check(SCOPE, repair=False) == ()
    return (await hands.library.usage(SCOPE)).held


async def test_of_many_uploads_at_once_as_many_as_there_is_room_for_are_kept(hands: Hands, other: Hands) -> None:
    await hands.library.set_quota(SCOPE, documents=5, size_bytes=1000)

    async def upload(number: int) -> bool:
        with suppress(QuotaExceeded):
            await (hands, other)[number % 2].upload(f"{number}.pdf", f"{number:03}".encode())
            return True
        return False

    assert sum(await asyncio.gather(*(upload(number) for number in range(20)))) == 5
    assert await held(hands) == Amount(documents=5, size_bytes=15)
    assert len([blob async for blob in hands.blobs.list(SCOPE)]) == 5, "what was refused is not kept"


async def test_of_many_pages_at_once_no_more_are_kept_than_there_is_room_for(hands: Hands, other: Hands) -> None:
    uploads = [await hands.upload(f"{number}.pdf", f"{number}".encode()) for number in range(6)]
    await hands.library.set_quota(SCOPE, pages=10)

    async def read(number: int, registered: Registered) -> bool:
        with suppress(QuotaExceeded):
            await (hands, other)[number % 2].read(registered, pages=3)
            return True
        return False

    assert sum(await asyncio.gather(*(read(*each) for each in enumerate(uploads)))) == 3
    assert (await held(hands)).pages == 9


async def test_pages_that_two_workers_store_or_drop_at_once_are_counted_once(
    hands: Hands, other: Hands, database: Database
) -> None:
    revision = (await hands.upload()).revision.id
    await hands.library.set_state(SCOPE, revision, RevisionState.EXTRACTING)

    async def by_both(work: Callable[[Library], Coroutine[None, None, None]]) -> int:
        """Do it twice, so that each has counted before the other can change the count; returns the pages held."""
        async with database.transaction(SCOPE) as tx:
            await usage.find_usage(tx, SCOPE, lock=True)
            both = [asyncio.create_task(work(each.library)) for each in (hands, other)]
            await asyncio.sleep(0.15)
        await asyncio.gather(*both)
        return (await held(hands)).pages

    assert await by_both(lambda library: library.save_pages(SCOPE, revision, hands.page_texts(3))) == 3
    await hands.library.set_state(SCOPE, revision, RevisionState.FAILED, problem=FULL)
    assert await by_both(lambda library: library.drop_read(SCOPE, revision)) == 0


async def test_pages_that_are_stored_while_their_document_is_removed_are_given_back(
    hands: Hands, other: Hands, database: Database
) -> None:
    registered = await hands.upload()
    document, revision = registered.document.id, registered.revision.id
    await hands.library.set_state(SCOPE, revision, RevisionState.EXTRACTING)

    async def save() -> None:
        with suppress(NotFound):
            await hands.library.save_pages(SCOPE, revision, hands.page_texts(3))

    async def remove() -> None:
        await other.library.remove(SCOPE, document)
        await other.library.purge(SCOPE, document)

    async with database.transaction(SCOPE) as tx:
        await usage.find_usage(tx, SCOPE, lock=True)
        saving = asyncio.create_task(save())
        await asyncio.sleep(0.1)
        removing = asyncio.create_task(remove())
        await asyncio.sleep(0.1)
    await asyncio.gather(saving, removing)
    assert await held(hands) == Amount()


async def test_bytes_that_another_document_has_are_kept_when_the_second_is_refused(hands: Hands) -> None:
    await hands.library.set_quota(SCOPE, documents=1)
    first, _ = await hands.ready("a.pdf", b"one")
    with pytest.raises(QuotaExceeded, match="1 are allowed"):
        await hands.upload("b.pdf", b"one")
    assert await hands.blobs.exists(SCOPE, first.revision.sha256)
    assert (await hands.upload("a.pdf", b"one")).document.id == first.document.id, "nothing new takes no room"
    assert (await hands.upload("a.pdf", b"two")).revision.number == 2, "another revision is no other document"
    assert await held(hands) == Amount(documents=1, size_bytes=6, pages=2)


async def test_of_what_comes_together_what_fits_is_kept(hands: Hands) -> None:
    await hands.library.set_quota(SCOPE, size_bytes=5)
    blobs = [await hands.store(data) for data in (b"abc", b"defg", b"hi")]
    arrivals = [(f"{number}.txt", blob, FileType.TEXT, None) for number, blob in enumerate(blobs)]
    outcomes = await hands.library.register_uploads(SCOPE, "default", arrivals)
    assert [isinstance(each, PinciteError) for each in outcomes] == [False, True, False]
    assert await held(hands) == Amount(documents=2, size_bytes=5)


async def test_a_wrong_count_is_found_and_put_right(hands: Hands, database: Database) -> None:
    await hands.ready()
    async with database.transaction(EVERY_TENANT) as tx:
        await tx.execute(update(UsageRow).values(pages=UsageRow.pages + 7))
    assert [each.code for each in await hands.library.check(SCOPE, repair=True)] == ["usage-wrong"]
    assert await held(hands) == Amount(documents=1, size_bytes=3, pages=2)


async def test_a_quota_below_what_is_held_takes_nothing_away(hands: Hands, database: Database) -> None:
    registered, _ = await hands.ready()
    await hands.library.set_quota(SCOPE, documents=0, size_bytes=0, pages=0)
    with pytest.raises(QuotaExceeded):
        await hands.upload("b.pdf", b"two")
    await hands.library.remove(SCOPE, registered.document.id)
    await hands.library.purge(SCOPE, registered.document.id)
    assert await held(hands) == Amount()
    async with database.read(EVERY_TENANT) as session:
        assert (await session.scalars(select(UsageRow.most_documents))).all() == [0]


@dataclass
class Oracle:
    """What a tenant holds, counted naively: the sizes of each document's revisions and the pages of the latest."""

    sizes: dict[str, list[int]] = field(default_factory=dict[str, list[int]])
    pages: dict[str, int] = field(default_factory=dict[str, int])

    def held(self) -> Amount:
        """Return the sums."""
        return Amount(len(self.sizes), sum(map(sum, self.sizes.values())), sum(self.pages.values()))


Steps = list[tuple[str, int, int]]


@settings(max_examples=12, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(["upload", "read", "fail", "remove"]), st.integers(0, 3), st.integers(1, 5)),
        min_size=4,
        max_size=12,
    ),
    st.tuples(*(st.none() | st.integers(0, most) for most in (4, 20, 12))),
)
def test_any_history_holds_what_a_naive_count_says(steps: Steps, quota: tuple[int | None, ...]) -> None:
    asyncio.run(_history(steps, quota))


async def _history(steps: Steps, quota: tuple[int | None, ...]) -> None:
    with TemporaryDirectory() as folder:
        database, blobs = Database(sqlite_with_tables(Path(folder) / "a.db")), BlobStore(f"{folder}/blobs")
        hands, oracle, live = Hands(Library(database, blobs), blobs), Oracle(), dict[str, Registered]()
        await hands.library.set_quota(SCOPE, documents=quota[0], size_bytes=quota[1], pages=quota[2])
        for place, (what, name, number) in enumerate(steps):
            await _step(hands, oracle, live, (what, f"{name}.pdf", number), place)
            now = (await hands.library.usage(SCOPE)).held
            assert now == oracle.held()
            for most, before, after in zip(quota, (0, 0, 0), (now.documents, now.size_bytes, now.pages), strict=True):
                assert most is None or after <= max(most, before)
        assert await hands.library.check(SCOPE, repair=False) == ()
        await database.close()


async def _step(
    hands: Hands, oracle: Oracle, live: dict[str, Registered], step: tuple[str, str, int], place: int
) -> None:
    what, name, number = step
    if what == "upload":
        with suppress(QuotaExceeded):
            live[name] = await hands.upload(name, bytes([place]) * number)
            oracle.sizes.setdefault(name, []).append(number)
            oracle.pages[f"{name} {live[name].revision.number}"] = 0
        return
    if name not in live:
        return
    registered = live[name]
    revision, key = registered.revision.id, f"{name} {registered.revision.number}"
    if what == "read":
        with suppress(QuotaExceeded):
            await hands.library.set_state(SCOPE, revision, RevisionState.EXTRACTING)
            await hands.library.save_pages(SCOPE, revision, hands.page_texts(number))
            oracle.pages[key] = max(oracle.pages[key], number)
    elif what == "fail":
        await hands.library.set_state(SCOPE, revision, RevisionState.FAILED, problem=FULL)
        await hands.library.drop_read(SCOPE, revision)
        oracle.pages[key] = 0
        await hands.library.retry(SCOPE, registered.document.id)
    else:
        await hands.library.remove(SCOPE, registered.document.id)
        await hands.library.purge(SCOPE, registered.document.id)
        del live[name], oracle.sizes[name]
        oracle.pages = {each: pages for each, pages in oracle.pages.items() if not each.startswith(f"{name} ")}
