"""Rule: catching everything is for three places: the request edge, the job edge and the tool edge.

A handler that raises again (to clean up first) is no catch-all. Ruff's BLE finds the same;
this list says where it may be.
"""

import ast
from collections.abc import Iterator

from house.tree import Finding, Module, Tree

EDGES = {
    "src/pincite/app/problems.py": "request edge: whatever a handler raised becomes problem+json with a request id",
    "src/pincite/app/middleware.py": "request edge",
    "src/pincite/guard/child.py": "job edge: a parser's failure, of any kind, leaves the child process as a value",
    "src/pincite/ingest/tasks.py": "job edge: whatever a step raised becomes a failed revision with a reason",
    "src/pincite/ingest/sweep.py": "job edge: a chore that fails is tried again, whatever failed",
    "src/pincite/sources/keeping.py": "job edge: what fails of one source is tried again, and is no other's trouble",
    "src/pincite/answers/making.py": "job edge: a generation belongs to the server; its log must get a terminal event",
}


def check(tree: Tree) -> Iterator[Finding]:
    for module in tree.package():
        if module.path not in EDGES:
            for line in broad_lines(module):
                yield Finding(module.path, line, "catches everything; name the errors that are expected here")


def broad_lines(module: Module) -> list[int]:
    """Lines of handlers that catch everything and do not raise again."""
    return sorted(
        n.lineno for n in module.nodes if isinstance(n, ast.ExceptHandler) and _is_broad(n) and not _raises(n)
    )


def handlers(module: Module) -> int:
    """How many handlers the module has."""
    return sum(isinstance(n, ast.ExceptHandler) for n in module.nodes)


def _is_broad(node: ast.ExceptHandler) -> bool:
    if node.type is None:
        return True
    kinds = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
    return any(isinstance(k, ast.Name) and k.id in {"Exception", "BaseException"} for k in kinds)


def _raises(node: ast.ExceptHandler) -> bool:
    return bool(node.body) and isinstance(node.body[-1], ast.Raise)
