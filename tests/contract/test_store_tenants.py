"""Strangers, collections, lists, workers, generations and repair in the library, on both databases."""

import asyncio
from collections.abc import Sequence

import pytest

from pincite.core import Conflict, InvalidInput, NotFound, Scope
from pincite.core.blobs import BlobStore
from pincite.index import Generation
from pincite.library import Library, RegisterOutcome, RevisionState

SCOPE = Scope("tenant-1", "u", roles=frozenset({"owner"}))
OTHER = Scope("tenant-2", "u", roles=frozenset({"owner"}))


async def test_a_stranger_finds_nothing_and_cannot_tell_why(library: Library, hands) -> None:
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
            library.save_pages(scope, revision, hands.page_texts(1)),
            library.take(scope, revision, "1"),
            library.activate_generation(scope, "g1"),
            return_exceptions=True,
        )

    foreign = await trials(OTHER, document, revision, collection)
    assert all(isinstance(result, NotFound) for result in foreign), foreign
    missing = await trials(OTHER, "0" * 32, "0" * 32, collection)
    assert [str(error) for error in foreign] == [str(error) for error in missing]
    assert await library.hydrate(OTHER, ids) == {}
    assert (await library.named_pages(OTHER, [(revision, 1)])).pages == {}
    assert (await library.documents(OTHER)).items == ()
    assert (await library.list_collections(OTHER)).items == ()
    assert await library.changes(OTHER, 0) == []
    assert await library.reading(OTHER) == ()
    assert (await library.view(OTHER)).matches_nothing
    assert await library.active_generation(OTHER) is None
    await library.purge(OTHER, document)
    assert (await library.document(SCOPE, document)).latest.state is RevisionState.READY
    theirs, _ = await hands.ready(scope=OTHER)
    assert theirs.outcome is RegisterOutcome.CREATED, "the same bytes and name are nothing known to a stranger"


async def test_collections_have_names_of_their_own(library: Library, hands) -> None:
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
    default = await library.collection(SCOPE, "default")
    assert set((await library.view(SCOPE)).collections) == {made.id, default.id}
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


async def test_lists_come_in_stretches_that_join(library: Library, hands) -> None:
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


async def test_workers_find_what_is_unfinished_in_every_tenant(library: Library, hands) -> None:
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


async def test_the_check_finds_and_repairs(library: Library, hands, blobs: BlobStore) -> None:
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
