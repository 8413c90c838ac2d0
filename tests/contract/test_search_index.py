"""One suite for every adapter of the `SearchIndex` seam.

What is particular to one engine (upkeep, several processes) is in `tests/unit/index`.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from pincite.core import Scope
from pincite.index import Filter, Generation, Point, SearchIndex
from pincite.index.adapters.lance import LanceIndex
from pincite.index.adapters.memory import MemoryIndex

SCOPE = Scope(tenant="acme", user="ann")
OTHER = Scope(tenant="globex", user="bob")
GENERATION = Generation(name="g1", model_id="test-4", dimensions=4)
ALL = Filter(collections=("c1", "c2"))

ADAPTERS: dict[str, Callable[[Path], SearchIndex]] = {
    "lance": lambda folder: LanceIndex(str(folder / "index")),
    "memory": lambda folder: MemoryIndex(),
}


@pytest.fixture(params=sorted(ADAPTERS))
def index(request: pytest.FixtureRequest, tmp_path: Path) -> SearchIndex:
    return ADAPTERS[request.param](tmp_path)


def point(
    chunk: str,
    text: str,
    *,
    document: str = "d1",
    revision: str = "r1",
    collection: str = "c1",
    title: str = "",
    vector: tuple[float, ...] = (1.0, 0.0, 0.0, 0.0),
    language: str = "und",
) -> Point:
    return Point(chunk, document, revision, collection, title, text, np.asarray(vector, dtype=np.float32), language)


POINTS = [
    point("k1", "The engines were running all night.", document="d1", revision="r1", vector=(1, 0, 0, 0)),
    point("k2", "Leave is counted in working days.", document="d2", revision="r2", vector=(0, 1, 0, 0)),
    point("k3", "Engines need oil.", document="d3", revision="r3", collection="c2", vector=(0.8, 0.6, 0, 0)),
    point("k4", "Nothing of note.", document="d4", revision="r4", title="travel.pdf\nHotels", vector=(0, 0, 1, 0)),
]


async def text_ids(index: SearchIndex, query: str, where: Filter = ALL, scope: Scope = SCOPE, limit: int = 10):
    return [hit.chunk_id for hit in await index.search_text(scope, GENERATION, query, where, limit)]


async def vector_ids(index: SearchIndex, vector: tuple[float, ...], where: Filter = ALL, scope: Scope = SCOPE):
    wanted = np.asarray(vector, dtype=np.float32)
    return [hit.chunk_id for hit in await index.search_vector(scope, GENERATION, wanted, where, 10)]


async def stored(index: SearchIndex, scope: Scope = SCOPE) -> list[tuple[str, str]]:
    return sorted([pair async for pair in index.chunk_ids(scope, GENERATION)])


async def test_words_match_by_their_stem_and_rarer_words_count_more(index: SearchIndex):
    await index.write(SCOPE, GENERATION, POINTS)
    assert await text_ids(index, "engine running") == ["k1", "k3"]
    assert await text_ids(index, "RUN") == ["k1"]


async def test_stop_words_are_searched(index: SearchIndex):
    await index.write(SCOPE, GENERATION, POINTS)
    assert await text_ids(index, "were all the") == ["k1"]


async def test_titles_are_searched(index: SearchIndex):
    await index.write(SCOPE, GENERATION, POINTS)
    assert await text_ids(index, "hotel") == ["k4"]


async def test_a_hyphenated_word_is_found_joined_and_in_parts(index: SearchIndex):
    await index.write(SCOPE, GENERATION, [*POINTS, point("k6", "Pass-phrases are long.")])
    assert await text_ids(index, "passphrase") == ["k6"]
    assert await text_ids(index, "phrase") == ["k6"]


async def test_vectors_come_back_by_cosine_similarity(index: SearchIndex):
    await index.write(SCOPE, GENERATION, POINTS)
    hits = await index.search_vector(SCOPE, GENERATION, np.asarray((2, 0, 0, 0), dtype=np.float32), ALL, 2)
    assert [hit.chunk_id for hit in hits] == ["k1", "k3"]
    assert [hit.score for hit in hits] == pytest.approx([1.0, 0.8], abs=1e-5)
    assert (hits[1].document_id, hits[1].revision_id) == ("d3", "r3")


async def test_a_filter_narrows_to_collections_and_documents(index: SearchIndex):
    await index.write(SCOPE, GENERATION, POINTS)
    assert await text_ids(index, "engines", Filter(("c2",))) == ["k3"]
    assert await vector_ids(index, (1, 0, 0, 0), Filter(("c2",))) == ["k3"]
    assert await text_ids(index, "engines", Filter(("c1", "c2"), documents=("d1",))) == ["k1"]
    assert await text_ids(index, "engines", Filter(("c2",), documents=("d1",))) == []


async def test_a_filter_without_collections_matches_nothing(index: SearchIndex):
    await index.write(SCOPE, GENERATION, POINTS)
    assert await text_ids(index, "engines", Filter(())) == []
    assert await vector_ids(index, (1, 0, 0, 0), Filter(())) == []
    assert await text_ids(index, "engines", Filter(("c1",), documents=())) == []


@pytest.mark.parametrize("name", ["c1' OR '1'='1", "c1') OR ('1'='1", "c1\\' OR 1=1 --", "x'; DROP TABLE t; --"])
async def test_a_hostile_id_in_a_filter_is_only_a_value(index: SearchIndex, name: str):
    await index.write(SCOPE, GENERATION, [*POINTS, point("k9", "engines", collection=name)])
    assert await text_ids(index, "engines", Filter((name,))) == ["k9"]
    assert await vector_ids(index, (1, 0, 0, 0), Filter((name,))) == ["k9"]
    await index.delete_document(SCOPE, GENERATION, name)
    await index.delete_revisions(SCOPE, GENERATION, [name])
    assert len(await stored(index)) == 5


@pytest.mark.parametrize("query", ['"', "'", "a AND (", "*", "engines^~:", "\x00", "título 日本語", "-" * 3000])
async def test_no_query_is_a_syntax(index: SearchIndex, query: str):
    await index.write(SCOPE, GENERATION, POINTS)
    await text_ids(index, query)


async def test_empty_queries_find_nothing(index: SearchIndex):
    await index.write(SCOPE, GENERATION, POINTS)
    assert await text_ids(index, "  ") == []
    assert await vector_ids(index, (0, 0, 0, 0)) == []


async def test_the_limit_holds(index: SearchIndex):
    await index.write(SCOPE, GENERATION, POINTS)
    assert len(await text_ids(index, "engines days note", limit=2)) == 2


async def test_writing_a_chunk_again_replaces_it(index: SearchIndex):
    await index.write(SCOPE, GENERATION, POINTS)
    await index.write(SCOPE, GENERATION, [point("k1", "A quiet turbine.", revision="r9"), POINTS[1]])
    assert await text_ids(index, "engines") == ["k3"]
    assert await text_ids(index, "turbine") == ["k1"]
    assert len(await stored(index)) == 4


async def test_a_chunk_twice_in_one_write_is_one(index: SearchIndex):
    await index.write(SCOPE, GENERATION, [point("k1", "first"), point("k1", "second")])
    assert await stored(index) == [("k1", "r1")]
    assert await text_ids(index, "second") == ["k1"]


async def test_writing_nothing_is_fine(index: SearchIndex):
    await index.write(SCOPE, GENERATION, [])
    assert await stored(index) == []


async def test_revisions_and_documents_can_be_removed(index: SearchIndex):
    await index.write(SCOPE, GENERATION, [*POINTS, point("k5", "more", document="d1", revision="r5")])
    await index.delete_revisions(SCOPE, GENERATION, ["r1"])
    assert await stored(index) == [("k2", "r2"), ("k3", "r3"), ("k4", "r4"), ("k5", "r5")]
    await index.delete_document(SCOPE, GENERATION, "d1")
    assert await stored(index) == [("k2", "r2"), ("k3", "r3"), ("k4", "r4")]
    await index.delete_revisions(SCOPE, GENERATION, ["nobody"])


async def test_tenants_and_generations_never_meet(index: SearchIndex):
    second = Generation("g2", "test-4", 4)
    await index.write(SCOPE, GENERATION, POINTS)
    await index.write(OTHER, GENERATION, [point("o1", "engines elsewhere")])
    assert await text_ids(index, "engines", scope=OTHER) == ["o1"]
    assert await index.search_text(SCOPE, second, "engines", ALL, 10) == []
    await index.drop(OTHER, GENERATION)
    assert await stored(index, OTHER) == []
    assert len(await stored(index)) == 4


async def test_what_was_never_written_is_empty_not_an_error(index: SearchIndex):
    assert await text_ids(index, "engines") == []
    assert await vector_ids(index, (1, 0, 0, 0)) == []
    assert await stored(index) == []
    await index.delete_revisions(SCOPE, GENERATION, ["r1"])
    await index.delete_document(SCOPE, GENERATION, "d1")
    await index.maintain(SCOPE, GENERATION)
    await index.drop(SCOPE, GENERATION)


async def test_a_dropped_table_can_be_written_again(index: SearchIndex):
    await index.write(SCOPE, GENERATION, POINTS)
    await index.drop(SCOPE, GENERATION)
    await index.write(SCOPE, GENERATION, POINTS[:1])
    assert await stored(index) == [("k1", "r1")]


async def test_maintain_changes_no_result(index: SearchIndex):
    await index.write(SCOPE, GENERATION, POINTS)
    before = await text_ids(index, "engines days"), await vector_ids(index, (0.5, 0.5, 0, 0))
    await index.maintain(SCOPE, GENERATION)
    assert (await text_ids(index, "engines days"), await vector_ids(index, (0.5, 0.5, 0, 0))) == before


async def test_what_is_as_it_was_written_is_not_damaged(index: SearchIndex, tmp_path: Path) -> None:
    assert await index.damaged(SCOPE, GENERATION) in ([], ())
    for _ in range(2):
        await index.write(SCOPE, GENERATION, POINTS)
        await index.maintain(SCOPE, GENERATION)
        assert not await index.damaged(SCOPE, GENERATION)
    stored = sorted((tmp_path / "index").rglob("data/*.lance"))
    for path in stored:
        path.write_bytes(path.read_bytes()[:-1])
    assert len(await index.damaged(SCOPE, GENERATION)) == len(stored)
    await index.drop(SCOPE, GENERATION)
    assert not await index.damaged(SCOPE, GENERATION)


WRITTEN = [
    ("de", "Die Häuser der Gesellschaften wurden verkauft.", "Haus Gesellschaft"),
    ("es", "Los trabajadores firmaron sus contratos.", "contrato trabajador"),
    ("fr", "Les évaluations des salariés sont publiées.", "evaluation"),
    ("ru", "Договоры хранятся в архивах.", "договор в архиве"),
    ("fi", "Asiakirjat säilytetään arkistoissa.", "arkistossa"),
    ("zh", "员工最多可以将五天年假结转到下一年。", "年假有几天"),
    ("ja", "従業員は年次休暇を翌年に繰り越すことができます。", "年次休暇の日数"),
    ("ko", "직원은 연차 휴가를 이월할 수 있습니다.", "연차휴가"),
    ("th", "พนักงานสามารถสะสมวันลาพักร้อนได้", "วันลาพักร้อน"),
    ("en", "The engines were running.", "engine runs"),
]


async def test_each_document_is_found_in_its_own_language(index: SearchIndex):
    points = [point(language, text, document=language, language=language) for language, text, _ in WRITTEN]
    await index.write(SCOPE, GENERATION, points)
    everything = Filter(("c1",), languages=tuple(language for language, _, _ in WRITTEN))
    for language, _, query in WRITTEN:
        assert (await text_ids(index, query, everything))[:1] == [language]
        assert (await text_ids(index, query, Filter(("c1",), languages=(language,))))[:1] == [language]


async def test_a_language_that_is_not_searched_is_not_stemmed(index: SearchIndex):
    await index.write(SCOPE, GENERATION, [point("k1", "Die Häuser", language="de")])
    assert await text_ids(index, "Häusern", Filter(("c1",), languages=("en",))) == []
    assert await text_ids(index, "Häusern", Filter(("c1",), languages=("en", "de"))) == ["k1"]


async def test_an_index_of_the_version_before_answers_and_is_written_as_it_was(index: SearchIndex):
    before = Generation("g0", "test-4", 4, terms=1)
    await index.write(SCOPE, before, [*POINTS, point("k5", "Häuser", language="de")])
    where = Filter(("c1", "c2"), languages=("de", "en"))
    assert [hit.chunk_id for hit in await index.search_text(SCOPE, before, "engine running", where, 10)] == ["k1", "k3"]
    assert [hit.chunk_id for hit in await index.search_text(SCOPE, before, "hauser", where, 10)] == ["k5"]
    await index.maintain(SCOPE, before)
    assert await index.search_text(SCOPE, GENERATION, "engine", where, 10) == []


async def test_vectors_of_a_revision_can_be_had_again(index: SearchIndex):
    await index.write(SCOPE, GENERATION, [*POINTS, point("k5", "more", revision="r1", vector=(0, 0.5, 0.5, 0))])
    found = await index.vectors(SCOPE, GENERATION, "r1")
    assert {key: vector.tolist() for key, vector in found.items()} == {"k1": [1, 0, 0, 0], "k5": [0, 0.5, 0.5, 0]}
    assert await index.vectors(SCOPE, GENERATION, "r9") == {}
    assert await index.vectors(OTHER, GENERATION, "r1") == {}
