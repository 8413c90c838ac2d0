"""What stands in a model's context: is a labelled page there, for a budget in tokens? One row a way of choosing.

    python -m bench.selection [--config CONFIG ...] [--twins]

Sets: the handbook's questions, pairs of them joined into one question (each half's page must be there), and
FinanceBench where PINCITE_BENCH_DATA is set. Documents are read once, into folders under PINCITE_HOME. Differences are
against the first configuration, paired by question. `--twins` times near-duplicate removal on a thousand passages.
"""

import argparse
import asyncio
import os
import random
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bench.financebench import golden_lines
from pincite.answers.context import Excerpt, filled
from pincite.app.cli.adding import add_paths
from pincite.app.evaluation import Configuration
from pincite.app.settings import read_settings
from pincite.app.wiring import House, open_house
from pincite.core import Scope
from pincite.evals import read_set
from pincite.evals.statistics import bootstrap, paired_difference
from pincite.retrieval import Query, Retrieval, RetrievalSettings, ScoredPassage
from pincite.retrieval.duplicates import twins_of

HANDBOOK = Path(__file__).parents[1] / "examples" / "handbook"
CONFIGS = (
    "neighbours=1",
    "neighbours=2",
    "neighbours=3",
    "widened=2",
    "document_penalty=0.02",
    "document_penalty=0.05",
    "prefer_newest=false",
    "same_from=1.1",
    "title_weight=0.1",
    "heading_weight=0.1",
)
# (passages asked for, tokens that they may take)
SHAPES = ((8, 6_000), (12, 6_000), (24, 3_000))
Place = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Case:
    """A question and its parts; of each part one of its (source, page) places is to be there."""

    question: str
    parts: tuple[frozenset[Place], ...]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--config", action="append", default=[])
    parser.add_argument("--twins", action="store_true")
    arguments = parser.parse_args()
    if arguments.twins:
        return _time_twins()
    configs = [Configuration.parse(text) for text in arguments.config or CONFIGS]
    return asyncio.run(_measure(configs))


async def _measure(configs: Sequence[Configuration]) -> int:
    handbook = _cases(HANDBOOK / "golden.jsonl")
    sets = [("handbook", HANDBOOK / "files", handbook), ("handbook, pairs", HANDBOOK / "files", _pairs(handbook))]
    data = os.environ.get("PINCITE_BENCH_DATA")
    if data is not None:
        sets.append(("financebench", Path(data) / "financebench" / "pdfs", _financebench(Path(data) / "financebench")))
    for name, files, cases in sets:
        async with AsyncExitStack() as closing:
            settings = read_settings(log_level="error", model="none")
            home = settings.home / "bench" / files.parent.name
            house = await closing.enter_async_context(open_house(settings.model_copy(update={"home": home}), work=True))
            scope = await house.owner()
            if await house.count_documents(scope) == 0:
                await add_paths(house, scope, [files], collection="default", quiet=True)
            await house.index.warm()
            shapes = ", ".join(f"{passages} passages in {budget:,} tokens" for passages, budget in SHAPES)
            print(f"\n{name}, {len(cases)} questions: share of labelled pages in the context of {shapes}")
            await _table(house, scope, cases, configs)
    return 0


async def _table(house: House, scope: Scope, cases: Sequence[Case], configs: Sequence[Configuration]) -> None:
    base: list[list[float]] = []
    for configuration in configs:
        retrieval = Retrieval(house.library, house.index, house.embedders, configuration.retrieval)
        shares, spent_ms = await _shares(retrieval, scope, cases)
        base = base or shares
        cells = [_cell(own, first) for own, first in zip(shares, base, strict=True)]
        print(f"  {'  '.join(cells)}  {spent_ms:6.1f} ms  {configuration.name}", flush=True)


async def _shares(retrieval: Retrieval, scope: Scope, cases: Sequence[Case]) -> tuple[list[list[float]], float]:
    """Return, for each shape, each question's share of parts whose page is there; and milliseconds a search."""
    shares: list[list[float]] = [[] for _ in SHAPES]
    spent_s = 0.0
    for case in cases:
        began = time.perf_counter()
        query = Query(case.question, limit=max(limit for limit, _ in SHAPES))
        found = (await retrieval.find(scope, query)).passages
        spent_s += time.perf_counter() - began
        for place, (limit, budget) in enumerate(SHAPES):
            whole = sum(each.whole for each in _fitting(found[:limit], budget))
            passages = [*await retrieval.join(scope, found[:whole]), *found[whole:limit]]
            there = _there(passages, budget)
            shares[place].append(sum(bool(part & there) for part in case.parts) / len(case.parts))
    return shares, spent_s * 1000 / len(cases)


def _fitting(passages: Sequence[ScoredPassage], budget: int) -> list[Excerpt]:
    excerpts = [Excerpt(n, each.passage.source, each.passage.chunk.text) for n, each in enumerate(passages, 1)]
    return filled(excerpts, budget)


