"""The list of slow tests names tests that there are, and a test is of one pace."""

import ast
from pathlib import Path

from tests.pace import ALWAYS, SLOW_S, measured, of_pace, slow_tests

ROOT = Path(__file__).resolve().parents[2]


def test_every_slow_test_is_one() -> None:
    named: dict[str, set[str]] = {}
    for each in slow_tests():
        file, _, name = each.partition("::")
        named.setdefault(file, set()).add(name)
    for file, names in named.items():
        tree = ast.parse((ROOT / file).read_text())
        there = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
        assert names <= there, f"{file}: write the list anew with python -m tests.pace"
    assert all((ROOT / each).exists() for each in ALWAYS)


def test_each_test_is_quick_or_slow() -> None:
    some = min(slow_tests())
    ids = [f"{some}[case]", some, "tests/unit/test_new.py::test_new"]
    assert of_pace("slow", ids) == [True, True, False]
    assert of_pace("quick", ids) == [False, False, True]
    assert of_pace("all", ids) == [True, True, True]


def test_cases_count_together_and_the_main_journeys_are_quick() -> None:
    many = [("tests/a.py", f"test_many[{number}]", SLOW_S / 2) for number in range(3)]
    assert measured([*many, ("tests/a.py", "test_one", SLOW_S / 2), (ALWAYS[0], "test_all", 60.0)]) == [
        "tests/a.py::test_many"
    ]
