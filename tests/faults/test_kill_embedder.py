"""`kill -9` while the index is built for another embedder, or better vectors follow: nothing lost, little twice."""

import json
from pathlib import Path
from typing import Any

import pytest
from tests.faults.embedder_driver import run
from tests.forked import finished

FILLED_AT_ONCE = 5


def drive(home: Path, work: str, after: int = 0) -> dict[str, Any] | None:
    """Run to the end, for a report, or to its death."""
    done = finished(run, (home, work, after))
    assert done.returncode == (-9 if after else 0), done.stderr[-3000:]
    return None if after else json.loads([line for line in done.stdout.splitlines() if line.startswith("{")][-1])


def begun(home: Path) -> list[str]:
    report = drive(home, "begin")
    assert report is not None
    (points,) = report["builds"].values()
    return points


@pytest.mark.faults
def test_a_killed_build_goes_on_and_the_old_index_is_whole_meanwhile(tmp_path: Path) -> None:
    points = begun(tmp_path)
    drive(tmp_path, "reindex", after=len(points) // 3)
    drive(tmp_path, "reindex", after=len(points) // 2)
    done = drive(tmp_path, "reindex")
    assert done is not None
    assert done["builds"] == {"quick fast": points, "better active": points}
    assert done["findings"] == []
    # Two runs that were killed have embedded a half and more between them; the last one does not begin again.
    assert 0 < done["embedded"] < len(points) * 3 // 4


@pytest.mark.faults
def test_killed_while_better_vectors_follow(tmp_path: Path) -> None:
    points = begun(tmp_path)
    drive(tmp_path, "reindex")
    drive(tmp_path, "add", after=FILLED_AT_ONCE + 1)
    done = drive(tmp_path, "finish")
    assert done is not None
    whole = done["builds"]["quick fast"]
    assert done["builds"]["better active"] == whole
    assert set(points) < set(whole)
    assert done["findings"] == []
    assert done["embedded"] <= len(whole) - len(points) - FILLED_AT_ONCE
