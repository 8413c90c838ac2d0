"""Strangers' servers without end, that say too much or too slowly: each is left, and nothing grows meanwhile."""

import asyncio
import gzip
import resource
import ssl
import subprocess
import threading
import time
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path

import pytest

from pincite.guard import Fetcher
from pincite.guard.fetching import FetchLimits, FetchTooLarge
from pincite.guard.outbound import Outbound
from pincite.guard.urls import FetchFailed
from pincite.sources import git
from pincite.sources.domain import SourceUnreachable
from pincite.sources.git import Git
from pincite.sources.mailbox import Account, Mailbox

STALL_S = 0.05
GROWN_KB = 64 << 10
LIMITS = FetchLimits(max_bytes=1 << 20, total_s=1.0, silence_s=0.5, connect_s=0.5, redirects=3)
Server = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def serving(answer: Server) -> AsyncIterator[int]:
    """A server on this machine; gives its port."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            await answer(reader, writer)
        writer.close()

    async with await asyncio.start_server(handle, "127.0.0.1", 0) as server:
        yield server.sockets[0].getsockname()[1]


@asynccontextmanager
async def serving_elsewhere(answer: Server) -> AsyncIterator[int]:
    """The same in a thread of its own, so that what it does is not taken for what we do."""
    port: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    here, done = asyncio.get_running_loop(), threading.Event()

    async def serve() -> None:
        async with serving(answer) as opened:
            here.call_soon_threadsafe(port.set_result, opened)
            while not done.is_set():
                await asyncio.sleep(0.02)

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    try:
        yield await port
    finally:
        done.set()
        await asyncio.to_thread(thread.join)


@asynccontextmanager
async def beating() -> AsyncIterator[list[float]]:
    """Note how long the event loop works before others have their turn, in seconds of its thread's processor time."""
    gaps_s = [0.0]

    async def beat() -> None:
        while True:
            before = time.thread_time()
            await asyncio.sleep(0.001)
            gaps_s.append(time.thread_time() - before)

    task = asyncio.create_task(beat())
    yield gaps_s
    task.cancel()


def without_end(first: bytes, again: bytes) -> Server:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(first)
        while True:
            writer.write(again)
            await writer.drain()
            await asyncio.sleep(0)

    return answer


def nothing_packed() -> tuple[bytes, bytes]:
    """Return how a gzip stream begins, and a piece that unpacks to nothing and may come again and again."""
    squeezer = zlib.compressobj(wbits=31)
    return squeezer.compress(b"") + squeezer.flush(zlib.Z_SYNC_FLUSH), b"\x00\x00\x00\xff\xff" * 4000


