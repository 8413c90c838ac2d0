"""Rule: no import-time work and no singletons: what a module makes when it is imported is constant.

Things with state are made in `app/wiring.py` and handed to constructors.
"""

import ast
from collections.abc import Iterator

from house.tree import Finding, Module, Tree, called

# Calls whose result is a constant, a type, a logger or a table of contents: nothing is opened, read or started.
CONSTANT_CALLS = frozenset(
    {
        "Annotated", "ClassVar", "Decimal", "Depends", "Enum", "Field", "Fraction", "Literal", "MappingProxyType",
        "MetaData", "NamedTuple", "NewType", "Option", "ParamSpec", "Path", "PurePath", "PurePosixPath", "StrEnum",
        "StringConstraints", "String", "Struct", "TypeAdapter", "TypeVar", "Typer", "bytes", "compile", "dict", "field",
        "fromkeys", "frozenset", "get_logger", "get_tracer", "is_", "itemgetter", "len", "maketrans", "max", "min",
        "range", "schema", "set", "sorted", "timedelta", "tuple", "with_name",
    }
)  # fmt: skip
COMMANDS = "src/pincite/app/cli/"  # typer's table of contents is written by calls
ALLOWED = {
    "src/pincite/__init__.py": "puts pysqlite3 in place of sqlite3 before anything imports it",
    "src/pincite/__main__.py": "is the program",
    "src/pincite/index/adapters/lance_engine.py": "lancedb reads its log level when it is imported, and only then",
    "src/pincite/core/origin.py": "holds from where the work at hand was asked for, for services that know no web",
    "src/pincite/core/keeping.py": "holds what the work at hand may do with kept replies, whoever does it",
    "src/pincite/ledger/work.py": "holds which answer the calls at hand are made for, whoever makes them",
    "src/pincite/app/migrations/env.py": "is run by Alembic as a script",
}


def check(tree: Tree) -> Iterator[Finding]:
    for module in tree.package():
        for node in module.nodes:
            if isinstance(node, ast.Global):
                yield Finding(module.path, node.lineno, f"`global {', '.join(node.names)}`: state belongs to an object")
        if module.path not in ALLOWED and not module.path.startswith(COMMANDS):
            yield from _import_time(module)


def _import_time(module: Module) -> Iterator[Finding]:
    for node in module.tree.body:
        if isinstance(node, ast.Assign | ast.AnnAssign):
            yield from _assigned(module, node)
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call | ast.Await):
            yield Finding(module.path, node.lineno, "works when it is imported; do it in a function that `app` calls")
        elif isinstance(node, ast.For | ast.While | ast.With):
            yield Finding(module.path, node.lineno, "loops or opens something when it is imported")


def _assigned(module: Module, node: ast.Assign | ast.AnnAssign) -> Iterator[Finding]:
    value = node.value
    is_empty = (isinstance(value, ast.Dict) and not value.keys) or (isinstance(value, ast.List) and not value.elts)
    if is_empty:
        if not ast.unparse(node).startswith("__all__"):
            yield Finding(module.path, node.lineno, "an empty container at module level is a hidden singleton")
    elif isinstance(value, ast.Call):
        name = called(value.func).split(".")[-1]
        is_value_class = name[:1].isupper() and _is_own_value_class(module, name)
        if name not in CONSTANT_CALLS and not is_value_class and not name.startswith("_"):
            yield Finding(module.path, node.lineno, f"`{name}(...)` at import time; make it in app/wiring.py")


def _is_own_value_class(module: Module, name: str) -> bool:
    """A frozen value of a class of this file, or one imported from a domain, is a constant."""
    own = {n.name for n in module.tree.body if isinstance(n, ast.ClassDef)}
    froms = [n for n in module.tree.body if isinstance(n, ast.ImportFrom) and (n.module or "").startswith("pincite.")]
    return name in own or any((a.asname or a.name) == name for n in froms for a in n.names)
