"""Measures what the gateway adds to a call of a model: beside the same call without it, and beside LiteLLM's proxy.

A simulated provider replies at once. The same chat is asked of it directly, through `pincite serve` (with key, limits,
ledger and traces) and, where `--litellm` names a Python environment that holds `litellm[proxy]`, through that. Who asks
is one process; what each server takes of a processor is read from the system.
"""

import argparse
import asyncio
import contextlib
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import psutil

_AT_ONCE = (1, 16, 64)
_ROUNDS = 3  # in turns, so that what else the machine does falls on all
_MODEL = "simulated"
_BODY: dict[str, Any] = {"messages": [{"role": "user", "content": "When does the ferry leave?"}], "max_tokens": 40}
_SECRET = "sk-bench"


@dataclass(slots=True)
class Way:
    """A way to the model: where it is asked, by which name and key, which process serves it (None: the provider)."""

    name: str
    url: str
    model: str
    key: str
    server: psutil.Process | None
    cold_s: float = 0.0
    seconds: dict[int, list[float]] = field(default_factory=dict[int, list[float]])
    first_s: list[float] = field(default_factory=list[float])
    per_core: dict[int, list[float]] = field(default_factory=dict[int, list[float]])
    failures: int = 0


def main() -> int:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=400, help="requests of each way, round and number at once")
    parser.add_argument("--litellm", type=Path, help="a Python environment that holds litellm[proxy]")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as closing:
        provider = closing.enter_context(_simulator())
        ways = [Way("direct", f"{provider}/v1", _MODEL, "any", None)]
        ways.append(closing.enter_context(_pincite(Path(folder), provider)))
        if arguments.litellm is not None:
            ways.append(closing.enter_context(_litellm(Path(folder), arguments.litellm, provider)))
        asyncio.run(_measured(ways, arguments.requests))
        _told(ways)
    return 0


