"""Streams through a real nginx with an ordinary configuration: it buffers and packs what it may, and reloads."""

import asyncio
import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest
from tests.doubles.provider import Provider
from tests.flow.conftest import add, house_with_model
from tests.flow.serving import Served, served

NGINX = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
RULES = b"# Ferry rules\n\nThe ferry to Hven leaves the northern quay at nine. Dogs travel free of charge.\n"
PIECES, PAUSE_S = 30, 0.1
# The model stops amid its reply, behind more deltas than that.
STALLS_AT, SAID = 5_000, 6
REPLY = " ".join(f"w{n}," for n in range(PIECES))
BLOCK = re.compile(rb"event: (\S+)\ndata: (.*)\nid: (\d+)\n\n")
CONFIG = """
user root;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
worker_processes 1;
events {{ worker_connections 64; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  gzip on;
  gzip_types application/json text/event-stream;
  server {{
    listen 127.0.0.1:{port};
    location / {{
      proxy_pass http://127.0.0.1:{upstream};
      proxy_set_header Host $host;
      proxy_set_header X-Forwarded-For $remote_addr;
    }}
  }}
}}
"""
pytestmark = pytest.mark.skipif(NGINX is None, reason="nginx is not installed")


@dataclass(slots=True)
class Nginx:
    """A running nginx: its configuration, where it is, its master process."""

    config: Path
    url: str
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and wait until it listens."""
        assert NGINX is not None
        self.process = subprocess.Popen([NGINX, "-c", str(self.config), "-g", "daemon off;"])
        until = time.monotonic() + 10
        while time.monotonic() < until:
            try:
                socket.create_connection(("127.0.0.1", httpx2.URL(self.url).port or 0), timeout=1).close()
            except OSError:
                time.sleep(0.02)
            else:
                return
        pytest.fail((self.config.parent / "error.log").read_text())

    def reload(self) -> None:
        """Have it read its configuration anew, as after a change of a certificate."""
        assert self.process is not None
        self.process.send_signal(signal.SIGHUP)

    def stop(self) -> None:
        """End it at once; what is under way is cut."""
        if self.process is not None:
            self.process.terminate()
            self.process.wait(10)


@pytest.fixture
async def server(pincite_home: Path, provider: Provider) -> AsyncIterator[Served]:
    provider.behaviour.reply, provider.behaviour.piece_delay_s = REPLY, PAUSE_S
    async with house_with_model(pincite_home, provider) as house:
        running = await served(house)
        async with running.client() as client:
            await add(client, "rules.md", RULES)
        yield running
        await running.stop()


@pytest.fixture
def nginx(server: Served, tmp_path: Path) -> Iterator[Nginx]:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = int(found.getsockname()[1])
    config = tmp_path / "nginx.conf"
    config.write_text(CONFIG.format(folder=tmp_path, port=port, upstream=server.port))
    running = Nginx(config, f"http://127.0.0.1:{port}")
    running.start()
    yield running
    running.stop()


def _client(nginx: Nginx, server: Served) -> httpx2.AsyncClient:
    headers = {"Authorization": f"Bearer {server.key}"}
    return httpx2.AsyncClient(base_url=nginx.url, headers=headers, timeout=60)


async def _begun(client: httpx2.AsyncClient) -> str:
    body = {"question": "Who travels free?", "stream": True}
    return f"/v1/answers/{(await client.post('/v1/answers', json=body)).json()['id']}/events"


async def _deltas(client: httpx2.AsyncClient, path: str, packed: str = "identity") -> tuple[str, bytes]:
    """Follow an answer until `SAID` of its deltas have come, or its end; return who served it and what came."""
    came = b""
    async with asyncio.timeout(20), client.stream("GET", path, headers={"Accept-Encoding": packed}) as response:
        async for part in response.aiter_bytes():
            came += part
            if came.count(b"event: answer.delta") >= SAID:
                break
    return response.headers["server"], came


@pytest.mark.parametrize("packed", ["identity", "gzip"])
async def test_what_was_said_comes_through_while_the_model_says_no_more(
    nginx: Nginx, server: Served, provider: Provider, packed: str
) -> None:
    provider.behaviour.stall_at_byte = STALLS_AT
    async with _client(nginx, server) as client, server.client() as direct:
        path = await _begun(client)
        await _deltas(direct, path)
        through, came = await _deltas(client, path, packed)
        assert (await client.post(path.replace("/events", "/cancel"))).is_success
    assert through.startswith("nginx")
    assert came.count(b"event: answer.delta") >= SAID
    assert b"event: answer.completed" not in came


async def test_a_stream_outlives_a_reload(nginx: Nginx, server: Served) -> None:
    came, reloaded = b"", False
    async with _client(nginx, server) as client:
        path = await _begun(client)
        async with client.stream("GET", path) as response:
            async for part in response.aiter_bytes():
                came += part
                if not reloaded and b"event: answer.delta" in came:
                    nginx.reload()
                    reloaded = True
        assert reloaded
        assert came == (await client.get(path)).content


async def test_a_stream_is_taken_up_again_behind_a_cut(nginx: Nginx, server: Served) -> None:
    came = b""
    async with _client(nginx, server) as client:
        path = await _begun(client)
        with contextlib.suppress(httpx2.HTTPError):
            async with client.stream("GET", path) as response:
                async for part in response.aiter_bytes():
                    came += part
                    if came.count(b"event: answer.delta") == 5:
                        nginx.stop()
    assert b"event: answer.completed" not in came
    nginx.start()
    seen = list(BLOCK.finditer(came))
    async with _client(nginx, server) as client:
        rest = (await client.get(path, headers={"Last-Event-ID": seen[-1][3].decode()})).content
        assert b"".join(each[0] for each in seen) + rest == (await client.get(path)).content
    assert rest.count(b"event: answer.completed") == 1
