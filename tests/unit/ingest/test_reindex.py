"""Another embedder: the old index serves on, the new one is built beside it, switched to, confirmed or undone."""

import asyncio
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

import pytest
from tests.unit.ingest.rooms import OTHER, SCOPE, Rooms, rooms

from pincite.core import Conflict, Scope, Unavailable
from pincite.gateway import Embedder, Embedders
from pincite.gateway.adapters.memory import WordEmbedder
from pincite.index.adapters.memory import MemoryIndex
from pincite.ingest import IndexOutdated, IngestSettings
from pincite.library import RevisionState
from pincite.retrieval import Query, Retrieval

SMALL = IngestSettings(page_batch=2, index_batch=4, retry_wait_s=0.01, sweep_s=60.0)


def manual(subject: str, paragraphs: int = 8) -> bytes:
    """A text whose paragraphs are long enough to be chunks of their own."""
    lines = [
        f"The {subject} number {n} is checked each week. " + f"Word{n} of {subject} care. " * 60
        for n in range(paragraphs)
    ]
    return "\n\n".join(lines).encode()


def switched(old: Embedder, new: Embedder) -> Embedders:
    return Embedders(new, (old,))


async def states(opened: Rooms) -> list[tuple[str, str]]:
    return [(e.generation.model_id, e.state.value) for e in await opened.library.generations(SCOPE)]


async def held(opened: Rooms, model_id: str) -> dict[str, int]:
    """How many points each revision has in the index of that embedder."""
    counts: dict[str, int] = {}
    for entry in await opened.library.generations(SCOPE):
        if entry.generation.model_id == model_id:
            async for _, revision_id in opened.index.chunk_ids(SCOPE, entry.generation):
                counts[revision_id] = counts.get(revision_id, 0) + 1
    return counts


def nothing(_done: int) -> None:
    """Progress that nobody watches."""


async def filled(home: Path, index: MemoryIndex, embedder: WordEmbedder, *subjects: str) -> None:
    async with rooms(home, settings=SMALL, index=index, embedders=Embedders(embedder)) as opened:
        for subject in subjects:
            await opened.add(f"{subject}.txt", manual(subject))


async def test_the_old_index_serves_and_is_written_with_its_own_embedder_until_the_switch(tmp_path: Path) -> None:
    index, old, new = MemoryIndex(), WordEmbedder("old"), WordEmbedder("new", dimensions=32)
    await filled(tmp_path, index, old, "valve")
    async with rooms(tmp_path, settings=SMALL, index=index, embedders=switched(old, new)) as opened:
        assert await states(opened) == [("old", "active")]
        added = await opened.add("boiler.txt", manual("boiler"))
        assert added.latest.state is RevisionState.READY
        assert new.embedded == []
        retrieval = Retrieval(opened.library, index, switched(old, new))
        found = await retrieval.find(SCOPE, Query("boiler number 3"))
        assert found.passages[0].passage.source == "boiler.txt"
        assert found.passages[0].cosine is not None

        before = await held(opened, "old")
        assert await opened.ingest.reindex(SCOPE, progress=nothing) == sum(before.values())
        assert await states(opened) == [("old", "retired"), ("new", "active")]
        assert await held(opened, "new") == before
        found = await retrieval.find(SCOPE, Query("boiler number 3"))
        assert found.passages[0].passage.source == "boiler.txt"
        assert found.passages[0].cosine is not None


async def test_a_build_that_breaks_off_goes_on_where_it_stopped(tmp_path: Path) -> None:
    index, old, new = MemoryIndex(), WordEmbedder("old"), WordEmbedder("new")
    await filled(tmp_path, index, old, "valve", "boiler", "gauge")

    def pull_the_plug(_done: int) -> None:
        new.fails = Unavailable("gone")

    async with rooms(tmp_path, settings=SMALL, index=index, embedders=switched(old, new)) as opened:
        with pytest.raises(Unavailable, match="gone"):
            await opened.ingest.reindex(SCOPE, progress=pull_the_plug)
        assert await states(opened) == [("old", "active"), ("new", "building")]
        done = len(new.embedded)
        assert done > 0
    new.fails = None
    async with rooms(tmp_path, settings=SMALL, index=index, embedders=switched(old, new)) as opened:
        total = await opened.ingest.reindex(SCOPE, progress=nothing)
        assert len(new.embedded) == total > done  # nothing twice
        assert len(set(new.embedded)) == total
        assert await held(opened, "new") == await held(opened, "old")
        assert await states(opened) == [("old", "retired"), ("new", "active")]


