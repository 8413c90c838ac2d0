"""Reads a request as it goes by and catches the response to it: ASGI messages in, a fingerprint and an answer out."""

import hashlib

from python_multipart.multipart import parse_options_header
from starlette.datastructures import Headers
from starlette.types import Message, Receive, Scope, Send

from pincite.app.replays.domain import Fingerprint

MOST_BYTES = 4 << 20  # of a response that is kept
_MOST_LEFT = 1 << 20  # of a body that nobody read
_KEPT_HEADERS = ("content-type", "content-location", "location", "retry-after")


class HashedRequest:
    """A request's body on its way to whoever reads it, hashed as it goes by.

    The boundary of multipart bodies is left out of the hash: clients make up a new one each time that they send.
    """

    def __init__(self, scope: Scope, receive: Receive) -> None:
        headers = Headers(scope=scope)
        kind, options = parse_options_header(headers.get("content-type", ""))
        self._receive = receive
        self._boundary = options.get(b"boundary", b"") if kind.startswith(b"multipart/") else b""
        self._held = b""
        self._size = 0
        self._digest = hashlib.sha256()
        self._digest.update(b"\n".join((scope["method"].encode(), scope["path"].encode(), kind)))
        self._digest.update(b"?" + scope.get("query_string", b"") + b"\n")
        self._whole = False

    async def receive(self) -> Message:
        """Pass one message on."""
        message = await self._receive()
        if message["type"] == "http.request" and not self._whole:
            self._take(message.get("body", b""))
            self._whole = not message.get("more_body", False)
            if self._whole:
                self._add(self._held)
        return message

    async def finish(self, most_bytes: int | None = None) -> Fingerprint | None:
        """Read what nobody has read, and return what the request was; None where its end did not come.

        Args:
            most_bytes: give up where the body is longer than that; None for a little more than was read already.
        """
        limit = self._size + _MOST_LEFT if most_bytes is None else most_bytes
        while not self._whole and self._size <= limit:
            if (await self.receive())["type"] != "http.request":
                return None
        return Fingerprint(self._digest.hexdigest(), self._size) if self._whole else None

    def _take(self, piece: bytes) -> None:
        if not self._boundary:
            self._add(piece)
            return
        text = (self._held + piece).replace(self._boundary, b"")
        keep = min(len(text), len(self._boundary) - 1)  # a boundary may begin here and end in the next piece
        self._held = text[len(text) - keep :]
        self._add(text[: len(text) - keep])

    def _add(self, piece: bytes) -> None:
        self._size += len(piece)
        self._digest.update(piece)


class CaughtResponse:
    """A response that is held back until it is known whether it is kept; one that is too long goes by at once."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._messages: list[Message] = []
        self._size = 0
        self._started = False
        self.status = 0
        self.headers: dict[str, str] = {}
        self.is_secret = False
        self.is_whole = False
        self.is_followed = False

    async def send(self, message: Message) -> None:
        """Take one message."""
        if message["type"] == "http.response.start":
            headers = Headers(raw=message["headers"])
            self.status = message["status"]
            self.headers = {name: headers[name] for name in _KEPT_HEADERS if name in headers}
            self.is_secret = "no-store" in headers.get("cache-control", "")
            # A stream of a thing of its own: that is there, whoever reads it to its end.
            is_stream = headers.get("content-type", "").startswith("text/event-stream")
            self.is_followed = is_stream and "content-location" in headers
        if self._started:
            await self._send(message)
            return
        self._messages.append(message)
        self._size += len(message.get("body", b""))
        self.is_whole = message["type"] == "http.response.body" and not message.get("more_body", False)
        if self._size > MOST_BYTES:
            self.is_whole = False
            await self.flush()

    async def flush(self) -> None:
        """Send what was held back."""
        messages, self._messages, self._started = self._messages, [], True
        for message in messages:
            await self._send(message)

    @property
    def body(self) -> bytes:
        """The response's body, before it is flushed."""
        return b"".join(message.get("body", b"") for message in self._messages)
