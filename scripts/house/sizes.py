"""Rule: small enough for the head: files, functions, parameters and nesting have limits.

Generated migrations are left out; tests answer for the size of their files only.
"""

import ast
from collections.abc import Iterator

from house.tree import Finding, Function, Module, Tree, parameters

FILE_LINES = 400
FUNCTION_LINES = 60
PARAMETERS = 6
NESTING = 3
TYPESCRIPT_LINES = 250
_BLOCKS = (ast.If, ast.For, ast.AsyncFor, ast.While, ast.Try, ast.TryStar, ast.Match)


def check(tree: Tree) -> Iterator[Finding]:
    for module in tree.modules:
        if module.is_migration():
            continue
        if module.lines > FILE_LINES:
            yield Finding(module.path, 1, f"{module.lines} lines; a file stops at {FILE_LINES}")
        if module.place != "tests":
            yield from _functions(module)
    for path, lines in tree.typescript:
        if lines > TYPESCRIPT_LINES:
            yield Finding(path, 1, f"{lines} lines; a TypeScript file stops at {TYPESCRIPT_LINES}")


def function_lines(node: Function) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def _functions(module: Module) -> Iterator[Finding]:
    methods = {id(m) for c in module.nodes if isinstance(c, ast.ClassDef) for m in c.body}
    for node in module.functions():
        if (lines := function_lines(node)) > FUNCTION_LINES:
            yield Finding(
                module.path, node.lineno, f"{node.name} has {lines} lines; a function stops at {FUNCTION_LINES}"
            )
        named = [a for a in parameters(node, is_method=id(node) in methods) if not _is_filled_in(a)]
        if len(named) > PARAMETERS:
            yield Finding(module.path, node.lineno, f"{node.name} takes {len(named)} parameters; at most {PARAMETERS}")
        if (depth := _depth(node.body)) > NESTING:
            yield Finding(module.path, node.lineno, f"{node.name} nests {depth} deep; at most {NESTING}")


def _is_filled_in(argument: ast.arg) -> bool:
    """Options of a command and parts of a request are `Annotated`: nobody writes out a call with them."""
    annotation = argument.annotation
    return isinstance(annotation, ast.Subscript) and ast.unparse(annotation.value).endswith("Annotated")


def _depth(body: list[ast.stmt]) -> int:
    return max((_statement_depth(s) for s in body), default=0)


def _statement_depth(node: ast.stmt) -> int:
    if isinstance(node, ast.With | ast.AsyncWith):
        return _depth(node.body)  # it opens and closes, it does not branch
    if not isinstance(node, _BLOCKS):
        return 0
    if isinstance(node, ast.Match):
        return 1 + max((_depth(case.body) for case in node.cases), default=0)
    inner = _depth(node.body)
    if isinstance(node, ast.If) and len(node.orelse) == 1 and isinstance(node.orelse[0], ast.If):
        return max(1 + inner, _statement_depth(node.orelse[0]))  # `elif` goes no deeper
    for name in ("orelse", "finalbody"):
        inner = max(inner, _depth(getattr(node, name, [])))
    for handler in getattr(node, "handlers", []):
        inner = max(inner, _depth(handler.body))
    return 1 + inner
