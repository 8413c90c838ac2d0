"""Deletion that is cut off half-way, and the bytes that nothing refers to."""

import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from sqlalchemy import event

from pincite.core import Database, Scope, Unavailable
from pincite.core.blobs import BlobEntry, BlobStore
from pincite.library import Library
from pincite.library.domain import DocumentBusy


class StuckStore(BlobStore):
    """A store that has stopped deleting, as a bucket may."""

    async def delete(self, scope: Scope, sha256: str) -> None:
        raise Unavailable("no answer")


async def test_a_purge_that_is_cut_off_leaves_no_row_without_bytes_and_is_finished_later(
    database: Database, library: Library, hands, scope: Scope, tmp_path: Path
) -> None:
    registered, _ = await hands.ready()
    sha256 = registered.revision.sha256
    stuck = Library(database, StuckStore(str(tmp_path / "blobs")))
    await library.remove(scope, registered.document.id)
    with pytest.raises(Unavailable):
        await stuck.purge(scope, registered.document.id)
    assert await library.removals(scope) == []
    assert await hands.blobs.exists(scope, sha256)
    assert [f.code for f in await library.check(scope, repair=False)] == ["blob-half-deleted"]
    with pytest.raises(DocumentBusy):
        await hands.upload()
    assert not await hands.blobs.exists(scope, sha256), "the upload finished what was half done"
    assert (await hands.upload()).needs_work
    assert await library.check(scope, repair=False) == ()


async def test_the_check_finishes_a_deletion_that_was_cut_off(
    database: Database, library: Library, hands, scope: Scope, tmp_path: Path
) -> None:
    registered, _ = await hands.ready()
    await library.remove(scope, registered.document.id)
    with pytest.raises(Unavailable):
        await Library(database, StuckStore(str(tmp_path / "blobs"))).purge(scope, registered.document.id)
    assert [f.repaired for f in await library.check(scope, repair=True)] == [True]
    assert not await hands.blobs.exists(scope, registered.revision.sha256)
    assert await library.check(scope, repair=False) == ()


async def test_bytes_deleted_between_their_upload_and_its_row_leave_no_document(
    library: Library, hands, scope: Scope
) -> None:
    from pincite.guard import FileType

    blob = await hands.store(b"two")
    await hands.blobs.delete(scope, blob.sha256)
    with pytest.raises(DocumentBusy):
        await library.register_upload(scope, collection="default", source="x", blob=blob, file_type=FileType.PDF)
    assert (await library.documents(scope)).items == ()
    first, ids = await hands.ready()
    with pytest.raises(DocumentBusy):
        await library.register_upload(scope, collection="default", source="a.pdf", blob=blob, file_type=FileType.PDF)
    document = await library.document(scope, first.document.id)
    assert document.latest.id == document.serving == first.revision.id
    assert set(await library.hydrate(scope, ids)) == set(ids)
    assert await library.check(scope, repair=False) == ()


async def test_old_bytes_that_nothing_refers_to_are_deleted(library: Library, hands, scope: Scope) -> None:
    blob = await hands.store(b"nobody's")
    kept, _ = await hands.ready()
    hours_ago = time.time() - 7200
    for sha256 in (blob.sha256, kept.revision.sha256):
        async with hands.blobs.local_path(scope, sha256) as path:
            os.utime(path, (hours_ago, hours_ago))
    assert [(f.code, f.repaired) for f in await library.check(scope, repair=False)] == [("blob-orphaned", False)]
    assert [(f.code, f.repaired) for f in await library.check(scope, repair=True)] == [("blob-orphaned", True)]
    assert not await hands.blobs.exists(scope, blob.sha256)
    assert await hands.blobs.exists(scope, kept.revision.sha256)


async def test_passages_are_found_with_one_query(library: Library, hands, scope: Scope, database: Database) -> None:
    _, ids = await hands.ready()
    statements: list[str] = []
    reader = database._reader.sync_engine
    event.listen(reader, "before_cursor_execute", lambda *args: statements.append(args[2]))
    assert set(await library.hydrate(scope, [*ids, "unknown"])) == set(ids)
    assert len([s for s in statements if s.startswith("SELECT")]) == 1
    assert await library.hydrate(scope, []) == {}


class BusyStore(BlobStore):
    """A store into which somebody uploads while it is being listed."""

    meanwhile: Callable[[], Awaitable[object]] | None = None

    async def list(self, scope: Scope) -> AsyncIterator[BlobEntry]:
        async for entry in super().list(scope):
            yield entry
        if self.meanwhile is not None:
            meanwhile, self.meanwhile = self.meanwhile, None
            await meanwhile()


async def test_an_upload_that_comes_while_the_check_lists_the_bytes_is_not_lost(
    database: Database, hands, scope: Scope, tmp_path: Path
) -> None:
    await hands.ready()
    store = BusyStore(str(tmp_path / "blobs"))
    store.meanwhile = lambda: hands.upload("b.pdf", b"two")
    checked = Library(database, store)
    assert await checked.check(scope, repair=True) == ()
    states = {each.source: each.latest.state.value for each in (await checked.documents(scope)).items}
    assert states == {"a.pdf": "ready", "b.pdf": "queued"}
