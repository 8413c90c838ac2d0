"""What `pincite simulate` does to a stream at a byte: it falls silent there, or says nonsense."""

import contextlib
import json
import re
import socket
from collections.abc import Iterator
from typing import Any

import pytest
from tests.flow.simulated import CHAT, Simulated, simulated, unchunked

STREAM: dict[str, Any] = {**CHAT, "stream": True, "stream_options": {"include_usage": True}}
MESSAGES: dict[str, Any] = {**CHAT, "max_tokens": 100, "stream": True}
REPLY = "The ferry leaves at nine, and a letter that is long: ø."
# What differs from one answer to the next, and is as long in each.
NAMED = re.compile(rb"sim-[0-9a-f]{32}|created\": \d+")


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulated]:
    with simulated(tmp_path_factory.mktemp("simulated"), "--latency", "0", "--rate", "0") as started:
        yield started


@pytest.mark.parametrize("n", [0, 1, 64, 300])
def test_broken_json_comes_at_the_byte_and_the_rest_behind_it(provider: Simulated, n: int) -> None:
    broken = b'\ndata: {"broken\n\n'
    for path, body in (("/v1/chat/completions", STREAM), ("/v1/messages", MESSAGES)):
        provider.tell(reply=REPLY)
        _, whole = provider.raw(path, body, "whole")
        provider.tell({"kind": "garble", "value": n}, reply=REPLY)
        head, came = provider.raw(path, body, f"garbled {path} {n}")
        assert head.startswith(b"HTTP/1.1 200")
        assert came[n:].startswith(broken)
        without = came[:n] + came[n:].removeprefix(broken)
        assert NAMED.sub(b"", without) == NAMED.sub(b"", whole)
        with pytest.raises(ValueError, match=r"."):
            json.loads(came)


@pytest.mark.parametrize("n", [0, 1, 64, 300])
def test_nothing_comes_after_the_byte(provider: Simulated, n: int) -> None:
    provider.tell({"kind": "stall", "value": n}, reply=REPLY)
    sent = json.dumps(STREAM).encode()
    head = f"POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Client-Request-Id: stalled {n}\r\n"
    with socket.create_connection(("127.0.0.1", provider.port), timeout=0.5) as connection:
        connection.sendall(f"{head}Content-Length: {len(sent)}\r\n\r\n".encode() + sent)
        read = b""
        with contextlib.suppress(TimeoutError):
            while part := connection.recv(65_536):
                read += part
            pytest.fail("the connection was closed")
        assert provider.record(f"stalled {n}", ended=False)["state"] == "running"
    assert len(unchunked(read.partition(b"\r\n\r\n")[2])) == n
    assert provider.record(f"stalled {n}")["state"] == "cut"
