"""Rule: what nothing names is dead: a function or class of the package is mentioned besides where it is defined.

Tests do not count as a use. Vulture finds unused arguments and unreachable code; its guesses about names often err.
"""

import ast
import re
from collections import Counter
from collections.abc import Iterator

from house.tree import Finding, Module, Tree

_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
# Called by a framework under a name that it prescribes.
PRESCRIBED = frozenset(
    {
        "process_bind_param",
        "process_result_value",
        "run_migrations",
        "upgrade",
        "downgrade",
        "main",
        "emit",
        "_create_socket",
    }
)
# A double ships with its seam and is used by tests alone.
DOUBLES = "adapters/memory.py"


def check(tree: Tree) -> Iterator[Finding]:
    users = [m for m in tree.modules if m.place != "tests"]
    mentions = Counter(word for module in users for word in _WORD.findall(module.source))
    defined = Counter(name for module in users for name, _ in _definitions(module))
    for module in (m for m in tree.package() if m.inside != DOUBLES):
        for name, line in _definitions(module):
            if mentions[name] <= defined[name] and name not in PRESCRIBED:
                yield Finding(module.path, line, f"`{name}` is used nowhere")


def _definitions(module: Module) -> Iterator[tuple[str, int]]:
    for node in module.nodes:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            is_called_by_decorator = bool(node.decorator_list) and not isinstance(node, ast.ClassDef)
            is_dunder = node.name.startswith("__") and node.name.endswith("__")
            if not is_called_by_decorator and not is_dunder and not _is_overriding(node.name):
                yield node.name, node.lineno


def _is_overriding(name: str) -> bool:
    """Methods that a parser or visitor of the standard library calls by name."""
    return name.startswith(("handle_", "visit_", "do_"))
