"""`make bench`: runs the measurements behind docs/benchmarks.md, or the one that is named.

Each is a module of this folder with a `main` of its own and its own options.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path


def main() -> int:
    """Run one measurement by name with its own arguments, or all in order on one data folder."""
    if len(sys.argv) > 1:
        return subprocess.run([sys.executable, "-m", f"bench.{sys.argv[1]}", *sys.argv[2:]], check=False).returncode
    if not os.environ.get("PINCITE_BENCH_DATA"):
        print("PINCITE_BENCH_DATA names no folder of public data sets; only what needs none is run.")
        return _all([["handbook"], ["verdicts"], ["semantic_cache"], ["search"], ["serve"]])
    with tempfile.TemporaryDirectory() as folder:
        home = str(Path(folder) / "home")
        return _all(
            [
                ["handbook"],
                ["verdicts"],
                ["semantic_cache"],
                ["retrieval"],
                ["financebench", "--retrieval-only"],
                ["selection"],
                ["selection", "--twins"],
                ["understanding", "--limit", "100"],
                ["followups"],
                ["conflicts"],
                ["pii"],
                ["search"],
                ["ingest", "--home", home],
                ["serve", "--home", home],
                ["pins", "--home", home],
                ["formats"],
                ["tables"],
            ]
        )


def _all(names: list[list[str]]) -> int:
    worst = 0
    for name in names:
        print(f"\n== bench.{name[0]}", flush=True)
        worst = max(
            worst, subprocess.run([sys.executable, "-m", f"bench.{name[0]}", *name[1:]], check=False).returncode
        )
    return worst


if __name__ == "__main__":
    sys.exit(main())
