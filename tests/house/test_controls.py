"""The list of controls that `make mutate` switches off fits the code: each is where it is said, its tests are there."""

import ast
from pathlib import Path

from bench.controls import controls

ROOT = Path(__file__).resolve().parent.parent.parent


def test_each_control_is_where_it_is_said_to_be() -> None:
    assert len(controls()) >= 70
    assert len({each.name for each in controls()}) == len(controls())
    for each in controls():
        code = (ROOT / "src" / "pincite" / each.file).read_text(encoding="utf-8")
        assert each.line in code, f"{each.name}: {each.file} has no such line any more"
        assert each.line != each.instead, each.name
        ast.parse(code.replace(each.line, each.instead))


def test_the_tests_that_must_miss_it_are_there() -> None:
    for each in controls():
        assert each.tests, each.name
        for test in each.tests:
            path, _, name = test.partition("::")
            tree = ast.parse((ROOT / "tests" / path).read_text(encoding="utf-8"))
            assert name in {getattr(node, "name", "") for node in tree.body}, f"{each.name}: {test}"
