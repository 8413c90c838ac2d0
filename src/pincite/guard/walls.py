"""Tries in a confined child what it must not be able to do, so that people can be told which walls stand here.

How the walls are built is in `confine.py` and `calls.py`; nothing here takes a right away.
"""

import contextlib
import mmap
import os
import resource
import socket
from collections.abc import Callable
from pathlib import Path

_REFUSED = (OSError, ValueError)  # without room for more, Python says that a number is wrong


def standing() -> list[str]:
    """Return the names of the walls that stand around this process; `WALLS` says what each keeps in."""
    return [name for name, trials in _TRIALS.items() if all(_is_refused(trial) for trial in trials)]


def _is_refused(trial: Callable[[], None]) -> bool:
    try:
        trial()
    except _REFUSED:
        return True
    return False


def _speak() -> None:
    socket.socket(socket.AF_INET, socket.SOCK_STREAM).close()


def _speak_here() -> None:
    socket.socket(socket.AF_UNIX, socket.SOCK_STREAM).close()


def _look() -> None:
    next(Path("/").iterdir())


def _write() -> None:
    made = Path("/tmp") / f".pincite-wall-{os.getpid()}"  # noqa: S108 - it is there only where the wall is not
    os.close(os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    made.unlink()


def _change() -> None:
    path = Path(__file__)
    path.chmod(path.stat().st_mode)


def _fork() -> None:
    child = os.fork()
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)


def _signal() -> None:
    os.kill(os.getppid(), 0)


def _limit_other() -> None:
    resource.prlimit(os.getppid(), resource.RLIMIT_CPU)


def _hold_unseen() -> None:
    os.close(os.memfd_create("pincite"))


def _remember() -> None:
    limit = resource.getrlimit(resource.RLIMIT_AS)[0]
    if limit != resource.RLIM_INFINITY:
        mmap.mmap(-1, limit).close()


def _compute() -> None:
    if resource.getrlimit(resource.RLIMIT_CPU)[0] != resource.RLIM_INFINITY:
        raise OSError


def _open_many() -> None:
    with contextlib.ExitStack() as opened:
        for _ in range(1024):
            opened.callback(os.close, os.dup(0))


_TRIALS: dict[str, tuple[Callable[[], None], ...]] = {
    "network": (_speak, _speak_here),
    "files": (_look, _write, _change),
    "processes": (_fork, _signal, _limit_other),
    "system calls": (_hold_unseen,),
    "memory": (_remember,),
    "processor time": (_compute,),
    "open files": (_open_many,),
}
WALLS = {
    "network": "opens no connection, not even to this machine",
    "files": "reads the document and our own libraries, and writes nothing",
    "processes": "starts no program and touches no other process",
    "system calls": "asks the kernel for what reading takes, and for nothing else",
    "memory": "holds no more than its limit",
    "processor time": "computes no longer than its limit",
    "open files": "opens no more than its limit",
}
"""What a parser is kept from by each wall, for people."""
