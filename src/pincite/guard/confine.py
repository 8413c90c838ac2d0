"""Takes rights away from the process it runs in: memory, files, network, new processes. Linux; no privileges needed.

Runs in the child before it sees a document. What cannot be had on a system is left out and reported, never faked;
whether a wall holds is tried in `walls.py`.
"""

import ctypes
import os
import resource
import struct
import sys
from collections.abc import Sequence
from pathlib import Path

from pincite.guard.calls import filter_program

_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP = 1, 4, 38, 22
_SECCOMP_MODE_FILTER = 2
_SIGKILL = 9
_CAPABILITIES_V3 = 0x20080522
_CAP_DAC_READ_SEARCH = 1 << 2
_CLONE_NEWUSER, _CLONE_NEWNET, _CLONE_NEWIPC = 0x10000000, 0x40000000, 0x08000000
_LANDLOCK_CREATE, _LANDLOCK_ADD, _LANDLOCK_RESTRICT = 444, 445, 446
_LANDLOCK_READ = 0b1100  # read a file, read a folder
# What is forbidden but for what is allowed: files, by the version of landlock that knows it, the last one being
# devices' own commands; the network's ports; signals and abstract sockets of other processes.
_LANDLOCK_FILES = {1: 0x1FFF, 2: 0x3FFF, 3: 0x7FFF, 4: 0x7FFF}
_LANDLOCK_ALL_FILES, _LANDLOCK_PORTS, _LANDLOCK_SCOPES = 0xFFFF, 0b11, 0b11
_KNOWS_PORTS, _KNOWS_SCOPES = 4, 6


def confine(memory_limit_mb: int, *, threads: bool = False) -> list[str]:
    """Limit this process for good.

    Args:
        memory_limit_mb: most address space.
        threads: whether it may start threads; what reads pictures does.

    Returns: the names of the measures that are in force.
    """
    measures = _limit_resources(memory_limit_mb)
    if sys.platform != "linux":
        return measures
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_SET_PDEATHSIG, _SIGKILL, 0, 0, 0)
    libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
    folders = _readable_folders()
    if _drop_privileges(libc, folders):
        measures.append("privileges")
        # In its own namespaces it would lose the one right that it may have had to keep.
        if libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET | _CLONE_NEWIPC) == 0:
            measures.append("namespaces")
            _set_privileges(libc, 0)
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        return measures
    if _restrict_files(libc, folders):
        measures.append("landlock")
    if _filter_calls(libc, threads=threads):
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
        resource.setrlimit(resource.RLIMIT_MSGQUEUE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
    resource.setrlimit(resource.RLIMIT_MEMLOCK, (0, 0))
    return ["rlimits"]


def _drop_privileges(libc: ctypes.CDLL, folders: Sequence[Path]) -> bool:
    """Give up what root may and others may not: limits and owners of files hold for it as well.

    Where root alone can reach our own libraries, that right stays, and no other; what may be read is landlock's.
    """
    reached = [folder for folder in folders if _reaches(folder)]
    _set_privileges(libc, _CAP_DAC_READ_SEARCH, 0)
    if all(_reaches(folder) for folder in reached):
        return _set_privileges(libc, 0)
    _set_privileges(libc, _CAP_DAC_READ_SEARCH)
    return False


def _reaches(folder: Path) -> bool:
    return os.access(folder, os.R_OK | os.X_OK, effective_ids=True)


def _set_privileges(libc: ctypes.CDLL, permitted: int, effective: int | None = None) -> bool:
    """Keep these capabilities; without any to lose it changes nothing."""
    used = permitted if effective is None else effective
    header = struct.pack("=Ii", _CAPABILITIES_V3, 0)
    return libc.capset(header, struct.pack("=6I", used, permitted, 0, 0, 0, 0)) == 0


def _restrict_files(libc: ctypes.CDLL, folders: Sequence[Path]) -> bool:
    """Allow reading below the interpreter, its libraries and the fonts, and nothing else (landlock)."""
    version = libc.syscall(_LANDLOCK_CREATE, None, ctypes.c_size_t(0), ctypes.c_uint32(1))
    if version < 1:
        return False
    attributes = struct.pack("=Q", _LANDLOCK_FILES.get(version, _LANDLOCK_ALL_FILES))
    if version >= _KNOWS_PORTS:
        attributes += struct.pack("=Q", _LANDLOCK_PORTS)
    if version >= _KNOWS_SCOPES:
        attributes += struct.pack("=Q", _LANDLOCK_SCOPES)
    ruleset = libc.syscall(_LANDLOCK_CREATE, attributes, ctypes.c_size_t(len(attributes)), ctypes.c_uint32(0))
    if ruleset < 0:
        return False
    try:
        for folder in folders:
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


def _filter_calls(libc: ctypes.CDLL, *, threads: bool) -> bool:
    """Refuse all system calls but those that reading a document takes (seccomp)."""
    program = filter_program(os.getpid(), threads=threads)
    if program is None:
        return False
    buffer = ctypes.create_string_buffer(program, len(program))
    header = struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(buffer))
    return libc.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, header, 0, 0) == 0
