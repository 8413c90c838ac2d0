"""Measures how late the events of many streams are: from a model's provider, through the server, to each client.

The server has one core, and this program another: it plays the provider, whose every piece of text is the time at which
it was sent, and the clients, which drop their streams and take them up again at random. What each has seen in the end
must be the bytes of the log. With `--made-here` the pieces are made within the server (`bench/streams_server.py`): all
is measured but what reading a provider's stream takes.
"""

import argparse
import asyncio
import contextlib
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import httpx2
import psutil
import uvloop

_MODEL = "simulated"
_STARTS_AT_ONCE = 8
_CALM_S = 3.0  # with all streams under way, before lags count
_PIECE = re.compile(rb'"text":\s?"([0-9a-f ,]+)"')
_BLOCK = re.compile(rb"event: (\S+)\ndata: (.*)\nid: (\d+)\n\n")
_ASKED = re.compile(rb"stream (\d+)\?")
_DOCUMENT = b"# Ferry rules\n\nThe ferry to Hven leaves the northern quay at nine. Dogs travel free of charge.\n"


@dataclass(slots=True)
class Figures:
    """What was seen: lags in seconds of pieces that came in the measured time, and what went wrong."""

    lags_s: list[float] = field(default_factory=list[float])
    resumed: int = 0
    measuring: bool = False
    refused: int = 0


