"""`pincite simulate` as a process, and what its tests ask it: raw bytes of an answer, its log, another behaviour."""

import json
import os
import re
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
from tests.forked import Forked, command

CHAT: dict[str, Any] = {"model": "m", "messages": [{"role": "user", "content": "When does the ferry leave?"}]}


@dataclass(frozen=True, slots=True)
class Simulated:
    """A running `pincite simulate`."""

    url: str
    process: Forked

    @property
    def port(self) -> int:
        """Its port."""
        return int(self.url.rpartition(":")[2])

    def tell(self, *faults: dict[str, Any], **told: Any) -> None:
        """Put another behaviour in place of the one there is."""
        response = httpx2.put(f"{self.url}/simulation/behaviour", json={**told, "faults": list(faults)})
        assert response.status_code == 200, response.text

    def ask(self, path: str = "/v1/chat/completions", headers: dict[str, str] | None = None, **body: Any) -> Any:
        """Send a request and return the response."""
        return httpx2.post(f"{self.url}{path}", json={**CHAT, **body}, headers=headers, timeout=20)

    def record(self, name: str, *, ended: bool = True) -> dict[str, Any]:
        """Return what the log says of a request, when it has ended."""
        until = time.monotonic() + 10
        while True:
            response = httpx2.get(f"{self.url}/simulation/requests/{name}")
            found: dict[str, Any] = response.json()
            if response.status_code == 200 and (not ended or found["state"] != "running"):
                return found
            assert time.monotonic() < until, found
            time.sleep(0.02)

    def raw(self, path: str, body: dict[str, Any], name: str, *, until_bytes: int | None = None) -> tuple[bytes, bytes]:
        """Return head and body of an answer as they came until the connection was closed; chunks are put together.

        Where `until_bytes` are enough it is this side that closes.
        """
        sent = json.dumps(body).encode()
        head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Client-Request-Id: {name}\r\nConnection: close\r\n"
        with socket.create_connection(("127.0.0.1", self.port), timeout=20) as connection:
            connection.sendall(f"{head}Content-Length: {len(sent)}\r\n\r\n".encode() + sent)
            read = b""
            while (until_bytes is None or len(read) < until_bytes) and (part := connection.recv(65_536)):
                read += part
        came, _, rest = read.partition(b"\r\n\r\n")
        return came, unchunked(rest) if b"chunked" in came.lower() else rest


def unchunked(rest: bytes) -> bytes:
    """Return what chunks hold, as far as they came."""
    body = b""
    while rest:
        size, _, rest = rest.partition(b"\r\n")
        length = int(size or b"0", 16)
        body += rest[:length]
        rest = rest[length + 2 :]
    return body


@contextmanager
def simulated(folder: Path, *options: str) -> Iterator[Simulated]:
    """Run the command on a free port, with a home that stays empty."""
    home = folder / "home"
    home.mkdir()
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PINCITE_")}
    process = Forked(command, (["simulate", "--port", "0", *options],), {**kept, "HOME": str(home)})
    try:
        said = process.wait_for(re.compile(r"/simulation/requests\s").search, 60)
        where = re.search(r"is at (http://127\.0\.0\.1:\d+)\.", said)
        assert where, f"it did not start: {said} {process.stderr[-2000:]}"
        yield Simulated(where[1], process)
    finally:
        process.terminate()
        process.wait(15)
    assert list(home.iterdir()) == []
    assert "Traceback" not in process.stderr
