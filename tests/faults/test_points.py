"""A fault at every point that the work passes: killed, a device that fails, a full disk. Then all is as without it.

The points are found by running the work once. CI strikes some, spread evenly; `make faults` strikes all, and kills a
thousand times at random.
"""

import os
import random
from pathlib import Path
from typing import Any

import pytest
from tests.faults.points import Mode
from tests.faults.strikes import strike

WHOLE = os.environ.get("FAULTS") == "whole"
OF_EACH: dict[Mode, int] = {"kill": 4, "io": 3, "full": 2}
KILLS = 1000 if WHOLE else 4
SAME = ("documents", "points", "twice", "findings")


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    found = strike(tmp_path_factory.mktemp("undisturbed"), "record", "")
    assert found is not None
    assert found["findings"] == []
    assert found["twice"] == 0
    assert {each["state"] for each in found["documents"].values()} == {"ready"}
    return found


@pytest.mark.faults
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("mode", list(OF_EACH))
def test_a_fault_at_any_point_changes_nothing(undisturbed: dict[str, Any], tmp_path: Path, mode: Mode) -> None:
    points = sorted(undisturbed["passed"])
    chosen = points if WHOLE else points[:: max(1, len(points) // OF_EACH[mode])]
    wrong: dict[str, Any] = {}
    struck = 0
    for number, point in enumerate(chosen):
        home = tmp_path / str(number)
        found = strike(home, mode, point)
        struck += found is None or found["struck"]
        if found is None:
            found = strike(home, "record", "")
        if found is None or any(found[key] != undisturbed[key] for key in SAME):
            wrong[point] = None if found is None else {key: found[key] for key in SAME}
    assert wrong == {}
    # The job engine polls, so some of its commits are not reached again by a run that is quicker.
    assert struck >= len(chosen) // 2
    print(f"{mode}: {struck} of {len(points)} points struck")


@pytest.mark.faults
@pytest.mark.timeout(7200)
def test_killed_again_and_again_at_random_nothing_is_lost_and_nothing_is_twice(
    undisturbed: dict[str, Any], tmp_path: Path
) -> None:
    chosen = random.Random(20_261_121)
    left, number = KILLS, 0
    while left > 0:
        home = tmp_path / str(number)
        number += 1
        found = None
        while found is None and left > 0:
            found = strike(home, "record", "", kill_after_s=chosen.uniform(0.3, 2.5))
            left -= found is None
        found = found or strike(home, "record", "")
        assert found is not None
        assert {key: found[key] for key in SAME} == {key: undisturbed[key] for key in SAME}
