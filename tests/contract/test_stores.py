"""A document's life in the library, on both databases: the same suite on SQLite and on PostgreSQL."""

import asyncio

import pytest

from pincite.core import Conflict, InvalidInput, NotFound, Scope
from pincite.core.blobs import BlobStore
from pincite.guard import FileType, PageText
from pincite.library import Library, Problem, RegisterOutcome, RevisionOvertaken, RevisionState
from pincite.library.domain import Registered

SCOPE = Scope("tenant-1", "u", roles=frozenset({"owner"}))


async def test_a_document_comes_in_and_is_read_back(library: Library, hands) -> None:
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
    assert [p.text for p in await library.pages(SCOPE, latest.id)] == [p.text for p in hands.page_texts(2)]
    assert (await library.page(SCOPE, latest.id, 2)).blocks == hands.page_texts(2)[1].blocks
    named = await library.named_pages(SCOPE, [(latest.id, 2), (latest.id, 9)])
    assert named.texts() == {(latest.id, 2): hands.page_texts(2)[1].text}
    assert named.place(latest.id, 2, 0, 4) == "page 2"
    passages = await library.hydrate(SCOPE, ids)
    assert await library.places(SCOPE, [passages[each].chunk for each in ids]) == ("pages 1–2",) * 3
    assert set(passages) == set(ids)
    assert passages[ids[1]].source == "folder/a.pdf"
    assert passages[ids[1]].chunk == hands.make_chunks(document, latest, 3)[1]
    stored = [chunk async for batch in library.chunks(SCOPE, latest.id, batch=2) for chunk in batch]
    assert stored == hands.make_chunks(document, latest, 3)


async def test_the_same_bytes_change_nothing(library: Library, hands) -> None:
    first, _ = await hands.ready()
    again = await hands.upload()
    assert again.outcome is RegisterOutcome.UNCHANGED
    assert again.revision.id == first.revision.id
    assert not again.needs_work
    assert len((await library.documents(SCOPE)).items) == 1


async def test_other_bytes_are_a_new_revision_and_the_old_serves_until_it_is_ready(library: Library, hands) -> None:
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
    both = await library.named_pages(SCOPE, [(old.id, 1), (second.revision.id, 1)])
    assert set(both.pages) == {(old.id, 1), (second.revision.id, 1)}
    assert [b async for b in library.chunks(SCOPE, old.id)] == []
    assert await library.publish(SCOPE, second.revision.id) == (first.revision.id,), "again is the same"


async def test_a_revision_overtaken_by_a_newer_one_is_stopped(library: Library, hands) -> None:
    slow = await hands.upload(data=b"one")
    await library.set_state(SCOPE, slow.revision.id, RevisionState.EXTRACTING)
    fast, _ = await hands.ready(data=b"two")
    for attempt in (
        library.set_state(SCOPE, slow.revision.id, RevisionState.EMBEDDING),
        library.save_pages(SCOPE, slow.revision.id, hands.page_texts(1)),
        library.save_chunks(SCOPE, slow.revision.id, []),
        library.publish(SCOPE, slow.revision.id),
    ):
        with pytest.raises(RevisionOvertaken):
            await attempt
    assert (await library.document(SCOPE, slow.document.id)).serving == fast.revision.id


async def test_publishing_an_older_revision_leaves_the_newer_one_on_its_way(library: Library, hands) -> None:
    older = await hands.upload(data=b"one")
    newer = await hands.upload(data=b"two")
    new_ids = await hands.read(newer)
    old_ids = await hands.read(older)
    assert await library.publish(SCOPE, older.revision.id) == ()
    document = await library.document(SCOPE, older.document.id)
    assert (document.serving, document.latest.id) == (older.revision.id, newer.revision.id)
    assert document.latest.state is RevisionState.EMBEDDING
    assert set(await library.hydrate(SCOPE, old_ids + new_ids)) == set(old_ids)
    await library.publish(SCOPE, newer.revision.id)
    assert set(await library.hydrate(SCOPE, old_ids + new_ids)) == set(new_ids)


async def test_a_first_revision_may_answer_before_it_is_finished(library: Library, hands) -> None:
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


async def test_what_fails_stops_answering_says_why_and_can_be_tried_again(library: Library, hands) -> None:
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


async def test_states_lead_only_forward(library: Library, hands) -> None:
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


async def test_pages_and_chunks_written_twice_are_there_once(library: Library, hands) -> None:
    registered = await hands.upload()
    revision = registered.revision
    await library.set_state(SCOPE, revision.id, RevisionState.EXTRACTING)
    made = hands.make_chunks(registered.document, revision, 4)
    for _ in range(2):
        await library.save_pages(SCOPE, revision.id, hands.page_texts(3))
        await library.save_chunks(SCOPE, revision.id, made)
    await library.save_pages(SCOPE, revision.id, [PageText(2, "new", "other")])
    assert [p.number for p in await library.pages(SCOPE, revision.id)] == [1, 2, 3]
    assert (await library.page(SCOPE, revision.id, 2)).text == "other"
    assert [c async for b in library.chunks(SCOPE, revision.id) for c in b] == made
    await library.take(SCOPE, revision.id, "another")
    assert [b async for b in library.chunks(SCOPE, revision.id)] == []
    assert await library.pages(SCOPE, revision.id) == ()
    stray = hands.make_chunks(registered.document, (await hands.upload("b.pdf")).revision, 1)
    with pytest.raises(InvalidInput):
        await library.save_chunks(SCOPE, revision.id, stray)


async def test_twenty_uploads_of_one_name_at_once_are_one_document(library: Library, hands) -> None:
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


async def test_twenty_different_uploads_of_one_name_at_once_are_twenty_revisions(library: Library, hands) -> None:
    registered = await asyncio.gather(*(hands.upload(data=b"v%d" % n) for n in range(20)))
    assert len({r.document.id for r in registered}) == 1
    assert sorted(r.revision.number for r in registered) == list(range(1, 21))
    (document,) = (await library.documents(SCOPE)).items
    assert document.latest.number == 20


async def test_a_removed_document_is_gone_at_once_and_its_name_is_free(
    library: Library, hands, blobs: BlobStore
) -> None:
    registered, ids = await hands.ready()
    removal = await library.remove(SCOPE, registered.document.id)
    assert removal.revision_ids == (registered.revision.id,)
    assert removal.blobs == (registered.revision.sha256,)
    assert await library.remove(SCOPE, registered.document.id) == removal
    assert await library.removals(SCOPE) == [removal]
    assert await library.hydrate(SCOPE, ids) == {}
    assert (await library.documents(SCOPE)).items == ()
    assert (await library.named_pages(SCOPE, [(registered.revision.id, 1)])).pages == {}
    for attempt in (
        library.document(SCOPE, registered.document.id),
        library.revision(SCOPE, registered.revision.id),
        library.page(SCOPE, registered.revision.id, 1),
        library.set_state(SCOPE, registered.revision.id, RevisionState.EMBEDDING),
        library.save_pages(SCOPE, registered.revision.id, hands.page_texts(1)),
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


async def test_the_feed_tells_every_change_once_and_in_order(library: Library, hands) -> None:
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


async def test_a_follower_of_the_feed_misses_nothing_while_many_write(library: Library, hands) -> None:
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
