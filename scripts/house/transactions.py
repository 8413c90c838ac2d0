"""Rule: transactions are short and never wait: only the unit of work commits, and what is awaited inside is its SQL.

An await inside `async with db.transaction() as tx` must be handed `tx`; a model, a parser or the network is not.
"""

import ast
from collections.abc import Iterator

from house.tree import Finding, Module, Tree, called

UNIT_OF_WORK = "src/pincite/core/database.py"


def check(tree: Tree) -> Iterator[Finding]:
    for module in tree.package():
        if module.path == UNIT_OF_WORK or "/migrations/" in module.path:
            continue
        yield from _commits(module)
        for node in module.nodes:
            if isinstance(node, ast.AsyncWith):
                yield from _waits(module, node)


def _commits(module: Module) -> Iterator[Finding]:
    for node in module.nodes:
        if isinstance(node, ast.Await) and isinstance(node.value, ast.Call):
            name = called(node.value.func)
            if name.endswith((".commit", ".rollback")):
                yield Finding(module.path, node.lineno, f"`{name}()`: the unit of work commits, nothing else does")


def _waits(module: Module, block: ast.AsyncWith) -> Iterator[Finding]:
    opened = [
        item.optional_vars.id
        for item in block.items
        if isinstance(item.context_expr, ast.Call)
        and called(item.context_expr.func).split(".")[-1] in {"transaction", "read"}
        and isinstance(item.optional_vars, ast.Name)
    ]
    if not opened:
        return
    for node in (n for statement in block.body for n in ast.walk(statement)):
        if isinstance(node, ast.Await):
            used = {n.id for n in ast.walk(node.value) if isinstance(n, ast.Name)}
            if used.isdisjoint(opened):
                what = ast.unparse(node.value)[:60]
                yield Finding(module.path, node.lineno, f"waits for `{what}` while a transaction is open")
