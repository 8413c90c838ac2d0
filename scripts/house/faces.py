"""Rule: a room has a face of at most 15 names and others import from the face alone.

Which room may import which is import-linter's business (`importlinter.ini`).
"""

import ast
from collections.abc import Iterator

from house.tree import Finding, Module, Tree

NAMES = 15
# `app` wires the house: it alone reaches the outermost files, and picks the adapters.
APP_REACHES = frozenset({"routes", "tasks", "adapters", "schemas", "settings"})
# Its submodules are its parts; it has no insides to hide.
OPEN_ROOM = "core"
LATE = {
    "src/pincite/guard/operations.py": "a child process loads a parser only after its limits are set",
}


def check(tree: Tree) -> Iterator[Finding]:
    for module in tree.package():
        if module.inside == "__init__.py" and module.room != "app":
            yield from _face(module)
        for name, node in module.imports():
            yield from _reach(module, name, node)
        yield from _deferred(module)


def _face(module: Module) -> Iterator[Finding]:
    names = _exported(module)
    if names is None and any(True for _ in module.imports()):
        yield Finding(module.path, 1, "a face says what it exports: `__all__` is missing")
    elif names is not None and len(names) > NAMES:
        yield Finding(module.path, 1, f"the face has {len(names)} names; at most {NAMES}")


def _exported(module: Module) -> list[ast.expr] | None:
    for node in module.tree.body:
        if isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == "__all__" for t in node.targets):
            return node.value.elts if isinstance(node.value, ast.List | ast.Tuple) else []
    return None


def _reach(module: Module, name: str, node: ast.AST) -> Iterator[Finding]:
    parts = name.split(".")
    if parts[0] != "pincite" or len(parts) < 3 or parts[1] in (module.room, OPEN_ROOM):
        return
    if module.room == "app" and parts[2] in APP_REACHES:
        return
    line = getattr(node, "lineno", 1)
    yield Finding(module.path, line, f"imports {name}; from outside, import from the face `pincite.{parts[1]}`")


def _deferred(module: Module) -> Iterator[Finding]:
    """An import of our own inside a function hides a cycle; `app` may do it to start fast."""
    if module.room == "app" or module.path in LATE:
        return
    top = {id(n) for n in module.tree.body}
    for name, node in module.imports():
        if name.split(".")[0] == "pincite" and id(node) not in top and not _for_typing(module, node):
            yield Finding(module.path, node.lineno, f"imports {name} late; a cycle is mended, not hidden")


def _for_typing(module: Module, node: ast.stmt) -> bool:
    return any(
        isinstance(block, ast.If) and "TYPE_CHECKING" in ast.unparse(block.test) and node in block.body
        for block in module.tree.body
    )
