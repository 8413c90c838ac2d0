"""The answerer without a model on labelled questions: right passage quoted, declined when that is gone, risk-coverage.

    PINCITE_BENCH_DATA=/path/to/data python -m bench.extractive [SET...] [--questions 300]

Each question is asked twice: with everything, and with its relevant passages taken away (then it should decline). The
risk-coverage area is over both halves together, what an abstaining answer would have said counting as said; beside it
stands the area when the best raw score of retrieval (BM25, cosine or fused, whichever orders best) decides instead, and
the least that any order of these answers could give: the right ones first.
"""

import argparse
import asyncio
import os
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from pincite.answers.candidates import candidates
from pincite.answers.extractive import Extract, extract, texts_to_embed
from pincite.answers.spelling import respelt
from pincite.core import Scope
from pincite.evals import GoldenSet, PassageShelf, read_set
from pincite.evals.statistics import auroc, risk_coverage_area
from pincite.gateway import StaticEmbedder
from pincite.index import Generation
from pincite.index.adapters.lance import LanceIndex
from pincite.retrieval import Query, Retrieval, ScoredPassage

SCOPE = Scope("bench", "bench", roles=frozenset({"owner"}))
PASSAGES = 10
PUBLIC = ["xquad-en", "xquad-de", "product-docs", "code-chunks", "chunkeval", "scifact"]
SCORES = ("bm25", "cosine", "score")


class Tally:
    """What came of the questions of one set, those with an answer and those without."""

    def __init__(self) -> None:
        self.found: list[Extract] = []
        self.answerable: list[bool] = []
        self.right: list[bool] = []
        self.tops: list[dict[str, float]] = []

    def add(self, found: Extract, passages: Sequence[ScoredPassage], relevant: set[str], *, answerable: bool) -> None:
        said = found.sentences or found.nearest
        quoted = {passages[each.passage].passage.chunk.id for each in said}
        self.found.append(found)
        self.answerable.append(answerable)
        self.right.append(answerable and bool(quoted & relevant))
        self.tops.append({name: max((getattr(each, name) or 0.0 for each in passages), default=0.0) for name in SCORES})

    def naive_area(self) -> float:
        """Return the area when the raw score of retrieval that orders best decides."""
        wrong = [not each for each in self.right]
        return min(risk_coverage_area(wrong, [each[name] for each in self.tops]) for name in SCORES)

    def line(self) -> str:
        asked = [place for place, answerable in enumerate(self.answerable) if answerable]
        gone = [place for place, answerable in enumerate(self.answerable) if not answerable]
        said = [place for place in asked if not self.found[place].abstained]
        right = sum(self.right[place] for place in said) / len(asked)
        declined = sum(self.found[place].abstained for place in gone) / max(1, len(gone))
        wrong = [not each for each in self.right]
        confidence = [each.confidence for each in self.found]
        area = risk_coverage_area(wrong, confidence)
        naive, least = self.naive_area(), risk_coverage_area(wrong, [float(each) for each in self.right])
        return (
            f"{len(asked):>5}  right {right:.2f}  wrong {len(said) / len(asked) - right:.2f}"
            f"  | taken away: declined {declined:.2f}  | AUROC {auroc(self.answerable, confidence):.3f}"
            f"  | risk-coverage area {area:.3f}, by retrieval score {naive:.3f} ({1 - area / naive:+.0%})"
            f", in the best of orders {least:.3f} ({1 - least / naive:+.0%})"
        )


async def measure(golden: GoldenSet) -> Tally:
    embedder, tally = StaticEmbedder(), Tally()
    with tempfile.TemporaryDirectory() as place:
        index = LanceIndex(place)
        shelf = PassageShelf(golden, Generation("bench", embedder.model_id, embedder.dimensions))
        await shelf.fill(SCOPE, index, embedder)
        retrieval = Retrieval(shelf, index, embedder)
        for case in golden.cases:
            relevant = set(case.relevant)
            # Taken away before the search: scores are scaled among what is there.
            rest = tuple(each.id for each in golden.corpus if each.id not in relevant)
            for answerable, documents in ((True, None), (False, rest)):
                query = Query(case.question, limit=PASSAGES, documents=documents)
                passages = (await retrieval.find(SCOPE, query)).passages
                made = answer(embedder, case.question, passages)
                texts = (each.passage.chunk.text for each in passages)
                meant = respelt(case.question, texts, embedder.usual_words, guess=made.abstained)
                if meant is not None:
                    passages = (await retrieval.find(SCOPE, replace(query, text=meant.question))).passages
                    made = answer(embedder, meant.question, passages)
                tally.add(made, passages, relevant, answerable=answerable)
    return tally


def answer(embedder: StaticEmbedder, question: str, passages: Sequence[ScoredPassage]) -> Extract:
    found = candidates(passages, {})
    texts = texts_to_embed(question, found)
    return extract(question, passages, found, dict(zip(texts, embedder.vectors(texts), strict=True)))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", nargs="*", default=PUBLIC)
    parser.add_argument("--questions", type=int, default=300)
    options = parser.parse_args()
    data = os.environ.get("PINCITE_BENCH_DATA")
    if data is None:
        print("Set PINCITE_BENCH_DATA to the folder that holds retrieval/.")
        return 2
    for name in options.sets:
        golden = read_set(Path(data) / "retrieval" / name).only(None, options.questions)
        print(f"{name:<14}{asyncio.run(measure(golden)).line()}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
