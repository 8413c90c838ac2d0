"""Servers under hard conditions: a port in use, a second server on the same folder, a disk that fills."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from tests.e2e.conftest import Server, beneath, start_server, stop_server
from tests.forked import pincite_json

RULES = b"# Ferry rules\n\nThe ferry to Hven leaves at nine every morning.\n"


def _client(server: Server) -> httpx2.Client:
    made = pincite_json(["keys", "create", "tests"], {"PINCITE_HOME": str(server.home)})
    headers = {"Authorization": f"Bearer {made['key']}"}
    return httpx2.Client(base_url=server.url, headers=headers, timeout=30)


def _settled(client: httpx2.Client, document_id: str) -> dict[str, Any]:
    until = time.monotonic() + 30
    while True:
        document: dict[str, Any] = client.get(f"/v1/documents/{document_id}").json()
        if document["state"] in {"ready", "failed"}:
            return document
        assert time.monotonic() < until, f"still {document['state']}"
        time.sleep(0.1)


def test_a_port_in_use_is_named(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        command = [sys.executable, "-m", "pincite.app.cli", "serve", "--port", str(port)]
        environment = {**os.environ, "PINCITE_HOME": str(tmp_path), "PINCITE_MODEL": "none"}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 5
    assert str(port) in done.stderr
    assert "--port" in done.stderr
    assert "Traceback" not in done.stderr


def test_nothing_is_imported_from_where_the_server_was_started(tmp_path: Path) -> None:
    place, home = tmp_path / "documents", tmp_path / "home"
    place.mkdir()
    for name in ("secrets", "timeit", "queue", "pincite", "sitecustomize"):
        (place / f"{name}.py").write_text("open('ran', 'a').write(__name__)\nraise RuntimeError('foreign code')\n")
    command = [sys.executable, "-P", "-m", "pincite.app.cli", "serve", "--port", "0"]  # as the `pincite` script does
    environment = {**os.environ, "PINCITE_HOME": str(home), "PINCITE_MODEL": "none"}
    with (tmp_path / "said").open("w+") as said:
        process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=said, text=True, cwd=place)
        assert process.stdout is not None
        try:
            url = process.stdout.readline().split()[-1]
            key = pincite_json(["keys", "create", "tests"], {"PINCITE_HOME": str(home)})["key"]
            with httpx2.Client(base_url=url, headers={"Authorization": f"Bearer {key}"}, timeout=30) as client:
                sent = client.post("/v1/documents", files={"file": ("rules.md", RULES)}).json()["items"][0]
                assert _settled(client, sent["id"])["state"] == "ready"
        finally:
            process.terminate()
            process.wait(20)
        said.seek(0)
        assert "foreign code" not in said.read()
    assert not (place / "ran").exists()


def test_a_server_stops_at_once_while_its_worker_is_still_starting(tmp_path: Path) -> None:
    home, slow = tmp_path / "home", tmp_path / "slow"
    home.mkdir()
    slow.mkdir()
    (slow / "sitecustomize.py").write_text("import sys, time\n'--attached' in sys.orig_argv and time.sleep(60)\n")
    server = start_server(home, {"PYTHONPATH": str(slow)})
    (worker,) = [each for each in beneath(server) if "--attached" in each.cmdline()]
    assert httpx2.get(f"{server.url}/healthz", timeout=30).status_code == 200
    began = time.monotonic()
    server.process.terminate()
    assert server.process.wait(30) == 0
    assert time.monotonic() - began < 8, "it waited for a worker that had nothing to let go of"
    assert not worker.is_running()


def test_a_worker_that_is_to_end_with_its_input_must_have_one(tmp_path: Path) -> None:
    command = f"exec {sys.executable} -m pincite.app.cli worker --attached <&-"
    environment = {**os.environ, "PINCITE_HOME": str(tmp_path), "PINCITE_MODEL": "none"}
    done = subprocess.run(command, env=environment, shell=True, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 2, done.stderr
    assert "--attached" in done.stderr
    assert "Traceback" not in done.stderr


def test_two_servers_share_a_folder(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    first = start_server(home)
    second = start_server(home)
    try:
        with _client(first) as one, _client(second) as two:
            uploaded = one.post("/v1/documents", files={"file": ("rules.md", RULES)}).json()["items"][0]
            assert _settled(two, uploaded["id"])["state"] == "ready"
            until = time.monotonic() + 5
            hits: list[Any] = []
            while not hits and time.monotonic() < until:
                hits = two.get("/v1/search", params={"q": "ferry"}).json()["hits"]
            assert hits[0]["source"] == "rules.md"
    finally:
        stop_server(first)
        stop_server(second)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 48 MB; skipped, visibly, where this user may not mount one."""
    place = tmp_path / "small"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=48m", "tmpfs", str(place)], capture_output=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip("a small file system cannot be mounted here")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


@pytest.mark.faults
def test_a_full_disk_refuses_and_recovers(small_disk: Path) -> None:
    home = small_disk / "home"
    home.mkdir()
    server = start_server(home)
    try:
        with _client(server) as client:
            first = client.post("/v1/documents", files={"file": ("rules.md", RULES)}).json()["items"][0]
            assert _settled(client, first["id"])["state"] == "ready"
            big = b"word " * (12 << 20)
            refused = client.post("/v1/documents", files={"file": ("big.txt", big)})
            assert refused.status_code == 507, refused.text
            assert "disk" in refused.json()["title"].lower()
            assert refused.json()["remedy"]
            # Reading goes on, and what was refused left nothing behind that takes the room.
            assert client.get("/v1/search", params={"q": "ferry"}).json()["hits"]
            after = client.post("/v1/documents", files={"file": ("more.md", RULES + b"\nTickets cost 80 kroner.\n")})
            assert after.status_code == 202, after.text
            assert _settled(client, after.json()["items"][0]["id"])["state"] == "ready"
    finally:
        stop_server(server)
