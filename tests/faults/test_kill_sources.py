"""`kill -9` at boundaries of a run over a source, one death after the other: the next run ends where it should."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
EVERY = ("sync.received", "sync.kept", "sync.advanced", "sync.removed", "sync.forgotten")
BOUNDARIES = EVERY if os.environ.get("FAULTS") == "whole" else ("sync.received", "sync.removed")


def drive(home: Path, folder: Path, boundary: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tests.faults.source_driver", str(home), str(folder), boundary]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=110)


def change(folder: Path, number: int) -> None:
    """Let three files come, three change and, where there are enough, three go: more than are looked at in one job."""
    for place in range(3):
        (folder / f"new-{number}-{place}.txt").write_text(f"The pump {number}.{place} is blue.")
        (folder / f"old-{place}.txt").write_text(f"The valve {place} is at {number} bar.")
        gone = folder / f"new-{number - 1}-{place}.txt"
        if gone.exists():
            gone.unlink()


@pytest.mark.faults
@pytest.mark.timeout(400)
def test_killed_again_and_again(tmp_path: Path) -> None:
    home, folder = tmp_path / "home", tmp_path / "folder"
    home.mkdir()
    folder.mkdir()
    for number, boundary in enumerate(("none", *BOUNDARIES)):
        change(folder, number)
        done = drive(home, folder, boundary)
        wanted = 0 if boundary == "none" else -9
        assert done.returncode == wanted, f"{boundary}: {done.stdout[-500:]}{done.stderr[-2000:]}"
    done = drive(home, folder, "none")
    assert done.returncode == 0, done.stderr[-3000:]
    report: dict[str, Any] = json.loads([line for line in done.stdout.splitlines() if line.startswith("{")][-1])
    there = {f"place/{path.name}": path.read_text() for path in folder.iterdir()}
    assert {name: text.strip() for name, text in report["texts"].items()} == there
    assert (report["items"], report["state"]) == (len(there), "done")
