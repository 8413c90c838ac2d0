"""Binds the sockets that servers listen on. What is served there is not known here."""

import socket

from pincite.core import Conflict

_WAITING = 2048


def bound(host: str, port: int) -> socket.socket:
    """Bind and listen, before anything else starts. Raises: Conflict, naming the port that is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # By its protocol asyncio knows what it accepts as TCP, and has answers sent at once: without it the body of each
    # one waits 40 ms for the client to acknowledge the head, on every connection that is used again.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise Conflict(
            f"Cannot listen on {host}:{port}: {error.strerror}.",
            remedy="Stop what uses the port, or choose another with --port.",
        ) from None
    listener.listen(_WAITING)
    return listener