def _there(passages: Sequence[ScoredPassage], budget: int) -> set[Place]:
    """Return the pages of what fits; of a passage that is cut, the first."""
    there: set[Place] = set()
    for shown in _fitting(passages, budget):
        passage = passages[shown.number - 1].passage
        last = passage.chunk.end_page if shown.whole else passage.chunk.page
        there.update((passage.source, page) for page in range(passage.chunk.page, last + 1))
    return there


def _cell(own: Sequence[float], first: Sequence[float]) -> str:
    if own is first:
        found = bootstrap(own)
        return f"{found.mean:.3f} ({found.low:.3f} to {found.high:.3f})  "
    found = paired_difference(own, first)
    return f"{sum(own) / len(own):.3f} {found.mean:+.3f} ({found.low:+.3f} to {found.high:+.3f})"


def _cases(golden: Path) -> list[Case]:
    cases = read_set(golden).cases
    return [
        Case(each.question, (frozenset((place.source, place.page) for place in each.places),))
        for each in cases
        if each.places
    ]


def _pairs(cases: Sequence[Case]) -> list[Case]:
    """Join questions of different documents, each with the one half a set away."""
    half = len(cases) // 2
    joined: list[Case] = []
    for one, other in zip(cases[:half], cases[half:], strict=False):
        apart = {source for source, _ in one.parts[0]}.isdisjoint(source for source, _ in other.parts[0])
        if apart:
            joined.append(Case(f"{one.question} {other.question}", (*one.parts, *other.parts)))
    return joined


def _financebench(place: Path) -> list[Case]:
    with tempfile.TemporaryDirectory() as folder:
        golden = Path(folder) / "financebench.jsonl"
        golden.write_text("\n".join(golden_lines(place / "questions.jsonl")) + "\n", encoding="utf-8")
        return _cases(golden)


def _time_twins() -> int:
    """Print how long a thousand passages take, compared by pairs, exactly without pairs, and by MinHash signatures."""
    texts = _passages(1_000)
    threshold = RetrievalSettings().same_from
    for what, work in (("all pairs", _by_pairs), ("what ships", twins_of), ("MinHash, 128 permutations", _by_minhash)):
        began = time.perf_counter()
        twins = work(texts, threshold)
        spent_ms = (time.perf_counter() - began) * 1000
        print(f"  {spent_ms:8.0f} ms  {sum(each is not None for each in twins):4} twins  {what}")
    return 0


def _passages(count: int) -> list[str]:
    """Make passages of 200 words of common vocabulary, one in twenty a copy of another with two words changed."""
    rng = random.Random(7)
    vocabulary = [f"word{number}" for number in range(5_000)]
    weights = [1 / (rank + 1) for rank in range(len(vocabulary))]
    texts = [" ".join(rng.choices(vocabulary, weights, k=200)) for _ in range(count - count // 20)]
    for text in rng.sample(texts, count // 20):
        words = text.split()
        words[20] = words[160] = "changed"
        texts.append(" ".join(words))
    return texts


def _by_pairs(texts: Sequence[str], threshold: float) -> list[int | None]:
    shingled = [_shingled(text) for text in texts]
    kept: list[int] = []
    twins: list[int | None] = []
    for place, own in enumerate(shingled):
        twin = next(
            (other for other in kept if len(own & shingled[other]) >= threshold * len(own | shingled[other])), None
        )
        twins.append(twin)
        kept += [place] if twin is None else []
    return twins


def _shingled(text: str) -> frozenset[int]:
    words = text.lower().split()
    return frozenset(hash(tuple(words[start : start + 4])) for start in range(len(words) - 3))


def _by_minhash(texts: Sequence[str], threshold: float) -> list[int | None]:
    """Signatures of word shingles, 16 bands of 8; candidates are judged by the share of equal values."""
    rng = np.random.default_rng(1)
    scale, shift = rng.integers(1, 1 << 31, (2, 128), dtype=np.uint64)
    buckets: dict[tuple[int, bytes], list[int]] = {}
    signatures: list[np.ndarray] = []
    twins: list[int | None] = []
    for place, text in enumerate(texts):
        shingles = _shingled(text)
        values = np.fromiter((shingle & 0xFFFFFFFF for shingle in shingles), np.uint64, len(shingles))
        own = ((scale[:, None] * values[None, :] + shift[:, None]) % np.uint64((1 << 61) - 1)).min(axis=1)
        signatures.append(own)
        keys = [(band, own[band * 8 : band * 8 + 8].tobytes()) for band in range(16)]
        met = {other for key in keys for other in buckets.get(key, ())}
        twin = min((other for other in met if float((signatures[other] == own).mean()) >= threshold), default=None)
        twins.append(twin)
        if twin is None:
            for key in keys:
                buckets.setdefault(key, []).append(place)
    return twins


if __name__ == "__main__":
    sys.exit(main())
