"""The page on security says of every requirement what state it is in and shows it: numbers, states, tests, paths."""

import ast
import re
from collections import Counter
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
PAGE = ROOT / "docs" / "security.md"
# Requirements of levels 1 and 2 by section of ASVS 5.0.0; the others of each section are of level 3.
ASVS = """
1.1: 1-2      1.2: 1-9      1.3: 1-11     1.4: 1-3      1.5: 1-2      2.1: 1-3      2.2: 1-3      2.3: 1-4
2.4: 1-1      3.2: 1-2      3.3: 1-4      3.4: 1-6      3.5: 1-5      3.7: 1-2      4.1: 1-3      4.2: 1-1
4.3: 1-2      4.4: 1-4      5.1: 1-1      5.2: 1-3      5.3: 1-2      5.4: 1-3      6.1: 1-3      6.2: 1-12
6.3: 1-4      6.4: 1-4      6.5: 1-5      6.6: 1-3      6.8: 1-4      7.1: 1-3      7.2: 1-4      7.3: 1-2
7.4: 1-5      7.5: 1-2      7.6: 1-2      8.1: 1-2      8.2: 1-3      8.3: 1-1      8.4: 1-1      9.1: 1-3
9.2: 1-4      10.1: 1-2     10.2: 1-2     10.3: 1-4     10.4: 1-11    10.5: 1-5     10.6: 1-2     10.7: 1-3
11.1: 1-2     11.2: 1-3     11.3: 1-3     11.4: 1-4     11.5: 1-1     11.6: 1-1     12.1: 1-3     12.2: 1-2
12.3: 1-4     13.1: 1-1     13.2: 1-5     13.3: 1-2     13.4: 1-5     14.1: 1-2     14.2: 1-4     14.3: 1-3
15.1: 1-3     15.2: 1-3     15.3: 1-7     16.1: 1-1     16.2: 1-5     16.3: 1-4     16.4: 1-3     16.5: 1-3
17.1: 1-1     17.2: 1-4     17.3: 1-2
"""
ROW = re.compile(r"^\| ([0-9]+\.[0-9]+\.[0-9]+) \| (.*) \|$", re.MULTILINE)
STATES = {"holds", "holds, no test", "in part", "does not hold", "does not apply"}
NAMED = re.compile(r"`([\w./-]+\.py)::(\w+)`")
PATH = re.compile(r"`([\w.-]+(?:/[\w.-]+)+\.\w+)`")
SHOWN = re.compile(r"`[^`]+`|\]\([^)]+\)")


def rows() -> list[tuple[str, str, str, str]]:
    """Return number, words, state and what shows it, of each row."""
    found: list[tuple[str, str, str, str]] = []
    for number, rest in ROW.findall(PAGE.read_text(encoding="utf-8")):
        words, state, shown = (part.strip() for part in rest.split(" | "))
        found.append((number, words, state, shown))
    return found


def required() -> list[str]:
    return [
        f"{section}.{number}"
        for section, first, last in re.findall(r"([0-9]+\.[0-9]+): ([0-9]+)-([0-9]+)", ASVS)
        for number in range(int(first), int(last) + 1)
    ]


@cache
def functions(path: Path) -> frozenset[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return frozenset(each.name for each in tree.body if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef))


def test_every_requirement_has_one_row_in_its_order() -> None:
    assert len(required()) == 253
    assert [number for number, *_ in rows()] == required()


def test_every_row_has_a_known_state_and_says_what_shows_it() -> None:
    for number, words, state, shown in rows():
        assert state in STATES, f"{number}: {state}"
        assert words, number
        assert shown, number
        assert state in {"does not hold", "does not apply"} or SHOWN.search(shown), f"{number}: nothing shows it"
        assert state != "holds" or NAMED.search(shown), f"{number}: what holds names a test"


def test_every_test_that_is_named_exists() -> None:
    named = [(number, *each) for number, _, _, shown in rows() for each in NAMED.findall(shown)]
    assert len(named) > 150
    for number, path, name in named:
        file = ROOT / "tests" / path
        assert file.is_file(), f"{number}: {path}"
        assert name.startswith("test_"), f"{number}: {name}"
        assert name in functions(file), f"{number}: {path}::{name}"


def test_every_path_that_is_named_exists() -> None:
    for number, _, _, shown in rows():
        for path in PATH.findall(shown):
            assert any((ROOT / base / path).exists() for base in ("", "tests", "src/pincite")), f"{number}: {path}"


def test_the_page_says_how_many_rows_are_in_each_state() -> None:
    counted = Counter(state for _, _, state, _ in rows())
    said = dict(re.findall(r"^\| (.+?) \| ([0-9]+) \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE))
    assert {state: int(said.get(state, "0")) for state in STATES} == dict(counted)
