"""Takes rights away from the process it runs in: memory, files, network, new processes. Linux; no privileges needed.

Runs in the child before it sees a document. What cannot be had on a system is left out and reported, never faked.
"""

import ctypes
import os
import platform
import resource
import struct
import sys
from collections.abc import Sequence
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_PR_SET_DUMPABLE = 4
_PR_SET_NO_NEW_PRIVS = 38
_PR_SET_SECCOMP = 22
_SECCOMP_MODE_FILTER = 2
_SIGKILL = 9
_EPERM, _ENOSYS = 1, 38
_ALLOW, _ERRNO, _KILL_PROCESS = 0x7FFF0000, 0x00050000, 0x80000000
_LOAD, _JUMP_EQ, _JUMP_GE, _JUMP_SET, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_CLONE_THREAD = 0x10000
_LANDLOCK_CREATE, _LANDLOCK_ADD, _LANDLOCK_RESTRICT = 444, 445, 446
_LANDLOCK_READ = 0b1101  # execute, read file, read directory
_LANDLOCK_ALL_BY_ABI = {1: 0x1FFF, 2: 0x3FFF, 3: 0x7FFF}

# System calls by number; source: the kernel's arch/x86/entry/syscalls/syscall_64.tbl and asm-generic/unistd.h.
_X86_64 = (0xC000003E, 56, 435, {
    "socket": 41, "connect": 42, "accept": 43, "sendto": 44, "bind": 49, "listen": 50, "socketpair": 53,
    "fork": 57, "vfork": 58, "execve": 59, "kill": 62, "ptrace": 101, "setuid": 105, "mount": 165,
    "tkill": 200, "accept4": 288, "perf_event_open": 298, "process_vm_readv": 310, "process_vm_writev": 311,
    "bpf": 321, "execveat": 322, "userfaultfd": 323, "io_uring_setup": 425, "pidfd_open": 434,
})  # fmt: skip
_AARCH64 = (0xC00000B7, 220, 435, {
    "socket": 198, "socketpair": 199, "bind": 200, "listen": 201, "accept": 202, "connect": 203, "sendto": 206,
    "execve": 221, "kill": 129, "tkill": 130, "ptrace": 117, "mount": 40, "accept4": 242, "perf_event_open": 241,
    "process_vm_readv": 270, "process_vm_writev": 271, "bpf": 280, "execveat": 281, "userfaultfd": 282,
    "io_uring_setup": 425, "pidfd_open": 434,
})  # fmt: skip
_ARCHITECTURES = {"x86_64": _X86_64, "aarch64": _AARCH64}


def confine(memory_limit_mb: int) -> list[str]:
    """Limit this process for good. Returns the names of the measures that are in force."""
    measures = _limit_resources(memory_limit_mb)
    if sys.platform != "linux":
        return measures
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_SET_PDEATHSIG, _SIGKILL, 0, 0, 0)
    libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        return measures
    if _restrict_files(libc):
        measures.append("landlock")
    if _filter_calls(libc):
        measures.append("seccomp")
    return measures


def limit_cpu(seconds: float) -> None:
    """Let this process use `seconds` more of CPU time; beyond that the kernel ends it."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    soft = int(used.ru_utime + used.ru_stime + seconds) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (soft, resource.getrlimit(resource.RLIMIT_CPU)[1]))


def _limit_resources(memory_limit_mb: int) -> list[str]:
    size = memory_limit_mb << 20
    if sys.platform == "linux":  # elsewhere the address space of a fresh Python is larger than any useful limit
        resource.setrlimit(resource.RLIMIT_AS, (size, size))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
    return ["rlimits"]


def _restrict_files(libc: ctypes.CDLL) -> bool:
    """Allow reading below the interpreter, its libraries and the fonts, and nothing else (landlock)."""
    abi = libc.syscall(_LANDLOCK_CREATE, None, ctypes.c_size_t(0), ctypes.c_uint32(1))
    if abi < 1:
        return False
    handled = _LANDLOCK_ALL_BY_ABI.get(abi, 0x7FFF)
    attributes = struct.pack("=Q", handled)
    ruleset = libc.syscall(_LANDLOCK_CREATE, attributes, ctypes.c_size_t(len(attributes)), ctypes.c_uint32(0))
    if ruleset < 0:
        return False
    try:
        for folder in _readable_folders():
            _allow_reading(libc, ruleset, folder)
        return libc.syscall(_LANDLOCK_RESTRICT, ctypes.c_int(ruleset), ctypes.c_uint32(0)) == 0
    finally:
        os.close(ruleset)


def _readable_folders() -> Sequence[Path]:
    package = Path(__file__).resolve().parents[1]
    system = ("/usr/lib", "/usr/lib64", "/lib", "/lib64", "/usr/local/lib", "/usr/share/fonts", "/usr/share/zoneinfo")
    libraries = [Path(entry) for entry in sys.path if entry]
    candidates = [package, Path(sys.base_prefix) / "lib", Path(sys.prefix) / "lib", *libraries, *map(Path, system)]
    return [folder for folder in dict.fromkeys(candidates) if folder.is_dir()]


def _allow_reading(libc: ctypes.CDLL, ruleset: int, folder: Path) -> None:
    descriptor = os.open(folder, os.O_PATH | os.O_CLOEXEC)
    try:
        rule = struct.pack("=Qi", _LANDLOCK_READ, descriptor)
        libc.syscall(_LANDLOCK_ADD, ctypes.c_int(ruleset), ctypes.c_int(1), rule, ctypes.c_uint32(0))
    finally:
        os.close(descriptor)


def _filter_calls(libc: ctypes.CDLL) -> bool:
    """Refuse sockets, new processes and the like with EPERM (seccomp); threads stay possible."""
    architecture = _ARCHITECTURES.get(platform.machine())
    if architecture is None:
        return False
    program = b"".join(_program(*architecture))
    buffer = ctypes.create_string_buffer(program, len(program))
    header = struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(buffer))
    return libc.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, header, 0, 0) == 0


def _program(audit: int, clone: int, clone3: int, denied: dict[str, int]) -> list[bytes]:
    """Classic BPF over `struct seccomp_data`: call number at 0, architecture at 4, low half of argument 0 at 16."""
    code = [
        _step(_LOAD, 0, 0, 4),
        _step(_JUMP_EQ, 1, 0, audit),
        _step(_RETURN, 0, 0, _KILL_PROCESS),
        _step(_LOAD, 0, 0, 0),
    ]
    if audit == _X86_64[0]:  # the x32 calls share the architecture's mark
        code += [_step(_JUMP_GE, 0, 1, 0x40000000), _step(_RETURN, 0, 0, _ERRNO | _EPERM)]
    for number in denied.values():
        code += [_step(_JUMP_EQ, 0, 1, number), _step(_RETURN, 0, 0, _ERRNO | _EPERM)]
    # clone3 hides its flags in memory: say it does not exist and the C library falls back to clone.
    code += [_step(_JUMP_EQ, 0, 1, clone3), _step(_RETURN, 0, 0, _ERRNO | _ENOSYS)]
    code += [
        _step(_JUMP_EQ, 0, 3, clone),
        _step(_LOAD, 0, 0, 16),
        _step(_JUMP_SET, 1, 0, _CLONE_THREAD),
        _step(_RETURN, 0, 0, _ERRNO | _EPERM),
        _step(_RETURN, 0, 0, _ALLOW),
    ]
    return code


def _step(operation: int, if_true: int, if_false: int, value: int) -> bytes:
    return struct.pack("HBBI", operation, if_true, if_false, value)
