"""Measures the server as people meet it: seconds until `/readyz` answers and megabytes once it has worked.

With `--home` it serves a folder that is already full; otherwise an empty one.
"""

import argparse
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

import psutil

_RUNS = 5
_QUERIES = 30


def main() -> int:
    """Start the server several times; prints medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, help="data folder; an empty one by default")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as empty:
        home = arguments.home or Path(empty)
        key = _key(home)
        runs = [_run(home, key) for _ in range(_RUNS)]
    ready = [run[0] for run in runs]
    memory = [run[1] for run in runs]
    print(f"ready after {statistics.median(ready):.2f} s (of {_RUNS}: {min(ready):.2f} to {max(ready):.2f})")
    print(f"resident after {_QUERIES} searches: {statistics.median(memory):.0f} MB (to {max(memory):.0f})")
    return 0


def _environment(home: Path) -> dict[str, str]:
    return {**os.environ, "PINCITE_HOME": str(home), "PINCITE_MODEL": "none"}


def _key(home: Path) -> str:
    command = [sys.executable, "-m", "pincite.app.cli", "keys", "create", "bench", "--json"]
    done = subprocess.run(command, env=_environment(home), capture_output=True, text=True, check=True, timeout=120)
    return re.findall(r'"key": "([^"]+)"', done.stdout)[0]


def _run(home: Path, key: str) -> tuple[float, float]:
    started = time.perf_counter()
    command = [sys.executable, "-m", "pincite.app.cli", "serve", "--port", "0"]
    process = subprocess.Popen(command, env=_environment(home), stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        url = process.stdout.readline().split()[-1]
        _get(f"{url}/readyz", key)
        ready = time.perf_counter() - started
        for number in range(_QUERIES):
            _get(f"{url}/v1/search?q=net+income+{number}", key)
        whole = psutil.Process(process.pid)
        memory = sum(item.memory_info().rss for item in [whole, *whole.children(recursive=True)]) / 1e6
        return ready, memory
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
