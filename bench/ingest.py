"""Measures ingestion: a folder of PDFs through `pincite add`, and its longest files through a running server.

By default the filings of PINCITE_BENCH_DATA. Pages a second are end to end: from the command's start to its last
document ready. Memory is the resident set of the whole process tree, sampled.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from pathlib import Path
from typing import Any

import psutil
from reportlab.pdfgen.canvas import Canvas

_SAMPLE_S = 0.5
_LONGEST = 4  # files that are uploaded one by one


class Memory:
    """The most memory that a process and its children held, in megabytes; what they share is counted once.

    Proportional set sizes are summed where the system tells them (Linux): a child that was forked a moment ago would
    count all of its parent's memory again.
    """

    def __init__(self, pid: int) -> None:
        self._process = psutil.Process(pid)
        self._stop = threading.Event()
        self.peak_mb = 0.0
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def stop(self) -> float:
        """End the sampling and return the peak."""
        self._stop.set()
        self._thread.join()
        return self.peak_mb

    def _watch(self) -> None:
        while not self._stop.wait(_SAMPLE_S):
            try:
                family = [self._process, *self._process.children(recursive=True)]
                self.peak_mb = max(self.peak_mb, sum(map(_held, family)) / 1e6)
            except psutil.NoSuchProcess:
                continue


def _held(process: psutil.Process) -> int:
    """Return the bytes that a process holds."""
    try:
        lines = Path(f"/proc/{process.pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return int(process.memory_info().rss)
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) * 1024


def main() -> int:
    """Run both measurements; exit code 1 if a document failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, help="data folder to fill and leave; a temporary one by default")
    parser.add_argument("--pdfs", type=Path, help="folder of documents")
    parser.add_argument("--pages", type=int, help="instead, one PDF with this many made-up pages")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        if arguments.pages:
            folder = Path(temporary) / "made"
            _make(folder, arguments.pages)
        else:
            folder = arguments.pdfs or Path(os.environ["PINCITE_BENCH_DATA"]) / "financebench" / "pdfs"
        home = arguments.home or Path(temporary) / "home"
        lines = _add_all(home, folder)
        longest = sorted(lines, key=lambda line: line["pages"], reverse=True)[:_LONGEST]
        files = [(next(folder.rglob(Path(line["source"]).name)), line["pages"]) for line in longest]
        _upload_each(Path(temporary) / "second", files)
    return 0 if all(line["state"] == "ready" for line in lines) else 1


def _make(folder: Path, pages: int) -> None:
    """Write a PDF of pages with forty lines each, no two alike."""
    folder.mkdir()
    canvas = Canvas(str(folder / "made.pdf"))
    for page in range(pages):
        for line in range(40):
            said = (
                f"Line {line} of page {page}: unit {page * 40 + line} is set to {page % 97} bar and was checked twice."
            )
            canvas.drawString(50, 800 - 18 * line, said)
        canvas.showPage()
    canvas.save()


def _environment(home: Path) -> dict[str, str]:
    """As the default install runs: without OCR, which the tools of development bring along."""
    return {"PINCITE_OCR": "off", **os.environ, "PINCITE_HOME": str(home), "PINCITE_MODEL": "none"}


def _add_all(home: Path, folder: Path) -> list[dict[str, Any]]:
    began = time.perf_counter()
    command = [sys.executable, "-m", "pincite.app.cli", "add", "--json", str(folder)]
    process = subprocess.Popen(command, env=_environment(home), stdout=subprocess.PIPE, text=True)
    memory = Memory(process.pid)
    said, _ = process.communicate(timeout=900)
    seconds = time.perf_counter() - began
    lines = [json.loads(line) for line in said.splitlines()]
    pages = sum(line["pages"] for line in lines)
    ready = sum(line["state"] == "ready" for line in lines)
    print(f"{ready} of {len(lines)} files ready, {pages} pages, {sum(line['chunks'] for line in lines)} chunks")
    print(f"{seconds:.1f} s end to end, {pages / seconds:.0f} pages a second, peak memory {memory.stop():.0f} MB")
    return lines


def _upload_each(home: Path, files: list[tuple[Path, int]]) -> None:
    """Upload files one after another to a server; the first just after its start."""
    command = [sys.executable, "-m", "pincite.app.cli"]
    made = subprocess.run(
        [*command, "keys", "create", "bench", "--json"], env=_environment(home), capture_output=True, check=True
    )
    key = json.loads(made.stdout)["key"]
    server = subprocess.Popen(
        [*command, "serve", "--port", "0"], env=_environment(home), stdout=subprocess.PIPE, text=True
    )
    assert server.stdout is not None
    try:
        url = re.findall(r"http\S+", server.stdout.readline())[0]
        time.sleep(3)  # a server that has been up for a while: the search engine is loaded
        for path, pages in files:
            _upload(url, key, path, pages)
        if not _ask(url, key, "/v1/search?q=total+revenue")["hits"]:
            print("but a search finds nothing")
    finally:
        server.terminate()
        server.wait(20)


def _upload(url: str, key: str, path: Path, pages: int) -> None:
    began = time.perf_counter()
    document = _ask(url, key, "/v1/documents", _multipart(path))["items"][0]
    first = None
    while document["state"] not in {"ready", "failed"}:
        time.sleep(0.02)
        document = _ask(url, key, f"/v1/documents/{document['id']}")
        if first is None and document["serving"]:
            first = time.perf_counter() - began
    whole = time.perf_counter() - began
    what = document["state"] if document["state"] == "failed" else f"{pages} pages"
    print(f"{path.name}, {what}: first pages searchable after {first or whole:.2f} s, all after {whole:.2f} s")


def _multipart(path: Path) -> bytes:
    head = f'--x\r\nContent-Disposition: form-data; name="file"; filename="{path.name}"\r\n\r\n'
    return head.encode() + path.read_bytes() + b"\r\n--x--\r\n"


def _ask(url: str, key: str, path: str, body: bytes | None = None) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "multipart/form-data; boundary=x"}
    request = urllib.request.Request(url + path, data=body, headers=headers)
    with urllib.request.urlopen(request, timeout=60) as response:
        answer: dict[str, Any] = json.loads(response.read())
        return answer


if __name__ == "__main__":
    sys.exit(main())