async def _measured(ways: Sequence[Way], requests: int) -> None:
    for way in ways:  # the first requests of a server load what it needs
        await _many(way, 20, 4)
        way.seconds.clear()
        way.per_core.clear()
        way.failures = 0
    for _ in range(_ROUNDS):
        for at_once in _AT_ONCE:
            for way in ways:
                await _many(way, requests, at_once)
        for way in ways:
            await _first_tokens(way, requests // 8)


async def _many(way: Way, requests: int, at_once: int) -> None:
    async with _client(way, at_once) as client:
        left = iter(range(requests))
        before, began = _processor_s(way), time.perf_counter()

        async def work() -> None:
            for _ in left:
                start = time.perf_counter()
                response = await client.post("/chat/completions", json={**_BODY, "model": way.model})
                way.failures += response.status_code != 200
                way.seconds.setdefault(at_once, []).append(time.perf_counter() - start)

        await asyncio.gather(*(work() for _ in range(at_once)))
        took = (_processor_s(way) - before) or (time.perf_counter() - began)
        way.per_core.setdefault(at_once, []).append(requests / took)


async def _first_tokens(way: Way, requests: int) -> None:
    async with _client(way, 1) as client:
        for _ in range(requests):
            start = time.perf_counter()
            body = {**_BODY, "model": way.model, "stream": True}
            async with client.stream("POST", "/chat/completions", json=body) as response:
                async for line in response.aiter_lines():
                    if line.startswith("data: {") and json.loads(line[6:])["choices"][0]["delta"].get("content"):
                        way.first_s.append(time.perf_counter() - start)
                        break


def _client(way: Way, at_once: int) -> httpx2.AsyncClient:
    limits = httpx2.Limits(max_connections=at_once, max_keepalive_connections=at_once)
    headers = {"Authorization": f"Bearer {way.key}"}
    return httpx2.AsyncClient(base_url=way.url, headers=headers, timeout=60, limits=limits)


def _told(ways: Sequence[Way]) -> None:
    print("| way | at once | added p50 | p95 | p99 (ms) | requests a second of a core | failed |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    direct = ways[0]
    for at_once in _AT_ONCE:
        base = [_at(direct.seconds[at_once], share) for share in (0.5, 0.95, 0.99)]
        print(f"| direct | {at_once} | {' | '.join(f'({each:.1f})' for each in base)} | | |")
        for way in ways[1:]:
            added = [_at(way.seconds[at_once], share) - at for share, at in zip((0.5, 0.95, 0.99), base, strict=True)]
            core = statistics.median(way.per_core[at_once])
            print(f"| {way.name} | {at_once} | {' | '.join(f'{x:.1f}' for x in added)} | {core:.0f} | {way.failures} |")
    for way in ways:
        first = 1000 * statistics.median(way.first_s)
        print(f"{way.name}: first token after {first:.1f} ms", end="")
        if way.server is not None:
            print(f", {_held_mb(way.server):.0f} MB, ready after {way.cold_s:.1f} s", end="")
        print()


def _at(seconds: Sequence[float], share: float) -> float:
    ordered = sorted(seconds)
    return 1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def _processor_s(way: Way) -> float:
    """Return what the way's own server has taken of a processor; its worker that reads documents is no part of it."""
    if way.server is None:
        return 0.0
    times = way.server.cpu_times()
    return times.user + times.system


def _held_mb(server: psutil.Process) -> float:
    return server.memory_info().rss / (1 << 20)


@contextlib.contextmanager
def _simulator() -> Iterator[str]:
    command = [sys.executable, "-m", "pincite.app.cli", "simulate", "--port", "0", "--latency", "0", "--rate", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield next(found[0] for line in process.stdout if (found := re.findall(r"http://127\.0\.0\.1:\d+", line)))
        finally:
            process.terminate()


@contextlib.contextmanager
def _pincite(folder: Path, provider: str) -> Iterator[Way]:
    environment = {
        **os.environ,
        "PINCITE_HOME": str(folder / "home"),
        "PINCITE_MODEL": f"openai:{_MODEL}",
        "PINCITE_MODEL_BASE_URL": f"{provider}/v1",
        "PINCITE_MODEL_API_KEY": "any",
        "PINCITE_MODEL_PRICES": f"openai:{_MODEL}=1/3",
        "PINCITE_LOG_LEVEL": "error",
        # On, and never reached.
        **{f"PINCITE_LIMIT_{name}": "10000000" for name in ("ADDRESS", "KEY", "READ", "WRITE", "ASK")},
    }
    program = [sys.executable, "-m", "pincite.app.cli"]

    def run(*words: str) -> str:
        done = subprocess.run([*program, *words], env=environment, capture_output=True, text=True, check=True)
        return done.stdout

    key = re.findall(r'"key": "([^"]+)"', run("keys", "create", "bench", "--json"))[0]
    run("budgets", "set", "tenant", "--usd", "100000", "--period", "day")
    began = time.perf_counter()
    with subprocess.Popen(
        [*program, "serve", "--port", "0"], env=environment, stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout is not None
        try:
            lines = (re.findall(r"http://(?:127\.0\.0\.1|localhost):\d+", line) for line in server.stdout)
            url = next(found[0] for found in lines if found)
            yield Way("pincite", f"{url}/v1", f"openai:{_MODEL}", key, psutil.Process(server.pid), _ready(url, began))
        finally:
            server.terminate()


@contextlib.contextmanager
def _litellm(folder: Path, environment: Path, provider: str) -> Iterator[Way]:
    config = folder / "litellm.yaml"
    route = {"model": f"openai/{_MODEL}", "api_base": f"{provider}/v1", "api_key": "any"}
    settings = {
        "model_list": [{"model_name": _MODEL, "litellm_params": route}],
        "general_settings": {"master_key": _SECRET},
        "litellm_settings": {"telemetry": False},
    }
    config.write_text(json.dumps(settings), "utf-8")
    port = _free_port()
    command = [
        str(environment / "bin" / "litellm"),
        "--config",
        str(config),
        "--port",
        str(port),
        "--host",
        "127.0.0.1",
    ]
    began = time.perf_counter()
    log = (folder / "litellm.log").open("wb")
    with subprocess.Popen(command, stdout=log, stderr=log, cwd=folder) as server:
        try:
            url = f"http://127.0.0.1:{port}"
            ready = _ready(url, began, "/health/liveliness")
            yield Way("litellm", f"{url}/v1", _MODEL, _SECRET, psutil.Process(server.pid), ready)
        finally:
            server.terminate()


def _free_port() -> int:
    import socket

    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _ready(url: str, began: float, path: str = "/readyz") -> float:
    while time.perf_counter() - began < 180:
        with contextlib.suppress(httpx2.HTTPError):
            if httpx2.get(f"{url}{path}", timeout=5).status_code == 200:
                return time.perf_counter() - began
        time.sleep(0.02)
    raise TimeoutError(f"{url} is not ready")


if __name__ == "__main__":
    sys.exit(main())
