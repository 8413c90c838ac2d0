"""Rule: patching is the last resort: at most 5 mock or patch calls per 100 tests.

Setting an environment variable or a working folder is no patch; replacing an attribute is.
"""

import ast
from collections.abc import Iterator

from house.tree import Finding, Tree, called

PER_100_TESTS = 5
_REPLACING = frozenset({"setattr", "delattr", "setitem", "delitem"})
_MOCKS = frozenset({"patch", "Mock", "MagicMock", "AsyncMock", "create_autospec"})


def check(tree: Tree) -> Iterator[Finding]:
    tests, patches = count(tree)
    if patches * 100 > PER_100_TESTS * max(tests, 1):
        yield Finding("tests", 1, f"{patches} patches in {tests} tests; at most {PER_100_TESTS} per 100")


def count(tree: Tree) -> tuple[int, int]:
    """How many tests there are and how many mock or patch calls are in them."""
    tests = patches = 0
    for module in tree.modules:
        if module.place == "tests":
            tests += sum(f.name.startswith("test_") for f in module.functions())
            patches += sum(isinstance(n, ast.Call) and _is_patch(called(n.func)) for n in module.nodes)
    return tests, patches


def _is_patch(name: str) -> bool:
    parts = name.split(".")
    if "monkeypatch" in parts or "mp" in parts:
        return parts[-1] in _REPLACING
    return parts[-1] in _MOCKS or "patch" in parts
