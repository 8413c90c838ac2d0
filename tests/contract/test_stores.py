"""The library on both databases: the same suite on SQLite and on PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from pincite.core import Conflict, Database, InvalidInput, NotFound, Scope, Table
from pincite.core.blobs import BlobRef, BlobStore
from pincite.guard import Block, BlockKind, FileType, PageText
from pincite.index import Generation
from pincite.library import (
    Chunk,
    Document,
    Library,
    Problem,
    Registered,
    RegisterOutcome,
    Revision,
    RevisionOvertaken,
    RevisionState,
)

SCOPE = Scope("tenant-1", "u")
OTHER = Scope("tenant-2", "u")


@pytest.fixture
async def database(sql_url: str) -> AsyncIterator[Database]:
    database = Database(sql_url)
    async with database.engine.begin() as connection:
        await connection.run_sync(Table.metadata.create_all)
    yield database
    await database.close()


@pytest.fixture
def blobs(tmp_path: Path) -> BlobStore:
    return BlobStore(str(tmp_path / "blobs"))


@pytest.fixture
def library(database: Database, blobs: BlobStore) -> Library:
    return Library(database, blobs)


class Hands:
    """Does to the library what ingest does, in few words."""

    def __init__(self, library: Library, blobs: BlobStore) -> None:
        self.library = library
        self.blobs = blobs

    async def store(self, data: bytes, scope: Scope = SCOPE) -> BlobRef:
        async def once() -> AsyncIterator[bytes]:
            yield data

        return await self.blobs.put(scope, once(), max_bytes=1_000_000)

    async def upload(
        self, source: str = "a.pdf", data: bytes = b"one", scope: Scope = SCOPE, collection: str = "default"
    ) -> Registered:
        blob = await self.store(data, scope)
        return await self.library.register_upload(
            scope, collection=collection, source=source, blob=blob, file_type=FileType.PDF
        )

    async def read(self, registered: Registered, pages: int = 2, chunks: int = 3, scope: Scope = SCOPE) -> list[str]:
        revision = registered.revision
        await self.library.set_state(scope, revision.id, RevisionState.EXTRACTING, pages_total=pages)
        await self.library.save_pages(scope, revision.id, page_texts(pages))
        made = make_chunks(registered.document, revision, chunks)
        await self.library.save_chunks(scope, revision.id, made)
        await self.library.set_state(scope, revision.id, RevisionState.EMBEDDING, pages_done=pages, chunks=chunks)
        return [chunk.id for chunk in made]

    async def ready(
        self, source: str = "a.pdf", data: bytes = b"one", scope: Scope = SCOPE
    ) -> tuple[Registered, list[str]]:
        registered = await self.upload(source, data, scope)
        ids = await self.read(registered, scope=scope)
        await self.library.publish(scope, registered.revision.id)
        return registered, ids


@pytest.fixture
def hands(library: Library, blobs: BlobStore) -> Hands:
    return Hands(library, blobs)


def page_texts(count: int) -> list[PageText]:
    blocks = (Block(BlockKind.HEADING, 0, 4, 1), Block(BlockKind.TABLE, 5, 12))
    return [PageText(n, f"p. {n}", f"Page {n} text\r\nß", blocks) for n in range(1, count + 1)]


def make_chunks(document: Document, revision: Revision, count: int) -> list[Chunk]:
    return [
        Chunk(
            id=f"{revision.id}-{n}",
            revision_id=revision.id,
            document_id=document.id,
            collection_id=document.collection_id,
            ordinal=n,
            text=f"chunk {n}",
            heading_path=("Leave", "§ 1"),
            page=1,
            start=0,
            end_page=2,
            end=4,
        )
        for n in range(count)
    ]


async def test_a_document_comes_in_and_is_read_back(library: Library, hands: Hands) -> None:
    registered, ids = await hands.ready("folder/a.pdf")
    assert registered.outcome is RegisterOutcome.CREATED
    assert registered.needs_work
    document = await library.document(SCOPE, registered.document.id)
    latest = document.latest
    assert (document.source, document.serving) == ("folder/a.pdf", latest.id)
    assert (latest.state, latest.number, latest.attempt) == (RevisionState.READY, 1, 1)
    assert (latest.pages_done, latest.pages_total, latest.chunks) == (2, 2, 3)
    assert latest.seconds is not None
    assert latest.seconds >= 0
    assert document.updated_at.tzinfo is not None
    assert [p.text for p in await library.pages(SCOPE, latest.id)] == [p.text for p in page_texts(2)]
    assert (await library.page(SCOPE, latest.id, 2)).blocks == page_texts(2)[1].blocks
    passages = await library.hydrate(SCOPE, ids)
    assert set(passages) == set(ids)
    assert passages[ids[1]].source == "folder/a.pdf"
    assert passages[ids[1]].chunk == make_chunks(document, latest, 3)[1]
    stored = [chunk async for batch in library.chunks(SCOPE, latest.id, batch=2) for chunk in batch]
    assert stored == make_chunks(document, latest, 3)


async def test_the_same_bytes_change_nothing(library: Library, hands: Hands) -> None:
    first, _ = await hands.ready()
    again = await hands.upload()
    assert again.outcome is RegisterOutcome.UNCHANGED
    assert again.revision.id == first.revision.id
    assert not again.needs_work
    assert len((await library.documents(SCOPE)).items) == 1


async def test_other_bytes_are_a_new_revision_and_the_old_serves_until_it_is_ready(
    library: Library, hands: Hands
) -> None:
    first, old_ids = await hands.ready(data=b"one")
    second = await hands.upload(data=b"two")
    assert second.outcome is RegisterOutcome.REVISED
    assert (second.revision.number, second.document.id) == (2, first.document.id)
    new_ids = await hands.read(second)
    assert set(await library.hydrate(SCOPE, old_ids + new_ids)) == set(old_ids)
    assert not await library.serve_early(SCOPE, second.revision.id)
    assert await library.publish(SCOPE, second.revision.id) == (first.revision.id,)
    assert set(await library.hydrate(SCOPE, old_ids + new_ids)) == set(new_ids)
    old = await library.revision(SCOPE, first.revision.id)
    assert old.state is RevisionState.SUPERSEDED
    assert (await library.page(SCOPE, old.id, 1)).text.startswith("Page 1"), "old pins still resolve"
    assert [b async for b in library.chunks(SCOPE, old.id)] == []
    assert await library.publish(SCOPE, second.revision.id) == (first.revision.id,), "again is the same"


async def test_a_revision_overtaken_by_a_newer_one_is_stopped(library: Library, hands: Hands) -> None:
    slow = await hands.upload(data=b"one")
    await library.set_state(SCOPE, slow.revision.id, RevisionState.EXTRACTING)
    fast, _ = await hands.ready(data=b"two")
    for attempt in (
        library.set_state(SCOPE, slow.revision.id, RevisionState.EMBEDDING),
        library.save_pages(SCOPE, slow.revision.id, page_texts(1)),
        library.save_chunks(SCOPE, slow.revision.id, []),
        library.publish(SCOPE, slow.revision.id),
    ):
        with pytest.raises(RevisionOvertaken):
            await attempt
    assert (await library.document(SCOPE, slow.document.id)).serving == fast.revision.id


async def test_a_first_revision_may_answer_before_it_is_finished(library: Library, hands: Hands) -> None:
    registered = await hands.upload()
    assert not await library.serve_early(SCOPE, registered.revision.id), "not before it is begun"
    ids = await hands.read(registered)
    assert await library.hydrate(SCOPE, ids) == {}
    assert await library.serve_early(SCOPE, registered.revision.id)
    version = await library.latest_version(SCOPE)
    assert await library.serve_early(SCOPE, registered.revision.id)
    assert set(await library.hydrate(SCOPE, ids)) == set(ids)
    assert await library.reading(SCOPE) == ("a.pdf",)
    assert await library.changes(SCOPE, version) == [], "nothing changed the second time"
    await library.publish(SCOPE, registered.revision.id)
    assert await library.reading(SCOPE) == ()


async def test_what_fails_stops_answering_says_why_and_can_be_tried_again(library: Library, hands: Hands) -> None:
    registered = await hands.upload()
    ids = await hands.read(registered)
    await library.serve_early(SCOPE, registered.revision.id)
    problem = Problem("unreadable-document", "Page 7 is damaged.", "Save it again.", page=7)
    await library.set_state(SCOPE, registered.revision.id, RevisionState.FAILED, problem=problem)
    document = await library.document(SCOPE, registered.document.id)
    assert document.latest.problem == problem
    assert document.latest.seconds is not None
    assert document.serving is None
    assert await library.hydrate(SCOPE, ids) == {}
    with pytest.raises(RevisionOvertaken):
        await library.set_state(SCOPE, registered.revision.id, RevisionState.EMBEDDING)
    retried = await library.retry(SCOPE, registered.document.id)
    assert (retried.id, retried.attempt) == (registered.revision.id, 2)
    assert (retried.state, retried.problem, retried.seconds) == (RevisionState.QUEUED, None, None)
    with pytest.raises(Conflict):
        await library.retry(SCOPE, registered.document.id)
    await library.set_state(SCOPE, registered.revision.id, RevisionState.FAILED, problem=problem)
    again = await hands.upload()
    assert again.outcome is RegisterOutcome.UNCHANGED
    assert again.needs_work, "uploading the same bytes again is a retry"
    assert again.revision.attempt == 3


async def test_states_lead_only_forward(library: Library, hands: Hands) -> None:
    registered, _ = await hands.ready()
    revision = registered.revision.id
    for state in (RevisionState.QUEUED, RevisionState.EXTRACTING, RevisionState.EMBEDDING, RevisionState.FAILED):
        with pytest.raises(RevisionOvertaken):
            await library.set_state(SCOPE, revision, state)
    await library.set_state(SCOPE, revision, RevisionState.READY)
    waiting = await hands.upload("b.pdf")
    for state in (RevisionState.READY, RevisionState.SUPERSEDED):
        with pytest.raises(RevisionOvertaken):
            await library.set_state(SCOPE, waiting.revision.id, state)
    with pytest.raises(RevisionOvertaken):
        await library.publish(SCOPE, waiting.revision.id)


async def test_pages_and_chunks_written_twice_are_there_once(library: Library, hands: Hands) -> None:
    registered = await hands.upload()
    revision = registered.revision
    await library.set_state(SCOPE, revision.id, RevisionState.EXTRACTING)
    made = make_chunks(registered.document, revision, 4)
    for _ in range(2):
        await library.save_pages(SCOPE, revision.id, page_texts(3))
        await library.save_chunks(SCOPE, revision.id, made)
    await library.save_pages(SCOPE, revision.id, [PageText(2, "new", "other")])
    assert [p.number for p in await library.pages(SCOPE, revision.id)] == [1, 2, 3]
    assert (await library.page(SCOPE, revision.id, 2)).text == "other"
    assert [c async for b in library.chunks(SCOPE, revision.id) for c in b] == made
    await library.clear_chunks(SCOPE, revision.id)
    assert [b async for b in library.chunks(SCOPE, revision.id)] == []
    await library.clear_derived(SCOPE, revision.id)
    assert await library.pages(SCOPE, revision.id) == ()
    stray = make_chunks(registered.document, (await hands.upload("b.pdf")).revision, 1)
    with pytest.raises(InvalidInput):
        await library.save_chunks(SCOPE, revision.id, stray)


async def test_twenty_uploads_of_one_name_at_once_are_one_document(library: Library, hands: Hands) -> None:
    blob = await hands.store(b"same")
    registered = await asyncio.gather(
        *(
            library.register_upload(SCOPE, collection="default", source="a.pdf", blob=blob, file_type=FileType.PDF)
            for _ in range(20)
        )
    )
    outcomes = sorted(r.outcome for r in registered)
    assert outcomes == [RegisterOutcome.CREATED] + [RegisterOutcome.UNCHANGED] * 19
    assert len({r.revision.id for r in registered}) == 1
    assert len((await library.list_collections(SCOPE)).items) == 1


async def test_twenty_different_uploads_of_one_name_at_once_are_twenty_revisions(
    library: Library, hands: Hands
) -> None:
    registered = await asyncio.gather(*(hands.upload(data=b"v%d" % n) for n in range(20)))
    assert len({r.document.id for r in registered}) == 1
    assert sorted(r.revision.number for r in registered) == list(range(1, 21))
    (document,) = (await library.documents(SCOPE)).items
    assert document.latest.number == 20


async def test_a_removed_document_is_gone_at_once_and_its_name_is_free(
    library: Library, hands: Hands, blobs: BlobStore
) -> None:
    registered, ids = await hands.ready()
    removal = await library.remove(SCOPE, registered.document.id)
    assert removal.revision_ids == (registered.revision.id,)
    assert removal.blobs == (registered.revision.sha256,)
    assert await library.remove(SCOPE, registered.document.id) == removal
    assert await library.removals(SCOPE) == [removal]
    assert await library.hydrate(SCOPE, ids) == {}
    assert (await library.documents(SCOPE)).items == ()
    for attempt in (
        library.document(SCOPE, registered.document.id),
        library.revision(SCOPE, registered.revision.id),
        library.page(SCOPE, registered.revision.id, 1),
        library.set_state(SCOPE, registered.revision.id, RevisionState.EMBEDDING),
        library.save_pages(SCOPE, registered.revision.id, page_texts(1)),
        library.publish(SCOPE, registered.revision.id),
        library.retry(SCOPE, registered.document.id),
    ):
        with pytest.raises(NotFound):
            await attempt
    again = await hands.upload()
    assert again.outcome is RegisterOutcome.CREATED
    await library.purge(SCOPE, registered.document.id)
    assert await blobs.exists(SCOPE, registered.revision.sha256), "the new document still refers to the bytes"
    with pytest.raises(Conflict):
        await library.purge(SCOPE, again.document.id)
    await library.remove(SCOPE, again.document.id)
    await library.purge(SCOPE, again.document.id)
    await library.purge(SCOPE, again.document.id)
    assert not await blobs.exists(SCOPE, registered.revision.sha256)
    assert await library.check(SCOPE, repair=False) == ()
    with pytest.raises(NotFound):
        await library.remove(SCOPE, again.document.id)


async def test_the_feed_tells_every_change_once_and_in_order(library: Library, hands: Hands) -> None:
    a, _ = await hands.ready("a.pdf")
    b, _ = await hands.ready("b.pdf")
    seen = await library.changes(SCOPE, 0)
    assert [c.document.source for c in seen if c.document] == ["a.pdf", "b.pdf"]
    assert [c.version for c in seen] == sorted(c.version for c in seen)
    position = seen[-1].version
    assert position == await library.latest_version(SCOPE)
    await library.remove(SCOPE, a.document.id)
    await library.purge(SCOPE, a.document.id)
    await hands.upload("b.pdf", b"two")
    seen = await library.changes(SCOPE, position)
    assert [(c.removed_id, c.document.id if c.document else None) for c in seen] == [
        (a.document.id, None),
        (None, b.document.id),
    ]
    assert await library.changes(SCOPE, position, limit=1) == seen[:1]


async def test_a_follower_of_the_feed_misses_nothing_while_many_write(library: Library, hands: Hands) -> None:
    documents = [await hands.upload(f"{n}.pdf") for n in range(6)]
    last: dict[str, int] = {}
    position = 0
    writing = True

    async def follow() -> None:
        nonlocal position
        while True:
            done = not writing
            for change in await library.changes(SCOPE, position, limit=3):
                assert change.version > position
                position = change.version
                assert change.document is not None
                last[change.document.id] = change.document.latest.pages_done
            if done and position == await library.latest_version(SCOPE):
                return
            await asyncio.sleep(0)

    async def write(registered: Registered) -> None:
        for n in range(1, 9):
            await library.set_state(SCOPE, registered.revision.id, RevisionState.EXTRACTING, pages_done=n)

    follower = asyncio.create_task(follow())
    await asyncio.gather(*(write(registered) for registered in documents))
    writing = False
    await asyncio.wait_for(follower, 30)
    assert last == {registered.document.id: 8 for registered in documents}


async def test_a_stranger_finds_nothing_and_cannot_tell_why(library: Library, hands: Hands) -> None:
    registered, ids = await hands.ready()
    await library.ensure_generation(SCOPE, Generation("g1", "m", 8))
    collection = registered.document.collection_id
    document, revision = registered.document.id, registered.revision.id

    async def trials(scope: Scope, document: str, revision: str, collection: str) -> Sequence[object]:
        return await asyncio.gather(
            library.document(scope, document),
            library.revision(scope, revision),
            library.page(scope, revision, 1),
            library.pages(scope, revision),
            library.page_summaries(scope, revision),
            library.collection(scope, collection),
            library.delete_collection(scope, collection),
            library.remove(scope, document),
            library.retry(scope, document),
            library.publish(scope, revision),
            library.set_state(scope, revision, RevisionState.FAILED),
            library.save_pages(scope, revision, page_texts(1)),
            library.clear_derived(scope, revision),
            library.activate_generation(scope, "g1"),
            return_exceptions=True,
        )

    foreign = await trials(OTHER, document, revision, collection)
    assert all(isinstance(result, NotFound) for result in foreign), foreign
    missing = await trials(OTHER, "0" * 32, "0" * 32, collection)
    assert [str(error) for error in foreign] == [str(error) for error in missing]
    assert await library.hydrate(OTHER, ids) == {}
    assert (await library.documents(OTHER)).items == ()
    assert (await library.list_collections(OTHER)).items == ()
    assert await library.changes(OTHER, 0) == []
    assert await library.reading(OTHER) == ()
    assert await library.visible_collections(OTHER) == ()
    assert await library.active_generation(OTHER) is None
    await library.purge(OTHER, document)
    assert (await library.document(SCOPE, document)).latest.state is RevisionState.READY
    theirs, _ = await hands.ready(scope=OTHER)
    assert theirs.outcome is RegisterOutcome.CREATED, "the same bytes and name are nothing known to a stranger"


async def test_collections_have_names_of_their_own(library: Library, hands: Hands) -> None:
    made = await library.create_collection(SCOPE, "  Contracts\n 2026 ")
    assert made.name == "Contracts 2026"
    with pytest.raises(Conflict):
        await library.create_collection(SCOPE, "Contracts 2026")
    assert (await library.create_collection(OTHER, "Contracts 2026")).id != made.id
    one = await hands.upload("a.pdf", collection="Contracts 2026")
    two = await hands.upload("a.pdf", collection=made.id)
    assert one.document.id == two.document.id
    other = await hands.upload("a.pdf")
    assert other.document.id != one.document.id
    default = await library.ensure_default(SCOPE)
    assert default == await library.ensure_default(SCOPE)
    assert set(await library.visible_collections(SCOPE)) == {made.id, default.id}
    assert (await library.collection(SCOPE, made.id)).documents == 1
    with pytest.raises(NotFound):
        await hands.upload(collection="nothing")
    with pytest.raises(Conflict):
        await library.delete_collection(SCOPE, made.id)
    await library.remove(SCOPE, one.document.id)
    with pytest.raises(Conflict):
        await library.delete_collection(SCOPE, made.id)
    await library.purge(SCOPE, one.document.id)
    await library.delete_collection(SCOPE, made.id)
    assert [c.name for c in (await library.list_collections(SCOPE)).items] == ["default"]


async def test_lists_come_in_stretches_that_join(library: Library, hands: Hands) -> None:
    for n in range(7):
        await hands.upload(f"{n}.pdf")
        await library.create_collection(SCOPE, f"c{n}")
    everything = [d.id for d in (await library.documents(SCOPE)).items]
    assert everything == sorted(everything, reverse=True)
    joined: list[str] = []
    cursor = None
    while True:
        stretch = await library.documents(SCOPE, limit=3, cursor=cursor, collection="default")
        joined += [d.id for d in stretch.items]
        cursor = stretch.next_cursor
        if cursor is None:
            break
    assert joined == everything
    names = await library.list_collections(SCOPE, limit=8)
    assert names.next_cursor is None
    rest = await library.list_collections(SCOPE, limit=3)
    assert [c.name for c in rest.items] == ["c0", "c1", "c2"]
    for bad in ("x", "!!", "bnVsbA", "MTI", "IlxkODAwIg", "IlxkODAwXHUwMDAwIg", "W10"):
        with pytest.raises(InvalidInput):
            await library.documents(SCOPE, cursor=bad)


async def test_workers_find_what_is_unfinished_in_every_tenant(library: Library, hands: Hands) -> None:
    await hands.ready("ready.pdf")
    waiting = await hands.upload("waiting.pdf")
    theirs = await hands.upload("theirs.pdf", scope=OTHER)
    gone = await hands.upload("gone.pdf")
    await library.remove(SCOPE, gone.document.id)
    items = await library.unfinished()
    assert [(i.scope.tenant, i.revision_id, i.attempt) for i in items] == [
        (SCOPE.tenant, waiting.revision.id, 1),
        (OTHER.tenant, theirs.revision.id, 1),
    ]
    assert len(await library.unfinished(limit=1)) == 1
    assert [scope.tenant for scope in await library.tenants()] == [SCOPE.tenant, OTHER.tenant]
    for item in items:
        await library.set_state(item.scope, item.revision_id, RevisionState.EXTRACTING)


async def test_one_generation_is_active(library: Library) -> None:
    first, second = Generation("g1", "model-a", 256), Generation("g2", "model-b", 384)
    assert await library.active_generation(SCOPE) is None
    made = await asyncio.gather(*(library.ensure_generation(SCOPE, g) for g in [first, second] * 4))
    assert len({g.name for g in made}) == 1
    active = made[0]
    other = second if active == first else first
    await library.add_generation(SCOPE, other)
    await library.add_generation(SCOPE, other)
    with pytest.raises(Conflict):
        await library.add_generation(SCOPE, Generation(other.name, "model-c", 1))
    with pytest.raises(Conflict):
        await library.forget_generation(SCOPE, active.name)
    assert await library.activate_generation(SCOPE, other.name) == (active,)
    assert await library.active_generation(SCOPE) == other
    await library.forget_generation(SCOPE, active.name)
    assert [g.generation for g in await library.generations(SCOPE)] == [other]
    with pytest.raises(NotFound):
        await library.activate_generation(SCOPE, "nothing")


async def test_the_check_finds_and_repairs(library: Library, hands: Hands, blobs: BlobStore) -> None:
    ready, _ = await hands.ready("ready.pdf", b"one")
    waiting = await hands.upload("waiting.pdf", b"two")
    await blobs.delete(SCOPE, waiting.revision.sha256)
    found = await library.check(SCOPE, repair=False)
    assert [(f.code, f.repaired) for f in found] == [("blob-missing", False)]
    assert [(f.code, f.repaired) for f in await library.check(SCOPE, repair=True)] == [("blob-missing", True)]
    failed = (await library.document(SCOPE, waiting.document.id)).latest
    assert failed.problem is not None
    assert failed.problem.code == "bytes-lost"
    await hands.store(b"nobody's, just come")
    assert "blob-orphaned" not in {f.code for f in await library.check(SCOPE, repair=True)}
    async with blobs.local_path(SCOPE, ready.revision.sha256) as path:
        path.write_bytes(b"eno")
    assert "blob-damaged" not in {f.code for f in await library.check(SCOPE, repair=True)}
    assert "blob-damaged" in {f.code for f in await library.check(SCOPE, repair=True, deep=True)}
