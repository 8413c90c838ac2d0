"""Prints what `verdicts.py` measured: claims of WiCE, answers and sentences of RAGTruth, changed facts, milliseconds.

Thresholds are chosen on nine folds and used on the tenth; intervals are percentiles over resampled groups.
"""

import time
from collections.abc import Callable, Sequence
from random import Random

import numpy as np
from numpy.typing import NDArray

from bench.verdict_data import Example
from bench.verdict_learning import Matrix, folds
from bench.verdict_mutations import handbook_pages, mutants, passages_of, reworded
from pincite.answers.domain import Verdict
from pincite.answers.verdicts.verify import Alignment, Verifier, texts_of_evidence, texts_of_sentence
from pincite.evals.statistics import auroc, balanced_accuracy, f1
from pincite.gateway import StaticEmbedder

Labels = NDArray[np.bool_]
RESAMPLES = 1_000
TASKS = ("QA", "Summary", "Data2txt")
_DISTANCES = (0, 1, 2, 3, 5, 8, 13, 21)
_SENTENCES = 10


def verdict_table(examples: Sequence[Example], made: Sequence[Sequence[Alignment]]) -> None:
    """Print both sets; `made` holds what was said of each claim of each example."""
    print(f"{'what':<34}{'cases':>6}{'AUROC':>22}{'F1':>22}{'bal. acc.':>22}")
    pairs = list(zip(examples, made, strict=True))
    claims = [(example, said[0]) for example, said in pairs if example.task == "WiCE"]
    good = np.array([example.good[0] for example, _ in claims])
    groups = [example.group for example, _ in claims]
    _line("WiCE: supported", good, np.array([said.score for _, said in claims]), groups)
    # What differs is never supported, whatever its score.
    ruled = np.array([0.0 if said.differs else said.score for _, said in claims])
    _line("WiCE: supported, with the rules", good, ruled, groups)
    answers = [pair for pair in pairs if pair[0].task != "WiCE"]
    for task in (*TASKS, None):
        chosen = [pair for pair in answers if task in {None, pair[0].task}]
        false = np.array([example.label != "supported" for example, _ in chosen])
        doubt = np.array([answer_doubt([each.score for each in said if each.score > 0]) for _, said in chosen])
        _line(f"RAGTruth answers: {task or 'all'}", false, doubt, [example.group for example, _ in chosen])
    for task in (*TASKS, None):
        flat = [
            (not good, each, example.group)
            for example, said in answers
            if task in {None, example.task}
            for good, each in zip(example.good, said, strict=True)
        ]
        false, doubt = np.array([each[0] for each in flat]), np.array([1 - each[1].score for each in flat])
        _line(f"RAGTruth sentences: {task or 'all'}", false, doubt, [each[2] for each in flat])
    _shares(pairs)


def _shares(pairs: Sequence[tuple[Example, Sequence[Alignment]]]) -> None:
    """Print how often each verdict is given to each kind of claim."""
    print(f"\n{'claims':<34}{'cases':>6}" + "".join(f"{verdict.value:>14}" for verdict in Verdict))
    kinds: dict[str, list[Verdict]] = {}
    for example, said in pairs:
        for good, each in zip(example.good, said, strict=True):
            kind = example.label if example.task == "WiCE" else "good" if good else "false"
            kinds.setdefault(f"{example.task}: {kind}", []).append(each.verdict)
    for kind, verdicts in sorted(kinds.items()):
        shares = "".join(f"{verdicts.count(verdict) / len(verdicts):>14.3f}" for verdict in Verdict)
        print(f"{kind:<34}{len(verdicts):>6}{shares}")


def mutation_table() -> None:
    """Print the share of the handbook's sentences that are supported, as they stand and with one fact changed."""
    embedder = StaticEmbedder()
    pages = handbook_pages()
    kept: dict[str, list[bool]] = {}
    for number, page in enumerate(pages):
        found = passages_of([pages[(number + step) % len(pages)] for step in _DISTANCES])
        vectors = _vectors(embedder, texts_of_evidence(found))
        verifier = Verifier(found, vectors)
        for claim in page.claims():
            random = Random(claim)
            tried = mutants(page, claim, random) | {"(verbatim)": claim, "(reworded)": reworded(claim, random)}
            for name, text in tried.items():
                vectors.update(_vectors(embedder, texts_of_sentence(text)))
                kept.setdefault(name, []).append(verifier.verify(text).verdict is Verdict.SUPPORTED)
    print(f"{'sentence of the handbook':<34}{'cases':>6}{'supported':>12}")
    for name in sorted(kept):
        print(f"{name:<34}{len(kept[name]):>6}{sum(kept[name]) / len(kept[name]):>12.3f}")
    print()


