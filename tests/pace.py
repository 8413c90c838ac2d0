"""Which tests are slow: they are named in `slow.txt`, and `make test` leaves them to `make test-slow`.

    python -m tests.pace JUNIT.xml

writes that list anew from a run of all tests that was told `--junitxml`. A test is slow whose cases together take
longer than `SLOW_S`. A new one is quick until it is measured, and so are the journeys that everything rests on.
"""

import sys
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from xml.etree import ElementTree as ET

SLOW_S = 1.0
LIST = Path(__file__).with_name("slow.txt")
PACES = ("all", "quick", "slow")
ALWAYS = ("tests/e2e/test_pinned_answer.py", "tests/flow/test_answers.py", "tests/contract/test_tenant_wall.py")


def slow_tests() -> frozenset[str]:
    """Return the slow tests, each as `FILE::NAME`."""
    return frozenset(line for line in LIST.read_text().splitlines() if line and not line.startswith("#"))


def name_of(nodeid: str) -> str:
    """Return a test without its cases."""
    return nodeid.partition("[")[0]


def of_pace(pace: str, nodeids: Iterable[str]) -> list[bool]:
    """Say of each test whether it is of a pace: `all`, `quick` or `slow`."""
    slow = slow_tests()
    return [pace == "all" or (name_of(each) in slow) == (pace == "slow") for each in nodeids]


def measured(cases: Iterable[tuple[str, str, float]]) -> Sequence[str]:
    """Return the slow tests of a run's cases: file, name and seconds of each."""
    seconds: dict[str, float] = defaultdict(float)
    for file, name, took_s in cases:
        seconds[name_of(f"{file}::{name}")] += took_s
    return sorted(name for name, took_s in seconds.items() if took_s > SLOW_S and not name.startswith(ALWAYS))


def _cases(report: Path) -> Iterable[tuple[str, str, float]]:
    for case in ET.parse(report).iter("testcase"):  # our own run wrote it
        yield case.get("file", ""), case.get("name", ""), float(case.get("time", "0"))


def main() -> None:
    """Write the list."""
    found = measured(_cases(Path(sys.argv[1])))
    heading = "# Tests that `make test` leaves to `make test-slow`. Written by `python -m tests.pace JUNIT.xml`.\n"
    LIST.write_text(heading + "".join(f"{each}\n" for each in found))
    print(f"{len(found)} slow tests")


if __name__ == "__main__":
    main()
