"""The process beside a server that reads documents, so that reading takes no turn of the one that answers.

It is a `pincite worker` like any other, begun again where it ends, and ends with the server, however that ends: its
standard input ends then. It loads its modules while the server opens its rooms, and opens its own after them.
"""

import asyncio
import contextlib
import os
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from pincite.app.settings import Settings, as_environment
from pincite.core import get_logger

LET_GO_S = 12.0
"""Longest that a worker's jobs may take to let go, and a little."""

_NICENESS, _LEAST = 5, 19  # below the server's: where there is too little CPU for both it has a quarter
_PAUSE_S, _LONGEST_PAUSE_S = 0.5, 30.0
_LONG_S = 60.0  # what lived so long is not thought to fail at its start

log = get_logger(__name__)


class Beside:
    """A worker beside this process.

    Args:
        settings: what it reads documents with.
    """

    def __init__(self, settings: Settings) -> None:
        self._environment = as_environment(settings)
        self._begun = asyncio.Event()
        self._ended = asyncio.Event()

    def begin(self) -> None:
        """Let it read documents: what it needs is there. Returns at once."""
        self._begun.set()

    def end(self) -> None:
        """Let it stop; returns at once."""
        self._ended.set()

    async def keep(self) -> None:
        """Have it work, again where it ends, until `end`; returns when it has stopped."""
        pause = _PAUSE_S
        while not self._ended.is_set():
            began = time.monotonic()
            try:
                how = await self._once()
            except (OSError, RuntimeError, MemoryError) as error:  # no process, thread or memory to be had
                how = str(error) or type(error).__name__
            if self._ended.is_set():
                return
            log.error("the process that reads documents ended; it begins again", how=how)
            if time.monotonic() - began > _LONG_S:
                pause = _PAUSE_S
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._ended.wait(), pause)
            pause = min(2 * pause, _LONGEST_PAUSE_S)

    async def _once(self) -> str:
        """Have a process work until it ends by itself or is to; returns how it ended. Raises: OSError."""
        # Nothing is imported from the folder that the server was started in: -P.
        command = (sys.executable, "-P", "-m", "pincite.app.cli", "worker", "--attached")
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.DEVNULL,
            env=self._environment,
            # A terminal's Ctrl-C is for the server, which ends this one in its turn. In a session of its own the lower
            # priority would be one within that session alone, where the kernel groups processes by sessions.
            process_group=0,
        )
        assert process.stdin is not None
        with contextlib.suppress(ProcessLookupError):
            os.setpriority(os.PRIO_PROCESS, process.pid, min(_LEAST, os.getpriority(os.PRIO_PROCESS, 0) + _NICENESS))
        begun, ended, died = map(asyncio.ensure_future, (self._begun.wait(), self._ended.wait(), process.wait()))
        try:
            await asyncio.wait((begun, ended, died), return_when=asyncio.FIRST_COMPLETED)
            if begun.done():
                process.stdin.write(b"\n")
                await asyncio.wait((ended, died), return_when=asyncio.FIRST_COMPLETED)
            process.stdin.close()
            with contextlib.suppress(ProcessLookupError):
                process.terminate()  # which ends one that is still starting at once: it has nothing to let go of
            async with asyncio.timeout(LET_GO_S):
                code = await process.wait()
        except TimeoutError:
            process.kill()
            code = await process.wait()
        finally:
            for each in (begun, ended, died):
                each.cancel()
        return f"killed by signal {-code}" if code < 0 else f"exit code {code}"


@asynccontextmanager
async def reading_beside(settings: Settings) -> AsyncIterator[Beside]:
    """Have a worker beside this process while the block runs, from when it is let `begin`."""
    beside = Beside(settings)
    keeping = asyncio.create_task(beside.keep(), name="worker-beside")
    try:
        yield beside
    finally:
        beside.end()
        await asyncio.wait([keeping])
