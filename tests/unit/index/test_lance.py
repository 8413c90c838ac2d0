"""What is particular to the LanceDB engine: upkeep, the vector index, several processes, names and predicates."""

import asyncio
import json
import subprocess
import sys
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.faults.bucket import NAME, bucket

from pincite.core import InvalidInput, Scope, Unavailable
from pincite.index import Filter, Generation, IndexSettings, Point
from pincite.index.adapters import lance_schema
from pincite.index.adapters.lance import LanceIndex
from pincite.index.adapters.lance_engine import BTree

SCOPE = Scope(tenant="acme", user="ann")
GENERATION = Generation("g1", "test-8", 8)
ALL = Filter(("c0", "c1"))


def points(first: int, count: int) -> list[Point]:
    chance = np.random.default_rng(first)
    return [
        Point(
            f"k{number}", f"d{number // 10}", f"r{number // 10}", f"c{number % 2}", "notes.md",
            f"number {number} engine word{number % 17}", chance.normal(size=8).astype(np.float32),
        )
        for number in range(first, first + count)
    ]  # fmt: skip


async def waiting(index: LanceIndex) -> tuple[int, int]:
    """Rows outside the text index, and its segments, as another reader of the folder sees them."""
    opened = await LanceIndex(index._uri)._open("acme.g1")
    assert opened is not None
    stats = await opened.table.index_stats("body_idx")
    return stats.num_unindexed_rows, stats.num_indices


async def test_upkeep_folds_rows_in_by_segments_and_merges_them(tmp_path: Path):
    index = LanceIndex(str(tmp_path), IndexSettings(delta_min_rows=50, max_segments=3))
    segments: list[int] = []
    for batch in range(6):
        await index.write(SCOPE, GENERATION, points(batch * 100, 100))
        await index.maintain(SCOPE, GENERATION)
        left, count = await waiting(index)
        assert left == 0
        segments.append(count)
    assert max(segments) <= 3
    assert any(later < earlier for earlier, later in pairwise(segments))
    found = await index.search_text(SCOPE, GENERATION, "word3", ALL, 1000)
    assert len(found) == len([number for number in range(600) if number % 17 == 3])


async def test_a_few_waiting_rows_are_left_waiting_and_found(tmp_path: Path):
    index = LanceIndex(str(tmp_path), IndexSettings(delta_min_rows=50))
    await index.write(SCOPE, GENERATION, points(0, 100))
    await index.maintain(SCOPE, GENERATION)
    await index.write(SCOPE, GENERATION, points(100, 10))
    await index.maintain(SCOPE, GENERATION)
    assert (await waiting(index))[0] == 10
    assert len(await index.search_text(SCOPE, GENERATION, "engine", ALL, 1000)) == 110


async def test_searches_and_writes_go_on_during_upkeep(tmp_path: Path):
    index = LanceIndex(str(tmp_path), IndexSettings(delta_min_rows=1))
    await index.write(SCOPE, GENERATION, points(0, 200))
    results = await asyncio.gather(
        index.maintain(SCOPE, GENERATION),
        index.write(SCOPE, GENERATION, points(200, 100)),
        index.search_text(SCOPE, GENERATION, "engine", ALL, 1000),
        index.maintain(SCOPE, GENERATION),
    )
    assert len(results[2]) >= 200
    assert len(await index.search_text(SCOPE, GENERATION, "engine", ALL, 1000)) == 300


async def test_a_large_table_gets_a_vector_index_that_small_filters_bypass(tmp_path: Path):
    settings = IndexSettings(delta_min_rows=1, vector_index_min_rows=1_000, exact_search_max_rows=100)
    index = LanceIndex(str(tmp_path), settings)
    everything = points(0, 1_500)
    await index.write(SCOPE, GENERATION, everything)
    await index.maintain(SCOPE, GENERATION)
    opened = await index._open("acme.g1")
    assert opened is not None
    assert "vector_idx" in {each.name for each in await opened.table.list_indices()}
    wanted = everything[777]
    narrow = Filter(("c0", "c1"), documents=(wanted.document_id,))
    assert (await index.search_vector(SCOPE, GENERATION, wanted.vector, narrow, 1))[0].chunk_id == "k777"
    exact = sorted(everything, key=lambda each: -_cosine(each.vector, wanted.vector))[:10]
    found = await index.search_vector(SCOPE, GENERATION, wanted.vector, ALL, 10)
    assert len({hit.chunk_id for hit in found} & {each.chunk_id for each in exact}) >= 8


