"""From where the work at hand was asked for: an address and a request, the command line, or the installation itself.

Set at the edges of the process and read by the audit log; who asks is the `Scope`'s to say, not this file's.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

SYSTEM = "system"
COMMAND_LINE = "command line"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a change came from: an address, `command line` or `system`; by which program or login; in which request."""

    client: str = SYSTEM
    agent: str = ""
    request: str = ""


_ORIGIN: ContextVar[Origin] = ContextVar("pincite_origin")


def origin() -> Origin:
    """Return from where the work at hand was asked for; the installation itself where nobody said."""
    return _ORIGIN.get(Origin())


@contextmanager
def asked_from(where: Origin) -> Iterator[None]:
    """Let what is done in the block, and in the tasks that it begins, have been asked for from there."""
    token = _ORIGIN.set(where)
    try:
        yield
    finally:
        _ORIGIN.reset(token)
