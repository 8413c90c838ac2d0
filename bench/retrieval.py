"""nDCG@10 of BM25, dense and hybrid search on labelled sets, through the real index and embedder.

    PINCITE_BENCH_DATA=/path/to/data python bench/retrieval.py [SET...]

Each set is a folder of `$PINCITE_BENCH_DATA/retrieval` with corpus.jsonl, queries.jsonl and qrels.tsv.
"""

import asyncio
import csv
import json
import math
import os
import sys
import tempfile
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pincite.core import Scope
from pincite.gateway import StaticEmbedder
from pincite.index import Filter, Generation, Hit, Point
from pincite.index.adapters.lance import LanceIndex
from pincite.retrieval.fusion import fuse

SCOPE = Scope(tenant="bench", user="bench")
WHERE = Filter(collections=("all",))
SETS = ("scifact", "xquad-en", "product-docs", "code-chunks", "chunkeval", "xquad-de")
BATCH = 2_000


@dataclass(frozen=True, slots=True)
class LabelledSet:
    """Passages (id, title, text), queries by id, and the relevance of passages to each."""

    passages: list[tuple[str, str, str]]
    queries: dict[str, str]
    relevance: dict[str, dict[str, int]]


def load(folder: Path) -> LabelledSet:
    passages = [(row["_id"], row.get("title", ""), row["text"]) for row in _rows(folder / "corpus.jsonl")]
    queries = {row["_id"]: row["text"] for row in _rows(folder / "queries.jsonl")}
    relevance: dict[str, dict[str, int]] = defaultdict(dict)
    with (folder / "qrels.tsv").open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines, delimiter="\t"):
            relevance[row["query-id"]][row["corpus-id"]] = int(row["score"])
    return LabelledSet(passages, {key: text for key, text in queries.items() if key in relevance}, dict(relevance))


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def ndcg_at_10(ranked: Sequence[str], relevance: Mapping[str, int]) -> float:
    gained = sum(relevance.get(each, 0) / math.log2(place + 2) for place, each in enumerate(ranked[:10]))
    best = sum(gain / math.log2(place + 2) for place, gain in enumerate(sorted(relevance.values(), reverse=True)[:10]))
    return gained / best if best else 0.0


async def build(index: LanceIndex, generation: Generation, embedder: StaticEmbedder, labelled: LabelledSet) -> None:
    for start in range(0, len(labelled.passages), BATCH):
        some = labelled.passages[start : start + BATCH]
        vectors = await embedder.embed(SCOPE, [f"{title}\n{text}" for _, title, text in some])
        points = [
            Point(key, key, key, "all", title, text, vector)
            for (key, title, text), vector in zip(some, vectors, strict=True)
        ]
        await index.write(SCOPE, generation, points)
    await index.maintain(SCOPE, generation)


async def measure(folder: Path) -> dict[str, float]:
    labelled = load(folder)
    embedder = StaticEmbedder()
    generation = Generation("bench", embedder.model_id, embedder.dimensions)
    totals: dict[str, float] = defaultdict(float)
    with tempfile.TemporaryDirectory() as place:
        index = LanceIndex(place)
        await build(index, generation, embedder, labelled)
        vectors = await embedder.embed(SCOPE, list(labelled.queries.values()))
        for (key, question), vector in zip(labelled.queries.items(), vectors, strict=True):
            text = await index.search_text(SCOPE, generation, question, WHERE, 100)
            dense = await index.search_vector(SCOPE, generation, vector, WHERE, 100)
            rankings = {
                "bm25": _ids(text),
                "dense": _ids(dense),
                "hybrid": [each.chunk_id for each in fuse(text, dense, embedder.dense_weight)],
            }
            for name, ranked in rankings.items():
                totals[name] += ndcg_at_10(ranked, labelled.relevance[key])
    return {name: total / len(labelled.queries) for name, total in totals.items()}


def _ids(hits: Sequence[Hit]) -> list[str]:
    return [hit.chunk_id for hit in hits]


async def main() -> None:
    data = os.environ.get("PINCITE_BENCH_DATA")
    if data is None:
        sys.exit("Set PINCITE_BENCH_DATA to the folder that holds retrieval/.")
    names = sys.argv[1:] or [name for name in SETS if (Path(data) / "retrieval" / name).is_dir()]
    print(f"{'nDCG@10':<16}{'bm25':>8}{'dense':>8}{'hybrid':>8}")
    every: list[dict[str, float]] = []
    for name in names:
        every.append(await measure(Path(data) / "retrieval" / name))
        print(f"{name:<16}" + "".join(f"{every[-1][kind]:>8.4f}" for kind in ("bm25", "dense", "hybrid")), flush=True)
    means = [sum(each[kind] for each in every) / len(every) for kind in ("bm25", "dense", "hybrid")]
    print(f"{'mean':<16}" + "".join(f"{mean:>8.4f}" for mean in means))


if __name__ == "__main__":
    asyncio.run(main())
