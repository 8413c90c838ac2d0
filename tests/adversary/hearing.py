"""Hears each time this process connects, sends to an address or asks for a name, at the sockets themselves.

Python reports these (audit events, PEP 578) whoever asks for them: a library, an event loop, a thread.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

_EVENTS = frozenset({"socket.connect", "socket.sendto", "socket.sendmsg", "socket.getaddrinfo", "socket.gethostbyname"})
_listening: list[list[str]] = []


def _hear(event: str, arguments: tuple[object, ...]) -> None:
    if event in _EVENTS and arguments[1] is not None:  # without an address it goes where it was connected to
        for heard in _listening:
            heard.append(f"{event} {arguments[:2]!r}")


sys.addaudithook(_hear)


@contextmanager
def heard() -> Iterator[list[str]]:
    """Give a list that what leaves in the block is written to."""
    said: list[str] = []
    _listening.append(said)
    try:
        yield said
    finally:
        _listening.remove(said)
