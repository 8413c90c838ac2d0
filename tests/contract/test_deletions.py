"""Bytes that nothing refers to are deleted by one process at a time, on both databases."""

import asyncio
import time
from pathlib import Path

import pytest

from pincite.core import Database, Scope, Unavailable
from pincite.core.blobs import BlobStore
from pincite.library import Library
from pincite.library.domain import DocumentBusy
from pincite.library.service import deletions

SCOPE = Scope("tenant-1", "u", roles=frozenset({"owner"}))


class SlowStore(BlobStore):
    """A store whose first deletion waits until it is let go; `asked` says that it began."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.asked, self.go = asyncio.Event(), asyncio.Event()
        self.deleted: list[str] = []

    async def delete(self, scope: Scope, sha256: str) -> None:
        if not self.asked.is_set():
            self.asked.set()
            await self.go.wait()
        self.deleted.append(sha256)
        await super().delete(scope, sha256)


@pytest.fixture
def slow(tmp_path: Path) -> SlowStore:
    return SlowStore(str(tmp_path / "blobs"))


async def removed(library: Library, hands, name: str) -> str:
    registered, _ = await hands.ready(f"{name}.pdf", name.encode())
    await library.remove(SCOPE, registered.document.id)
    return registered.document.id


async def test_what_one_is_deleting_is_nobody_elses_to_delete(
    database: Database, library: Library, hands, slow: SlowStore
) -> None:
    x, y = await removed(library, hands, "x"), await removed(library, hands, "y")
    purging = asyncio.create_task(Library(database, slow).purge(SCOPE, x))
    await slow.asked.wait()
    await library.purge(SCOPE, y)  # which would have taken along what is half done
    with pytest.raises(DocumentBusy):
        await hands.upload("again.pdf", b"x")
    slow.go.set()
    await purging
    again = await hands.upload("again.pdf", b"x")
    assert await hands.blobs.exists(SCOPE, again.revision.sha256)
    assert await library.check(SCOPE, repair=False) == ()


async def test_what_a_process_that_died_was_deleting_is_anothers_after_a_while(
    database: Database, library: Library, hands, slow: SlowStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deletions, "CLAIM_S", 1.5)
    x = await removed(library, hands, "x")
    dying = asyncio.create_task(Library(database, slow).purge(SCOPE, x))
    await slow.asked.wait()
    began = time.monotonic()
    dying.cancel()
    await asyncio.wait([dying])
    with pytest.raises(DocumentBusy):
        await hands.upload("again.pdf", b"x")
    await library.purge(SCOPE, x)  # tried again, as jobs are: it comes back when the bytes are gone
    assert 1 < time.monotonic() - began < 10
    assert [entry async for entry in hands.blobs.list(SCOPE)] == []
    assert await library.check(SCOPE, repair=False) == ()


async def test_who_comes_too_late_deletes_nothing(
    database: Database, library: Library, hands, slow: SlowStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that was frozen between two deletions finds that its claim on the second has run out."""
    monkeypatch.setattr(deletions, "CLAIM_S", 0.5)
    monkeypatch.setattr(deletions, "_DELETE_S", 5.0)
    x = await removed(library, hands, "x")
    for name in "yz":
        await hands.ready("x.pdf", name.encode())
    frozen = Library(database, slow)
    second = next(each for each in (await library.documents(SCOPE)).items if each.source == "x.pdf")
    await library.remove(SCOPE, second.id)
    await library.purge(SCOPE, x)
    purging = asyncio.create_task(frozen.purge(SCOPE, second.id))
    await slow.asked.wait()
    await asyncio.sleep(0.6)
    assert [f.repaired for f in await library.check(SCOPE, repair=True)] == [True, True]
    again = [await hands.upload(f"{name}.pdf", name.encode()) for name in "yz"]
    before = list(slow.deleted)
    slow.go.set()
    await purging
    assert len(slow.deleted) - len(before) == 1, (
        "the one that was under way, which is why a deletion has to end in time"
    )
    assert sum([await hands.blobs.exists(SCOPE, each.revision.sha256) for each in again]) == 1


async def test_a_deletion_that_is_not_answered_is_not_taken_over_at_once(
    database: Database, library: Library, hands, slow: SlowStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may be done yet, when the same bytes are there again."""
    monkeypatch.setattr(deletions, "_DELETE_S", 0.2)
    x = await removed(library, hands, "x")
    with pytest.raises(Unavailable):
        await Library(database, slow).purge(SCOPE, x)
    with pytest.raises(DocumentBusy):
        await hands.upload("again.pdf", b"x")
    with pytest.raises(DocumentBusy):
        await hands.upload("again.pdf", b"x")
