"""What else happens while small documents are read together, and what one of them does to the others: nothing."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from tests.unit.ingest.rooms import SCOPE, Rooms, rooms, stream
from tests.unit.ingest.test_service import points
from tests.unit.ingest.test_slices import QUICK, ended, note, send

from pincite.core import Unavailable
from pincite.ingest.turns import MOST
from pincite.library import Document, RevisionState


def once(room: Any, name: str, meanwhile: Callable[[], Awaitable[object]]) -> None:
    """Let something happen before a call that then comes through, though nobody hears of it; calls after it do."""
    call = getattr(room, name)

    async def unheard(*arguments: Any) -> Any:
        setattr(room, name, call)
        await meanwhile()
        await call(*arguments)
        raise Unavailable("The storage went away.")

    setattr(room, name, unheard)


async def quiet(opened: Rooms) -> None:
    async with asyncio.timeout(20):
        while await opened.jobs.unfinished() or await opened.library.removals(SCOPE):
            await asyncio.sleep(0.02)


async def test_points_of_what_was_removed_or_cancelled_do_not_outlive_a_broken_slice(tmp_path: Path) -> None:
    async with rooms(tmp_path, settings=QUICK) as opened:
        sent: list[Document] = []

        async def meddle() -> None:
            await opened.ingest.remove(SCOPE, sent[0].id)
            await opened.ingest.cancel(SCOPE, chosen=[sent[1].id])
            async with asyncio.timeout(10):  # both are tidied up after, before the points are written
                while len(await opened.jobs.unfinished()) > 1:
                    await asyncio.sleep(0.01)

        once(opened.index, "write", meddle)
        sent += [each for each in await send(opened, [(f"note-{n}.md", note(n)) for n in range(3)])
                 if isinstance(each, Document)]  # fmt: skip
        kept = await opened.ends(sent[2].id)
        await quiet(opened)
        assert await points(opened) == {kept.latest.id: kept.latest.chunks}
        assert (await opened.ingest.fsck(SCOPE, repair=False, strict=True)).clean


async def test_a_revision_that_was_replaced_just_after_it_was_published_leaves_no_older_points(tmp_path: Path) -> None:
    async with rooms(tmp_path, settings=QUICK) as opened:
        await opened.add("note-0.md", note(0, "boiler"))
        library = opened.ingest.work.reader.parts.library
        publish = library.publish_all
        newest: list[str] = []

        async def unheard(*arguments: Any) -> Any:
            object.__setattr__(library, "publish_all", publish)
            await publish(*arguments)
            received = await opened.ingest.receive(
                SCOPE, collection="default", source="note-0.md", stream=stream(note(0, "pump"))
            )
            newest.append(received.document.id)
            raise Unavailable("The database went away.")

        object.__setattr__(library, "publish_all", unheard)
        await send(opened, [(f"note-{n}.md", note(n)) for n in range(2)])
        async with asyncio.timeout(10):
            while not newest:
                await asyncio.sleep(0.01)
        last = await opened.ends(newest[0])
        await quiet(opened)
        assert last.latest.number == 3
        assert set(await points(opened)) == {each.latest.id for each in (await opened.library.documents(SCOPE)).items}
        assert (await opened.ingest.fsck(SCOPE, repair=False, strict=True)).clean


async def test_one_that_is_long_goes_before_what_came_in_bulk(tmp_path: Path) -> None:
    long = b"".join(f"# Part {n}\n\n{'The pump runs. ' * 300}\n\n".encode() for n in range(20))
    async with rooms(tmp_path, settings=QUICK) as opened:
        enqueue = opened.jobs.enqueue
        places: dict[str, int] = {}

        async def watched(name: str, job_id: str, payload: Any, *, priority: int = 0) -> None:
            places[name] = priority
            await enqueue(name, job_id, payload, priority=priority)

        opened.jobs.enqueue = watched  # pyright: ignore[reportAttributeAccessIssue]
        staged = [(name, await opened.ingest.stage(SCOPE, name, stream(content)))
                  for name, content in (("one.md", note(1)), ("long.md", long))]  # fmt: skip
        received = await opened.ingest.register_many(SCOPE, staged, collection="default")
        documents = await ended(opened, [each.document for each in received if not isinstance(each, Exception)])
        assert {each.latest.state for each in documents} == {RevisionState.READY}
        assert places["slice"] < MOST
        assert places["ingest"] < MOST
