"""Learns how likely a quoted answer is right from its signs, and measures it on each set with that set left out.

    PINCITE_BENCH_DATA=/path/to/data python -m bench.certainty [--questions 100]

The sets are those of `bench/extractive.py` and the handbook's questions, each counting alike. Logistic regression by
gradient, weights kept from falling below zero. The last line is what `answers/certainty.py` holds.
"""

import argparse
import asyncio
import json
import os
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.extractive import PUBLIC, Tally, measure
from bench.handbook import HANDBOOK, Handbook
from pincite.answers.certainty import Certainty, Signs, values
from pincite.evals import read_set
from pincite.evals.statistics import risk_coverage_area

_STEPS, _STEP, _RIDGE = 3_000, 0.3, 1.0
Matrix = NDArray[np.float64]


def main() -> int:
    """Print a line a set, and the weights."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--questions", type=int, default=100)
    options = parser.parse_args()
    data = os.environ.get("PINCITE_BENCH_DATA")
    if data is None:
        print("Set PINCITE_BENCH_DATA to the folder that holds retrieval/.")
        return 2
    tallies = {"handbook": asyncio.run(_handbook())}
    for name in PUBLIC:
        golden = read_set(Path(data) / "retrieval" / name).only(None, options.questions)
        tallies[name] = asyncio.run(measure(golden))
    print(f"{'set left out':<14}{'cases':>6}{'area':>8}{'by fit':>8}{'naive':>8}{'better':>8}")
    for name, tally in tallies.items():
        learned = learn({other: each for other, each in tallies.items() if other != name})
        area, fit = _area(tally, [learned.of(each) for each in _signs(tally)]), _area(tally, _fits(tally))
        naive = tally.naive_area()
        print(f"{name:<14}{len(tally.right):>6}{area:>8.3f}{fit:>8.3f}{naive:>8.3f}{1 - area / naive:>+8.1%}")
    print(learn(tallies))
    return 0


def learn(tallies: Mapping[str, Tally]) -> Certainty:
    """Return the weights learned from the sets, each counting alike."""
    rows = np.array([values(each) for tally in tallies.values() for each in _signs(tally)])
    right = np.array([each for tally in tallies.values() for each in tally.right], dtype=np.float64)
    share = np.array([1 / len(tally.right) for tally in tallies.values() for _ in tally.right]) / len(tallies)
    means = share @ rows
    spread = np.sqrt(share @ (rows - means) ** 2) + 1e-6
    scaled = (rows - means) / spread
    slopes, base = np.zeros(rows.shape[1]), 0.0
    for _ in range(_STEPS):
        missed = share * (right - 1 / (1 + np.exp(-(scaled @ slopes + base))))
        slopes = np.maximum(0.0, slopes + _STEP * (missed @ scaled - _RIDGE * slopes / len(rows)))
        base += _STEP * float(missed.sum())
    fit, similarity, lead, standing = (slopes / spread).tolist()
    return Certainty(fit, similarity, lead, standing, base - float(slopes @ (means / spread)))


async def _handbook() -> Tally:
    tally = Tally()
    with tempfile.TemporaryDirectory() as place:
        handbook = Handbook(place)
        await handbook.read(HANDBOOK / "files")
        for line in (HANDBOOK / "golden.jsonl").read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            found, evidence = await handbook.ask(row["question"])
            wanted = {(each["source"], each["page"]) for each in row["evidence"]}
            said = found.sentences or found.nearest
            sources = [(evidence.passages[each.passage].passage.source, each.page) for each in said]
            relevant = {
                evidence.passages[each.passage].passage.chunk.id
                for each, source in zip(said, sources, strict=True)
                if source in wanted
            }
            tally.add(found, evidence.passages, relevant, answerable=bool(wanted))
    return tally


def _signs(tally: Tally) -> list[Signs]:
    return [each.signs or Signs(0.0, 0.0, 0.0, 0.0) for each in tally.found]


def _fits(tally: Tally) -> list[float]:
    return [each.fit for each in _signs(tally)]


def _area(tally: Tally, confidence: list[float]) -> float:
    return risk_coverage_area([not each for each in tally.right], confidence)


if __name__ == "__main__":
    sys.exit(main())