def speed_table(embedder: StaticEmbedder) -> None:
    """Print the processor milliseconds for an answer of ten sentences beside eight passages, its vectors included."""
    pages = [page for page in handbook_pages() if len(page.claims()) >= _SENTENCES]
    taken: list[float] = []
    sentences: list[int] = []
    for number, page in enumerate(pages):
        found = passages_of([pages[(number + step) % len(pages)] for step in _DISTANCES])[:120]
        begun = time.process_time()
        vectors = _vectors(embedder, texts_of_evidence(found))
        verifier = Verifier(found, vectors)
        for claim in page.claims()[:_SENTENCES]:
            said = f"{claim[:-1]}, as the rules say."
            vectors.update(_vectors(embedder, texts_of_sentence(said)))
            verifier.verify(said)
        taken.append(1_000 * (time.process_time() - begun))
        sentences.append(len(found))
    print(f"\nmilliseconds of one core for ten sentences beside {np.mean(sentences):.0f}: ", end="")
    print(f"median {np.median(taken):.1f}, slowest of {len(taken)} {max(taken):.1f}")


def best_f1(good: Labels, score: Matrix) -> tuple[float, float]:
    """Return the highest F1 over all thresholds, and the threshold."""
    order = np.argsort(-score, kind="stable")
    hits = np.cumsum(good[order])
    values = 2 * hits / (np.arange(1, len(good) + 1) + good.sum())
    best = int(values.argmax())
    return float(values[best]), float(score[order[best]])


def answer_doubt(scores: Sequence[float]) -> float:
    """Return how likely an answer holds something false: its worst sentence, and a part of the next two.

    Sentences without a word of meaning ("4.", "Yes.") have no score and are left out by the caller.
    """
    doubts = sorted((1 - score for score in scores), reverse=True)
    return doubts[0] + 0.3 * sum(doubts[1:3]) if doubts else 0.0


def _line(name: str, labels: Labels, scores: Matrix, groups: Sequence[str]) -> None:
    decided = np.zeros(len(labels), dtype=np.bool_)
    for mine in folds(groups, 10, 1):
        decided[mine] = scores[mine] >= best_f1(labels[~mine], scores[~mine])[1]
    picks = _resampled(groups)
    cells = [
        _cell(lambda at: auroc(labels[at].tolist(), scores[at].tolist()), picks),
        _cell(lambda at: f1(labels[at].tolist(), decided[at].tolist()), picks),
        _cell(lambda at: balanced_accuracy(labels[at].tolist(), decided[at].tolist()), picks),
    ]
    print(f"{name:<34}{len(labels):>6}{''.join(f'{cell:>22}' for cell in cells)}", flush=True)


def _cell(measure: Callable[[NDArray[np.intp]], float], picks: Sequence[NDArray[np.intp]]) -> str:
    values = [measure(pick) for pick in picks]
    low, high = np.nanquantile(values[1:], [0.025, 0.975])
    return f"{values[0]:.3f} [{low:.3f}, {high:.3f}]"


def _resampled(groups: Sequence[str]) -> list[NDArray[np.intp]]:
    """All cases in order, then the cases of groups drawn with replacement, many times."""
    places: dict[str, list[int]] = {}
    for place, group in enumerate(groups):
        places.setdefault(group, []).append(place)
    members = [np.array(each) for each in places.values()]
    random = np.random.default_rng(20_260_101)
    count = RESAMPLES if len(groups) < 5_000 else RESAMPLES // 5
    draws = [random.integers(0, len(members), len(members)) for _ in range(count)]
    return [np.arange(len(groups)), *(np.concatenate([members[each] for each in draw]) for draw in draws)]


def _vectors(embedder: StaticEmbedder, texts: Sequence[str]) -> dict[str, NDArray[np.float32]]:
    return dict(zip(texts, embedder.vectors(texts), strict=True))
