"""Confined children seen from the server: a bounded pool, deadlines, and an end to whatever goes wrong.

What a child may do is in `confine.py`, what it does in `child.py`; nothing here parses a document.
"""

import asyncio
import contextlib
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import BinaryIO

from pincite.core import get_logger
from pincite.guard import wire
from pincite.guard.domain import ParserCrashed
from pincite.guard.settings import GuardSettings

_log = get_logger(__name__)
_ENTRY = Path(__file__).with_name("child.py")
_START_LIMIT_S = 20.0
_OUT_OF_MEMORY = 77
_READ_BUFFER_BYTES = 1 << 20
_SPLIT = "Split the document, or save it again in the program it was made with, and upload that copy."


class Child:
    """One confined process. It does one request at a time; after any failure it is killed, never used again."""

    def __init__(self, process: asyncio.subprocess.Process, requests: socket.socket) -> None:
        self._process = process
        self._requests = requests
        self.jobs = 0
        self.whose: str | None = None
        self.confined: tuple[str, ...] = ()
        self.busy = False
        self._gone: asyncio.Task[None] | None = None

    @property
    def alive(self) -> bool:
        """Whether the process has not ended."""
        return self._process.returncode is None

    def request(self, message: wire.Message, file: BinaryIO) -> None:
        """Hand over a request with its open file. Raises: OSError when the child is gone."""
        self.jobs += 1
        self.busy = True
        packet = wire.pack(message)[wire.HEAD.size :]
        socket.send_fds(self._requests, [packet], [file.fileno()])

    async def reply(self, timeout_s: float) -> tuple[wire.Message, bytes]:
        """Wait for the next frame. Raises: ParserCrashed when none comes in time or the child dies."""
        try:
            async with asyncio.timeout(timeout_s):
                message, payload = await self._frame()
        except TimeoutError:
            raise ParserCrashed(
                f"Reading the document took longer than the limit of {timeout_s:.0f} s.", remedy=_SPLIT
            ) from None
        except (asyncio.IncompleteReadError, ConnectionError):
            raise ParserCrashed(await self._death(), remedy=_SPLIT) from None
        except ValueError:
            raise ParserCrashed("The parser gave a reply that makes no sense.", remedy=_SPLIT) from None
        self.busy = message.get("kind") not in {"hello", "done", "error"}
        return message, payload

    async def _frame(self) -> tuple[wire.Message, bytes]:
        stream = self._process.stdout
        if stream is None:
            raise ConnectionError
        head, payload = wire.lengths(await stream.readexactly(wire.HEAD.size))
        message = wire.unpack_head(await stream.readexactly(head))
        if not isinstance(message.get("kind"), str):
            raise ValueError("a message without a kind")
        return message, await stream.readexactly(payload) if payload else b""

    async def _death(self) -> str:
        """Say how the process ended, for people."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(1.0):
                await self._process.wait()
        code = self._process.returncode
        if code == _OUT_OF_MEMORY:
            return "Reading the document needs more memory than is allowed."
        if code == -signal.SIGXCPU:
            return "Reading the document needs more processor time than is allowed."
        return "The parser crashed on this document."

    def kill(self) -> None:
        """End the process and all it started, at once."""
        self._requests.close()
        if self.alive:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)

    async def end(self) -> None:
        """Kill it and wait until it is gone; more than one may wait, and one that gives up changes nothing."""
        self.kill()
        if self._gone is None:
            self._gone = asyncio.create_task(self._drained(), name=f"parser-{self._process.pid}-ends")
        await asyncio.shield(self._gone)

    async def _drained(self) -> None:
        # asyncio reports the end of a process only when its pipes have ended, and what was not read holds them open.
        stream = self._process.stdout
        while stream is not None and await stream.read(_READ_BUFFER_BYTES):
            pass
        await self._process.wait()


class ChildPool:
    """A bounded set of warm children. Belongs to the event loop it was made in.

    Children start when they are first needed, are replaced after `jobs_per_child` requests or any failure, and end
    after `idle_s` without work. One that opened somebody's document never opens another's: were it taken over, it
    could read that, or answer in its place. Where the pool `yields`, they leave the CPU to whoever else wants it.
    """

    def __init__(self, settings: GuardSettings, *, size: int, entry: Path = _ENTRY, yields: bool = False) -> None:
        self._settings = settings
        self._entry = entry
        self._modes = [*(["threads"] if settings.ocr else []), *(["yields"] if yields else [])]
        self._size = size
        self._free = asyncio.Semaphore(size)
        self._idle: list[tuple[Child, asyncio.TimerHandle]] = []
        self._all: set[Child] = set()

    @contextlib.asynccontextmanager
    async def lease(self, whose: str | None = None) -> AsyncIterator[Child]:
        """Have a child for one request; it goes back warm when the request was answered to its end.

        Args:
            whose: names the owner of what it opens; None where it opens nothing of anybody's.
        """
        async with self._free:
            child = await self._take(whose)
            child.whose = child.whose or whose
            try:
                yield child
            finally:
                await self._give_back(child)

    async def warm(self) -> None:
        """Have a child wait for the first request. Raises: ParserCrashed when it does not start."""
        async with self.lease():
            pass

    async def close(self) -> None:
        """End all children."""
        self.forget()
        await asyncio.gather(*(child.end() for child in self._all))
        self._all.clear()

    def forget(self) -> None:
        """Kill all children without waiting; works after the event loop has stopped."""
        for _, timer in self._idle:
            timer.cancel()
        self._idle.clear()
        for child in self._all:
            child.kill()

    async def _take(self, whose: str | None) -> Child:
        for child in [child for child, _ in self._idle if not child.alive]:
            await self._drop(self._called(child))
        for child, _ in reversed(self._idle):
            if whose is None or child.whose in {None, whose}:
                return self._called(child)
        if self._idle and sum(child.alive for child in self._all) >= self._size:
            await self._drop(self._called(self._idle[0][0]))
        return await self._start()

    def _called(self, wanted: Child) -> Child:
        """Take a child out of those that wait."""
        place = next(place for place, (child, _) in enumerate(self._idle) if child is wanted)
        self._idle.pop(place)[1].cancel()
        return wanted

    async def _give_back(self, child: Child) -> None:
        if child.busy or not child.alive or child.jobs >= self._settings.jobs_per_child:
            await self._drop(child)
            return
        timer = asyncio.get_running_loop().call_later(self._settings.idle_s, self._retire, child)
        self._idle.append((child, timer))

    def _retire(self, child: Child) -> None:
        self._called(child).kill()  # it is still waited for where the pool closes before it has ended

    async def _drop(self, child: Child) -> None:
        await child.end()
        self._all.discard(child)

    async def _start(self) -> Child:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-I", "-B", str(self._entry), str(theirs.fileno()), str(self._settings.memory_limit_mb),
                *self._modes,
                stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
                pass_fds=(theirs.fileno(),), process_group=0, cwd="/", limit=_READ_BUFFER_BYTES,
                env={"LANG": "C.UTF-8", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
            )  # fmt: skip
        child = Child(process, ours)
        self._all = {other for other in self._all if other.alive} | {child}
        try:
            hello, _ = await child.reply(_START_LIMIT_S)
        except BaseException:
            await self._drop(child)
            raise
        child.confined = tuple(hello.get("confined", ()))
        _log.debug("parser started", pid=process.pid, confined=child.confined)
        return child
