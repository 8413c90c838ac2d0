"""The language of a document is told, kept and searched by; an index of before is built anew by itself."""

import asyncio
from pathlib import Path

from tests.unit.ingest.rooms import OTHER, SCOPE, Rooms, rooms

from pincite.gateway import Embedders
from pincite.gateway.adapters.memory import WordEmbedder
from pincite.index import Filter, Generation, SearchIndex
from pincite.index.adapters.lance import LanceIndex
from pincite.index.adapters.memory import MemoryIndex
from pincite.ingest import IngestSettings
from pincite.library import Document
from pincite.retrieval import Query, Retrieval, RetrievalSettings

QUICK = IngestSettings(page_batch=2, index_batch=4, retry_wait_s=0.01, sweep_s=60.0, renew_s=0.1)
GERMAN = "Die Kündigungen der Verträge werden den Beschäftigten schriftlich mitgeteilt und in der Akte abgelegt."
ENGLISH = "Notices of termination are given to employees in writing and are kept in their files for ten years."
JAPANESE = "契約の解除は従業員に書面で通知され、十年間保管されます。"
WORDS_ALONE = RetrievalSettings(lists="words", name_weight=0.0)


async def ask(opened: Rooms, question: str) -> list[str]:
    retrieval = Retrieval(opened.library, opened.index, WordEmbedder(), WORDS_ALONE)
    return [each.passage.source for each in (await retrieval.find(SCOPE, Query(question))).passages]


async def languages(opened: Rooms, *documents: Document) -> list[str | None]:
    return [(await opened.library.document(SCOPE, each.id)).latest.language for each in documents]


async def test_documents_are_found_by_the_words_of_their_language(tmp_path: Path) -> None:
    async with rooms(tmp_path, settings=QUICK, embedders=Embedders(WordEmbedder())) as opened:
        german = await opened.add("de.txt", GERMAN.encode())
        english = await opened.add("en.txt", ENGLISH.encode())
        japanese = await opened.add("ja.txt", JAPANESE.encode())
        table = await opened.add("table.csv", b"1,2,3\n4,5,6\n")
        assert await languages(opened, german, english, japanese, table) == ["de", "en", "ja", "und"]
        assert await ask(opened, "Kündigung Vertrag") == ["de.txt"]
        assert await ask(opened, "terminated notice") == ["en.txt"]
        assert await ask(opened, "契約はいつ解除されますか") == ["ja.txt"]
        collection = german.collection_id
        assert set(await opened.library.document_languages(SCOPE, Filter((collection,)), 8)) == {
            "de",
            "en",
            "ja",
            "und",
        }
        assert await opened.library.document_languages(OTHER, Filter((collection,)), 8) == ()


async def test_a_new_revision_has_its_own_language(tmp_path: Path) -> None:
    async with rooms(tmp_path, settings=QUICK, embedders=Embedders(WordEmbedder())) as opened:
        await opened.add("rules.txt", GERMAN.encode())
        changed = await opened.add("rules.txt", ENGLISH.encode())
        assert await languages(opened, changed) == ["en"]
        assert await ask(opened, "Kündigung Vertrag") == []
        assert await ask(opened, "employee") == ["rules.txt"]


async def as_before(home: Path, index: SearchIndex, embedder: WordEmbedder) -> None:
    """Fill an index as the version before did: words cut by the engine, no languages told."""
    async with rooms(home, settings=QUICK, index=index, embedders=Embedders(embedder)) as opened:
        await opened.ingest.stop()  # nobody looks for outdated indexes meanwhile
        old = Generation("old", embedder.model_id, embedder.dimensions, terms=1)
        await opened.library.ensure_generation(SCOPE, old)
        for name, text in (("de.txt", GERMAN), ("en.txt", ENGLISH), ("ja.txt", JAPANESE)):
            await opened.add(name, text.encode())
        async with opened.db.engine.begin() as connection:
            await connection.exec_driver_sql("UPDATE library_revisions SET language = NULL")


async def until_renewed(opened: Rooms) -> Generation:
    async with asyncio.timeout(20):
        while True:
            active = await opened.library.active_generation(SCOPE)
            known = [each.generation for each in await opened.library.generations(SCOPE)]
            if active and not any(each.outdated and each.model_id == active.model_id for each in known):
                return active
            await asyncio.sleep(0.02)


async def test_an_index_of_before_answers_and_is_built_anew_without_embedding_again(tmp_path: Path) -> None:
    index, embedder = LanceIndex(str(tmp_path / "index")), WordEmbedder()
    await as_before(tmp_path, index, embedder)
    embedder.embedded.clear()
    async with rooms(tmp_path, settings=QUICK, index=index, embedders=Embedders(embedder), work=False) as opened:
        assert await ask(opened, "employee") == ["en.txt"]
        assert await ask(opened, "Beschäftigte") == []
    async with rooms(tmp_path, settings=QUICK, index=index, embedders=Embedders(embedder)) as opened:
        await until_renewed(opened)
        assert embedder.embedded == []
        assert [e.state.value for e in await opened.library.generations(SCOPE)] == ["active"]
        listing = await opened.library.documents(SCOPE)
        assert sorted(str(each.latest.language) for each in listing.items) == ["de", "en", "ja"]
        assert await ask(opened, "employee") == ["en.txt"]
        assert await ask(opened, "Beschäftigte") == ["de.txt"]
        assert await ask(opened, "解除の通知") == ["ja.txt"]
        assert await opened.ingest.renewal.look() == 0
        assert (await opened.ingest.fsck(SCOPE)).clean


async def test_an_index_of_another_embedder_waits_for_people(tmp_path: Path) -> None:
    index, old, new = MemoryIndex(), WordEmbedder("old"), WordEmbedder("new", dimensions=32)
    await as_before(tmp_path, index, old)
    async with rooms(tmp_path, settings=QUICK, index=index, embedders=Embedders(new, (old,))) as opened:
        assert await opened.ingest.renewal.look() == 0
        assert new.embedded == []
        await opened.ingest.reindex(SCOPE, progress=lambda _: None)
        assert (await until_renewed(opened)).model_id == "new"
        assert await ask(opened, "Vertrag") == ["de.txt"]


async def test_both_tiers_are_renewed(tmp_path: Path) -> None:
    index, quick, better = MemoryIndex(), WordEmbedder("quick"), WordEmbedder("better", dimensions=32)
    await as_before(tmp_path, index, quick)
    both = Embedders(better, (quick,), fast=quick)
    async with rooms(tmp_path, settings=QUICK, index=index, embedders=both) as opened:
        await opened.ingest.reindex(SCOPE, progress=lambda _: None)
        found = {e.state.value: e.generation for e in await opened.library.generations(SCOPE)}
        assert {state: (g.model_id, g.outdated) for state, g in found.items()} == {
            "active": ("better", False),
            "fast": ("quick", False),
        }
        added = await opened.add("more.txt", GERMAN.replace("Akte", "Mappe").encode())
        assert await ask(opened, "Mappen") == [added.source]
