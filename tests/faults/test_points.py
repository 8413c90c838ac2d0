"""A fault at every point that the work passes: killed, a device that fails, a full disk. Then all is as without it.

The points are found by running the work once. These tests strike some, spread evenly; `whole.py` strikes all, and kills
a thousand times at random.
"""

from pathlib import Path
from random import Random
from typing import Any

import pytest
from tests.faults.points import Mode
from tests.faults.strikes import Outcome, kill_and_finish, strike, strike_and_finish, wrong_after

OF_EACH: dict[Mode, int] = {"kill": 4, "io": 3, "full": 2}
SLICE = [f"boundary slice.{name}#1" for name in ("taken", "stored", "indexed", "published")]
KILLS = 4


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    found = strike(tmp_path_factory.mktemp("undisturbed"), "record")
    assert found is not None
    assert found["findings"] == []
    assert found["twice"] == 0
    assert {each["state"] for each in found["documents"].values()} == {"ready"}
    return found


@pytest.mark.faults
@pytest.mark.timeout(600)
@pytest.mark.parametrize("mode", list(OF_EACH))
def test_a_fault_at_any_point_changes_nothing(undisturbed: dict[str, Any], tmp_path: Path, mode: Mode) -> None:
    points = sorted(undisturbed["passed"])
    chosen = points[:: max(1, len(points) // OF_EACH[mode])]
    done = {
        point: strike_and_finish(tmp_path / str(number), mode, point, undisturbed)
        for number, point in enumerate(chosen)
    }
    assert {point: each.wrong for point, each in done.items() if each.wrong} == {}
    # The job engine polls, so some of its commits are not reached again by a run that is quicker.
    assert sum(each.struck for each in done.values()) >= len(chosen) // 2


@pytest.mark.faults
@pytest.mark.timeout(600)
def test_killed_again_and_again_at_random_nothing_is_lost_and_nothing_is_twice(
    undisturbed: dict[str, Any], tmp_path: Path
) -> None:
    done = Outcome(0, None)
    for attempt in range(4):  # a machine that was busy when the while was measured may be quicker than every kill now
        expected = {**undisturbed, "took_s": undisturbed["took_s"] / 2**attempt}
        done = kill_and_finish(tmp_path / f"{attempt}", Random(20_261_121 + attempt), KILLS, expected)
        assert done.wrong is None
        if done.struck:
            break
    assert done.struck


@pytest.mark.faults
@pytest.mark.timeout(600)
def test_small_files_that_are_read_together_survive_a_fault_at_every_boundary(tmp_path: Path) -> None:
    killed = tmp_path / "kill"
    for point in SLICE:  # each death in the home that the one before left
        assert strike(killed, "kill", point, work="small ones") is None, f"{point} was not reached"
    found = {
        "kill": strike(killed, "record", work="small ones"),
        "io": strike(tmp_path / "io", "io", *SLICE, work="small ones"),
        "full": strike(tmp_path / "full", "full", *SLICE, work="small ones"),
    }
    for mode, each in found.items():
        assert each is not None, mode
        assert (each["findings"], each["twice"]) == ([], 0), mode
        assert {document["state"] for document in each["documents"].values()} == {"ready"}, mode
        assert wrong_after(each, found["io"] or {}) is None, mode
    assert set(SLICE) <= set((found["io"] or {})["passed"])
