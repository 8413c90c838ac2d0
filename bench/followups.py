"""Follow-ups made to stand alone, against human rewrites: how many of the rewrite's search words does the query hold?

    PINCITE_BENCH_DATA=/path/to/data python -m bench.followups [-v]

MT-RAG conversations (`rewrite/*_questions.jsonl`, `*_rewrite.jsonl`). Search words are stems without
stop words. Recall: share of the rewrite's words in the query; precision: share of the query's words in the rewrite.
Beside what ships stand the last turn alone and all turns joined.
"""

import json
import os
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from pincite.answers.drafting import Turn
from pincite.answers.rewrite import standalone
from pincite.core.words import content_words
from pincite.evals.statistics import bootstrap, paired_difference

WAYS: dict[str, Callable[[Sequence[str]], str]] = {
    "last turn alone": lambda turns: turns[-1],
    "all turns joined": " ".join,
    "without a model": lambda turns: standalone(turns[-1], [Turn(each, "") for each in turns[:-1]]),
}


def main() -> int:
    data = os.environ.get("PINCITE_BENCH_DATA")
    if data is None:
        print("Set PINCITE_BENCH_DATA to the folder that holds rewrite/.")
        return 2
    for name in ("clapnq", "fiqa"):
        cases = _cases(Path(data) / "rewrite", name)
        print(f"\n{name}: {len(cases)} follow-ups")
        plain: list[float] = []
        for way, make in WAYS.items():
            scores = [_scores(make(turns), wanted) for turns, wanted in cases]
            recall, precision = bootstrap([each for each, _ in scores]), bootstrap([each for _, each in scores])
            balanced = [2 * one * other / (one + other) if one + other else 0.0 for one, other in scores]
            plain = plain or balanced
            gain = paired_difference(balanced, plain)
            print(
                f"  {way:<18} recall {recall.mean:.3f} ({recall.low:.3f} to {recall.high:.3f})  "
                f"precision {precision.mean:.3f}  F1 {sum(balanced) / len(balanced):.3f}  "
                f"gain {gain.mean:+.3f} ({gain.low:+.3f} to {gain.high:+.3f})"
            )
        if "-v" in sys.argv:
            _show(cases)
    return 0


def _cases(folder: Path, name: str) -> list[tuple[list[str], str]]:
    """Return (turns of the user, human rewrite) of each follow-up; first turns are none."""
    asked = {row["_id"]: _turns(row["text"]) for row in _rows(folder / f"{name}_questions.jsonl")}
    wanted = {row["_id"]: _turns(row["text"])[-1] for row in _rows(folder / f"{name}_rewrite.jsonl")}
    return [(asked[key], wanted[key]) for key in asked if key in wanted and len(asked[key]) > 1]


def _rows(path: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def _turns(text: str) -> list[str]:
    return [turn.strip() for turn in re.split(r"\|user\|:", text) if turn.strip()]


def _scores(made: str, wanted: str) -> tuple[float, float]:
    ours, theirs = set(content_words(made)), set(content_words(wanted))
    if not theirs or not ours:
        return float(not theirs), float(not ours)
    return len(ours & theirs) / len(theirs), len(ours & theirs) / len(ours)


def _show(cases: Sequence[tuple[list[str], str]]) -> None:
    for turns, wanted in cases:
        made = WAYS["without a model"](turns)
        recall, precision = _scores(made, wanted)
        if min(recall, precision) < 0.6:
            print(f"{recall:.2f} {precision:.2f} {' / '.join(turns[-4:])}\n     made:   {made}\n     wanted: {wanted}")


if __name__ == "__main__":
    sys.exit(main())
