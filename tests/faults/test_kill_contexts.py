"""`kill -9` while a model writes contexts: the next run goes on, every chunk has one, and little is paid for twice."""

import json
from pathlib import Path
from typing import Any

import pytest
from tests.faults.context_driver import BATCH, run
from tests.forked import finished


def drive(home: Path, after: int) -> dict[str, Any] | None:
    """Run to the end, for a report, or to its death."""
    done = finished(run, (home, after))
    assert done.returncode == (-9 if after else 0), done.stderr[-3000:]
    return None if after else json.loads([line for line in done.stdout.splitlines() if line.startswith("{")][-1])


@pytest.mark.faults
def test_killed_between_two_batches_and_within_one(tmp_path: Path) -> None:
    first, second = BATCH + 3, 2
    drive(tmp_path, first)
    drive(tmp_path, second)
    done = drive(tmp_path, 0)
    assert done is not None
    assert done["searched"] == done["chunks"]
    assert done["kept"] == len(done["chunks"])
    assert done["findings"] == []
    # The first run kept one batch, the second none: nothing that was kept is asked for again.
    assert done["asked"] == len(done["chunks"]) - BATCH
