"""Keeps the C library from holding on to what the engine has let go of. Does something with glibc, nothing elsewhere.

glibc gives each of the engine's threads an arena of its own and keeps what was freed in them: bringing in 27,000 chunks
held 785 MB, and holds 490 MB so, in the same time.
"""

import ctypes
from typing import Any

_M_ARENA_MAX = -8  # malloc.h
_ARENAS = 2


def few_arenas() -> None:
    """Let the threads of this process share two arenas; those that there are already stay. Takes microseconds."""
    mallopt = _of_libc("mallopt")
    if mallopt is not None:
        mallopt(_M_ARENA_MAX, _ARENAS)


def give_back() -> None:
    """Give memory that was freed back to the system. Blocks for milliseconds: call it off the event loop."""
    trim = _of_libc("malloc_trim")
    if trim is not None:
        trim(0)


def _of_libc(name: str) -> Any:
    try:
        return getattr(ctypes.CDLL(None), name, None)
    except (OSError, TypeError):  # there is no such library to ask
        return None
