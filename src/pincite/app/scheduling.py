"""What the kernel is told of a process that works in the background: a lower priority, and long turns.

With a lower priority alone, what wakes meanwhile waits until the turn that is running is over, at each of its steps.
"""

import contextlib
import ctypes
import os
import platform
import struct
import sys

_NICENESS, _LEAST = 5, 19  # below this process: where there is too little CPU for both it has a quarter
_TURN_NS = 5_000_000  # the kernel's own are 1.4 to 3 ms; who has shorter ones is let in before this one's is over
# sched_setattr(2): arch/x86/entry/syscalls/syscall_64.tbl and include/uapi/asm-generic/unistd.h.
_SET_ATTRIBUTES = {"x86_64": 314, "aarch64": 274}
# struct sched_attr: size, policy, flags, niceness, priority, runtime, deadline, period, the least and most utilisation.
_ATTRIBUTES = struct.Struct("IIQiIQQQII")


def work_in_background(pid: int) -> None:
    """Give a process that was just started, and all that it will start, a lower priority and longer turns.

    Its share is that of its priority. Kernels before 6.12 know no turns of a process's own, and leave it at that.
    """
    niceness = min(_LEAST, os.getpriority(os.PRIO_PROCESS, 0) + _NICENESS)
    with contextlib.suppress(ProcessLookupError):
        os.setpriority(os.PRIO_PROCESS, pid, niceness)
        number = _SET_ATTRIBUTES.get(platform.machine()) if sys.platform == "linux" else None
        if number is not None:
            asked = _ATTRIBUTES.pack(_ATTRIBUTES.size, 0, 0, niceness, 0, _TURN_NS, 0, 0, 0, 0)
            ctypes.CDLL(None).syscall(number, pid, asked, 0)