def _cosine(left: np.ndarray, right: np.ndarray) -> float:
    return float(left @ right / np.linalg.norm(left) / np.linalg.norm(right))


WRITER = """
import asyncio, sys
sys.path.insert(0, sys.argv[3])
from test_lance import GENERATION, SCOPE, points
from pincite.index import IndexSettings
from pincite.index.adapters.lance import LanceIndex

async def main():
    index = LanceIndex(sys.argv[1], IndexSettings(delta_min_rows=20))
    for turn in range(4):
        await index.write(SCOPE, GENERATION, points(0, 50) + points(1000 * int(sys.argv[2]), 50))
        await index.maintain(SCOPE, GENERATION)
asyncio.run(main())
"""


async def test_two_processes_write_the_same_keys_at_once_and_each_key_is_there_once(tmp_path: Path):
    here = str(Path(__file__).parent)
    command = [sys.executable, "-c", WRITER, str(tmp_path / "index")]
    writers = [subprocess.Popen([*command, number, here], stderr=subprocess.PIPE, text=True) for number in ("1", "2")]
    for writer in writers:
        _, said = await asyncio.to_thread(writer.communicate, None, 90)
        assert writer.returncode == 0, said
    stored = [pair async for pair in LanceIndex(str(tmp_path / "index")).chunk_ids(SCOPE, GENERATION)]
    assert len(stored) == len(set(stored)) == 150


@pytest.mark.parametrize("has_index", [False, True])
async def test_after_upkeep_too_what_two_write_at_once_is_there_once(tmp_path: Path, has_index: bool):
    one, other = (LanceIndex(str(tmp_path), IndexSettings(delta_min_rows=1)) for _ in range(2))
    await one.write(SCOPE, GENERATION, points(0, 50))
    opened = await one._open("acme.g1")
    assert opened is not None
    if has_index:  # as tables of before have it
        await opened.table.create_index("chunk_id", config=BTree())
    for batch in range(1, 6):
        await one.maintain(SCOPE, GENERATION)
        some = points(batch * 50, 50)
        await asyncio.gather(*(each.write(SCOPE, GENERATION, some) for each in (one, other, one)))
    found = [chunk async for chunk, _ in one.chunk_ids(SCOPE, GENERATION)]
    assert len(found) == len(set(found)) == 300


async def test_what_a_broken_off_write_wrote_can_be_taken_back(tmp_path: Path):
    index = LanceIndex(str(tmp_path), IndexSettings())
    await index.write(SCOPE, GENERATION, points(0, 1))
    for number in range(1, 6):
        some = points(number * 2_000, 2_000)
        writing = asyncio.create_task(index.write(SCOPE, GENERATION, some))
        while not index._going:
            await asyncio.sleep(0)
        writing.cancel()
        await asyncio.wait([writing])
        assert writing.cancelled()
        await index.delete_revisions(SCOPE, GENERATION, sorted({each.revision_id for each in some}))
    while index._going:
        await asyncio.sleep(0.01)
    assert [chunk async for chunk, _ in index.chunk_ids(SCOPE, GENERATION)] == ["k0"]


async def test_an_index_of_keys_that_an_earlier_version_made_is_dropped(tmp_path: Path):
    index, other = (LanceIndex(str(tmp_path), IndexSettings(delta_min_rows=1, readers_leave_s=0)) for _ in range(2))
    await index.write(SCOPE, GENERATION, points(0, 50))
    opened = await index._open("acme.g1")
    assert opened is not None
    await opened.table.create_index("chunk_id", config=BTree())
    await index.delete_document(SCOPE, GENERATION, "d3")
    await asyncio.gather(index.maintain(SCOPE, GENERATION), other.maintain(SCOPE, GENERATION))
    await index.scrub(SCOPE, GENERATION)
    assert "chunk_id_idx" not in {each.name for each in await opened.table.list_indices()}
    files = [path.read_bytes() for path in tmp_path.rglob("*.lance") if path.is_file()]
    assert files
    assert not any(b"k37" in each for each in files)


async def test_another_handle_sees_each_commit_in_a_folder_at_once(tmp_path: Path):
    reader, writer = LanceIndex(str(tmp_path)), LanceIndex(str(tmp_path))
    assert writer.settles_s == 0
    for turn in range(1, 6):
        await writer.write(SCOPE, GENERATION, points(10 * turn, 10))
        assert len(await reader.search_text(SCOPE, GENERATION, "engine", ALL, 100)) == 10 * turn
        await writer.maintain(SCOPE, GENERATION)


