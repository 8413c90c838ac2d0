"""Measures bulk ingestion: tens of thousands of documents of every format, killed on the way, then run again.

The documents are made of public texts (PINCITE_BENCH_DATA), the same for the same seed. `pincite add --bulk` is killed
at random times and started again until it ends; then it is run with nothing changed, and with one document in a hundred
changed. `--cluster N` sends them over HTTP to a server on PostgreSQL instead, with N worker processes.
"""

import argparse
import asyncio
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from bench.bulk_cluster import run_cluster
from bench.bulk_files import change, make
from bench.ingest import Memory


def main() -> int:
    """Run it; exit code 1 if a document is missing or `fsck --strict` finds something."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, default=50_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kills", type=int, default=5)
    parser.add_argument("--between", type=float, default=60.0, help="longest time from a start to its kill, in seconds")
    parser.add_argument("--files", type=Path, help="folder of documents that an earlier run made, or to make them in")
    parser.add_argument("--cluster", type=int, default=0, help="worker processes on PostgreSQL")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="pincite-bulk-") as temporary:
        files = arguments.files or Path(temporary) / "files"
        if not files.is_dir():
            began = time.monotonic()
            data = Path(os.environ["PINCITE_BENCH_DATA"])
            make(files, data, documents=arguments.documents, seed=arguments.seed)
            print(f"made {arguments.documents} documents in {time.monotonic() - began:.0f} s")
        if arguments.cluster:
            return asyncio.run(run_cluster(files, Path(temporary), arguments.cluster, kill=arguments.kills > 0))
        return _run(files, Path(temporary) / "home", arguments)


def _run(files: Path, home: Path, arguments: argparse.Namespace) -> int:
    dice = random.Random(arguments.seed)
    kinds = Counter(each.suffix for each in files.rglob("*") if each.is_file())
    print(", ".join(f"{count} {kind[1:]}" for kind, count in kinds.most_common()))
    total, spent, peak = kinds.total(), 0.0, 0.0
    for kill in range(arguments.kills):
        seconds, _ = _add(files, home, kill_after_s=dice.uniform(10, arguments.between))
        spent += seconds
        print(f"killed ({kill + 1}) after {seconds:.0f} s", flush=True)
    seconds, peak = _add(files, home)
    spent += seconds
    print(
        f"{total} documents: {spent:.0f} s in all, {total / spent:.1f} a second; peak memory {peak:.0f} MB", flush=True
    )
    wrong = _checked(home, total)
    again, _ = _add(files, home)
    print(f"nothing changed: {again:.1f} s", flush=True)
    changed = change(files, share=0.01, seed=arguments.seed)
    seconds, _ = _add(files, home)
    print(f"{changed} changed: {seconds:.1f} s", flush=True)
    return 1 if wrong + _checked(home, total) else 0


def _add(files: Path, home: Path, *, kill_after_s: float | None = None) -> tuple[float, float]:
    """Run `pincite add --bulk`; returns seconds and the peak of its memory in MB."""
    environment = {"PINCITE_OCR": "off", **os.environ, "PINCITE_HOME": str(home), "PINCITE_MODEL": "none"}
    command = [sys.executable, "-m", "pincite.app.cli", "add", "--bulk", str(files)]
    began = time.monotonic()
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, start_new_session=True) as process:
        memory = Memory(process.pid)
        try:
            process.wait(kill_after_s)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        peak = memory.stop()
    return time.monotonic() - began, peak


def _checked(home: Path, total: int) -> int:
    """Return how much is wrong: documents that are missing or not ready, and what `fsck --strict` finds."""
    environment = {"PINCITE_OCR": "off", **os.environ, "PINCITE_HOME": str(home), "PINCITE_MODEL": "none"}
    pincite = [sys.executable, "-m", "pincite.app.cli"]
    listed = subprocess.run([*pincite, "list", "--json"], env=environment, capture_output=True, text=True, check=True)
    states = Counter(each["state"] for each in json.loads(listed.stdout)["items"])
    check = [*pincite, "fsck", "--strict", "--json"]
    found = subprocess.run(check, env=environment, capture_output=True, text=True, check=False)
    findings = len(json.loads(found.stdout)["findings"])
    print(f"{dict(states)}; fsck --strict: {findings} findings", flush=True)
    return total - states["ready"] + findings


if __name__ == "__main__":
    sys.exit(main())
