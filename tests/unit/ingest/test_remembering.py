"""No text is embedded twice: not in another document, another revision, another index, or another run."""

from pathlib import Path

import numpy as np
from tests.unit.ingest.rooms import OTHER, SCOPE, Rooms, rooms, stream
from tests.unit.ingest.test_service import gone

from pincite.gateway import Embedders, StaticEmbedder
from pincite.gateway.adapters.memory import WordEmbedder
from pincite.index.adapters.memory import MemoryIndex
from pincite.ingest import IngestSettings
from pincite.ingest.remembering import embedded_once

SMALL = IngestSettings(page_batch=2, index_batch=4, retry_wait_s=0.01, sweep_s=60.0)


def section(subject: str) -> str:
    return f"# {subject}\n\nThe {subject} is checked each week. " + f"Care of the {subject} is simple. " * 60 + "\n\n"


async def test_a_new_revision_has_only_its_new_texts_embedded(tmp_path: Path) -> None:
    embedder = WordEmbedder()
    async with rooms(tmp_path, settings=SMALL, embedders=Embedders(embedder)) as opened:
        first = await opened.add("manual.md", (section("valve") + section("pump")).encode())
        assert len(embedder.embedded) == first.latest.chunks > 1
        embedder.embedded.clear()
        second = await opened.add("manual.md", (section("valve") + section("boiler")).encode())
        assert second.latest.number == 2
        assert embedder.embedded
        assert all("boiler" in text for text in embedder.embedded)


async def test_an_index_that_is_built_anew_embeds_nothing_and_holds_the_same_vectors(tmp_path: Path) -> None:
    embedder, index = WordEmbedder(), MemoryIndex()
    async with rooms(tmp_path, settings=SMALL, embedders=Embedders(embedder), index=index) as opened:
        document = await opened.add("manual.md", (section("valve") + section("pump")).encode())
        before = await _scores(opened, index, embedder)
        embedder.embedded.clear()
        await opened.ingest.reindex(SCOPE, progress=lambda _: None)
        assert embedder.embedded == []
        assert await _scores(opened, index, embedder) == before
        assert len(before) == document.latest.chunks


async def _scores(opened: Rooms, index: MemoryIndex, embedder: WordEmbedder) -> list[tuple[str, float]]:
    generation = await opened.library.active_generation(SCOPE)
    assert generation is not None
    asked = (await embedder.embed(SCOPE, ["care of the pump"], query=True))[0]
    where = await opened.library.view(SCOPE)
    return [(hit.chunk_id, hit.score) for hit in await index.search_vector(SCOPE, generation, asked, where, 100)]


async def test_tenants_share_nothing_and_a_removed_document_takes_its_vectors_along(tmp_path: Path) -> None:
    embedder = WordEmbedder()
    async with rooms(tmp_path, settings=SMALL, embedders=Embedders(embedder)) as opened:
        document = await opened.add("manual.md", section("valve").encode())
        alone = len(embedder.embedded)
        await opened.ingest.receive(
            OTHER, collection="default", source="manual.md", stream=stream(section("valve").encode())
        )
        await opened.ingest.remove(SCOPE, document.id)
        await gone(opened)
        embedder.embedded.clear()
        await opened.add("manual.md", section("valve").encode())
        assert len(embedder.embedded) >= alone


async def test_the_same_text_in_one_batch_is_embedded_once_and_quick_embedders_are_not_looked_up(
    tmp_path: Path,
) -> None:
    embedder = WordEmbedder()
    async with rooms(tmp_path, settings=SMALL, embedders=Embedders(embedder)) as opened:
        document = await opened.add("note.md", b"# Note\n\nRed.\n")
        embedder.embedded.clear()
        rows = await embedded_once(opened.library, embedder, SCOPE, ["a b", "c", "a b"], [document.id] * 3)
        assert embedder.embedded == ["a b", "c"]
        assert np.array_equal(rows[0], rows[2])
        assert np.array_equal(rows, await embedder.embed(SCOPE, ["a b", "c", "a b"]))
        assert (await embedded_once(opened.library, embedder, SCOPE, [], [])).shape == (0, embedder.dimensions)
        assert Embedders(embedder).is_quick(StaticEmbedder())
        assert not Embedders(embedder).is_quick(embedder)
