"""Strikes every fault point once in each way, then kills at random: `make faults`.

`python -m tests.faults.whole [--kills 1200] [--points N] [--at-once 3] [--afresh]`. What is done is written down in
`.artifacts/faults/`, and a run of the same code that was broken off goes on there; what was wrong is tried again. Ends
with a table, and with 1 where anything was wrong.
"""

import argparse
import hashlib
import json
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random
from typing import Any, get_args

from tests.faults.points import Mode, Work
from tests.faults.strikes import Outcome, kill_and_finish, strike, strike_and_finish, wrong_after

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / ".artifacts" / "faults"
WORKS: tuple[Work, ...] = get_args(Work)
MODES: tuple[Mode, ...] = tuple(mode for mode in get_args(Mode) if mode != "record")
KILLS_OF_A_HOME = 6
SEED = 20_261_121


class Journal:
    """What is done, by name; kept in a file, a line each."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.done: dict[str, dict[str, Any]] = {}
        lines = path.read_text().splitlines() if path.exists() else []
        for line in lines:
            try:
                entry = json.loads(line)
            except ValueError:  # the last one, of a run that was killed
                continue
            self.done[entry["work"]] = entry

    def note(self, work: str, **what: Any) -> None:
        """Write down that something is done."""
        entry = {"work": work, **what}
        self.done[work] = entry
        with self._path.open("a") as out:
            out.write(json.dumps(entry) + "\n")


def code() -> str:
    """Return a sum of the code that is struck and of that which strikes."""
    found = hashlib.sha256()
    tests = ROOT / "tests"
    for path in sorted([*(ROOT / "src").rglob("*.py"), *(tests / "faults").rglob("*.py"), *tests.glob("*.py")]):
        found.update(path.read_bytes())
    return found.hexdigest()[:16]


def undisturbed(journal: Journal, work: Work) -> dict[str, Any]:
    """Return what a work gives without a fault, with the points it passed; of the run that this one goes on with."""
    name = f"undisturbed {work}"
    if name not in journal.done:
        with tempfile.TemporaryDirectory() as home:
            found = strike(Path(home), "record", work=work)
        assert found is not None
        assert wrong_after(found, {**found, "findings": [], "twice": 0}) is None, found
        journal.note(name, found=found)
    return journal.done[name]["found"]


def points_of(found: dict[str, Any], work: Work, most: int | None) -> list[str]:
    """Return the points of a work that are struck, spread evenly where there are more than are wanted."""
    # Most commits of the job engine are its polling; those of documents that are read one by one are enough.
    passed = sorted(each for each in found["passed"] if work == "documents" or not each.startswith("commit jobs"))
    return passed if most is None else passed[:: max(1, len(passed) // max(1, most))]


def works(journal: Journal, points: int | None, kills: int) -> Iterator[tuple[str, Callable[[Path], Outcome]]]:
    """Yield what there is to do, by name."""
    for work in WORKS:
        found = undisturbed(journal, work)
        for mode in MODES:
            for point in points_of(found, work, points):
                # In a step only a death is told from going on.
                if mode == "kill" or not point.startswith("step ") or "recorded" in point:
                    yield (
                        f"{mode} {work}: {point}",
                        lambda home, m=mode, p=point, f=found, w=work: strike_and_finish(home, m, p, f, w),
                    )
    for number in range(-(-kills // KILLS_OF_A_HOME)):
        work = WORKS[number % len(WORKS)]
        most, found = min(KILLS_OF_A_HOME, kills - number * KILLS_OF_A_HOME), undisturbed(journal, work)
        yield (
            f"random {number}",
            lambda home, n=number, m=most, f=found, w=work: kill_and_finish(home, Random(SEED + n), m, f, w),
        )


def do(work: Callable[[Path], Outcome]) -> Outcome:
    """Do one thing in a home of its own."""
    home = Path(tempfile.mkdtemp(prefix="pincite-fault-"))
    try:
        return work(home)
    except AssertionError as error:
        return Outcome(1, {"error": str(error)[:500]})
    finally:
        shutil.rmtree(home, ignore_errors=True)


def table(journal: Journal, began: float) -> bool:
    """Print what was struck; returns whether nothing was wrong."""
    print(f"\n{'fault':<8} {'tried':>6} {'struck':>7} {'wrong':>6}")
    wrong: list[dict[str, Any]] = []
    for kind in (*MODES, "random"):
        entries = [each for work, each in journal.done.items() if work.split(" ")[0] == kind]
        bad = [each for each in entries if each["wrong"]]
        wrong += bad
        print(f"{kind:<8} {len(entries):>6} {sum(each['struck'] for each in entries):>7} {len(bad):>6}")
    passed = sum(len(points_of(undisturbed(journal, work), work, None)) for work in WORKS)
    print(f"{passed} points; random: homes killed up to {KILLS_OF_A_HOME} times, struck = kills.")
    print(f"This run took {(time.monotonic() - began) / 60:.1f} minutes.")
    for each in wrong:
        print(f"WRONG: {each['work']}: {json.dumps(each['wrong'])[:600]}")
    return not wrong


def main() -> int:
    """Do what is left."""
    asked = argparse.ArgumentParser(description="Strike every fault point of ingestion.")
    asked.add_argument("--kills", type=int, default=1200, help="kills at random, at most: some homes are done before")
    asked.add_argument("--points", type=int, help="strike only about so many points, spread evenly")
    asked.add_argument("--at-once", type=int, default=3, help="strikes at once")
    asked.add_argument("--afresh", action="store_true", help="forget what earlier runs have done")
    options = asked.parse_args()
    FOLDER.mkdir(parents=True, exist_ok=True)
    path = FOLDER / f"strikes-{code()}.jsonl"
    if options.afresh:
        path.unlink(missing_ok=True)
    journal, began = Journal(path), time.monotonic()
    left = [each for each in works(journal, options.points, options.kills) if each[0] not in journal.done]
    print(f"{len(left)} strikes to do, {max(0, len(journal.done) - len(WORKS))} done before.", flush=True)
    with ThreadPoolExecutor(options.at_once) as pool:
        for number, (name, outcome) in enumerate(
            zip([name for name, _ in left], pool.map(do, [work for _, work in left]), strict=True), start=1
        ):
            journal.note(name, struck=outcome.struck, wrong=outcome.wrong)
            if number % 50 == 0:
                spent_s = time.monotonic() - began
                minutes = spent_s / number * (len(left) - number) / 60
                print(f"{number} of {len(left)}, about {minutes:.0f} minutes left", flush=True)
    return 0 if table(journal, began) else 1


if __name__ == "__main__":
    sys.exit(main())
