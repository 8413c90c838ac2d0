"""Answers given again to questions that mean the same: the threshold learned on one part, struck on another.

    [PINCITE_BENCH_DATA=/path/to/data] python -m bench.semantic_cache [-v]

Pairs of questions (`examples/askings`): paraphrases, which should be given the same answer, and near misses, which must
not. The threshold is the least cosine at which, with the words' test, no near miss of the first part passes and no
paraphrase is lost that passes the words' test. Hits and wrong hits are then counted on the part that was held out, with
95 % intervals: by vectors alone, by the words' test alone and by both; by MiniLM, too, where it is installed. With
public data, all pairs of the questions of each set are compared, none of which should pass but those that are the same.
Ends with status 1 where anything wrong was given.
"""

import argparse
import asyncio
import json
import math
import os
import sys
from collections.abc import Sequence
from itertools import combinations
from pathlib import Path

from pincite.answers.likeness import THRESHOLD, difference
from pincite.answers.threshold import Judged, Pair, judged, threshold_of
from pincite.core import Scope, Unavailable
from pincite.core.words import content_words
from pincite.evals.statistics import bootstrap
from pincite.gateway import Embedder, Embedders, StaticEmbedder
from pincite.gateway.adapters.memory import MemoryMeter
from pincite.gateway.settings import ModelSettings

ASKINGS = Path(__file__).parents[1] / "examples" / "askings"
LEARN, HELD_OUT = "learn", "held-out"
SCOPE = Scope("bench", "bench")


def read(part: str) -> list[Pair]:
    """Return the pairs of a part."""
    lines = (ASKINGS / f"{part}.jsonl").read_text("utf-8").splitlines()
    return [Pair(**json.loads(line)) for line in lines if line.strip()]


def at_most(wrong: int, count: int) -> float:
    """Return the upper end of the 95 % interval of a share (Clopper and Pearson), by bisection on the binomial."""
    low, high = wrong / count, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        below = sum(math.comb(count, k) * middle**k * (1 - middle) ** (count - k) for k in range(wrong + 1))
        low, high = (middle, high) if below > 0.025 else (low, middle)
    return high


def main() -> int:
    """Learn and strike."""
    parser = argparse.ArgumentParser(prog="bench.semantic_cache")
    parser.add_argument("-v", "--verbose", action="store_true", help="show what was missed, and what was wrong")
    verbose = parser.parse_args().verbose
    embedders: list[tuple[str, Embedder]] = [("static", StaticEmbedder())]
    minilm = _minilm()
    if minilm is not None:
        embedders.append(("MiniLM", minilm))
    wrong = 0
    for name, embedder in embedders:
        wrong += _struck(name, embedder, verbose=verbose)
    data = os.environ.get("PINCITE_BENCH_DATA")
    for path in sorted(Path(data).glob("retrieval/*/queries.jsonl")) if data else ():
        _strangers(path)
    return 1 if wrong else 0


def _struck(name: str, embedder: Embedder, *, verbose: bool) -> int:
    """Learn on one part and count on the other; returns how many wrong answers would have been given."""
    first = asyncio.run(judged(embedder, SCOPE, read(LEARN)))
    held = asyncio.run(judged(embedder, SCOPE, read(HELD_OUT)))
    threshold, alone = threshold_of(first), threshold_of(first, by_words=False)
    shipped = f"; {THRESHOLD:.2f} ships" if name == "static" else ""
    print(f"{name}: {len(first)} pairs to learn on, {len(held)} held out; threshold {threshold:.2f}{shipped}")
    both = [each.passes and each.cosine >= threshold for each in held]
    _show(f"cosine of {alone:.3f} alone", held, [each.cosine >= alone for each in held])
    _show("words alone", held, [each.passes for each in held])
    wrong = _show(f"words and cosine of {threshold:.2f}", held, both)
    if verbose:
        _list(held, both)
    return wrong


def _show(way: str, held: Sequence[Judged], hits: Sequence[bool]) -> int:
    right = bootstrap([float(hit) for each, hit in zip(held, hits, strict=True) if each.pair.same])
    misses = [hit for each, hit in zip(held, hits, strict=True) if not each.pair.same]
    print(
        f"  {way:<32} hits {right.mean:.3f} ({right.low:.3f} to {right.high:.3f}) of {right.cases}  "
        f"wrong {sum(misses)} of {len(misses)} (at most {at_most(sum(misses), len(misses)):.3f})"
    )
    return sum(misses)


def _list(held: Sequence[Judged], hits: Sequence[bool]) -> None:
    for each, hit in zip(held, hits, strict=True):
        if hit is not each.pair.same:
            what = "missed" if each.pair.same else f"WRONG ({each.pair.changed})"
            print(f"  {what}: {each.cosine:.2f} {each.pair.asked} | {each.pair.other}")


def _strangers(path: Path) -> None:
    """Compare all pairs of a set's questions; those that have not the same words need not be looked at."""
    asked = sorted({json.loads(line)["text"].strip() for line in path.read_text("utf-8").splitlines() if line.strip()})
    alike: dict[frozenset[str], list[str]] = {}
    for each in asked:
        alike.setdefault(frozenset(content_words(each)), []).append(each)
    pairs = [pair for some in alike.values() for pair in combinations(some, 2) if difference(*pair) is None]
    print(f"{path.parent.name}: of {len(asked) * (len(asked) - 1) // 2:,} pairs {len(pairs)} count as the same {pairs}")


def _minilm() -> Embedder | None:
    """Return MiniLM where its package is installed."""
    try:
        return Embedders.open(ModelSettings(embedder="minilm"), {}, StaticEmbedder(), MemoryMeter()).chosen
    except Unavailable:
        return None


if __name__ == "__main__":
    sys.exit(main())
