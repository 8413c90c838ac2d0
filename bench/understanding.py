"""What each part of understanding a question is worth: every part on and off, over sets of four kinds.

    [PINCITE_BENCH_DATA=/path/to/data] python -m bench.understanding [--limit N] [--pairs N] [--only NAME ...]
        [--config CONFIG ...]

Sets: the staged ones (passage nDCG@10), FinanceBench with all filings in one collection and the handbook (a right page
in the first ten passages; nDCG@10), and questions of two parts made of pairs of theirs (of the two pages, the share
among the first ten; five). Without PINCITE_BENCH_DATA only the handbook's are run. Every configuration is compared
with the first, question by question. Runs `pincite eval run`: outcomes are kept in PINCITE_HOME, not computed twice.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.financebench import golden_lines
from bench.retrieval import SETS

HANDBOOK = Path(__file__).resolve().parents[1] / "examples" / "handbook"
PLAIN = "decompose=false"
CONFIGS = (
    PLAIN,
    "decompose=true",
    "decompose=true,pairs=true",
    "decompose=false,feedback_words=5",
    "decompose=false,feedback_words=10",
    "decompose=false,routing=0.5",
    "decompose=false,routing=1",
    "decompose=false,filter_named=true",
    "decompose=false,filter_figures=true",
)
_SEED = 20_261_121
Case = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Place:
    """A set: its file or folder, the documents it asks (None: it brings passages), and the measure that counts."""

    name: str
    golden: Path
    files: Path | None
    measure: str


def pairs_of(cases: Sequence[Case], count: int) -> list[Case]:
    """Return cases of two parts, each a pair of cases on different documents: as two sentences, or joined by "and"."""
    plain = [each for each in cases if each["evidence"] and each["question"].rstrip().endswith("?")]
    chance = random.Random(_SEED)
    found: list[Case] = []
    while len(found) < count:
        one, other = chance.sample(plain, 2)
        places = [case["evidence"][0] for case in (one, other)]
        if places[0]["source"] == places[1]["source"]:
            continue
        second = other["question"]
        kind = ("sentences", "and")[len(found) % 2]
        if kind == "sentences":
            question = f"{one['question']} {second}"
        else:
            lowered = second if second[:2].isupper() else second[0].lower() + second[1:]
            question = f"{one['question'].rstrip(' ?')}, and {lowered}"
        evidence = [{"source": each["source"], "page": each["page"]} for each in places]
        found.append({"id": f"two-{len(found)}", "question": question, "evidence": evidence, "tags": [kind]})
    return found


def places(data: Path | None, folder: Path, count: int) -> Iterable[Place]:
    """Yield the sets there are; those of pairs are written into `folder`."""
    golden, files = HANDBOOK / "golden.jsonl", HANDBOOK / "files"
    yield Place("handbook", golden, files, "page nDCG@10")
    yield Place("handbook-pairs", _paired(golden, folder / "handbook-pairs.jsonl", count), files, "page R@5")
    if data is None:
        return
    filings = data / "financebench" / "pdfs"
    golden = folder / "financebench.jsonl"
    golden.write_text("\n".join(golden_lines(data / "financebench" / "questions.jsonl")) + "\n", encoding="utf-8")
    yield Place("financebench", golden, filings, "page in 10 passages")
    yield Place("financebench-pairs", _paired(golden, folder / "financebench-pairs.jsonl", count), filings, "page R@10")
    for name in SETS:
        yield Place(name, data / "retrieval" / name, None, "passage nDCG@10")


def _paired(golden: Path, place: Path, count: int) -> Path:
    lines = golden.read_text(encoding="utf-8").splitlines()
    cases = pairs_of([json.loads(line) for line in lines if line.strip()], count)
    place.write_text("\n".join(json.dumps(each) for each in cases) + "\n", encoding="utf-8")
    return place


def main() -> int:
    """Measure and print a table a set. Returns 0."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--limit", type=int, default=150, help="questions a staged set, spread over it")
    parser.add_argument("--pairs", type=int, default=80, help="questions of two parts")
    parser.add_argument("--only", action="append", default=[], help="these sets alone")
    parser.add_argument("--config", action="append", default=[], help=f"compared with the first; default {PLAIN} first")
    arguments = parser.parse_args()
    data = os.environ.get("PINCITE_BENCH_DATA")
    with tempfile.TemporaryDirectory() as folder:
        for place in places(None if data is None else Path(data), Path(folder), arguments.pairs):
            if not arguments.only or place.name in arguments.only:
                _print(place, _measured(place, arguments.config or list(CONFIGS), arguments.limit))
    return 0


def _measured(place: Place, configs: Sequence[str], limit: int) -> dict[str, Any]:
    command = [str(Path(sys.executable).parent / "pincite"), "eval", "run", str(place.golden), "--json", "--jobs", "1"]
    command += ["--limit", str(limit)] if place.files is None else ["--files", str(place.files), "--retrieval-only"]
    for config in configs:
        command += ["--config", config]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def _print(place: Place, report: dict[str, Any]) -> None:
    print(f"\n{place.name}, {report['set']['cases']} questions, {place.measure}")
    gains = {each["config"]: each["differences"][place.measure] for each in report["comparisons"]}
    for run in report["runs"]:
        value, spent_ms = run["measures"][place.measure]["mean"], run["measures"]["ms retrieve"]["mean"]
        gain = gains.get(run["config"])
        against = "" if gain is None else f"{gain['mean']:+.4f} ({gain['low']:+.4f} to {gain['high']:+.4f})"
        print(f"  {value:.4f}  {against:<28}{spent_ms:7.1f} ms  {run['config']}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
