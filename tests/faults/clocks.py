"""Processes whose clock on the wall is wrong, or is set while they run: a small library that is loaded before theirs.

What it moves is said in `clock.c`; tests that ask for it are skipped, visibly, where there is no C compiler.
"""

import shutil
import struct
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

HOUR_S = 3600


@dataclass(frozen=True, slots=True)
class WrongClock:
    """A clock that is as many seconds ahead as its file says; processes see a change at once."""

    library: Path
    file: Path

    @property
    def environment(self) -> dict[str, str]:
        """What a process is started with to have this clock."""
        return {"LD_PRELOAD": str(self.library), "CLOCK_MOVED_BY": str(self.file)}

    def move(self, seconds: int) -> None:
        """Set it to so many seconds ahead of the right time."""
        with self.file.open("r+b") as out:
            out.write(struct.pack("=q", seconds))


def wrong_clock(folder: Path, seconds: int) -> WrongClock:
    """Return a clock that is so many seconds ahead."""
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("no C compiler to build the wrong clock with")
    library = folder / "clock.so"
    source = Path(__file__).with_name("clock.c")
    subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", str(library), str(source)], check=True, timeout=60)
    made = WrongClock(library, folder / f"moved-{seconds}")
    made.file.write_bytes(struct.pack("=q", seconds))
    return made


class Started:
    """The program, started from nothing: a forked process would keep the clock it was forked with.

    Args:
        words: what follows `pincite` on the command line.
        environment: its whole environment.
        log: where it writes.
    """

    def __init__(self, words: Sequence[str], environment: Mapping[str, str], log: Path) -> None:
        self._log = log
        with log.open("w") as out:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "pincite.app.cli", *words], env=environment, stdout=out, stderr=subprocess.STDOUT
            )
        self.pid = self._process.pid

    @property
    def stderr(self) -> str:
        """What it said so far."""
        return self._log.read_text()

    @property
    def returncode(self) -> int | None:
        """How it ended; None while it runs."""
        return self._process.poll()

    def wait(self, timeout_s: float) -> int:
        """Wait for its end."""
        return self._process.wait(timeout_s)

    def wait_for(self, words: str, timeout_s: float) -> str:
        """Wait until it has said these words; returns all it said."""
        until = time.monotonic() + timeout_s
        while words not in self.stderr:
            assert time.monotonic() < until, self.stderr
            assert self.returncode is None, self.stderr
            time.sleep(0.05)
        return self.stderr

    def terminate(self) -> None:
        """Ask it to end."""
        self._process.terminate()

    def kill(self) -> None:
        """End it."""
        self._process.kill()
