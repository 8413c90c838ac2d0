"""`kill -9` of the server while ten documents are read, of the worker beside it, of both: they are read, once each.

Afterwards `fsck` is clean and no chunk is there twice.
"""

import contextlib
import os
import random
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
import psutil
import pytest
from reportlab.pdfgen.canvas import Canvas
from tests.e2e.conftest import Server, beneath, kill_server, start_server, stop_server
from tests.forked import pincite_json

DOCUMENTS = 10
PAGES = 60


def _pdf(folder: Path, number: int) -> Path:
    words = random.Random(number)
    path = folder / f"report-{number}.pdf"
    canvas = Canvas(str(path))
    for page in range(PAGES):
        for line in range(30):
            subject = words.choice(["valve", "pump", "boiler", "gauge", "hatch"])
            value = words.randint(10, 99)
            canvas.drawString(
                60, 780 - 24 * line, f"Unit {number}.{page}.{line}: the {subject} was set to {value} bar."
            )
        canvas.showPage()
    canvas.save()
    return path


def _command(home: Path, *words: str) -> dict[str, Any]:
    return pincite_json(words, {"PINCITE_HOME": str(home), "PINCITE_MODEL": "none"})


def _client(server: Server, key: str) -> httpx2.Client:
    return httpx2.Client(base_url=server.url, headers={"Authorization": f"Bearer {key}"}, timeout=60)


def _documents(client: httpx2.Client) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = client.get("/v1/documents").json()["items"]
    return items


def _sent(server: Server, key: str, paths: list[Path], *, together: bool) -> None:
    """Send documents, and return amid their being read."""
    files = [("file", (path.name, path.read_bytes())) for path in paths]
    with _client(server, key) as client:
        for some in [files] if together else [[each] for each in files]:
            assert client.post("/v1/documents", files=some).status_code == 202
        until = time.monotonic() + 60
        while time.monotonic() < until:
            states = {document["state"] for document in _documents(client)}
            # Those that came together are ready together.
            if ("extracting" in states) if together else ("ready" in states and len(states) > 1):
                return
            time.sleep(0.02)
    pytest.fail("never caught it in the middle")


def _all_read(server: Server, key: str, home: Path, calm: Path, path: Path) -> None:
    until = time.monotonic() + 60
    with _client(server, key) as client:
        found = _documents(client)
        while time.monotonic() < until and any(document["state"] != "ready" for document in found):
            time.sleep(0.1)
            found = _documents(client)
    assert len(found) == DOCUMENTS
    assert {document["state"] for document in found} == {"ready"}, found
    assert {document["pages_done"] for document in found} == {PAGES}
    report = _command(home, "fsck", "--check", "--deep")
    assert report["findings"] == []
    assert report["documents"] == DOCUMENTS
    # Each line of each page is there once: the chunks are those of a reading that nobody disturbed.
    calm.mkdir()
    undisturbed = _command(calm, "add", str(path))
    assert {document["chunks"] for document in found if document["source"] == path.name} == {undisturbed["chunks"]}


def _kill_alone(server: Server) -> None:
    """End the server at once; what it started sees that it is gone."""
    started = beneath(server)
    server.process.kill()
    server.process.wait(10)
    _, left = psutil.wait_procs(started, 20)
    assert left == [], "the worker outlived its server"


@pytest.mark.faults
@pytest.mark.parametrize(
    ("together", "kill"),
    [(False, kill_server), (True, kill_server), (False, _kill_alone)],
    ids=["one by one", "together", "the server alone"],
)
def test_a_killed_server_loses_and_doubles_nothing(
    tmp_path: Path, together: bool, kill: Callable[[Server], None]
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    paths = [_pdf(tmp_path, number) for number in range(DOCUMENTS)]
    key = _command(home, "keys", "create", "tests")["key"]
    server = start_server(home)
    _sent(server, key, paths, together=together)
    kill(server)
    again = start_server(home)
    try:
        _all_read(again, key, home, tmp_path / "calm", paths[0])
    finally:
        stop_server(again)


def _worker(server: Server) -> psutil.Process:
    """Return the worker beside a server."""
    found: list[psutil.Process] = []
    for each in psutil.Process(server.process.pid).children():
        with contextlib.suppress(psutil.NoSuchProcess, psutil.ZombieProcess):
            found += [each] if "--attached" in each.cmdline() else []
    (worker,) = found
    return worker


@pytest.mark.faults
def test_a_killed_worker_is_begun_again_beside_its_server(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    paths = [_pdf(tmp_path, number) for number in range(DOCUMENTS)]
    key = _command(home, "keys", "create", "tests")["key"]
    server = start_server(home)
    try:
        _sent(server, key, paths, together=False)
        worker = _worker(server)
        # Below the server, and in its session: where the kernel groups by sessions it counts only within one.
        assert worker.nice() == psutil.Process(server.process.pid).nice() + 5
        assert os.getsid(worker.pid) == os.getsid(server.process.pid)
        assert os.getpgid(worker.pid) == worker.pid, "a terminal's Ctrl-C would reach it"
        worker.kill()
        _all_read(server, key, home, tmp_path / "calm", paths[0])
        assert "the process that reads documents ended; it begins again" in server.process.stderr
        assert "killed by signal 9" in server.process.stderr
    finally:
        stop_server(server)
    assert not worker.is_running()
