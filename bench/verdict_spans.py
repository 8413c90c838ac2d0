"""RAGTruth's false spans by the character: precision, recall and F1 of what the verdicts mark, as others count it.

A verdict is on a sentence, so a whole sentence is marked. The threshold is chosen on nine folds and used on the tenth.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from bench.verdict_data import Example
from bench.verdict_learning import Matrix, folds
from pincite.answers.verdicts.verify import Alignment

_CUTS = np.linspace(0.1, 0.9, 41)
_RESAMPLES = 1_000
_TASKS = ("QA", "Summary", "Data2txt", None)
Answer = tuple[Example, Sequence[Alignment]]


def span_table(examples: Sequence[Example], made: Sequence[Sequence[Alignment]]) -> None:
    """Print the table; `made` holds what was said of each claim of each example."""
    print(f"\n{'characters of RAGTruth':<34}{'cases':>6}{'precision':>12}{'recall':>12}{'F1':>22}")
    answers = [(example, said) for example, said in zip(examples, made, strict=True) if example.task != "WiCE"]
    for task in _TASKS:
        chosen = [answer for answer in answers if task in {None, answer[0].task}]
        groups = [example.group for example, _ in chosen]
        counts = held_out(np.array([_counts(*answer) for answer in chosen]), groups)
        precision, recall, f1 = measures(counts.sum(axis=0))
        low, high = _interval(counts, groups)
        shown = f"{f1:.3f} [{low:.3f}, {high:.3f}]"
        print(f"{task or 'all':<34}{len(chosen):>6}{precision:>12.3f}{recall:>12.3f}{shown:>22}")


def measures(counts: Matrix) -> tuple[float, float, float]:
    """Return precision, recall and F1 of the characters (false and marked, marked, false)."""
    both, marked, false = counts.tolist()
    return both / max(1.0, marked), both / max(1.0, false), 2 * both / max(1.0, marked + false)


def held_out(counts: Matrix, groups: Sequence[str]) -> Matrix:
    """Return each answer's counts (answers x 3) at the threshold that is best on the other folds.

    Args:
        counts: answers x thresholds x 3.
        groups: of each answer.
    """
    made = np.zeros((len(counts), 3))
    for mine in folds(groups, 10, 1):
        totals = counts[~mine].sum(axis=0)
        made[mine] = counts[mine, int(np.argmax([measures(total)[2] for total in totals]))]
    return made


def _counts(example: Example, said: Sequence[Alignment]) -> list[list[int]]:
    """For each threshold: characters false and marked, marked, false."""
    length = max((end for _, end in (*example.places, *example.spans)), default=0)
    false = np.zeros(length, dtype=np.bool_)
    for start, end in example.spans:
        false[start:end] = True
    scores = np.full(length, 2.0)
    for (start, end), each in zip(example.places, said, strict=True):
        # A sentence without a word of meaning ("Yes.") has no score.
        scores[start:end] = each.score if each.score > 0 else 2.0
    return [_at(false, scores < cut) for cut in _CUTS]


def _at(false: NDArray[np.bool_], marked: NDArray[np.bool_]) -> list[int]:
    return [int((false & marked).sum()), int(marked.sum()), int(false.sum())]


def _interval(counts: Matrix, groups: Sequence[str]) -> tuple[float, float]:
    numbers = {name: place for place, name in enumerate(dict.fromkeys(groups))}
    whole = np.zeros((len(numbers), 3))
    np.add.at(whole, [numbers[name] for name in groups], counts)
    random = np.random.default_rng(20_260_101)
    drawn = random.multinomial(len(whole), np.full(len(whole), 1 / len(whole)), size=_RESAMPLES) @ whole
    low, high = np.quantile([measures(each)[2] for each in drawn], [0.025, 0.975])
    return float(low), float(high)
