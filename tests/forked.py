"""Processes that are forked from one which has imported everything: imports are most of what starting them costs.

They are processes like any other, with an environment, an output and a death of their own. The program's own start,
from nothing, is tested in `tests/flow/test_add.py` and `tests/faults/test_servers.py`.
"""

import json
import multiprocessing
import os
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from multiprocessing.context import ForkServerContext
from pathlib import Path
from typing import Any

_PRELOADED = [
    "aiosqlite",
    "dbos",
    "dbos._sys_db_sqlite",
    "lancedb",
    "pincite.app.cli.main",
    "pincite.app.cli.serve",
    "pincite.app.web",
    "pincite.index.adapters.lance",
    "pydantic_ai",
    "tests.faults.scenario",
    "tests.preloaded",
]


def context() -> ForkServerContext:
    """Return the starter of processes."""
    made = multiprocessing.get_context("forkserver")
    made.set_forkserver_preload(_PRELOADED)
    return made


class Forked:
    """A process that runs a function.

    Args:
        target: a function of a module.
        args: what it is called with.
        environment: the process's whole environment; this one's by default.
    """

    def __init__(
        self, target: Callable[..., object], args: Sequence[object], environment: Mapping[str, str] | None = None
    ) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="pincite-process-"))
        given = (str(self._folder), dict(os.environ if environment is None else environment), target, tuple(args))
        self._process = context().Process(target=_run, args=given)
        self._process.start()

    @property
    def pid(self) -> int:
        """Its id."""
        assert self._process.pid is not None
        return self._process.pid

    @property
    def stdout(self) -> str:
        """What it printed so far."""
        return _read(self._folder / "stdout")

    @property
    def stderr(self) -> str:
        """What it complained of so far."""
        return _read(self._folder / "stderr")

    @property
    def returncode(self) -> int | None:
        """How it ended: minus the signal where one killed it; None while it runs."""
        return self._process.exitcode

    def wait(self, timeout_s: float) -> int:
        """Wait for its end and return how it was. Raises: TimeoutError."""
        self._process.join(timeout_s)
        if self._process.exitcode is None:
            raise TimeoutError(f"still running after {timeout_s} s: {self.stdout[-500:]}{self.stderr[-2000:]}")
        return self._process.exitcode

    def wait_for(self, condition: Callable[[str], object], timeout_s: float) -> str:
        """Wait until what it printed is as it should be, or it ended; returns what it printed."""
        until = time.monotonic() + timeout_s
        while time.monotonic() < until and self._process.exitcode is None and not condition(self.stdout):
            time.sleep(0.02)
        return self.stdout

    def terminate(self) -> None:
        """Ask it to end."""
        self._process.terminate()

    def kill(self) -> None:
        """End it."""
        self._process.kill()


def finished(
    target: Callable[..., object],
    args: Sequence[object],
    environment: Mapping[str, str] | None = None,
    timeout_s: float = 60,
) -> Forked:
    """Run a function in a process to its end, or its death. Raises: TimeoutError."""
    process = Forked(target, args, environment)
    try:
        process.wait(timeout_s)
    except TimeoutError:
        process.kill()
        raise
    return process


def pincite(words: Sequence[str], environment: Mapping[str, str], timeout_s: float = 100) -> Forked:
    """Run a command of the program to its end."""
    return finished(command, (list(words),), {**os.environ, **environment}, timeout_s)


def pincite_json(words: Sequence[str], environment: Mapping[str, str]) -> dict[str, Any]:
    """Run a command with `--json` and return what it said."""
    done = pincite([*words, "--json"], environment)
    assert done.stdout, done.stderr
    said: dict[str, Any] = json.loads(done.stdout)
    return said


def command(words: list[str]) -> None:
    """Be the program, with these words on its command line."""
    from pincite.app.cli.main import main

    sys.argv = ["pincite", *words]
    main()


def _run(folder: str, environment: dict[str, str], target: Callable[..., object], args: tuple[object, ...]) -> None:
    for number, name in ((1, "stdout"), (2, "stderr")):
        file = os.open(f"{folder}/{name}", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.dup2(file, number)
        os.close(file)
    os.environ.clear()
    os.environ.update(environment)
    target(*args)


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""
