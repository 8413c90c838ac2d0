"""Bits that flip in the files of the search index, and in a stored file: found and named, never a wrong answer.

Each flip is struck on a copy of one home. Searches give what they gave, or say clearly that the index failed; `fsck`
finds every flip in a file that is known, and builds the index anew. CI strikes some, `make faults` many.
"""

import asyncio
import os
import random
import shutil
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.faults.scenario import text
from tests.unit.ingest.rooms import SCOPE, Rooms, rooms

from pincite.core import Unavailable
from pincite.gateway import StaticEmbedder
from pincite.index import Filter, IndexSettings
from pincite.index.adapters.lance import LanceIndex
from pincite.ingest import IngestSettings
from pincite.library import RevisionState

FLIPS = 1000 if os.environ.get("FAULTS") == "whole" else 12
ANSWERS_WITHIN_S = 3.0
INDEX = IndexSettings(delta_min_rows=8, query_timeout_s=ANSWERS_WITHIN_S)
INGEST = IngestSettings(index_batch=8, maintain_after_s=0.05)
QUESTION = "pump bar days"
Seen = tuple[list[tuple[str, float]], list[tuple[str, float]]]

pytestmark = [pytest.mark.faults, pytest.mark.timeout(3600)]


@dataclass(frozen=True, slots=True)
class Whole:
    """A home in order, and what its searches give."""

    home: Path
    seen: Seen
    passages: dict[str, str]


@asynccontextmanager
async def opened(home: Path, *, work: bool = False) -> AsyncIterator[Rooms]:
    index = LanceIndex(str(home / "index"), INDEX)
    async with rooms(home, index=index, settings=INGEST, work=work) as found:
        yield found


async def search(found: Rooms) -> Seen:
    """Ask by words and by vector; returns ids and scores."""
    generation = await found.library.active_generation(SCOPE)
    assert generation is not None
    (document, *_) = (await found.library.documents(SCOPE)).items
    where = Filter((document.collection_id,))
    vector = (await StaticEmbedder().embed(SCOPE, [QUESTION]))[0]
    words = await found.index.search_text(SCOPE, generation, QUESTION, where, 20)
    near = await found.index.search_vector(SCOPE, generation, vector, where, 20)
    return [(hit.chunk_id, round(hit.score, 4)) for hit in words], [(hit.chunk_id, round(hit.score, 4)) for hit in near]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Whole:
    home = tmp_path_factory.mktemp("whole")

    async def fill() -> Whole:
        async with opened(home, work=True) as found:
            for subject in ("valve", "pump", "boiler"):
                document = await found.add(f"{subject}.txt", text(subject, 8))
                assert document.latest.state is RevisionState.READY
                await found.ingest.settle()
            seen = await search(found)
            assert seen[0]
            assert seen[1]
            assert (await found.ingest.fsck(SCOPE, repair=False, strict=True)).clean
            ids = [chunk_id for hits in seen for chunk_id, _ in hits]
            passages = await found.library.hydrate(SCOPE, ids)
            return Whole(home, seen, {each: passages[each].chunk.text for each in ids})

    return asyncio.run(fill())


def flip(path: Path, at: int, bit: int) -> None:
    """Flip one bit."""
    with path.open("r+b") as file:
        file.seek(at)
        (byte,) = file.read(1)
        file.seek(at)
        file.write(bytes([byte ^ (1 << bit)]))


async def struck(home: Path, whole: Whole) -> tuple[str, list[str]]:
    """Search and check a damaged home; returns what searches gave (same, other, refused) and what was found."""
    async with opened(home) as found:
        began = time.monotonic()
        try:
            seen = await search(found)
        except Unavailable as error:
            gave = "refused" if error.remedy else "refused without a remedy"
        else:
            gave = "same" if seen == whole.seen else "other"
            # Whatever is proposed is shown as the library has it: a pin cannot point to what is not there.
            passages = await found.library.hydrate(SCOPE, [chunk_id for hits in seen for chunk_id, _ in hits])
            assert all(whole.passages.get(each, one.chunk.text) == one.chunk.text for each, one in passages.items())
        assert time.monotonic() - began < 3 * ANSWERS_WITHIN_S + 5, "it hung"
        report = await found.ingest.fsck(SCOPE, repair=False, strict=True)
        return gave, [finding.code for finding in report.findings]