async def test_a_document_that_comes_while_it_is_built_is_in_both(tmp_path: Path) -> None:
    index, old, new = MemoryIndex(), WordEmbedder("old"), WordEmbedder("new")
    await filled(tmp_path, index, old, "valve", "boiler")
    late: list[asyncio.Task[object]] = []
    async with rooms(tmp_path, settings=SMALL, index=index, embedders=switched(old, new)) as opened:

        def progress(_done: int) -> None:
            if not late:
                late.append(asyncio.create_task(opened.add("gauge.txt", manual("gauge"))))

        await opened.ingest.reindex(SCOPE, progress=progress)
        await late[0]
        assert await held(opened, "new") == await held(opened, "old")
        assert len(await held(opened, "new")) == 3
        assert (await opened.ingest.fsck(SCOPE)).clean


async def test_rollback_brings_the_old_one_back_with_what_came_meanwhile(tmp_path: Path) -> None:
    index, old, new = MemoryIndex(), WordEmbedder("old"), WordEmbedder("new")
    await filled(tmp_path, index, old, "valve")
    async with rooms(tmp_path, settings=SMALL, index=index, embedders=switched(old, new)) as opened:
        await opened.ingest.reindex(SCOPE, progress=nothing)
        old.fails = Unavailable("asleep")
        added = await opened.add("boiler.txt", manual("boiler"))
        assert added.latest.state is RevisionState.READY  # what was kept does not hold up what answers
        assert added.latest.id not in await held(opened, "old")
        old.fails = None
        assert await opened.ingest.go_back(SCOPE) == "old"
        assert await states(opened) == [("old", "active"), ("new", "retired")]
        assert await held(opened, "old") == await held(opened, "new")
        # And forward again, for nothing.
        new.embedded.clear()
        await opened.ingest.reindex(SCOPE, progress=nothing)
        assert new.embedded == []
        assert await states(opened) == [("old", "retired"), ("new", "active")]


async def test_confirm_drops_the_old_one_and_rollback_is_no_more(tmp_path: Path) -> None:
    index, old, new = MemoryIndex(), WordEmbedder("old"), WordEmbedder("new")
    await filled(tmp_path, index, old, "valve")
    async with rooms(tmp_path, settings=SMALL, index=index, embedders=switched(old, new)) as opened:
        (replaced,) = [entry.generation for entry in await opened.library.generations(SCOPE)]
        await opened.ingest.reindex(SCOPE, progress=nothing)
        assert await opened.ingest.confirm(SCOPE) == 1
        assert await opened.ingest.confirm(SCOPE) == 0
        assert await states(opened) == [("new", "active")]
        assert [one async for one in index.chunk_ids(SCOPE, replaced)] == []
        with pytest.raises(Conflict, match="No earlier index"):
            await opened.ingest.go_back(SCOPE)


async def test_only_the_last_one_is_kept(tmp_path: Path) -> None:
    index, first, second, third = MemoryIndex(), WordEmbedder("1"), WordEmbedder("2"), WordEmbedder("3")
    await filled(tmp_path, index, first, "valve")
    for new in (second, third):
        embedders = Embedders(new, (first, second))
        async with rooms(tmp_path, settings=SMALL, index=index, embedders=embedders) as opened:
            await opened.ingest.reindex(SCOPE, progress=nothing)
    async with rooms(tmp_path, settings=SMALL, index=index, embedders=Embedders(third)) as opened:
        assert await states(opened) == [("2", "retired"), ("3", "active")]


async def test_a_build_for_another_embedder_is_given_up(tmp_path: Path) -> None:
    index, old, tried, new = MemoryIndex(), WordEmbedder("old"), WordEmbedder("tried"), WordEmbedder("new")
    await filled(tmp_path, index, old, "valve")
    tried.fails = Unavailable("never")
    async with rooms(tmp_path, settings=SMALL, index=index, embedders=switched(old, tried)) as opened:
        with pytest.raises(Unavailable):
            await opened.ingest.reindex(SCOPE, progress=nothing)
        assert ("tried", "building") in await states(opened)
    async with rooms(tmp_path, settings=SMALL, index=index, embedders=switched(old, new)) as opened:
        await opened.ingest.reindex(SCOPE, progress=nothing)
        assert await states(opened) == [("old", "retired"), ("new", "active")]


