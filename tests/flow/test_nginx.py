"""Streams through a real nginx with an ordinary configuration: it buffers and packs what it may, and reloads."""

import contextlib
import itertools
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


@pytest.mark.parametrize("packed", ["identity", "gzip"])
async def test_events_come_one_by_one_as_they_are_made(nginx: Nginx, server: Served, packed: str) -> None:
    came, at = b"", list[float]()
    async with _client(nginx, server) as client:
        headers = {"Accept-Encoding": packed}
        async with client.stream("GET", await _begun(client), headers=headers) as response:
            assert response.headers["server"].startswith("nginx")
            async for part in response.aiter_bytes():
                came += part
                at += [time.monotonic()] * len(re.findall(rb"event: answer.delta", part))
    assert b"event: answer.completed" in came
    assert len(at) > PIECES / 2
    gaps = [later - earlier for earlier, later in itertools.pairwise(at)]
    assert at[-1] - at[0] > PIECES * PAUSE_S / 2
    assert max(gaps) < 10 * PAUSE_S, "they come in heaps"


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
