"""What else happens while small documents are read together, and what one of them does to the others: nothing."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.unit.ingest.rooms import SCOPE, Rooms, rooms, stream
from tests.unit.ingest.test_service import points
from tests.unit.ingest.test_slices import QUICK, ended, note, send

from pincite.core import Scope, Unavailable
from pincite.gateway import ChatFinished, ChatRequest, Embedders, StaticEmbedder, TextDelta
from pincite.gateway.adapters.memory import ScriptedChat
from pincite.gateway.domain import EmbeddingFailed, Restarted
from pincite.guard.sandbox import ChildPool
from pincite.guard.service import _Pools
from pincite.guard.settings import GuardSettings
from pincite.index import Generation, Point
from pincite.index.adapters.memory import MemoryIndex
from pincite.ingest import IngestSettings
from pincite.ingest.turns import MOST
from pincite.jobs import MemoryQueue
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
    places: dict[str, int] = {}

    class Watched(MemoryQueue):
        async def enqueue(self, name: str, job_id: str, payload: Mapping[str, str], *, priority: int = 0) -> None:
            places[name] = priority
            await super().enqueue(name, job_id, payload, priority=priority)

    async with rooms(tmp_path, settings=QUICK, jobs=lambda _db: Watched()) as opened:
        staged = [(name, await opened.ingest.stage(SCOPE, name, stream(content)))
                  for name, content in (("one.md", note(1)), ("long.md", long))]  # fmt: skip
        received = await opened.ingest.register_many(SCOPE, staged, collection="default")
        documents = await ended(opened, [each.document for each in received if not isinstance(each, Exception)])
        assert {each.latest.state for each in documents} == {RevisionState.READY}
        assert places["slice"] < MOST
        assert places["ingest"] < MOST


async def test_a_parser_that_hangs_delays_the_others_by_no_more_than_its_patience(tmp_path: Path) -> None:
    guard = GuardSettings(batch_time_limit_s=2.0, children=2, viewers=1)
    settings = IngestSettings(slice_patience_s=0.5, retry_wait_s=0.01, sweep_s=60.0)
    async with rooms(tmp_path, settings=settings, guard=guard) as opened:
        reader = opened.ingest.work.reader.parts.reader
        child = Path(__file__).parents[2] / "faults" / "hostile_child.py"
        pools = _Pools(ChildPool(guard, size=2, entry=child), ChildPool(guard, size=1))
        reader._pools[asyncio.get_running_loop()] = pools
        sent = await send(opened, [("hangs.md", b"SLEEP is what I do.\n"), *((f"{n}.md", note(n)) for n in range(6))])
        hangs, *others = [each for each in sent if isinstance(each, Document)]
        documents = [await opened.ends(each.id) for each in others]
        assert {each.latest.state for each in documents} == {RevisionState.READY}
        assert not (await opened.library.document(SCOPE, hangs.id)).latest.state.final
        failed = await opened.ends(hangs.id)
        assert failed.latest.problem is not None
        assert failed.latest.problem.code == "quarantined"


class Choosy(StaticEmbedder):
    """Refuses whatever names a certain thing, as providers that filter do."""

    async def embed(self, scope: Scope, texts: Sequence[str], *, query: bool = False) -> Any:
        """Embed what is decent."""
        if any("unspeakable" in each for each in texts):
            raise EmbeddingFailed("The provider refused a text.", remedy="See its rules.")
        return await super().embed(scope, texts, query=query)


async def test_a_text_that_the_embedder_refuses_fails_its_own_document_alone(tmp_path: Path) -> None:
    settings = IngestSettings(tries=2, retry_wait_s=0.01, sweep_s=60.0)
    async with rooms(tmp_path, settings=settings, embedders=Embedders(Choosy())) as opened:
        sent = await send(opened, [("bad.md", note(0, "unspeakable")), *((f"{n}.md", note(n)) for n in range(4))])
        bad, *others = await ended(opened, sent)
        assert {each.latest.state for each in others} == {RevisionState.READY}
        assert bad.latest.problem is not None
        assert bad.latest.problem.code == "embedding-failed"
        await quiet(opened)
        assert await points(opened) == {each.latest.id: each.latest.chunks for each in others}


async def test_a_slice_that_takes_too_long_is_read_one_by_one(tmp_path: Path) -> None:
    settings = IngestSettings(portion_limit_s=3.0, retry_wait_s=0.01, sweep_s=60.0)
    asked: list[int] = []

    class Slow(MemoryIndex):
        async def write(self, scope: Scope, generation: Generation, points: Sequence[Point]) -> None:
            asked.append(len({each.revision_id for each in points}))
            if asked[-1] > 1:
                await asyncio.sleep(60)
            await super().write(scope, generation, points)

    async with rooms(tmp_path, settings=settings, index=Slow()) as opened:
        documents = await ended(opened, await send(opened, [(f"{n}.md", note(n)) for n in range(3)]))
        assert {each.latest.state for each in documents} == {RevisionState.READY}
        assert asked == [3, 1, 1, 1]


async def test_contexts_of_a_slice_hold_up_nobody(tmp_path: Path) -> None:
    go = asyncio.Event()
    asked: list[Any] = []

    class Slow(ScriptedChat):
        async def stream(
            self, scope: Scope, request: ChatRequest
        ) -> AsyncGenerator[TextDelta | Restarted | ChatFinished]:
            asked.append(request)
            await go.wait()
            async for event in super().stream(scope, request):
                yield event

    asked_when_published: list[int] = []

    def passing(boundary: str) -> None:
        if boundary == "publish.done":
            asked_when_published.append(len(asked))

    writer = Slow(lambda _request: ["It is about valves."])
    async with rooms(
        tmp_path, settings=QUICK, jobs=lambda _db: MemoryQueue(1), writer=writer, checkpoint=passing
    ) as opened:
        await ended(opened, await send(opened, [(f"{n}.md", note(n)) for n in range(3)]))
        async with asyncio.timeout(10):
            while not asked:
                await asyncio.sleep(0.01)
        received = await opened.ingest.receive(SCOPE, collection="default", source="new.md", stream=stream(note(9)))
        calls = len(asked)
        go.set()
        await opened.ends(received.document.id)
        async with asyncio.timeout(10):
            while not asked_when_published:  # it is told of a moment after it can be seen
                await asyncio.sleep(0.01)
        assert asked_when_published == [calls], "it went before the contexts of the others"
        await quiet(opened)
        assert (await opened.library.context_costs(SCOPE)).contexts == 4
