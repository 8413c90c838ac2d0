"""Counts near misses that are called supported, and true rewordings that are: claims by hand that look alike.

Those of the handbook, and of `bench/claims`: `open` is looked at while rules are written, `held_out` only afterwards.
"""

import argparse
import asyncio
import sys
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from bench.handbook_claims import FOLDER as HANDBOOK
from pincite.answers import ClaimChecks
from pincite.answers.domain import Pin, Verdict
from pincite.core import Scope
from pincite.evals import GoldenSet, read_set
from pincite.evals.domain import Case
from pincite.evals.statistics import auroc
from pincite.evals.subjects import passages_of
from pincite.gateway import StaticEmbedder

CLAIMS = Path(__file__).resolve().parent / "claims"
SCOPE = Scope("bench", "bench")
_BY_HAND = "by hand"
Judged = tuple[Case, Pin]


def main() -> int:
    """Print a table for each set."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--held-out", action="store_true", help="the held-out half, too")
    parser.add_argument("--show", action="store_true", help="print each that is judged wrong, none held out")
    arguments = parser.parse_args()
    print(f"{'claims':<34}{'cases':>6}{'supported':>12}")
    judged = asyncio.run(_judged(read_set(HANDBOOK), _BY_HAND))
    _table("handbook", judged, show=arguments.show)
    _table("open", asyncio.run(_judged(read_set(CLAIMS / "open"))), show=arguments.show)
    if arguments.held_out:
        _table("held out", asyncio.run(_judged(read_set(CLAIMS / "held_out"))), show=False)
    return 0


async def _judged(golden: GoldenSet, tag: str = "") -> list[Judged]:
    checks = ClaimChecks(StaticEmbedder())
    passages = passages_of(golden)
    return [
        (case, await checks.check(SCOPE, case.claim, [passages[key] for key in case.relevant]))
        for case in golden.cases
        if not tag or tag in case.tags
    ]


def _table(name: str, judged: Sequence[Judged], *, show: bool) -> None:
    kinds: dict[str, list[bool]] = defaultdict(list)
    for case, pin in judged:
        supported = pin.verdict is Verdict.SUPPORTED
        if case.label == "supported":
            kinds["reworded"].append(supported)
        else:
            kinds["near misses"].append(supported)
            for tag in case.tags:
                kinds[f"  {tag}"].append(supported)
        if show and supported is not (case.label == "supported"):
            print(f"  {pin.verdict.value:<12}{pin.score:.2f} ({case.label}) {case.claim}")
    labels = [case.label == "supported" for case, _ in judged]
    print(f"{name}: AUROC {auroc(labels, [pin.score for _, pin in judged]):.3f}")
    for kind, supported in sorted(kinds.items(), key=lambda each: (each[0][0] == " ", each[0][:1] == "n", each[0])):
        print(f"{kind:<34}{len(supported):>6}{sum(supported):>12}")


if __name__ == "__main__":
    sys.exit(main())
