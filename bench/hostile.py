"""Measures what hostile files do to everybody else: p99 of requests while they come in against the quiet figure.

A real server, its uploads door, every file of PINCITE_BENCH_DATA/files/hostile_* and bombs that are made here. Each
must end, with a reason where it is not read, and nothing may be left behind: no process, no file outside the folder.
Who sends is a process of its own with a low priority: it would be on another machine, and must not hold up who asks.
It follows its files by the stream of events, as the web app does.
"""

import argparse
import asyncio
import contextlib
import io
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import httpx2
import psutil

_BAR = 1.2
_RATE = 5.0
_ROUNDS = 4  # of quiet and not, so that what else the machine does falls on both
_QUIET_S = 30.0
_WARM_S = 5.0
_UPLOADERS = 4
_LOW = 10
_TEXT = Path(__file__).parent.parent / "examples" / "handbook" / "files"
_ASKED = (
    "/v1/search?q=how+much+leave+is+there",
    "/v1/documents?limit=20",
    "/v1/search?q=travel+expenses",
    "/v1/status",
)
_FINAL = frozenset({"ready", "failed"})


@dataclass(slots=True)
class Seen:
    """What others met: seconds from when a request was due until it was answered, and those that failed."""

    seconds: list[float] = field(default_factory=list[float])
    failures: int = 0

    def at(self, share: float) -> float:
        """Return a quantile in milliseconds."""
        ordered = sorted(self.seconds)
        return 1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))]

    def said(self) -> str:
        """Return the figures as text."""
        middle = 1000 * statistics.median(self.seconds)
        return f"p50 {middle:.1f} ms, p99 {self.at(0.99):.1f} ms, {len(self.seconds)} requests, {self.failures} failed"


@dataclass(slots=True)
class _Run:
    quiet: Seen = field(default_factory=Seen)
    meanwhile: Seen = field(default_factory=Seen)
    ended: Counter[str] = field(default_factory=Counter[str])
    took_s: float = 0.0
    grown_mb: float = 0.0
    left: list[str] = field(default_factory=list[str])


