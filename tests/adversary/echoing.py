"""A server that says back all that it was sent, in every spelling: in errors, bodies, headers and addresses.

It stands where models, rerankers, repositories, buckets and sites would, and takes what a collector of spans is sent.
"""

import base64
import gzip
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import quote


@dataclass
class Echoing:
    """The running server: its port, what it answers with, and the headers and spans that it was sent."""

    port: int = 0
    status: int = 401
    heard: list[str] = field(default_factory=list)
    spans: list[bytes] = field(default_factory=list)


@contextmanager
def echoing() -> Iterator[Echoing]:
    """Run it on a free loopback port."""
    told = Echoing()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            if self.path.endswith("/v1/traces"):
                told.spans.append(gzip.decompress(body) if self.headers.get("content-encoding") == "gzip" else body)
                self.say(200, b"", {})
                return
            head = f"{self.requestline}\n{self.headers}"
            told.heard.append(head)
            said = f"{head}\n{decoded(str(self.headers.get('authorization', '')))}"
            error: dict[str, Any] = {
                "message": said,
                "type": said[:300],
                "code": "invalid_api_key",
                "param": said[:300],
            }
            words = quote(said[:900], safe="")
            also = {"location": f"http://127.0.0.1:{told.port}/{words}", "x-request-id": words}
            self.say(told.status, json.dumps({"error": error, "message": said}).encode(), also)

        do_GET = do_POST = do_PUT = do_HEAD = answer  # noqa: N815 - the library's names

        def say(self, status: int, body: bytes, headers: dict[str, str]) -> None:
            self.send_response(status, "said-" + "".join(each for each in str(body[:60]) if each.isalnum()))
            for name, value in {
                **headers,
                "content-type": "application/json",
                "content-length": str(len(body)),
            }.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
            """Say nothing on the console."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    told.port = server.server_port
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield told
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


def decoded(authorization: str) -> str:
    """Return what a header of basic authentication holds."""
    kind, _, value = authorization.partition(" ")
    return base64.b64decode(value).decode("utf-8", "replace") if kind.lower() == "basic" else value