_BEGIN, _EMPTY = nothing_packed()
_GZIP = b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\n\r\n"
ENDLESS = {
    "headers": (without_end(b"HTTP/1.1 200 OK\r\n", b"x: " + b"y" * 4000 + b"\r\n"), FetchFailed),
    "one header": (without_end(b"HTTP/1.1 200 OK\r\nx: ", b"y" * 4000), FetchFailed),
    "a status": (without_end(b"HTTP/1.1 200 ", b"y" * 4000), FetchFailed),
    "news that it goes on": (without_end(b"", b"HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n" * 50), FetchFailed),
    "a body": (without_end(b"HTTP/1.1 200 OK\r\n\r\n", b"y" * 65536), FetchTooLarge),
    "chunks": (
        without_end(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", b"1\r\ny\r\n" * 9000),
        FetchFailed,
    ),
    "what unpacks to nothing": (without_end(_GZIP + _BEGIN, _EMPTY), FetchTooLarge),
    "what stands behind the end": (without_end(_GZIP + gzip.compress(b"x"), b"y" * 65536), FetchTooLarge),
    "a bomb": (without_end(_GZIP, gzip.compress(bytes(8 << 20))), FetchTooLarge),
}


async def read_whole(fetcher: Fetcher, url: str) -> None:
    async with fetcher.get(url) as fetched:
        async for _piece in fetched.body:
            pass


@pytest.mark.parametrize("what", ENDLESS)
async def test_what_has_no_end_is_left(what: str) -> None:
    answer, error = ENDLESS[what]
    async with serving_elsewhere(answer) as port, beating() as gaps_s:
        # What is too large has time to become it.
        limits = replace(LIMITS, total_s=30.0) if error is FetchTooLarge else LIMITS
        fetcher = Fetcher(Outbound([f"127.0.0.1:{port}"]), limits)
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        began = asyncio.get_running_loop().time()
        with pytest.raises(error):
            await read_whole(fetcher, f"http://127.0.0.1:{port}/")
        assert asyncio.get_running_loop().time() - began < 30 * LIMITS.total_s
        assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - grown < GROWN_KB
        assert max(gaps_s) < STALL_S, "others are served meanwhile"
        await fetcher.close()


async def test_a_name_server_that_does_not_answer_holds_up_nobody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pincite.guard.outbound._RESOLVE_S", 0.2)
    stopped = threading.Event()
    monkeypatch.setattr("socket.getaddrinfo", lambda *_, **__: stopped.wait(10) and [])
    outbound = Outbound()
    asking = [asyncio.create_task(outbound.addresses(f"slow{n}.example", 443)) for n in range(60)]
    await asyncio.sleep(0.05)
    async with asyncio.timeout(2):
        assert await asyncio.to_thread(lambda: "free") == "free"
    found = await asyncio.gather(*asking, return_exceptions=True)
    stopped.set()
    assert all(isinstance(each, FetchFailed) for each in found)


def mail(*after: bytes, again: bytes = b"", pause_s: float = 0.0) -> Server:
    """A mail server that lets everybody in, and to a question about messages says something without end."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"* OK ready\r\n")
        while line := await reader.readline():
            tag, command = line.decode().split(" ", 1)
            if command.startswith("CAPABILITY"):
                writer.write(b"* CAPABILITY IMAP4rev1\r\n")
            if command.startswith("UID"):
                writer.write(b"".join(after))
                while again:
                    writer.write(again)
                    await writer.drain()
                    await asyncio.sleep(pause_s)
            writer.write(f"{tag} OK done\r\n".encode())

    return answer


async def mailbox(port: int, *, limit_s: float = 20.0, tls: ssl.SSLContext | None = None) -> Mailbox:
    box = Mailbox(Account("mail.example", port, "127.0.0.1", "u", "p", tls), "INBOX", limit_s=limit_s)
    await box.open()
    return box


async def test_a_mail_server_that_says_too_much_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pincite.sources.mailbox._MOST", 4 << 20)
    for answer in (
        mail(b"* 1 FETCH (BODY[] {999999999999}\r\n", again=b"y" * 65536),
        mail(b"* 1 FETCH (BODY[] {2000000}\r\n", again=b"y" * 65536),
        mail(again=b"* 1 FETCH (UID 1 FLAGS () RFC822.SIZE 1)\r\n" * 2000),
        mail(b"* 1 FETCH (", again=b"y" * 65536),
    ):
        async with serving(answer) as port:
            box = await mailbox(port)
            with pytest.raises(SourceUnreachable):
                await box.sizes()
            await box.close()


async def test_a_mail_server_that_says_a_byte_now_and_then_keeps_no_thread() -> None:
    async def says_nothing(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            writer.write(b"*")
            await writer.drain()
            await asyncio.sleep(0.02)

    before = threading.active_count()
    async with serving(mail(again=b" ", pause_s=0.02)) as port, serving(says_nothing) as silent:
        box = await mailbox(port, limit_s=0.4)
        with pytest.raises(SourceUnreachable):
            await box.sizes()
        with pytest.raises(SourceUnreachable):
            await mailbox(silent, limit_s=0.4)
        with pytest.raises(SourceUnreachable):  # within the greeting of TLS
            await mailbox(silent, limit_s=0.4, tls=ssl.create_default_context())
        loop = asyncio.get_running_loop()
        busy = [asyncio.to_thread(threading.Event().wait, 0.05) for _ in range(4)]
        began = loop.time()
        await asyncio.gather(*busy)
        assert loop.time() - began < 2, "the threads are free again"
    assert threading.active_count() < before + 8


async def test_git_may_not_fill_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    origin, store = tmp_path / "origin", tmp_path / "store"
    run = lambda *words: subprocess.run(("git", *words), cwd=origin, check=True, capture_output=True, timeout=30)  # noqa: E731
    origin.mkdir()
    run("init", "--quiet", "-b", "main")
    (origin / "big").write_bytes(Path("/dev/urandom").open("rb").read(3 << 20))  # noqa: SIM115
    run("add", ".")
    run("-c", "user.name=A", "-c", "user.email=a@b.c", "commit", "--quiet", "-m", "big")
    for most, comes in ((1 << 20, False), (64 << 20, True)):
        monkeypatch.setattr(git, "_LIMITS", ((resource.RLIMIT_FSIZE, most),))
        child = Git(store / str(most), "file", {})
        await child.text("init", "--bare", "--quiet", str(store / str(most)))
        if comes:
            await child.text("fetch", "--quiet", "--depth=1", "--", f"file://{origin}", "+HEAD:refs/pincite/head")
        else:
            with pytest.raises(SourceUnreachable):
                await child.text("fetch", "--quiet", "--depth=1", "--", f"file://{origin}", "+HEAD:refs/pincite/head")
        sizes = [path.stat().st_size for path in store.rglob("*") if path.is_file()]
        assert max(sizes) <= most
    monkeypatch.setattr(git, "_MOST_TEXT", 1000)
    with pytest.raises(SourceUnreachable, match="more than can be held"):
        await child.text("cat-file", "blob", "refs/pincite/head:big")