def test_who_writes_to_a_bucket_says_how_long_it_takes_until_others_see_it():
    assert LanceIndex("s3://bucket/index", IndexSettings(read_consistency_s=0.5)).settles_s == 0.5
    assert LanceIndex("file:///index", IndexSettings(read_consistency_s=0.5)).settles_s == 0


async def test_a_scrub_is_not_lost_to_the_upkeep_of_others(tmp_path: Path):
    settings = IndexSettings(delta_min_rows=20, readers_leave_s=0.1)
    one, two = LanceIndex(str(tmp_path), settings), LanceIndex(str(tmp_path), settings)
    gone = [replace(each, text="xylophones", revision_id="gone") for each in points(0, 30)]
    await one.write(SCOPE, GENERATION, [*gone, *points(100, 60)])
    await one.maintain(SCOPE, GENERATION)
    await one.delete_revisions(SCOPE, GENERATION, ["gone"])
    stopped = asyncio.Event()

    async def upkeep() -> None:
        number = 1_000
        while not stopped.is_set():
            await two.write(SCOPE, GENERATION, points(number, 25))
            await two.maintain(SCOPE, GENERATION)
            number += 25

    others = asyncio.create_task(upkeep())
    await asyncio.sleep(0.3)
    await one.scrub(SCOPE, GENERATION)
    stopped.set()
    await others
    files = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    assert files
    assert [each for each in files if b"xylophon" in each] == []


async def test_a_vector_of_the_wrong_length_is_refused(tmp_path: Path):
    wrong = Point("k", "d", "r", "c", "", "text", np.zeros(5, dtype=np.float32))
    endless = Point("k", "d", "r", "c", "", "text", np.full(8, np.inf, dtype=np.float32))
    for point in (wrong, endless):
        with pytest.raises(InvalidInput, match="8 finite numbers"):
            await LanceIndex(str(tmp_path)).write(SCOPE, GENERATION, [point])


@given(st.text(min_size=1, max_size=80), st.text(min_size=1, max_size=80), st.text(max_size=9), st.text(max_size=9))
def test_table_names_are_safe_and_never_shared(tenant: str, other: str, name: str, second: str):
    one = lance_schema.table_name(tenant, Generation(name, "m", 1))
    two = lance_schema.table_name(other, Generation(second, "m", 1))
    assert (one.lower() == two.lower()) == ((tenant, name) == (other, second))
    assert all(letter.isascii() and (letter.isalnum() or letter in "._-") for letter in one)
    assert not one.startswith(".")


@given(st.lists(st.text(max_size=12), min_size=1, max_size=4))
def test_a_predicate_holds_nothing_but_quoted_values(values: list[str]):
    sql = lance_schema.predicate(Filter(tuple(values)))
    inside = sql.removeprefix("collection_id IN (").removesuffix(")")
    rebuilt = ", ".join("'" + value.replace("'", "''") + "'" for value in sorted(set(values)))
    assert inside == rebuilt


def test_the_schema_names_the_primary_key():
    field = lance_schema.schema(4).field("chunk_id")
    assert not field.nullable
    assert json.dumps({key.decode(): value.decode() for key, value in field.metadata.items()}) == json.dumps(
        {"lance-schema:unenforced-primary-key": "true"}
    )


async def test_a_search_that_is_broken_off_holds_up_no_other(tmp_path: Path):
    name = "acme.g1"
    writer = LanceIndex(str(tmp_path))
    await writer.write(SCOPE, GENERATION, points(0, 24))
    await writer.maintain(SCOPE, GENERATION)
    for number in range(60):  # of readers that have loaded nothing yet, each left a little later
        index = LanceIndex(str(tmp_path), IndexSettings(query_timeout_s=2.0))
        await index._open(name)
        asked = asyncio.create_task(index.search_text(SCOPE, GENERATION, "engine", ALL, 20))
        await asyncio.sleep(number * 0.0002)
        asked.cancel()
        await asyncio.wait([asked])
        assert len(await index.search_text(SCOPE, GENERATION, "engine", ALL, 30)) == 24


async def test_a_bucket_that_refuses_tells_who_asks_nothing_of_addresses_and_tenants(
    monkeypatch: pytest.MonkeyPatch,
):
    with bucket() as kept:
        for name, value in kept.environment().items():
            monkeypatch.setenv(name, value)
        kept.failing = "refuse"
        with pytest.raises(Unavailable) as refused:
            await LanceIndex(f"s3://{NAME}/index").search_text(SCOPE, GENERATION, "engine", ALL, 10)
    said = f"{refused.value.message} {refused.value.remedy}"
    assert kept.url not in said
    assert SCOPE.tenant not in said
    assert "pincite doctor" in said
