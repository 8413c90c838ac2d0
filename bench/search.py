"""Hybrid search at 100,000 chunks: milliseconds and memory, with the index built by another process.

    [PINCITE_BENCH_DATA=/path/to/data] python bench/search.py [--chunks 100000] [--queries 500] [--place FOLDER]

Chunks are 120 words each: from `$PINCITE_BENCH_DATA/kb/kb.tar.gz` (used again with words exchanged when it runs out),
or made from a Zipf vocabulary when that is unset. Queries are 4 to 8 words of a chunk. `--place` keeps the index.
"""

import argparse
import asyncio
import os
import random
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Awaitable, Iterator
from itertools import islice
from pathlib import Path

import numpy as np
import psutil

from pincite.core import Scope
from pincite.gateway import StaticEmbedder
from pincite.index import Filter, Generation, Hit, Point
from pincite.index.adapters.lance import LanceIndex
from pincite.retrieval.fusion import fuse

SCOPE = Scope(tenant="bench", user="bench")
WORDS_A_CHUNK = 120
CHUNKS_A_DOCUMENT = 50
DOCUMENTS_A_COLLECTION = 20
BATCH = 2_000


def texts() -> Iterator[str]:
    data = os.environ.get("PINCITE_BENCH_DATA")
    archive = None if data is None else Path(data) / "kb" / "kb.tar.gz"
    return _real(archive) if archive is not None and archive.exists() else _made()


def _real(archive: Path) -> Iterator[str]:
    chance = random.Random(7)
    with tarfile.open(archive) as files:
        members = [files.extractfile(each) for each in files if each.isfile()]
        words = [member.read().decode("utf-8", "replace").split() for member in members if member is not None]
    vocabulary = [word for document in words for word in document[:50]]
    for again in range(1_000):
        for document in words:
            for start in range(0, len(document), WORDS_A_CHUNK):
                chunk = document[start : start + WORDS_A_CHUNK]
                # A second pass over the same text exchanges a third of the words, so that chunks stay distinct.
                yield " ".join(w if again == 0 or chance.random() > 0.33 else chance.choice(vocabulary) for w in chunk)


def _made() -> Iterator[str]:
    chance = np.random.default_rng(7)
    syllables = ["ka", "lo", "mi", "ren", "tos", "vel", "dar", "qui", "pon", "ste", "bru", "fen", "gal", "hin"]
    vocabulary = np.array([a + b + c for a in syllables for b in syllables for c in [*syllables, "s", "ing", "ed"]])
    while True:
        yield " ".join(vocabulary[(chance.zipf(1.15, WORDS_A_CHUNK) - 1) % len(vocabulary)])


def _generation(embedder: StaticEmbedder) -> Generation:
    return Generation("bench", embedder.model_id, embedder.dimensions)


async def build(place: str, count: int) -> None:
    index, embedder = LanceIndex(place), StaticEmbedder()
    generation = _generation(embedder)
    source, done, began, upkeep_s = texts(), 0, time.perf_counter(), [0.0]
    while done < count:
        some = list(islice(source, min(BATCH, count - done)))
        vectors = await embedder.embed(SCOPE, some)
        points = [_point(done + i, text, vector) for i, (text, vector) in enumerate(zip(some, vectors, strict=True))]
        await index.write(SCOPE, generation, points)
        done += len(some)
        before = time.perf_counter()
        await index.maintain(SCOPE, generation)
        upkeep_s.append(time.perf_counter() - before)
    spent_s = time.perf_counter() - began
    memory = psutil.Process().memory_info()
    print(
        f"built {done:,} chunks in {spent_s:.0f} s; upkeep {sum(upkeep_s):.0f} s in all, {max(upkeep_s):.1f} s at most;"
        f" memory {memory.rss / 2**20:.0f} MB"
    )