async def test_a_flip_anywhere_in_the_index_is_harmless_or_found(whole: Whole, tmp_path: Path) -> None:
    chosen = random.Random(20_261_128)
    files = sorted(path for path in (whole.home / "index").rglob("*") if path.is_file() and path.stat().st_size)
    told: dict[str, int] = {}
    wrong: list[Any] = []
    for number in range(FLIPS):
        # Data, index and manifest alike, not by their size: the newest manifest is small and matters most.
        kind = ("data", "_indices", "_versions", "")[number % 4]
        path = chosen.choice([each for each in files if kind in each.parts] or files)
        at, bit = chosen.randrange(path.stat().st_size), chosen.randrange(8)
        home = tmp_path / str(number)
        shutil.copytree(whole.home, home)
        flip(home / path.relative_to(whole.home), at, bit)
        gave, codes = await struck(home, whole)
        told[f"{gave}, {codes[0] if codes else 'nothing found'}"] = told.get(f"{gave}, {codes}", 0) + 1
        if gave != "same" and not codes:
            wrong.append((str(path.relative_to(whole.home)), at, bit, gave))
        shutil.rmtree(home)
    print(f"{FLIPS} flips: {told}")
    assert wrong == []


@pytest.mark.parametrize("kind", ["data", "_indices", "_versions"])
async def test_a_damaged_index_is_built_anew_while_searches_go_on(whole: Whole, tmp_path: Path, kind: str) -> None:
    shutil.copytree(whole.home, tmp_path / "home")
    for path in (tmp_path / "home" / "index").rglob("*"):
        if path.is_file() and kind in path.parts:
            flip(path, path.stat().st_size // 2, 3)
    asked = {"same": 0, "refused": 0}
    async with opened(tmp_path / "home") as found:

        async def keep_asking() -> None:
            while True:
                try:
                    seen = await search(found)
                except Unavailable:
                    asked["refused"] += 1
                else:
                    asked["same"] += {chunk for chunk, _ in seen[1]} <= whole.passages.keys()
                await asyncio.sleep(0.02)

        asking = asyncio.create_task(keep_asking())
        report = await found.ingest.fsck(SCOPE, deep=True)
        assert [(each.code, each.repaired) for each in report.findings] == [("index-damaged", True)]
        asking.cancel()
        await asyncio.wait([asking])
        assert asking.cancelled(), asking.exception()
        assert asked["same"] + asked["refused"] > 0
        words, near = await search(found)
        assert near == whole.seen[1]
        assert {chunk for chunk, _ in words} == {chunk for chunk, _ in whole.seen[0]}
        assert (await found.ingest.fsck(SCOPE, repair=False, strict=True)).clean


async def test_a_damaged_file_is_named_with_what_to_do(whole: Whole, tmp_path: Path) -> None:
    shutil.copytree(whole.home, tmp_path / "home")
    blob = max((tmp_path / "home" / "blobs").rglob("*"), key=lambda path: path.stat().st_size if path.is_file() else 0)
    flip(blob, blob.stat().st_size // 2, 5)
    async with opened(tmp_path / "home", work=True) as found:
        report = await found.ingest.fsck(SCOPE, deep=True)
        assert [(each.code, each.repaired) for each in report.findings] == [("blob-damaged", False)]
        what = report.findings[0].what
        (source,) = [name for name in ("valve.txt", "pump.txt", "boiler.txt") if name in what]
        assert "Upload it again" in what
        # What was read before the damage answers on, and the remedy works.
        assert await search(found) == whole.seen
        mended = await found.add(source, text(source.removesuffix(".txt"), 8))
        assert mended.latest.state is RevisionState.READY
        assert (await found.ingest.fsck(SCOPE, repair=False, deep=True)).clean
