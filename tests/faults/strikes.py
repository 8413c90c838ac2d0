"""Runs the scenario in processes of their own that die, fail or go on; each starts from one that has imported all."""

import asyncio
import json
from pathlib import Path
from typing import Any

from tests.faults.points import Mode, Points
from tests.forked import context


def strike(home: Path, mode: Mode, at: str, kill_after_s: float | None = None) -> dict[str, Any] | None:
    """Run the scenario in a process; returns what it found, None where it died (or was killed after so long)."""
    home.mkdir(parents=True, exist_ok=True)
    result = home / "result.json"
    started = home / "started"
    for left in (result, started):
        left.unlink(missing_ok=True)
    process = context().Process(target=_run, args=(home, mode, at))
    process.start()
    process.join(kill_after_s if kill_after_s is not None else 90)
    if process.is_alive():
        process.kill()
        process.join()
        if kill_after_s is None:
            raise AssertionError(f"{mode} at {at}: it never ended")
    if process.exitcode == 1 and not started.exists():
        return None  # it could not start, and said so: the next start goes on
    if process.exitcode not in {0, -9}:
        raise AssertionError(f"{mode} at {at}: exit code {process.exitcode}: {(home / 'error.txt').read_text()}")
    found: dict[str, Any] | None = json.loads(result.read_text()) if result.exists() else None
    return found


def _run(home: Path, mode: Mode, at: str) -> None:
    from tests.faults.scenario import play

    points = Points(mode, at)
    try:
        found = asyncio.run(play(home, points))
    except BaseException as error:
        (home / "error.txt").write_text(repr(error))
        raise
    written = home / "result.tmp"
    written.write_text(json.dumps({**found, "passed": points.seen, "struck": points.struck}))
    written.rename(home / "result.json")
