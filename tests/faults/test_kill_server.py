"""`kill -9` of the server while it reads ten documents: started again it finishes them, once each.

Afterwards `fsck` is clean and no chunk is there twice.
"""

import os
import random
import signal
import time
from pathlib import Path
from typing import Any

import httpx2
import pytest
from reportlab.pdfgen.canvas import Canvas
from tests.e2e.conftest import Server, start_server, stop_server
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


def _documents(server: Server, key: str) -> list[dict[str, Any]]:
    headers = {"Authorization": f"Bearer {key}"}
    items: list[dict[str, Any]] = httpx2.get(f"{server.url}/v1/documents", headers=headers, timeout=30).json()["items"]
    return items


@pytest.mark.faults
@pytest.mark.parametrize("together", [False, True], ids=["one by one", "together"])
def test_a_killed_server_loses_and_doubles_nothing(tmp_path: Path, together: bool) -> None:
    home = tmp_path / "home"
    home.mkdir()
    paths = [_pdf(tmp_path, number) for number in range(DOCUMENTS)]
    key = _command(home, "keys", "create", "tests")["key"]
    server = start_server(home)
    files = [("file", (path.name, path.read_bytes())) for path in paths]
    headers = {"Authorization": f"Bearer {key}"}
    for some in [files] if together else [[each] for each in files]:
        accepted = httpx2.post(f"{server.url}/v1/documents", files=some, headers=headers, timeout=60)
        assert accepted.status_code == 202
    until = time.monotonic() + 30
    while time.monotonic() < until:
        states = {document["state"] for document in _documents(server, key)}
        # Those that came together are ready together.
        if ("extracting" in states) if together else ("ready" in states and len(states) > 1):
            break
        time.sleep(0.02)
    else:
        pytest.fail("never caught it in the middle")
    os.kill(server.process.pid, signal.SIGKILL)
    server.process.wait(10)

    again = start_server(home)
    try:
        found = _documents(again, key)
        until = time.monotonic() + 60
        while time.monotonic() < until and any(document["state"] != "ready" for document in found):
            time.sleep(0.1)
            found = _documents(again, key)
        assert len(found) == DOCUMENTS
        assert {document["state"] for document in found} == {"ready"}, found
        assert {document["pages_done"] for document in found} == {PAGES}
        report = _command(home, "fsck", "--check", "--deep")
        assert report["findings"] == []
        assert report["documents"] == DOCUMENTS
        # Each line of each page is there once: the chunks are those of a reading that nobody disturbed.
        calm = tmp_path / "calm"
        calm.mkdir()
        undisturbed = _command(calm, "add", str(paths[0]))
        assert {document["chunks"] for document in found if document["source"] == paths[0].name} == {
            undisturbed["chunks"]
        }
    finally:
        stop_server(again)