def _point(number: int, text: str, vector: np.ndarray) -> Point:
    document = number // CHUNKS_A_DOCUMENT
    collection = f"c{document // DOCUMENTS_A_COLLECTION}"
    return Point(f"k{number}", f"d{document}", f"r{document}", collection, f"file-{document}.md", text, vector)


def questions(count: int, chunks: int) -> list[str]:
    chance = random.Random(11)
    step = max(1, min(chunks, 20_000) // count)
    found: list[str] = []
    for text in islice(texts(), 0, count * step, step):
        words = text.split()
        found.append(" ".join(chance.sample(words, min(len(words), chance.randint(4, 8)))))
    return found


async def search(place: str, chunks: int, count: int) -> None:
    index, embedder = LanceIndex(place), StaticEmbedder()
    generation = _generation(embedder)
    collections = chunks // CHUNKS_A_DOCUMENT // DOCUMENTS_A_COLLECTION + 1
    every = Filter(tuple(f"c{number}" for number in range(collections)))
    asked = questions(count, chunks)
    for name, where in (("all", every), ("1 collection of many", Filter(("c3",)))):
        spent = [await _hybrid(index, generation, embedder, question, where) for question in asked]
        rows = np.asarray(spent[len(spent) // 10 :])  # the first tenth warms the caches
        for column, part in enumerate(("text", "dense", "hybrid")):
            p50, p95 = np.percentile(rows[:, column], [50, 95])
            print(f"{name:<22}{part:<8} p50 {p50:6.1f} ms   p95 {p95:6.1f} ms")
    recall = await _recall(index, generation, embedder, asked[:100], every)
    print(f"memory {psutil.Process().memory_info().rss / 2**20:.0f} MB; recall@10 of dense {recall:.3f}")


async def _hybrid(
    index: LanceIndex, generation: Generation, embedder: StaticEmbedder, question: str, where: Filter
) -> tuple[float, float, float]:
    async def timed(work: Awaitable[list[Hit]]) -> tuple[list[Hit], float]:
        began = time.perf_counter()
        return await work, (time.perf_counter() - began) * 1000

    began = time.perf_counter()
    vector = (await embedder.embed(SCOPE, [question]))[0]
    (text, text_ms), (dense, dense_ms) = await asyncio.gather(
        timed(index.search_text(SCOPE, generation, question, where, 100)),
        timed(index.search_vector(SCOPE, generation, vector, where, 100)),
    )
    fuse(text, dense, embedder.dense_weight)
    return text_ms, dense_ms, (time.perf_counter() - began) * 1000


async def _recall(
    index: LanceIndex, generation: Generation, embedder: StaticEmbedder, asked: list[str], where: Filter
) -> float:
    """Of the ten nearest by exact search, the share that the index finds among its ten."""
    found = 0
    table = (await index._open(f"{SCOPE.tenant}.{generation.name}")).table  # type: ignore[union-attr]
    for vector in await embedder.embed(SCOPE, asked):
        exact = table.query().nearest_to(vector).column("vector").distance_type("cosine").bypass_vector_index()
        truth = {row["chunk_id"] for row in await exact.select(["chunk_id"]).limit(10).to_list()}
        got = {hit.chunk_id for hit in await index.search_vector(SCOPE, generation, vector, where, 10)}
        found += len(truth & got)
    return found / (10 * len(asked))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--chunks", type=int, default=100_000)
    parser.add_argument("--queries", type=int, default=500)
    parser.add_argument("--place", default=None)
    parser.add_argument("--build", default=None, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.build is not None:
        asyncio.run(build(options.build, options.chunks))
        return
    with tempfile.TemporaryDirectory() as temporary:
        place = options.place or temporary
        if not Path(place).exists() or not any(Path(place).iterdir()):
            subprocess.run([sys.executable, __file__, "--build", place, "--chunks", str(options.chunks)], check=True)
        asyncio.run(search(place, options.chunks, options.queries))


if __name__ == "__main__":
    main()
