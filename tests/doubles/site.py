"""A small web server on this machine: pages with ETags, whatever status is wanted, and a record of what was asked."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field


@dataclass(slots=True)
class Reply:
    """What a path answers with."""

    body: bytes = b""
    kind: str = "text/html; charset=utf-8"
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict[str, str])
    has_etag: bool = True


@dataclass(slots=True)
class Site:
    """The server. `given` are the paths whose content was sent, `asked` all that were asked for."""

    port: int = 0
    replies: dict[str, Reply] = field(default_factory=dict[str, Reply])
    given: list[str] = field(default_factory=list[str])
    asked: list[str] = field(default_factory=list[str])
    down: bool = False

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.port}"

    def page(self, path: str, markup: str, **more: str) -> None:
        """Put a page there."""
        self.replies[path] = Reply(markup.encode(), headers=dict(more))

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one connection's requests."""
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                path = head.split(" ", 2)[1]
                self.asked.append(path)
                if self.down:
                    return
                writer.write(self._answer(path, head.lower()))
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    def _answer(self, path: str, head: str) -> bytes:
        reply = self.replies.get(path, Reply(b"nothing here", "text/plain", 404))
        etag = '"' + hashlib.sha256(reply.body).hexdigest()[:16] + '"'
        headers = {"content-type": reply.kind, **reply.headers}
        status, body = reply.status, reply.body
        if reply.has_etag and status == 200:
            headers["etag"] = etag
            if f"if-none-match: {etag}" in head:
                status, body = 304, b""
        if status == 200:
            self.given.append(path)
        lines = [f"HTTP/1.1 {status} x", *(f"{name}: {value}" for name, value in headers.items())]
        lines.append(f"content-length: {len(body)}")
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


@asynccontextmanager
async def serving() -> AsyncIterator[Site]:
    """Open a server for the block."""
    site = Site()
    server = await asyncio.start_server(site.handle, "127.0.0.1", 0)
    site.port = server.sockets[0].getsockname()[1]
    try:
        yield site
    finally:
        server.close()
