"""Rule: the asker is a value and rows have one door: `Scope` comes first, tenant rows only through `visible_to(scope)`.

What works for the whole installation (sweeps, repair, counts for metrics) is named here with its reason.
"""

import ast
from collections.abc import Iterator

from house.tree import Finding, Function, Module, Tree, called, parameters

TENANT_ROOMS = frozenset({"ledger", "library", "ingest", "retrieval", "answers", "sources", "agents", "evals"})
# Finds out who asks, from a secret; the scope is what comes out.
MAKES_SCOPES = "accounts"
LIFECYCLE = frozenset({"start", "stop", "close", "open", "ready"})
SYSTEM = {
    "answers.Answers.recover": "ends the answers of every tenant whose process is gone",
    "answers.beat": "one process says that it lives, for all answers that it is writing",
    "answers.orphans": "the store's side of Answers.recover",
    "ingest.IngestService.sweep": "finds committed work of every tenant that was never enqueued",
    "ingest.IngestService.settle": "a job's end; the scope is in the job",
    "sources.due": "finds sources of every tenant whose time has come; their scopes are made from it",
    "sources.ids": "tells what this machine has fetched of sources that are gone, of whatever tenant",
    "sources.under_way": "finds runs of every tenant that lost their job",
    "sources.watchable": "finds folders of every tenant that are on this machine",
    "ledger.Ledger.sweep": "settles calls of every tenant that nobody settled",
    "gateway.drop_expired": "upkeep of every tenant's kept replies",
    "ledger.drop_old_windows": "upkeep of every tenant's windows",
    "ledger.doubtful": "the same, of what may be put right",
    "ledger.overdue": "the store's side of Ledger.sweep",
    "library.Upkeep.tenants": "makes the scopes that other upkeep takes",
    "library.Upkeep.unfinished": "what the sweep enqueues, for every tenant",
    "library.Waiting.tenants_waiting": "makes the scopes that better vectors are made under",
    "library.tenants_waiting": "the store's side of Waiting.tenants_waiting",
    "library.tenants_with_rows": "the store's side of Upkeep.tenants",
    "library.unfinished_revisions": "the store's side of Upkeep.unfinished",
}
_READS = frozenset({"select", "update", "delete", "exists"})


def check(tree: Tree) -> Iterator[Finding]:
    tables = {m.room: _tenant_tables(m) for m in tree.package() if m.inside == "tables.py"}
    for module in tree.package():
        if _is_in(module, "store") and tables.get(module.room):
            yield from _store(module, tables[module.room])
        elif module.room in TENANT_ROOMS and _is_in(module, "service"):
            yield from _service(module)


def _is_in(module: Module, name: str) -> bool:
    """Is it the file of that name, or in the folder that the file became when it was full?"""
    return module.inside == f"{name}.py" or module.inside.startswith(f"{name}/")


def _tenant_tables(module: Module) -> frozenset[str]:
    """The mapped classes with a `tenant` column."""
    return frozenset(
        node.name
        for node in module.tree.body
        if isinstance(node, ast.ClassDef)
        and any(isinstance(s, ast.AnnAssign) and ast.unparse(s.target) == "tenant" for s in node.body)
    )


def _store(module: Module, tables: frozenset[str]) -> Iterator[Finding]:
    for name, node, is_method in module.public_doors():
        if f"{module.room}.{name}" in SYSTEM or not _calls(node, _READS | {"insert"}, tables):
            continue
        if not _scope_within(node, is_method=is_method, places=2):
            if module.room != MAKES_SCOPES:
                yield Finding(module.path, node.lineno, f"{name} touches tenant rows without a Scope")
        elif _calls(node, _READS, tables) and not {"visible_to", "_visible_to"} & _names(node):
            yield Finding(module.path, node.lineno, f"{name} reads tenant rows past `visible_to(scope)`")


def _service(module: Module) -> Iterator[Finding]:
    for name, node, is_method in module.public_doors():
        is_door = isinstance(node, ast.AsyncFunctionDef) and is_method
        if not is_door or node.name in LIFECYCLE or f"{module.room}.{name}" in SYSTEM:
            continue
        if not _scope_within(node, is_method=True, places=1):
            yield Finding(module.path, node.lineno, f"{name} does not take a Scope first")


def _scope_within(node: Function, *, is_method: bool, places: int) -> bool:
    first = parameters(node, is_method=is_method)[:places]
    return any(a.annotation is not None and ast.unparse(a.annotation).endswith("Scope") for a in first)


def _names(node: ast.AST) -> set[str]:
    names = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
    return names | {n.attr for n in ast.walk(node) if isinstance(n, ast.Attribute)}


def _calls(node: ast.AST, functions: frozenset[str], tables: frozenset[str]) -> bool:
    """Does it call one of these functions of SQL on a tenant table? An insert names its tenant itself."""
    for call in (n for n in ast.walk(node) if isinstance(n, ast.Call)):
        if called(call.func).split(".")[-1] in functions and any(tables & _names(a) for a in call.args):
            return True
    return False
