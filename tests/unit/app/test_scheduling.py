"""Who works in the background: its priority, and that others are let in before its turn is over."""

import ctypes
import os
import platform
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pincite.app.scheduling import _ATTRIBUTES, _TURN_NS, work_in_background

_GET_ATTRIBUTES = {"x86_64": 315, "aarch64": 275}


def test_it_and_what_it_starts_yield() -> None:
    command = "import subprocess, sys; subprocess.run(['sleep', '30'])"
    with subprocess.Popen([sys.executable, "-c", f"input(); {command}"], stdin=subprocess.PIPE) as process:
        try:
            work_in_background(process.pid)
            assert process.stdin is not None
            process.stdin.write(b"\n")
            process.stdin.flush()
            (child,) = _children(process.pid)
            for pid in (process.pid, child):
                assert os.getpriority(os.PRIO_PROCESS, pid) == os.getpriority(os.PRIO_PROCESS, 0) + 5
                assert _turn(pid) in {_TURN_NS, None}
            os.kill(child, 9)
        finally:
            process.kill()


def test_a_process_that_has_ended_is_no_error() -> None:
    with subprocess.Popen(["true"]) as process:
        process.wait()
    work_in_background(process.pid)


def _children(pid: int) -> list[int]:
    until = time.monotonic() + 10
    while time.monotonic() < until:
        found = [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()]
        if found:
            return found
        time.sleep(0.02)
    pytest.fail("it started nothing")


def _turn(pid: int) -> int | None:
    """Return how long its turns are, in nanoseconds; None where the kernel knows none of its own."""
    number, release = _GET_ATTRIBUTES.get(platform.machine()), platform.release().split(".")
    if sys.platform != "linux" or number is None or (int(release[0]), int(release[1])) < (6, 12):
        return None
    buffer = ctypes.create_string_buffer(_ATTRIBUTES.size)
    assert ctypes.CDLL(None).syscall(number, pid, buffer, _ATTRIBUTES.size, 0) == 0
    turn: int = _ATTRIBUTES.unpack(buffer.raw)[5]
    return turn
