"""The extractive answerer on labelled questions: does it quote the right passage, does it decline when that is gone.

    PINCITE_BENCH_DATA=/path/to/data python -m bench.extractive [SET...] [--questions 300]

Each question is asked twice: with everything, and with its relevant passages taken away (then it should decline).
"""

import argparse
import asyncio
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from bench.retrieval import SCOPE, WHERE, LabelledSet, build, load
from pincite.answers.candidates import candidates
from pincite.answers.extractive import Extract, extract, texts_to_embed
from pincite.gateway import StaticEmbedder
from pincite.index import Generation
from pincite.index.adapters.lance import LanceIndex
from pincite.library import Chunk, Passage
from pincite.retrieval import ScoredPassage
from pincite.retrieval.fusion import Fused, fuse

PASSAGES = 10


class Asker:
    """Asks one labelled set's questions of the answerer."""

    def __init__(self, labelled: LabelledSet, index: LanceIndex, embedder: StaticEmbedder) -> None:
        self._texts = {key: (title, text) for key, title, text in labelled.passages}
        self._index = index
        self._embedder = embedder
        self._generation = Generation("bench", embedder.model_id, embedder.dimensions)

    async def ask(self, question: str, without: set[str]) -> tuple[Extract, list[ScoredPassage]]:
        vector = (await self._embedder.embed(SCOPE, [question]))[0]
        text = await self._index.search_text(SCOPE, self._generation, question, WHERE, 100)
        dense = await self._index.search_vector(SCOPE, self._generation, vector, WHERE, 100)
        text, dense = ([hit for hit in hits if hit.chunk_id not in without] for hits in (text, dense))
        fused = fuse(text, dense, self._embedder.dense_weight)[:PASSAGES]
        passages = [self._passage(each) for each in fused]
        return answer(self._embedder, question, passages), passages

    def _passage(self, fused: Fused) -> ScoredPassage:
        key = fused.chunk_id
        title, text = self._texts[key]
        path = (title,) if title else ()
        chunk = Chunk(key, key, key, "all", 0, text, path, 1, 0, 1, len(text))
        return ScoredPassage(Passage(chunk, ""), fused.score, fused.bm25, fused.cosine)


def answer(embedder: StaticEmbedder, question: str, passages: Sequence[ScoredPassage]) -> Extract:
    found = candidates(passages, {})
    texts = texts_to_embed(question, found)
    return extract(question, passages, found, dict(zip(texts, embedder.vectors(texts), strict=True)))


async def measure(folder: Path, count: int) -> None:
    labelled, embedder = load(folder), StaticEmbedder()
    keys = list(labelled.queries)[:: max(1, len(labelled.queries) // count)][:count]
    with tempfile.TemporaryDirectory() as place:
        index = LanceIndex(place)
        generation = Generation("bench", embedder.model_id, embedder.dimensions)
        await build(index, generation, embedder, labelled)
        asker = Asker(labelled, index, embedder)
        right, wrong, declined, gone = 0, 0, 0, 0
        known: list[float] = []
        unknown: list[float] = []
        for key in keys:
            relevant = set(labelled.relevance[key])
            found, passages = await asker.ask(labelled.queries[key], set())
            known.append(found.confidence)
            quoted = {passages[each.passage].passage.chunk.id for each in found.sentences}
            right += bool(quoted & relevant)
            wrong += bool(quoted) and not quoted & relevant
            declined += found.abstained
            without, _ = await asker.ask(labelled.queries[key], relevant)
            unknown.append(without.confidence)
            gone += without.abstained
    total = len(keys)
    print(
        f"{folder.name:<14}{total:>5}  right {right / total:.2f}  wrong {wrong / total:.2f}"
        f"  declined {declined / total:.2f}"
        f"  | taken away: declined {gone / total:.2f}  | AUC {_auc(known, unknown):.3f}"
        f"  confidence p10/p50 {np.percentile(known, 10):.2f}/{np.percentile(known, 50):.2f}"
        f" against p50/p90 {np.percentile(unknown, 50):.2f}/{np.percentile(unknown, 90):.2f}",
        flush=True,
    )


def _auc(positive: Sequence[float], negative: Sequence[float]) -> float:
    """The chance that an answerable question is given more confidence than an unanswerable one."""
    pairs = np.asarray(positive)[:, None] - np.asarray(negative)[None, :]
    return float((pairs > 0).mean() + 0.5 * (pairs == 0).mean())


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sets", nargs="*", default=["xquad-en", "product-docs", "code-chunks"])
    parser.add_argument("--questions", type=int, default=300)
    options = parser.parse_args()
    data = os.environ.get("PINCITE_BENCH_DATA")
    if data is None:
        sys.exit("Set PINCITE_BENCH_DATA to the folder that holds retrieval/.")
    for name in options.sets:
        await measure(Path(data) / "retrieval" / name, options.questions)


if __name__ == "__main__":
    asyncio.run(main())
