"""Two tiers: a document is found at once by quick vectors, and by the better embedder's when those are made."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tests.unit.ingest.rooms import SCOPE, Rooms, rooms
from tests.unit.ingest.test_reindex import filled, held, manual, nothing, states

from pincite.core import Scope, Unavailable
from pincite.gateway import Embedders
from pincite.gateway.adapters.memory import WordEmbedder
from pincite.index.adapters.memory import MemoryIndex
from pincite.ingest import IngestSettings
from pincite.library import RevisionState
from pincite.retrieval import Evidence, Query, Retrieval, ScoredPassage

SETTINGS = IngestSettings(
    page_batch=2, index_batch=4, retry_wait_s=0.01, sweep_s=60.0, fill_s=0.05, fill_batch=3, fill_patience_s=0.1
)


def tiers(quick: WordEmbedder, better: WordEmbedder) -> Embedders:
    return Embedders(better, (quick,), fast=quick)


def pair() -> tuple[WordEmbedder, WordEmbedder]:
    return WordEmbedder("quick", dense_weight=0.3), WordEmbedder("better", dimensions=32)


async def ask(opened: Rooms, embedders: Embedders, question: str) -> Evidence:
    return await Retrieval(opened.library, opened.index, embedders).find(SCOPE, Query(question))


async def test_a_document_is_found_before_the_better_embedder_has_seen_it_and_by_it_afterwards(tmp_path: Path) -> None:
    quick, better = pair()
    async with rooms(tmp_path, settings=SETTINGS, embedders=tiers(quick, better)) as opened:
        better.fails = Unavailable("slow to wake")
        document = await opened.add("valve.txt", manual("valve"))
        assert document.latest.state is RevisionState.READY
        assert better.embedded == []
        assert not await opened.ingest.filled(SCOPE, patience_s=0.2)
        found = await ask(opened, tiers(quick, better), "valve number 3")
        assert found.passages[0].passage.source == "valve.txt"
        assert found.passages[0].cosine is not None  # quick vectors, not words alone
        better.fails = None
        await asyncio.wait_for(opened.ingest.filled(SCOPE), 10)
        assert await held(opened, "better") == await held(opened, "quick")
        assert len(better.embedded) == document.latest.chunks
        before = (await ask(opened, Embedders(better), "valve number 3")).passages
        assert (await ask(opened, tiers(quick, better), "valve number 3")).passages == before
        assert (await opened.ingest.fsck(SCOPE)).clean


class QuestionsOnly(WordEmbedder):
    """A provider that is too busy for documents, when it is told so."""

    busy = False

    async def embed(self, scope: Scope, texts: Sequence[str], *, query: bool = False) -> NDArray[np.float32]:
        if self.busy and not query:
            raise Unavailable("busy")
        return await super().embed(scope, texts, query=query)


async def cosine_by(embedder: WordEmbedder, question: str, passage: ScoredPassage) -> float:
    text = f"{passage.passage.source}\n{passage.passage.chunk.text}"
    asked, told = await embedder.embed(SCOPE, [question, text], query=True)
    return float(asked @ told)


async def test_while_one_waits_each_has_the_best_that_there_is(tmp_path: Path) -> None:
    quick, better = WordEmbedder("quick"), QuestionsOnly("better", dimensions=32)
    async with rooms(tmp_path, settings=SETTINGS, embedders=tiers(quick, better)) as opened:
        await opened.add("valve.txt", manual("valve"))
        await asyncio.wait_for(opened.ingest.filled(SCOPE), 10)
        better.busy = True
        await opened.add("boiler.txt", manual("boiler"))
        assert (await opened.ingest.fsck(SCOPE)).clean  # what waits is no fault
        assert not await opened.ingest.filled(SCOPE, patience_s=0.2)
        question = "valve boiler number 3"
        seen = await ask(opened, tiers(quick, better), question)
        assert {each.passage.source for each in seen.passages} == {"valve.txt", "boiler.txt"}
        for each in seen.passages:
            used = better if each.passage.source == "valve.txt" else quick
            assert each.cosine is None or abs(each.cosine - await cosine_by(used, question, each)) < 1e-4
        assert any(each.cosine is not None for each in seen.passages if each.passage.source == "boiler.txt")


async def test_when_the_better_one_fails_the_quick_one_answers(tmp_path: Path) -> None:
    quick, better = pair()
    async with rooms(tmp_path, settings=SETTINGS, embedders=tiers(quick, better)) as opened:
        await opened.add("valve.txt", manual("valve"))
        await asyncio.wait_for(opened.ingest.filled(SCOPE), 10)
        better.fails = Unavailable("away")
        found = await ask(opened, tiers(quick, better), "valve number 3")
        assert found.passages
        assert all(each.cosine is not None for each in found.passages)


async def test_filling_goes_on_where_it_stopped(tmp_path: Path) -> None:
    index, (quick, better) = MemoryIndex(), pair()
    better.fails = Unavailable("away")
    async with rooms(tmp_path, settings=SETTINGS, index=index, embedders=tiers(quick, better)) as opened:
        await opened.add("valve.txt", manual("valve", 12))
        better.fails = None
        better.pause_s = 0.2
        async with asyncio.timeout(10):
            while len(better.embedded) < 6:
                await asyncio.sleep(0.02)
    done = len(better.embedded)
    better.pause_s = 0.0
    async with rooms(tmp_path, settings=SETTINGS, index=index, embedders=tiers(quick, better)) as opened:
        total = sum((await held(opened, "quick")).values())
        assert done < total
        await asyncio.wait_for(opened.ingest.filled(SCOPE), 10)
        assert await held(opened, "better") == await held(opened, "quick")
        # At most the batch that was under way is made twice.
        assert total <= len(better.embedded) <= total + SETTINGS.fill_batch


async def test_a_document_removed_or_replaced_while_it_waits_leaves_nothing(tmp_path: Path) -> None:
    quick, better = pair()
    async with rooms(tmp_path, settings=SETTINGS, embedders=tiers(quick, better)) as opened:
        better.fails = Unavailable("away")
        removed = await opened.add("valve.txt", manual("valve"))
        first = await opened.add("boiler.txt", manual("boiler"))
        second = await opened.add("boiler.txt", manual("boiler", 9))
        await opened.ingest.remove(SCOPE, removed.id)
        async with asyncio.timeout(10):
            while await opened.library.removals(SCOPE):
                await asyncio.sleep(0.02)
        better.fails = None
        await asyncio.wait_for(opened.ingest.filled(SCOPE), 10)
        assert await held(opened, "better") == {second.latest.id: second.latest.chunks}
        assert first.latest.id != second.latest.id
        assert (await opened.ingest.fsck(SCOPE)).clean


async def test_documents_that_are_being_read_go_first(tmp_path: Path) -> None:
    quick, better = pair()
    patient = IngestSettings(page_batch=2, index_batch=4, sweep_s=60.0, fill_s=0.05, fill_batch=3, fill_patience_s=30.0)
    async with rooms(tmp_path, settings=patient, embedders=tiers(quick, better)) as opened:
        better.fails = Unavailable("away")
        await opened.add("valve.txt", manual("valve"))
        quick.pause_s = 0.5
        received = asyncio.create_task(opened.add("boiler.txt", manual("boiler", 12)))
        async with asyncio.timeout(10):
            while not await opened.library.unfinished():
                await asyncio.sleep(0.01)
        await asyncio.sleep(0.3)  # whoever was at it before has failed by now
        better.fails = None
        await asyncio.sleep(0.3)
        assert better.embedded == []
        await received
        await asyncio.wait_for(opened.ingest.filled(SCOPE), 10)


async def test_after_a_switch_the_quick_index_stays_as_the_fast_one_and_back_again(tmp_path: Path) -> None:
    index, (quick, better) = MemoryIndex(), pair()
    await filled(tmp_path, index, quick, "valve", "boiler")
    async with rooms(tmp_path, settings=SETTINGS, index=index, embedders=tiers(quick, better)) as opened:
        quick.embedded.clear()
        await opened.ingest.reindex(SCOPE, progress=nothing)
        assert await states(opened) == [("quick", "fast"), ("better", "active")]
        assert quick.embedded == []
        await opened.add("gauge.txt", manual("gauge"))
        await asyncio.wait_for(opened.ingest.filled(SCOPE), 10)
        assert await held(opened, "better") == await held(opened, "quick")
        assert await opened.ingest.go_back(SCOPE) == "quick"
        assert await states(opened) == [("quick", "active"), ("better", "retired")]
        assert (await ask(opened, Embedders(quick), "gauge number 3")).passages[0].passage.source == "gauge.txt"
    async with rooms(tmp_path, settings=SETTINGS, index=index, embedders=Embedders(quick, (better,))) as opened:
        assert await opened.ingest.confirm(SCOPE) == 1
        assert await states(opened) == [("quick", "active")]


async def test_a_rebuild_makes_a_fast_index_where_there_was_none(tmp_path: Path) -> None:
    index, (quick, better) = MemoryIndex(), pair()
    await filled(tmp_path, index, better, "valve", "boiler")
    async with rooms(tmp_path, settings=SETTINGS, index=index, embedders=tiers(quick, better)) as opened:
        await opened.ingest.reindex(SCOPE, progress=nothing)
        assert sorted(await states(opened)) == [("better", "active"), ("quick", "fast")]
        assert await held(opened, "quick") == await held(opened, "better")


async def test_a_lost_fast_index_is_made_again(tmp_path: Path) -> None:
    index, (quick, better) = MemoryIndex(), pair()
    async with rooms(tmp_path, settings=SETTINGS, index=index, embedders=tiers(quick, better)) as opened:
        await opened.add("valve.txt", manual("valve"))
        await asyncio.wait_for(opened.ingest.filled(SCOPE), 10)
        for entry in await opened.library.generations(SCOPE):
            await index.drop(SCOPE, entry.generation)
        await opened.ingest.reindex(SCOPE, progress=nothing)
        assert await held(opened, "quick") == await held(opened, "better") != {}


async def test_two_workers_share_the_list(tmp_path: Path) -> None:
    index, (quick, better) = MemoryIndex(), pair()
    better.fails = Unavailable("away")
    async with rooms(tmp_path, settings=SETTINGS, index=index, embedders=tiers(quick, better)) as one:
        for subject in ("valve", "boiler", "gauge", "pump"):
            await one.add(f"{subject}.txt", manual(subject))
        better.fails = None
        better.pause_s = 0.02
        async with rooms(tmp_path, settings=SETTINGS, index=index, embedders=tiers(quick, better)) as two:
            await asyncio.wait_for(two.ingest.filled(SCOPE), 20)
        assert await held(one, "better") == await held(one, "quick")
        assert len(better.embedded) == len(set(better.embedded))  # nobody did another's work
