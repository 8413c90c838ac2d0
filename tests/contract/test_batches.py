"""Batches in the library, on both databases: counted by state, how long they take, stopped with what comes later."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from pincite.core import Conflict, Database, NotFound, Scope
from pincite.core.scope import EVERY_TENANT
from pincite.guard import FileType
from pincite.library import Library, Problem, RegisterOutcome, RevisionState
from pincite.library.batches import Batch, BatchCancelled, BatchState, Lately
from pincite.library.domain import Registered

SCOPE, OTHER = Scope("tenant-1", "u", roles=frozenset({"owner"})), Scope("tenant-2", "u", roles=frozenset({"owner"}))
_NOW = datetime(2026, 1, 1, tzinfo=UTC)


async def sent(library: Library, hands, name: str, batch: str, data: bytes = b"") -> Registered:
    blob = await hands.store(data or name.encode())
    return await library.register_upload(
        SCOPE, collection="default", source=name, blob=blob, file_type=FileType.PDF, batch=batch
    )


async def test_a_batch_is_counted_by_the_state_of_its_documents_as_they_are(library: Library, hands) -> None:
    files = [await sent(library, hands, f"{number}.pdf", "import") for number in range(6)]
    await hands.upload("alone.pdf")
    for registered in files[:2]:
        await hands.read(registered)
        await library.publish(SCOPE, registered.revision.id)
    await library.set_state(SCOPE, files[2].revision.id, RevisionState.FAILED, problem=Problem("x", "y"))
    await library.remove(SCOPE, files[3].document.id)
    batch = await library.batch(SCOPE, "import")
    assert batch.counts == {RevisionState.READY: 2, RevisionState.FAILED: 1, RevisionState.QUEUED: 2}
    assert (batch.documents, batch.unfinished, batch.phase) == (5, 2, "reading")
    assert batch.progress == pytest.approx(3 / 5)
    assert batch.lately.documents == 2
    assert batch.seconds_left is not None
    await sent(library, hands, "0.pdf", "second", b"a newer version")
    assert (await library.batch(SCOPE, "import")).documents == 4, "its newest version came in another batch"
    assert [each.name for each in (await library.batches(SCOPE)).items] == ["second", "import"]
    assert (await library.batches(SCOPE, limit=1)).next_cursor is not None
    assert (await library.batches(OTHER)).items == ()
    with pytest.raises(NotFound):
        await library.batch(OTHER, batch.id)


async def test_what_comes_later_rests_in_a_paused_batch_and_is_refused_by_a_cancelled_one(
    library: Library, hands
) -> None:
    first = await sent(library, hands, "a.pdf", "import")
    paused = await library.set_batch(SCOPE, "import", "paused")
    second = await sent(library, hands, "b.pdf", paused)
    assert (second.needs_work, second.revision.state) == (False, RevisionState.PAUSED)
    again = await sent(library, hands, "b.pdf", paused)
    assert (again.outcome, again.needs_work) == (RegisterOutcome.UNCHANGED, False)
    stopped = await library.stop(SCOPE, RevisionState.PAUSED, batch=paused)
    assert [each.id for each in stopped] == [first.revision.id]
    with pytest.raises(Conflict):
        await library.forget_batch(SCOPE, "import")
    await library.set_batch(SCOPE, "import", "cancelled")
    with pytest.raises(BatchCancelled):
        await sent(library, hands, "c.pdf", "import")
    assert await library.go_on(SCOPE, batch=paused, out_of=frozenset({RevisionState.FAILED})) == ()
    await library.begin_batch(SCOPE, "import")
    woken = await library.go_on(SCOPE, batch=paused, out_of=frozenset({RevisionState.PAUSED}))
    assert {each.id for each in woken} == {first.revision.id, second.revision.id}
    assert (await sent(library, hands, "c.pdf", "import")).needs_work
    await library.stop(SCOPE, RevisionState.CANCELLED, batch=paused)
    await library.forget_batch(SCOPE, "import")
    assert (await library.batches(SCOPE)).items == ()
    assert (await library.document(SCOPE, first.document.id)).latest.batch is None


async def test_the_time_left_counts_from_when_work_went_on(database: Database, library: Library, hands) -> None:
    files = [await sent(library, hands, f"{number}.pdf", "import") for number in range(3)]
    await hands.read(files[0])
    await library.publish(SCOPE, files[0].revision.id)
    batch = await library.batch(SCOPE, "import")
    assert batch.lately.seconds < 60, "nothing was done before the first came"
    async with database.transaction(EVERY_TENANT) as tx:
        long_ago = "datetime('now', '-1 day')" if database.is_sqlite else "now() - interval '1 day'"
        await tx.execute(text(f"UPDATE library_revisions SET finished_at = {long_ago} WHERE finished_at IS NOT NULL"))
    batch = await library.batch(SCOPE, "import")
    assert (batch.unfinished, batch.seconds_left) == (2, None), "nothing was finished lately"


def test_the_time_left_is_the_slower_of_files_and_bytes() -> None:
    def left(counts: dict[RevisionState, int], bytes_left: int = 0, lately: Lately | None = None) -> float | None:
        return Batch("b", "n", BatchState.OPEN, _NOW, counts, 0, bytes_left, lately or Lately()).seconds_left

    waiting = {RevisionState.QUEUED: 10, RevisionState.READY: 5, RevisionState.PAUSED: 100}
    assert left(waiting) is None
    assert left(waiting, 100, Lately(5, 1000, 10.0)) == pytest.approx(20.0)
    assert left(waiting, 10_000, Lately(5, 1000, 10.0)) == pytest.approx(100.0)
    assert left({RevisionState.READY: 5}, 0, Lately(5, 1000, 10.0)) == 0.0
