"""Which system calls a confined child may make, as a filter for the kernel (seccomp); all others are refused.

A list of what is allowed, not of what is known to be bad: what nobody thought of is refused too. `confine.py`
installs it.
"""

import platform
import struct
from collections.abc import Iterator, Sequence

_EPERM, _ENOSYS = 1, 38
_ALLOW, _ERRNO, _KILL_PROCESS = 0x7FFF0000, 0x00050000, 0x80000000
_LOAD, _JUMP_EQ, _JUMP_GE, _JUMP_SET, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_CLONE_THREAD = 0x10000
_X32 = 0x40000000
# From here on numbers are the same everywhere. Calls that are newer than this list are said not to exist, and the C
# library does without; clone3 is among them, which hides in memory what it is asked for.
_NEWER = 424

# Numbers on x86-64 and aarch64, None where there is no such call; sources: the kernel's
# arch/x86/entry/syscalls/syscall_64.tbl and include/uapi/asm-generic/unistd.h.
_CALLS: dict[str, tuple[int | None, int | None]] = {
    "newfstatat": (262, 79), "lseek": (8, 62), "read": (0, 63), "close": (3, 57), "write": (1, 64),
    "openat": (257, 56), "mmap": (9, 222), "munmap": (11, 215), "brk": (12, 214), "mremap": (25, 216),
    "futex": (202, 98), "recvmsg": (47, 212), "getrusage": (98, 165), "clock_gettime": (228, 113),
    "mprotect": (10, 226), "madvise": (28, 233), "mincore": (27, 232), "membarrier": (324, 283),
    "readv": (19, 65), "writev": (20, 66), "pread64": (17, 67), "preadv": (295, 69),
    "open": (2, None), "stat": (4, None), "fstat": (5, 80), "lstat": (6, None), "statx": (332, 291),
    "statfs": (137, 43), "fstatfs": (138, 44), "access": (21, None), "faccessat": (269, 48), "faccessat2": (439, 439),
    "readlink": (89, None), "readlinkat": (267, 78), "getdents": (78, None), "getdents64": (217, 61),
    "getcwd": (79, 17), "fadvise64": (221, 223), "close_range": (436, 436),
    "dup": (32, 23), "dup2": (33, None), "dup3": (292, 24), "pipe": (22, None), "pipe2": (293, 59),
    "poll": (7, None), "ppoll": (271, 73), "select": (23, None), "pselect6": (270, 72),
    "epoll_create": (213, None), "epoll_create1": (291, 20), "epoll_ctl": (233, 21), "epoll_wait": (232, None),
    "epoll_pwait": (281, 22), "eventfd": (284, None), "eventfd2": (290, 19),
    "getsockname": (51, 204), "getpeername": (52, 205), "getsockopt": (55, 209),
    "rt_sigaction": (13, 134), "rt_sigprocmask": (14, 135), "rt_sigreturn": (15, 139), "rt_sigtimedwait": (128, 137),
    "sigaltstack": (131, 132), "pause": (34, None), "restart_syscall": (219, 128),
    "futex_waitv": (449, 449), "set_robust_list": (273, 99), "rseq": (334, 293), "set_tid_address": (218, 96),
    "exit": (60, 93), "exit_group": (231, 94), "sched_yield": (24, 124), "gettid": (186, 178),
    "sched_getaffinity": (204, 123), "arch_prctl": (158, None), "getcpu": (309, 168), "getrandom": (318, 278),
    "getpid": (39, 172), "getppid": (110, 173), "getuid": (102, 174), "geteuid": (107, 175), "getgid": (104, 176),
    "getegid": (108, 177), "getgroups": (115, 158), "uname": (63, 160), "sysinfo": (99, 179), "times": (100, 153),
    "getrlimit": (97, 163), "setrlimit": (160, 164), "clock_getres": (229, 114), "clock_nanosleep": (230, 115),
    "nanosleep": (35, 101), "gettimeofday": (96, 169), "time": (201, None),
}  # fmt: skip
# Allowed with some values of one argument alone: number, which argument, and its values.
_FCNTL, _IOCTL, _PRCTL, _TGKILL, _PRLIMIT, _CLONE = (72, 25), (16, 29), (157, 167), (234, 131), (302, 261), (56, 220)
# Copies and flags of descriptors; not who gets signals, nor leases.
_FCNTL_COMMANDS = (0, 1, 2, 3, 4, 1030)
# Whether it is a terminal, how much is to be read, blocking, closing on exec.
_IOCTL_COMMANDS = (0x5401, 0x541B, 0x5421, 0x5450, 0x5451)
# A thread's name, and names of memory.
_PRCTL_OPTIONS = (15, 16, 0x53564D41)
_MARKS = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}


def filter_program(own_pid: int, *, threads: bool) -> bytes | None:
    """Return the filter as classic BPF over `struct seccomp_data`; None for a processor whose calls are not listed.

    Args:
        own_pid: of the process that it is for; it may send signals to itself alone.
        threads: whether it may start threads.
    """
    known = _MARKS.get(platform.machine())
    if known is None:
        return None
    place, mark = known
    return b"".join(_program(place, mark, own_pid, threads=threads))


def _program(place: int, mark: int, own_pid: int, *, threads: bool) -> Iterator[bytes]:
    """The call's number lies at 0, the architecture's mark at 4, the low half of argument n at 16 + 8n."""
    yield from (_step(_LOAD, 4), _step(_JUMP_EQ, mark, 1, 0), _step(_RETURN, _KILL_PROCESS), _step(_LOAD, 0))
    if place == 0:  # the x32 calls share the mark of x86-64
        yield from (_step(_JUMP_GE, _X32, 0, 1), _step(_RETURN, _ERRNO | _EPERM))
    for numbers in _CALLS.values():
        if (number := numbers[place]) is not None:
            yield from (_step(_JUMP_EQ, number, 0, 1), _step(_RETURN, _ALLOW))
    yield from _with_values(_FCNTL[place], 1, _FCNTL_COMMANDS)
    yield from _with_values(_IOCTL[place], 1, _IOCTL_COMMANDS)
    yield from _with_values(_PRCTL[place], 0, _PRCTL_OPTIONS)
    yield from _with_values(_TGKILL[place], 0, (own_pid,))
    yield from _with_values(_PRLIMIT[place], 0, (0,))
    if threads:
        yield from (_step(_JUMP_EQ, _CLONE[place], 0, 4), _step(_LOAD, 16), _step(_JUMP_SET, _CLONE_THREAD, 0, 1))
        yield from (_step(_RETURN, _ALLOW), _step(_RETURN, _ERRNO | _EPERM))
    yield from (_step(_JUMP_GE, _NEWER, 0, 1), _step(_RETURN, _ERRNO | _ENOSYS), _step(_RETURN, _ERRNO | _EPERM))


def _with_values(number: int, argument: int, values: Sequence[int]) -> Iterator[bytes]:
    yield _step(_JUMP_EQ, number, 0, 2 * len(values) + 2)
    yield _step(_LOAD, 16 + 8 * argument)
    for value in values:
        yield from (_step(_JUMP_EQ, value, 0, 1), _step(_RETURN, _ALLOW))
    yield _step(_RETURN, _ERRNO | _EPERM)


def _step(operation: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("HBBI", operation, if_true, if_false, value)
