"""A small server that speaks as much of S3 as reading needs: a list of objects in stretches, and their bytes."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

_STRETCH = 2


@dataclass(slots=True)
class Bucket:
    """One bucket named `papers`.

    `given` are the objects whose bytes were sent, `looked` those whose size was asked, `missed` what is none;
    `archived` are listed and not given away.
    """

    port: int = 0
    objects: dict[str, bytes] = field(default_factory=dict[str, bytes])
    given: list[str] = field(default_factory=list[str])
    looked: list[str] = field(default_factory=list[str])
    missed: list[str] = field(default_factory=list[str])
    archived: set[str] = field(default_factory=set[str])
    key_id: str = ""
    down: bool = False

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one connection's requests."""
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                status, kind, body = self._answer(head)
                etag = hashlib.md5(body).hexdigest()
                lines = [f"HTTP/1.1 {status} x", f"content-length: {len(body)}", f"content-type: {kind}"]
                lines += [f'etag: "{etag}"', "last-modified: Tue, 03 Nov 2026 10:00:00 GMT"]
                writer.write("\r\n".join(lines).encode() + b"\r\n\r\n" + (b"" if head.startswith("HEAD ") else body))
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    def _answer(self, head: str) -> tuple[int, str, bytes]:
        target = urlsplit(head.split(" ", 2)[1])
        signed = f"Credential={self.key_id}/" in head
        if self.down or not signed:
            return 403, "application/xml", b"<Error><Code>AccessDenied</Code><Message>no</Message></Error>"
        path = unquote(target.path).removeprefix("/papers").lstrip("/")
        if not path:
            return 200, "application/xml", self._list(parse_qs(target.query))
        if path not in self.objects:
            self.missed.append(path)
            return 404, "application/xml", b"<Error><Code>NoSuchKey</Code></Error>"
        if path in self.archived:
            return 403, "application/xml", b"<Error><Code>InvalidObjectState</Code></Error>"
        (self.looked if head.startswith("HEAD ") else self.given).append(path)
        return 200, "application/octet-stream", self.objects[path]

    def _list(self, asked: dict[str, list[str]]) -> bytes:
        prefix = asked.get("prefix", [""])[0]
        after = asked.get("continuation-token", [""])[0]
        names = sorted(name for name in self.objects if name.startswith(prefix) and name > after)
        shown = names[:_STRETCH]
        contents = "".join(
            f"<Contents><Key>{escape(name)}</Key><LastModified>2026-11-03T10:00:00.000Z</LastModified>"
            f'<ETag>"{hashlib.md5(self.objects[name]).hexdigest()}"</ETag><Size>{len(self.objects[name])}</Size></Contents>'
            for name in shown
        )
        more = f"<NextContinuationToken>{escape(shown[-1])}</NextContinuationToken>" if len(names) > _STRETCH else ""
        return (
            '<?xml version="1.0"?><ListBucketResult><Name>papers</Name>'
            f"<IsTruncated>{str(len(names) > _STRETCH).lower()}</IsTruncated>{more}{contents}</ListBucketResult>"
        ).encode()


@asynccontextmanager
async def serving_bucket(key_id: str) -> AsyncIterator[Bucket]:
    """Open a server for the block; requests must be signed by that key."""
    bucket = Bucket(key_id=key_id)
    server = await asyncio.start_server(bucket.handle, "127.0.0.1", 0)
    bucket.port = server.sockets[0].getsockname()[1]
    try:
        yield bucket
    finally:
        server.close()
