"""Measures the server as people meet it: seconds until `/readyz` answers and megabytes once it has worked.

With `--home` it serves a folder that is already full; otherwise an empty one.
"""

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path

import psutil

_RUNS = 5
_QUERIES = 30
_SETTLES_S = 3.0  # until a worker that lives has loaded all


def main() -> int:
    """Start the server several times; prints medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, help="data folder; an empty one by default")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as empty:
        home = arguments.home or Path(empty)
        key = _key(home)
        runs = [_run(home, key) for _ in range(_RUNS)]
    ready = [run.ready_s for run in runs]
    print(f"ready after {statistics.median(ready):.2f} s (of {_RUNS}: {min(ready):.2f} to {max(ready):.2f})")
    print(f"after {_QUERIES} searches, beside a worker that waits:")
    print(f"  server {statistics.median(run.server_mb for run in runs):.0f} MB resident")
    together = [run.together_mb for run in runs]
    print(f"  server, worker and parsers {statistics.median(together):.0f} MB, shared once (to {max(together):.0f})")
    return 0


def _environment(home: Path) -> dict[str, str]:
    return {**os.environ, "PINCITE_HOME": str(home), "PINCITE_MODEL": "none"}


def _key(home: Path) -> str:
    command = [sys.executable, "-m", "pincite.app.cli", "keys", "create", "bench", "--json"]
    done = subprocess.run(command, env=_environment(home), capture_output=True, text=True, check=True, timeout=120)
    return re.findall(r'"key": "([^"]+)"', done.stdout)[0]


@dataclass(frozen=True, slots=True)
class _Run:
    """What one start came to; memory that processes share is counted once in `together_mb`."""

    ready_s: float
    server_mb: float
    together_mb: float


def _run(home: Path, key: str) -> _Run:
    started = time.perf_counter()
    command = [sys.executable, "-m", "pincite.app.cli", "serve", "--port", "0"]
    process = subprocess.Popen(command, env=_environment(home), stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        url = process.stdout.readline().split()[-1]
        _get(f"{url}/readyz", key)
        ready = time.perf_counter() - started
        while json.loads(_get(f"{url}/v1/status", key))["workers"] == 0:
            time.sleep(0.2)
        time.sleep(_SETTLES_S)
        for number in range(_QUERIES):
            _get(f"{url}/v1/search?q=net+income+{number}", key)
        server = psutil.Process(process.pid)
        together = sum(each.memory_full_info().pss for each in [server, *server.children(recursive=True)])
        return _Run(ready, server.memory_info().rss / 1e6, together / 1e6)
    finally:
        process.terminate()
        process.wait(20)


def _get(url: str, key: str) -> bytes:
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {key}"})
    until = time.monotonic() + 30
    while True:
        try:
            with urllib.request.urlopen(request, timeout=30) as response:
                body: bytes = response.read()
                return body
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.02)


if __name__ == "__main__":
    sys.exit(main())