class Provider(asyncio.Protocol):
    """A connection on which a chat is asked for, and answered at the conductor's pace."""

    def __init__(self, conductor: "Conductor") -> None:
        self._conductor = conductor
        self._read = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._read += data
        head, _, body = self._read.partition(b"\r\n\r\n")
        length = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
        if length is None or len(body) < int(length[1]):
            return
        self._read = b""
        self._write(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n")
        self._conductor.joined(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._conductor.left(self)

    def say(self, text: str) -> None:
        """Send a piece of text."""
        self._chunk({"content": text}, None)

    def end(self) -> None:
        """Send the end."""
        self._chunk({}, "stop")
        self._part(b"data: [DONE]\n\n")
        self._write(b"0\r\n\r\n")

    def _chunk(self, delta: dict[str, str], finish: str | None) -> None:
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        chunk = {"id": "x", "object": "chat.completion.chunk", "created": 0, "model": _MODEL, "choices": [choice]}
        self._part(b"data: " + json.dumps(chunk).encode() + b"\n\n")

    def _part(self, data: bytes) -> None:
        self._write(b"%x\r\n%s\r\n" % (len(data), data))

    def _write(self, data: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)


class Conductor:
    """Lets all that are asked say one piece now and then, until all are there, and then each at the rate.

    Args:
        rate: pieces a second of each.
    """

    def __init__(self, rate: float) -> None:
        self._step_s = 1 / rate
        self._due: dict[Provider, float] = {}
        self.full = False

    def joined(self, provider: Provider) -> None:
        """Let one more be heard."""
        self._due[provider] = time.perf_counter()

    def left(self, provider: Provider) -> None:
        """Let one be heard no more."""
        self._due.pop(provider, None)

    @property
    def count(self) -> int:
        """How many are heard."""
        return len(self._due)

    def begin(self) -> None:
        """All are there: let each say its pieces, at times of its own."""
        self.full = True
        now = time.perf_counter()
        for each in self._due:
            self._due[each] = now + random.random() * self._step_s

    async def play(self) -> None:
        """Say what is due, until cancelled."""
        while True:
            now = time.perf_counter()
            for each, due in list(self._due.items()):
                if due <= now:
                    each.say(f" {int(time.perf_counter() * 1e6):x},")
                    self._due[each] = due + (self._step_s if self.full else 5.0)
            await asyncio.sleep(0.001)

    def end(self) -> None:
        """End all."""
        for each in list(self._due):
            each.end()
        self._due.clear()


class Follower(asyncio.Protocol):
    """A client of one answer's events, which leaves at random and comes back with the last event that it saw whole."""

    def __init__(self, host: tuple[str, int], key: str, answer: str, figures: Figures) -> None:
        self._host = host
        self.path = f"/v1/answers/{answer}/events"
        self._asks = f"GET {self.path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {key}\r\n"
        self._figures = figures
        self._transport: asyncio.Transport | None = None
        self._came = bytearray()
        self._at = 0
        self._head = True
        self.blocks: list[bytes] = []
        self.over = asyncio.get_running_loop().create_future()

    @property
    def last(self) -> int:
        """The number of the last event."""
        return len(self.blocks)

    async def connect(self) -> None:
        """Take the stream up behind the last event."""
        self._came, self._head, self._at = bytearray(), True, 0
        await asyncio.get_running_loop().create_connection(lambda: self, *self._host)

    def drop(self) -> None:
        """Cut the connection."""
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is of no kind of asyncio's
        self._transport.write(f"{self._asks}Last-Event-ID: {self.last}\r\n\r\n".encode())

    def data_received(self, data: bytes) -> None:
        now = time.perf_counter()
        self._came += data
        if self._head:
            end = self._came.find(b"\r\n\r\n")
            if end < 0:
                return
            self._figures.refused += not self._came.startswith(b"HTTP/1.1 200")
            del self._came[: end + 4]
            self._head = False
        while (end := self._came.find(b"\r\n")) >= 0:
            size = int(self._came[:end], 16)
            if len(self._came) < end + 2 + size + 2:
                return
            self._chunk(bytes(self._came[end + 2 : end + 2 + size]), now)
            del self._came[: end + 2 + size + 2]

    def _chunk(self, chunk: bytes, now: float) -> None:
        for found in _BLOCK.finditer(chunk):
            assert int(found[3]) == self.last + 1, f"event {found[3]!r} behind {self.last}"
            self.blocks.append(found[0])
            piece = _PIECE.search(found[2]) if self._figures.measuring and found[1] == b"answer.delta" else None
            if piece is not None:
                self._figures.lags_s += [now - int(each, 16) / 1e6 for each in piece[1].replace(b",", b"").split()]
            if found[1] in (b"answer.completed", b"answer.failed") and not self.over.done():
                self.over.set_result(found[1])


def main() -> int:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--streams", type=int, default=500)
    parser.add_argument("--rate", type=float, default=20.0, help="pieces of text a second of each stream")
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--resume-s", type=float, default=5.0, help="how long a client stays at once, on average")
    parser.add_argument("--postgres", help="URL of an empty database; SQLite without it")
    parser.add_argument("--made-here", action="store_true", help="make the pieces within the server")
    arguments = parser.parse_args()
    os.sched_setaffinity(0, {1})
    with tempfile.TemporaryDirectory() as folder:
        return uvloop.run(_measured(arguments, Path(folder)))


async def _measured(arguments: argparse.Namespace, folder: Path) -> int:
    conductor, figures = Conductor(arguments.rate), Figures()
    provider = await asyncio.get_running_loop().create_server(lambda: Provider(conductor), "127.0.0.1", 0)
    port = provider.sockets[0].getsockname()[1]
    with _pincite(folder, f"http://127.0.0.1:{port}/v1", arguments) as (url, key, server):
        playing = asyncio.create_task(conductor.play())
        host = (httpx2.URL(url).host, int(httpx2.URL(url).port or 80))
        async with httpx2.AsyncClient(base_url=url, headers={"Authorization": f"Bearer {key}"}, timeout=60) as client:
            followers = await _started(client, host, key, figures, arguments.streams)
            until = time.perf_counter() + 60
            while not arguments.made_here and conductor.count < arguments.streams and time.perf_counter() < until:
                await asyncio.sleep(0.05)
            conductor.begin()
            calm = asyncio.Event()
            leaving = [asyncio.create_task(_come_and_go(each, figures, arguments.resume_s, calm)) for each in followers]
            await asyncio.sleep(_CALM_S)
            took, figures.measuring = server.cpu_times(), True
            await asyncio.sleep(arguments.seconds)
            figures.measuring = False
            spent = server.cpu_times()
            calm.set()
            await asyncio.wait(leaving)
            conductor.end()
            ends = await asyncio.wait_for(asyncio.gather(*(each.over for each in followers)), 120)
            wrong = await _compared(client, followers)
        playing.cancel()
    core = 100 * (spent.user + spent.system - took.user - took.system) / arguments.seconds
    _told(figures, arguments, core)
    well = ends.count(b"answer.completed")
    print(f"ended well: {well} of {len(followers)}; streams that differ from the log: {wrong}")
    return int(wrong > 0 or figures.refused > 0)


async def _started(
    client: httpx2.AsyncClient, host: tuple[str, int], key: str, figures: Figures, streams: int
) -> Sequence[Follower]:
    gate = asyncio.Semaphore(_STARTS_AT_ONCE)

    async def start(number: int) -> Follower:
        async with gate:
            begun = await client.post("/v1/answers", json={"question": f"Dogs, stream {number}?", "stream": True})
            follower = Follower(host, key, begun.json()["id"], figures)
            await follower.connect()
            return follower

    return await asyncio.gather(*(start(number) for number in range(streams)))


async def _come_and_go(follower: Follower, figures: Figures, stays_s: float, calm: asyncio.Event) -> None:
    while not follower.over.done():
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(random.expovariate(1 / stays_s)):
                await calm.wait()
                return
        follower.drop()
        figures.resumed += 1
        await follower.connect()


async def _compared(client: httpx2.AsyncClient, followers: Sequence[Follower]) -> int:
    """Return how many have seen other bytes than the log holds."""
    wrong = 0
    for each in followers:
        log = (await client.get(each.path)).content
        wrong += b"".join(each.blocks) != b"".join(found[0] for found in _BLOCK.finditer(log))
    return wrong


def _told(figures: Figures, arguments: argparse.Namespace, core: float) -> None:
    lags = sorted(figures.lags_s)
    at = [1000 * lags[min(len(lags) - 1, int(share * len(lags)))] for share in (0.5, 0.95, 0.99, 1)]
    rate = len(lags) / arguments.seconds
    print(f"{arguments.streams} streams, {rate:.0f} pieces a second, {figures.resumed} times resumed")
    print(
        f"lag p50 {at[0]:.1f} ms, p95 {at[1]:.1f}, p99 {at[2]:.1f}, most {at[3]:.1f}; {core:.0f} % of the server's core"
    )


@contextlib.contextmanager
def _pincite(folder: Path, model_url: str, arguments: argparse.Namespace) -> Iterator[tuple[str, str, psutil.Process]]:
    environment = {
        **os.environ,
        "PINCITE_HOME": str(folder / "home"),
        "PINCITE_MODEL": f"openai:{_MODEL}",
        "PINCITE_MODEL_BASE_URL": model_url,
        "PINCITE_MODEL_API_KEY": "any",
        "PINCITE_MODEL_PRICES": f"openai:{_MODEL}=1/3",
        "PINCITE_MODEL_TIMEOUT_S": "600",
        "PINCITE_LOG_LEVEL": "error",
        "PINCITE_WORKERS": "0",
        "PINCITE_STREAMS": "0,0",
        **{f"PINCITE_LIMIT_{name}": "10000000" for name in ("ADDRESS", "KEY", "READ", "WRITE", "ASK")},
        **({} if arguments.postgres is None else {"PINCITE_DATABASE_URL": arguments.postgres}),
    }
    python = ["taskset", "-c", "0", sys.executable, "-m"]
    program = [*python, "pincite.app.cli"]
    told = (arguments.streams, arguments.rate, _CALM_S + arguments.seconds)
    serving = [*program, "serve", "--port", "0"]
    if arguments.made_here:
        serving = [*python, "bench.streams_server", *map(str, told)]

    def run(*words: str) -> str:
        here = {**environment, "PINCITE_WORKERS": "1"}
        return subprocess.run([*program, *words], env=here, capture_output=True, text=True, check=True).stdout

    document = folder / "rules.md"
    document.write_bytes(_DOCUMENT)
    run("add", str(document))
    key = re.findall(r'"key": "([^"]+)"', run("keys", "create", "bench", "--json"))[0]
    with subprocess.Popen(serving, env=environment, stdout=subprocess.PIPE, text=True) as made:
        assert made.stdout is not None
        try:
            lines = (re.findall(r"http://(?:127\.0\.0\.1|localhost):\d+", line) for line in made.stdout)
            yield next(found[0] for found in lines if found), key, psutil.Process(made.pid)
        finally:
            made.terminate()


if __name__ == "__main__":
    sys.exit(main())
