"""Measures verdicts of claims on WiCE and RAGTruth, by cross-validation grouped by article or source; learns weights.

`python -m bench.verdicts` prints the table; `--learn` writes the weights that ship, learned from all of both sets.
"""

import argparse
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.verdict_data import Bed, Example, ragtruth, wice
from bench.verdict_learning import Matrix, folds, learn, scores
from bench.verdict_spans import span_table
from bench.verdict_tables import best_f1, mutation_table, speed_table, verdict_table
from pincite.answers.verdicts.model import Band, Weights, shipped, weights_to
from pincite.answers.verdicts.verify import Alignment
from pincite.gateway import StaticEmbedder

FOLDS = 10
# WiCE has one claim for 26 sentences of RAGTruth, and of those 11 of 12 are good: both sets and both kinds count alike.
WICE_WEIGHT, GOOD_WEIGHT = 3.0, 0.2
_UNSURE = 0.1
WEIGHTS = Path(__file__).resolve().parent.parent / "src" / "pincite" / "answers" / "verdicts" / "weights.json"


@dataclass(frozen=True, slots=True)
class Rows:
    """Every claim as a row of figures, with the example and the place in it that it comes from."""

    names: tuple[str, ...]
    figures: Matrix
    good: NDArray[np.bool_]
    weights: Matrix
    groups: tuple[str, ...]
    origin: tuple[tuple[int, int], ...]


def main() -> int:
    """Print the table, or learn."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--learn", action="store_true", help=f"write {WEIGHTS.name}")
    arguments = parser.parse_args()
    mutation_table()
    if not os.environ.get("PINCITE_BENCH_DATA"):
        print("PINCITE_BENCH_DATA names no folder of public data sets: nothing else is measured.")
        return 0
    folder = Path(os.environ["PINCITE_BENCH_DATA"])
    examples = [*wice(folder), *ragtruth(folder)]
    embedder = StaticEmbedder()
    rows = rows_of(examples, embedder)
    if arguments.learn:
        plain = rows_of(examples, None)
        learned = {
            "with_vectors": weights_to(_learned(examples, rows)),
            "without_vectors": weights_to(_learned(examples, plain)),
        }
        WEIGHTS.write_text(json.dumps(learned, separators=(",", ":")) + "\n", encoding="utf-8")
        print(f"{WEIGHTS.name}: {WEIGHTS.stat().st_size} bytes")
        return 0
    made = judged(examples, rows, embedder)
    verdict_table(examples, made)
    span_table(examples, made)
    speed_table(embedder)
    return 0


def judged(examples: Sequence[Example], rows: Rows, embedder: StaticEmbedder) -> list[list[Alignment]]:
    """Return what a verifier says of each claim of each example, whose weights come from the other folds.

    The two thresholds of verdicts are those that ship.
    """
    ship = shipped(vectors=True)
    made: list[list[Alignment]] = [[] for _ in examples]
    groups = [example.group for example in examples]
    fold_of = dict.fromkeys(groups, 0)
    for fold, mine in enumerate(folds(groups, FOLDS, 0)):
        fold_of.update({group: fold for group, own in zip(groups, mine, strict=True) if own})
    for fold in range(FOLDS):
        rest = np.array([fold_of[group] != fold for group in rows.groups])
        weights = learn(rows.names, rows.figures[rest], rows.good[rest], rows.weights[rest])
        weights = replace(weights, supported_from=ship.supported_from, partial_from=ship.partial_from)
        bed = Bed(embedder, weights)
        for number, example in enumerate(examples):
            if fold_of[example.group] == fold:
                verifier = bed.verifier(example, example.claims)
                made[number] = [verifier.verify(claim) for claim in example.claims]
    return made


def rows_of(examples: Sequence[Example], embedder: StaticEmbedder | None) -> Rows:
    """Return the rows of all claims that say something."""
    bed = Bed(embedder)
    figures: list[dict[str, float]] = []
    origin: list[tuple[int, int]] = []
    for number, example in enumerate(examples):
        for place, claim in enumerate(example.claims):
            row = bed.figures(example, claim)
            if row is not None:
                figures.append(row)
                origin.append((number, place))
    names = tuple(figures[0])
    good = np.array([examples[number].good[place] for number, place in origin])
    is_wice = np.array([examples[number].task == "WiCE" for number, _ in origin])
    return Rows(
        names=names,
        figures=np.array([[row[name] for name in names] for row in figures]),
        good=good,
        weights=np.where(is_wice, WICE_WEIGHT, np.where(good, GOOD_WEIGHT, 1.0)),
        groups=tuple(examples[number].group for number, _ in origin),
        origin=tuple(origin),
    )


def held_out(rows: Rows, seed: int = 0) -> Matrix:
    """Return each row's score by weights learned from the other folds."""
    made = np.zeros(len(rows.good))
    for mine in folds(rows.groups, FOLDS, seed):
        rest = ~mine
        weights = learn(rows.names, rows.figures[rest], rows.good[rest], rows.weights[rest])
        made[mine] = scores(weights, rows.figures[mine])
    return made


def _learned(examples: Sequence[Example], rows: Rows) -> Weights:
    made = np.mean([held_out(rows, seed) for seed in range(3)], axis=0)
    claims = [place for place, (number, _) in enumerate(rows.origin) if examples[number].task == "WiCE"]
    labels = np.array([examples[rows.origin[place][0]].label for place in claims])
    differing = [place for place, name in enumerate(rows.names) if name.startswith("differs_")]
    vetoed = rows.figures[np.ix_(claims, differing)].sum(axis=1) > 0
    _, supported_from = best_f1(labels == "supported", np.where(vetoed, 0.0, made[claims]))
    partial_from = _balanced_cut(labels != "not_supported", made[claims])
    weights = learn(rows.names, rows.figures, rows.good, rows.weights)
    return replace(
        weights,
        supported_from=supported_from,
        partial_from=min(partial_from, supported_from),
        uncertain=_uncertain(rows.good, made, rows.weights),
    )


def _uncertain(good: NDArray[np.bool_], score: Matrix, weights: Matrix) -> Band:
    """Return the scores between those below which one claim in ten is carried and those above which nine are.

    Claims count as they did when the score was learned, which was of other folds.
    """
    order = np.argsort(score, kind="stable")
    ranked, mass, hits = score[order], weights[order], (weights * good)[order]
    below = np.cumsum(hits) / np.cumsum(mass)
    above = np.cumsum(hits[::-1])[::-1] / np.cumsum(mass[::-1])[::-1]
    surely_not = ranked[below <= _UNSURE]
    surely = ranked[above >= 1 - _UNSURE]
    return Band(float(surely_not[-1]) if len(surely_not) else 0.0, float(surely[0]) if len(surely) else 1.0)


def _balanced_cut(good: NDArray[np.bool_], score: Matrix) -> float:
    cuts = np.unique(score)
    return float(cuts[int(np.argmax([(score[good] >= cut).mean() + (score[~good] < cut).mean() for cut in cuts]))])


if __name__ == "__main__":
    sys.exit(main())
