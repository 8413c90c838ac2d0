"""A bucket as S3 shows one, on this machine, that can be told to fail: refuse, hang, or break off in the middle."""

import hashlib
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

NAME = "files"


@dataclass(slots=True)
class Bucket:
    """What it holds by key, how it fails (`""`: not at all), and where it is."""

    url: str = ""
    failing: str = ""
    held: dict[str, bytes] = field(default_factory=dict[str, bytes])
    asked: int = 0

    def environment(self) -> dict[str, str]:
        """What the client is told where the bucket is with."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ALLOW_HTTP": "true",
            "AWS_REGION": "eu-north-1",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
        }


@contextmanager
def bucket() -> Iterator[Bucket]:
    """Serve a bucket on a loopback port."""
    kept = Bucket()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            """Say nothing."""

        def _fails(self) -> bool:
            kept.asked += 1
            if kept.failing == "hang":
                time.sleep(30)
            if kept.failing == "refuse":
                self._reply(503, b"<Error><Code>SlowDown</Code></Error>")
            return kept.failing in {"refuse", "hang"}

        def _key(self) -> str:
            return unquote(urlsplit(self.path).path).removeprefix(f"/{NAME}").lstrip("/")

        def _reply(self, status: int, body: bytes = b"", **headers: str) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name.replace("_", "-"), value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        def do_PUT(self) -> None:
            content = self.rfile.read(int(self.headers["Content-Length"]))
            if not self._fails():
                kept.held[self._key()] = content
                self._reply(200, ETag=_tag(content))

        def do_GET(self) -> None:
            if self._fails():
                return
            key, query = self._key(), parse_qs(urlsplit(self.path).query)
            if not key:
                self._reply(200, _listing(kept, query.get("prefix", [""])[0]))
            elif key not in kept.held:
                self._reply(404, b"<Error><Code>NoSuchKey</Code></Error>")
            elif kept.failing == "break off":
                self.send_response(200)
                for name, value in _about(kept.held[key]).items():
                    self.send_header(name.replace("_", "-"), value)
                self.send_header("Content-Length", str(len(kept.held[key])))
                self.end_headers()
                self.wfile.write(kept.held[key][: len(kept.held[key]) // 2])
                self.close_connection = True
            else:
                self._reply(200, kept.held[key], **_about(kept.held[key]))

        def do_HEAD(self) -> None:
            if self._fails():
                return
            content = kept.held.get(self._key())
            if content is None:
                self._reply(404)
                return
            self.send_response(200)
            for name, value in _about(content).items():
                self.send_header(name.replace("_", "-"), value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()

        def do_DELETE(self) -> None:
            if not self._fails():
                kept.held.pop(self._key(), None)
                self._reply(204)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    kept.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield kept
    finally:
        server.shutdown()
        server.server_close()


def _tag(content: bytes) -> str:
    return f'"{hashlib.md5(content).hexdigest()}"'


def _about(content: bytes) -> dict[str, str]:
    return {"ETag": _tag(content), "Last_Modified": format_datetime(datetime.now(UTC), usegmt=True)}


def _listing(kept: Bucket, prefix: str) -> bytes:
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    entries = "".join(
        f"<Contents><Key>{key}</Key><LastModified>{now}</LastModified><ETag>{_tag(content)}</ETag>"
        f"<Size>{len(content)}</Size><StorageClass>STANDARD</StorageClass></Contents>"
        for key, content in sorted(kept.held.items())
        if key.startswith(prefix)
    )
    return (
        '<?xml version="1.0"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
        f"<Name>{NAME}</Name><Prefix>{prefix}</Prefix><IsTruncated>false</IsTruncated>{entries}</ListBucketResult>"
    ).encode()
