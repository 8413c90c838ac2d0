"""nDCG@10 on labelled sets, a column a way of searching, through the real index and embedders.

    PINCITE_BENCH_DATA=/path/to/data python -m bench.retrieval [--limit N] [--config CONFIG ...] [SET ...]

Each set is a folder of `$PINCITE_BENCH_DATA/retrieval` with corpus.jsonl, queries.jsonl and qrels.tsv. The first
column is BM25 alone on the words of the question as they are; the others are compared with it, question by question.
The mean over sets has an interval by stratified bootstrap. Runs `pincite eval run`, so outcomes are kept in
PINCITE_HOME and not computed twice.
"""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from pincite.evals.statistics import mean_over_groups

SETS = ("scifact", "xquad-en", "product-docs", "code-chunks", "chunkeval", "xquad-de")
BM25 = "lists=words,expand=false,phrase_weight=0,figure_weight=0,name_weight=0,same_from=1.1"
CONFIGS = (
    BM25,
    "words",
    "meaning",
    "default",
    "reranker=windows:static",
    "embedder=minilm",
    "reranker=windows:minilm,rerank_timeout_s=60",
    "embedder=minilm,reranker=windows:minilm,rerank_timeout_s=60",
)
MEASURE = "passage nDCG@10"
Report = dict[str, Any]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", nargs="*", metavar="SET")
    parser.add_argument("--config", action="append", default=[])
    parser.add_argument("--limit", type=int, help="questions a set, spread over it; default all")
    arguments = parser.parse_args()
    data = os.environ.get("PINCITE_BENCH_DATA")
    if data is None:
        print("Set PINCITE_BENCH_DATA to the folder that holds retrieval/.")
        return 2
    folder = Path(data) / "retrieval"
    configs = [BM25, *arguments.config] if arguments.config else list(CONFIGS)
    reports: dict[str, Report] = {}
    for name in arguments.sets or [name for name in SETS if (folder / name).is_dir()]:
        reports[name] = _measured(folder / name, configs, arguments.limit)
        _print_set(name, reports[name])
    _print_means(reports)
    return 0


def _measured(place: Path, configs: list[str], limit: int | None) -> Report:
    command = [str(Path(sys.executable).parent / "pincite"), "eval", "run", str(place), "--json", "--jobs", "1"]
    command += [] if limit is None else ["--limit", str(limit)]
    for config in configs:
        command += ["--config", config]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    report: Report = json.loads(done.stdout)
    return report


def _print_set(name: str, report: Report) -> None:
    print(f"\n{name}, {report['set']['cases']} questions")
    differences = {each["config"]: each["differences"][MEASURE] for each in report["comparisons"]}
    for run in report["runs"]:
        found, spent_ms = run["measures"][MEASURE], run["measures"]["ms retrieve"]["mean"]
        gained = differences.get(run["config"])
        against = "" if gained is None else f"{gained['mean']:+.4f} ({gained['low']:+.4f} to {gained['high']:+.4f})"
        print(f"  {found['mean']:.4f}  {against:<28}{spent_ms:7.1f} ms  {_named(run['config'])}", flush=True)


def _print_means(reports: dict[str, Report]) -> None:
    print("\nmean over sets")
    runs = [each["runs"] for each in reports.values()]
    for place, first in enumerate(runs[0]):
        ours = [_values(run[place]) for run in runs]
        theirs = [_values(run[0]) for run in runs]
        mean = mean_over_groups([list(each.values()) for each in ours])
        gain = mean_over_groups([[own[key] - base[key] for key in own] for own, base in zip(ours, theirs, strict=True)])
        said = f"{gain.mean:+.4f} ({gain.low:+.4f} to {gain.high:+.4f})"
        print(f"  {mean.mean:.4f}  {said:<28}  {_named(first['config'])}")


def _values(run: Report) -> dict[str, float]:
    return {case["id"]: case["values"][MEASURE] for case in run["cases"]}


def _named(config: str) -> str:
    return "BM25 alone" if config == BM25 else config


if __name__ == "__main__":
    sys.exit(main())
