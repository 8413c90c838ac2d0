"""Runs the scenario in processes of their own that die, fail or go on; each starts from one that has imported all."""

import asyncio
import json
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from tests.faults.points import Mode, Points, Work
from tests.forked import context

SAME = ("documents", "points", "twice", "findings")


@dataclass(frozen=True, slots=True)
class Outcome:
    """How often a home was struck, and what was wrong with it in the end."""

    struck: int
    wrong: dict[str, Any] | None


def strike(
    home: Path, mode: Mode, *at: str, kill_after_s: float | None = None, work: Work = "documents"
) -> dict[str, Any] | None:
    """Run the scenario in a process; returns what it found, None where it died (or was killed after so long)."""
    home.mkdir(parents=True, exist_ok=True)
    result = home / "result.json"
    started = home / "started"
    for left in (result, started):
        left.unlink(missing_ok=True)
    process = context().Process(target=_run, args=(home, mode, at, work))
    process.start()
    process.join(kill_after_s if kill_after_s is not None else 90)
    if process.is_alive():
        process.kill()
        process.join()
        if kill_after_s is None:
            raise AssertionError(f"{mode} at {', '.join(at)}: it never ended")
    if process.exitcode == 1 and not started.exists():
        return None  # it could not start, and said so: the next start goes on
    if process.exitcode not in {0, -9}:
        error = home / "error.txt"  # none where it died of something else than an error
        said = error.read_text() if error.exists() else "nothing was said"
        raise AssertionError(f"{mode} at {', '.join(at)}: exit code {process.exitcode}: {said}")
    found: dict[str, Any] | None = json.loads(result.read_text()) if result.exists() else None
    return found


def wrong_after(found: dict[str, Any] | None, undisturbed: dict[str, Any]) -> dict[str, Any] | None:
    """Return what is not as it is without a fault; None where all is."""
    if found is None:
        return {"died": "without a fault"}
    return {key: found[key] for key in SAME if found[key] != undisturbed[key]} or None


def strike_and_finish(
    home: Path, mode: Mode, point: str, undisturbed: dict[str, Any], work: Work = "documents"
) -> Outcome:
    """Strike one point of the work and finish it."""
    found = strike(home, mode, point, work=work)
    struck = found is None or bool(found["struck"])
    if found is None:
        found = strike(home, "record", work=work)
    return Outcome(int(struck), wrong_after(found, undisturbed))


def kill_and_finish(
    home: Path, chosen: Random, most: int, undisturbed: dict[str, Any], work: Work = "documents"
) -> Outcome:
    """Kill the work up to so many times, each time after another while, and finish it.

    No while is longer than most of what it takes undisturbed: one that is quicker than the kill was not struck.
    """
    killed, found = 0, None
    longest_s = max(0.5, 0.9 * undisturbed["took_s"])
    while found is None and killed < most:
        found = strike(home, "record", kill_after_s=chosen.uniform(0.3, longest_s), work=work)
        killed += found is None
    return Outcome(killed, wrong_after(found or strike(home, "record", work=work), undisturbed))


def _run(home: Path, mode: Mode, at: tuple[str, ...], work: Work) -> None:
    from tests.faults.scenario import play

    points = Points(mode, *at)
    sys.stdout = (home / "said.txt").open("w")  # thousands of runs would drown what is to be read
    began = time.monotonic()
    try:
        found = asyncio.run(play(home, points, work))
    except BaseException as error:
        (home / "error.txt").write_text(repr(error))
        raise
    written = home / "result.tmp"
    written.write_text(json.dumps({**found, **_told(points, time.monotonic() - began)}))
    written.rename(home / "result.json")


def _told(points: Points, took_s: float) -> dict[str, Any]:
    return {"passed": points.seen, "struck": points.struck, "took_s": took_s}
