"""What work at hand may do with what was kept of earlier work: said once, true of all that is done for it.

So nothing between who wants it and what keeps things need pass it on. What is kept, and where, is no business here.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Literal

KeptUse = Literal["use", "renew", "avoid"]
"""Give again what was kept; put something new in its place; neither give nor keep anything."""

_USE: ContextVar[KeptUse] = ContextVar("pincite_kept_use", default="use")


def kept_use() -> KeptUse:
    """Return what the work at hand may do with what was kept."""
    return _USE.get()


@contextmanager
def with_kept(use: KeptUse) -> Iterator[None]:
    """Let the work of the block, and of the tasks that it begins, do that with what was kept."""
    token = _USE.set(use)
    try:
        yield
    finally:
        _USE.reset(token)