def main() -> int:
    """Run it; returns 1 where a bar is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=0, help="most hostile files; all by default")
    parser.add_argument("--of", default="hostile_*", help="folders of files; others than hostile ones for comparison")
    parser.add_argument("--quiet-s", type=float, default=_QUIET_S, help="seconds of quiet before each round")
    arguments = parser.parse_args()
    named = os.environ.get("PINCITE_BENCH_DATA")
    if not named:
        print("skipped: PINCITE_BENCH_DATA names no folder of public data sets")
        return 0
    hostile = [path for path in sorted(Path(named, "files").glob(f"{arguments.of}/**/*")) if path.is_file()]
    with tempfile.TemporaryDirectory() as folder:
        made = list(_bombs(Path(folder) / "bombs")) if arguments.of == "hostile_*" else []
        given = [*made, *hostile][: arguments.files or None]
        return asyncio.run(_measured(Path(folder), given, arguments.quiet_s))


async def _measured(folder: Path, hostile: list[Path], quiet_s: float) -> int:
    home, elsewhere = folder / "home", folder / "elsewhere"
    elsewhere.mkdir()
    key = _key(home)
    command = [sys.executable, "-m", "pincite.app.cli", "serve", "--port", "0"]
    process = subprocess.Popen(command, env=_environment(home), stdout=subprocess.PIPE, text=True, cwd=elsewhere)
    assert process.stdout is not None
    try:
        url = process.stdout.readline().split()[-1]
        headers = {"Authorization": f"Bearer {key}"}
        with ProcessPoolExecutor(1, get_context("spawn"), initializer=_yield) as sender:
            async with httpx2.AsyncClient(base_url=url, headers=headers, timeout=120) as client:
                run = await _in_turns(client, sender, process.pid, (url, key, hostile), quiet_s)
        run.left = [path.name for path in elsewhere.rglob("*")]
        return _told(run)
    finally:
        process.terminate()
        process.wait(30)


async def _in_turns(
    client: httpx2.AsyncClient, sender: Executor, server: int, sent: tuple[str, str, list[Path]], quiet_s: float
) -> _Run:
    """Ask in quiet, ask while files come in, and so on."""
    (url, key, hostile), run, loop = sent, _Run(), asyncio.get_running_loop()
    await _filled(client)
    await loop.run_in_executor(sender, _yield)  # it has started before anything is measured
    await _asking(client, Seen(), _WARM_S)
    before = _held_mb(server)
    for number in range(_ROUNDS):
        await _asking(client, run.quiet, quiet_s)
        began = time.perf_counter()
        ended = asyncio.ensure_future(loop.run_in_executor(sender, _send, url, key, hostile[number::_ROUNDS]))
        await _asking(client, run.meanwhile, 0, ended)
        run.took_s += time.perf_counter() - began
        run.ended += await ended
    run.grown_mb = _held_mb(server) - before
    return run


def _held_mb(pid: int) -> float:
    """Return what a process and those that it started hold, in MB, what they share counted once."""
    found = 0
    for each in (psutil.Process(pid), *psutil.Process(pid).children(recursive=True)):
        with contextlib.suppress(psutil.NoSuchProcess, psutil.AccessDenied):
            found += each.memory_full_info().pss
    return found / 1e6


def _told(run: _Run) -> int:
    ratio = run.meanwhile.at(0.99) / run.quiet.at(0.99)
    print(f"quiet:     {run.quiet.said()}")
    print(f"meanwhile: {run.meanwhile.said()}; {sum(run.ended.values())} files in {run.took_s:.0f} s")
    for what, count in run.ended.most_common():
        print(f"  {count:>5} {what}")
    print(f"p99 is {ratio:.2f} times the quiet figure (bar: {_BAR})")
    print(f"the server and its worker have grown by {run.grown_mb:.0f} MB; left elsewhere: {run.left or 'nothing'}")
    wrong = [what for what in run.ended if what.startswith("wrong")]
    return 1 if ratio >= _BAR or wrong or run.left or run.meanwhile.failures else 0


async def _asking(
    client: httpx2.AsyncClient, seen: Seen, for_s: float, until: asyncio.Future[Any] | None = None
) -> None:
    """Ask at a steady rate, whether or not the last answer has come; late ones count from when they were due."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    asked: set[asyncio.Task[None]] = set()
    number = 0
    while (until is not None and not until.done()) or loop.time() - began < for_s:
        due = began + number / _RATE
        await asyncio.sleep(max(0.0, due - loop.time()))
        task = asyncio.create_task(_asked(client, _ASKED[number % len(_ASKED)], due, seen))
        asked.add(task)
        task.add_done_callback(asked.discard)
        number += 1
    await asyncio.gather(*asked)


async def _asked(client: httpx2.AsyncClient, path: str, due: float, seen: Seen) -> None:
    try:
        good = (await client.get(path)).status_code == 200
    except httpx2.HTTPError:
        good = False
    seen.failures += not good
    seen.seconds.append(asyncio.get_running_loop().time() - due)


async def _filled(client: httpx2.AsyncClient) -> None:
    """Bring in what is searched."""
    await _sent(client, [path for path in sorted(_TEXT.iterdir()) if path.is_file()])


def _yield() -> None:
    os.setpriority(os.PRIO_PROCESS, 0, _LOW)


def _send(url: str, key: str, hostile: list[Path]) -> Counter[str]:
    """Send the files, in a process of their own; returns how they ended."""

    async def send() -> Counter[str]:
        headers = {"Authorization": f"Bearer {key}"}
        async with httpx2.AsyncClient(base_url=url, headers=headers, timeout=120) as client:
            return await _sent(client, hostile)

    return asyncio.run(send())


async def _sent(client: httpx2.AsyncClient, hostile: list[Path]) -> Counter[str]:
    """Send the files, a few at once; returns how they ended."""
    waiting = list(reversed(hostile))
    ended: Counter[str] = Counter()

    async def send(watch: _Watch) -> None:
        while waiting:
            path = waiting.pop()
            ended[await _one(client, watch, path)] += 1

    async with _watching(client) as watch:
        await asyncio.gather(*(send(watch) for _ in range(_UPLOADERS)))
    return ended