async def test_without_its_embedder_the_old_index_answers_by_words_and_takes_nothing_in(tmp_path: Path) -> None:
    index, old, new = MemoryIndex(), WordEmbedder("old"), WordEmbedder("new")
    await filled(tmp_path, index, old, "valve")
    async with rooms(tmp_path, settings=SMALL, index=index, embedders=Embedders(new)) as opened:
        found = await Retrieval(opened.library, index, Embedders(new)).find(SCOPE, Query("valve number 3"))
        assert found.passages[0].passage.source == "valve.txt"
        assert found.passages[0].cosine is None
        refused = await opened.add("boiler.txt", manual("boiler"))
        assert refused.latest.problem is not None
        assert refused.latest.problem.code == "index-outdated"
        assert "pincite reindex" in refused.latest.problem.remedy
        await opened.ingest.reindex(SCOPE, progress=nothing)
        await opened.ingest.retry(SCOPE, refused.id)
        assert (await opened.ends(refused.id)).latest.state is RevisionState.READY
        with pytest.raises(IndexOutdated, match="old"):
            await opened.ingest.go_back(SCOPE)


async def test_a_forecast_counts_times_and_prices_and_changes_nothing(tmp_path: Path) -> None:
    index, old, new = MemoryIndex(), WordEmbedder("old"), WordEmbedder("new")
    await filled(tmp_path, index, old, "valve", "boiler")
    async with rooms(tmp_path, settings=SMALL, index=index, embedders=switched(old, new)) as opened:
        chunks = sum((await held(opened, "old")).values())
        new.pause_s = 0.05
        looked = await opened.ingest.forecast(SCOPE)
        assert (looked.embedder, looked.instead_of, looked.chunks) == ("new", "old", chunks)
        words = sum(len(text.split()) for text in old.embedded)
        assert words * 0.7 < looked.tokens < words * 2
        assert looked.seconds > 0.04
        assert looked.cost_usd == Decimal(0)
        assert await states(opened) == [("old", "active")]
        empty = await opened.ingest.forecast(OTHER)
        assert (empty.chunks, empty.tokens, empty.seconds, empty.instead_of) == (0, 0, 0.0, None)


async def test_a_sample_is_from_all_over_and_bounded(tmp_path: Path) -> None:
    index, old, new = MemoryIndex(), WordEmbedder("old"), WordEmbedder("new")
    async with rooms(tmp_path, settings=SMALL, index=index, embedders=Embedders(old)) as opened:
        for number in range(3):
            await opened.add(f"{number}.txt", manual("valve", 200))
    async with rooms(tmp_path, settings=SMALL, index=index, embedders=switched(old, new)) as opened:
        looked = await opened.ingest.forecast(SCOPE)
        assert looked.chunks > 300
        assert 40 <= len(new.embedded) - 1 <= 97
        assert {text.split(".")[0] for text in new.embedded} == {"0", "1", "2"}


async def test_the_switch_is_seen_whole(tmp_path: Path) -> None:
    """Whenever somebody asks while it is built and switched, all documents are there."""
    index, old, new = MemoryIndex(), WordEmbedder("old"), WordEmbedder("new")
    await filled(tmp_path, index, old, "valve", "boiler")
    embedders = switched(old, new)
    async with rooms(tmp_path, settings=SMALL, index=index, embedders=embedders) as opened:
        retrieval, seen = Retrieval(opened.library, index, embedders), list[int]()
        new.pause_s = 0.01
        rebuilding = asyncio.create_task(opened.ingest.reindex(SCOPE, progress=nothing))
        while not rebuilding.done():
            found = await retrieval.find(SCOPE, Query("number", limit=100))
            seen.append(len({each.passage.source for each in found.passages}))
        await rebuilding
        assert len(seen) > 3
        assert set(seen) == {2}


async def test_a_generation_is_as_wide_as_its_providers_vectors(tmp_path: Path) -> None:
    class Unasked(WordEmbedder):
        async def embed(self, scope: Scope, texts: Sequence[str], *, query: bool = False):
            self.dimensions = 48
            return await super().embed(scope, texts, query=query)

    async with rooms(tmp_path, settings=SMALL, embedders=Embedders(Unasked(dimensions=0))) as opened:
        assert (await opened.add("valve.txt", manual("valve"))).latest.state is RevisionState.READY
        (entry,) = await opened.library.generations(SCOPE)
        assert (entry.generation.dimensions, entry.state.value) == (48, "active")