class _Watch:
    """What becomes of documents, as the stream tells that the web app follows."""

    def __init__(self) -> None:
        self._changed = asyncio.Condition()
        self._final: dict[str, dict[str, Any]] = {}

    async def follow(self, client: httpx2.AsyncClient) -> None:
        """Read the stream until cancelled."""
        async with client.stream("GET", "/v1/documents/events", timeout=None) as stream:
            async for line in stream.aiter_lines():
                if not line.startswith("data:"):
                    continue
                document = json.loads(line.removeprefix("data:"))
                if document.get("state") in _FINAL:
                    async with self._changed:
                        self._final[document["id"]] = document
                        self._changed.notify_all()

    async def end_of(self, document_id: str) -> dict[str, Any]:
        """Wait until a document is read or will not be. Raises: TimeoutError."""
        async with asyncio.timeout(120), self._changed:
            await self._changed.wait_for(lambda: document_id in self._final)
            return self._final[document_id]


@contextlib.asynccontextmanager
async def _watching(client: httpx2.AsyncClient) -> AsyncIterator[_Watch]:
    watch = _Watch()
    following = asyncio.create_task(watch.follow(client))
    try:
        yield watch
    finally:
        following.cancel()
        await asyncio.wait([following])


async def _one(client: httpx2.AsyncClient, watch: _Watch, path: Path) -> str:
    """Upload a file and wait for its end; returns the end in a word or two."""
    content = await asyncio.to_thread(path.read_bytes)
    response = await client.post("/v1/documents", files={"file": (f"{path.parent.name}/{path.name}", content)})
    if response.status_code != 202:
        return _reason(response.json(), "title") if response.status_code < 500 else f"wrong: {response.status_code}"
    document = await watch.end_of(response.json()["items"][0]["id"])
    return "ready" if document["state"] == "ready" else _reason(document["problem"] or {}, "message")


def _reason(problem: dict[str, Any], sentence: str) -> str:
    told = problem.get("code") and problem.get(sentence) and problem.get("remedy") and problem["code"] != "internal"
    return f"refused: {problem['code']}" if told else f"wrong: {problem}"


def _bombs(folder: Path) -> Iterator[Path]:
    """Make files that unpack to gigabytes, nest, or hold numbers without end."""
    folder.mkdir()
    zeros = io.BytesIO()
    with (
        zipfile.ZipFile(zeros, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive,
        archive.open("zeros.txt", "w", force_zip64=True) as inside,
    ):
        for _ in range(1 << 10):
            inside.write(bytes(1 << 20))
    inner = zeros.getvalue()
    for depth in range(4):
        outer = io.BytesIO()
        with zipfile.ZipFile(outer, "w", zipfile.ZIP_DEFLATED) as archive:
            for number in range(8):
                archive.writestr(f"{depth}-{number}.zip", inner)
        inner = outer.getvalue()[: 200 << 20]
        yield _written(folder / f"nested-{depth}.zip", inner)
    yield _written(folder / "zeros.zip", zeros.getvalue())
    laughs = "".join(f'<!ENTITY l{n + 1} "{f"&l{n};" * 10}">' for n in range(9))
    yield _written(folder / "laughs.xml", f'<!DOCTYPE x [<!ENTITY l0 "ha">{laughs}]><x>&l9;</x>'.encode())
    yield _written(folder / "deep.json", b"[" * 5_000_000)
    yield _written(folder / "deep.html", b"<div>" * 500_000)
    yield _written(folder / "deep.md", b"> " * 100_000 + b"\n" + b"[" * 500_000)
    yield _written(folder / "wide.csv", (b"," * 100_000 + b"\n") * 20)
    yield _written(folder / "long.txt", b"a" * 2_000_000)


def _written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def _environment(home: Path) -> dict[str, str]:
    return {**os.environ, "PINCITE_HOME": str(home), "PINCITE_MODEL": "none", "PINCITE_LOG_LEVEL": "error"}


def _key(home: Path) -> str:
    command = [sys.executable, "-m", "pincite.app.cli", "keys", "create", "bench", "--json"]
    done = subprocess.run(command, env=_environment(home), capture_output=True, text=True, check=True, timeout=120)
    return re.findall(r'"key": "([^"]+)"', done.stdout)[0]


if __name__ == "__main__":
    raise SystemExit(main())
