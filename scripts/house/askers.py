"""Rule: whom a command or a job acts as comes from one place each, which holds it to what it declares.

Commands get rooms and a scope from `app/cli/acting.py`, jobs from `jobs/kinds.py`; what names a scope itself is found.
"""

import ast
from collections.abc import Iterator

from house.tree import Finding, Module, Tree, called

_COMMANDS = "src/pincite/app/cli/"
_ONE_PLACE = "src/pincite/app/cli/acting.py"
_MAKES = frozenset({"owner", "owner_scope", "scope_named", "Scope", "system_scope", "system_scopes", "open_house"})
# Of these `app` itself may make none either.
_OWNERS = frozenset({"owner", "owner_scope", "scope_named"})
APP = {
    "src/pincite/app/wiring.py": "has the owner whom commands act as where nobody is named, and their sign-in link",
    "src/pincite/app/erasing.py": "asks which tenant is the installation's own, and does not erase it",
}


def check(tree: Tree) -> Iterator[Finding]:
    for module in tree.package():
        if module.path == _ONE_PLACE or module.path in APP:
            continue
        if module.path.startswith(_COMMANDS):
            yield from _found(module, _MAKES, "commands act by what `cli/acting.py` gives them")
        elif module.room == "app":
            yield from _found(module, _OWNERS, "whom it is for is an argument")
        elif module.inside == "tasks.py":
            yield from _found(module, _MAKES, "a job has the scope that it is given")


def _found(module: Module, names: frozenset[str], why: str) -> Iterator[Finding]:
    for node in module.nodes:
        if isinstance(node, ast.Call) and (name := called(node.func).split(".")[-1]) in names:
            yield Finding(module.path, node.lineno, f"`{name}(...)`: {why}")
        elif isinstance(node, ast.Name) and node.id == "EVERY_TENANT" and "Scope" in names:
            yield Finding(module.path, node.lineno, f"`EVERY_TENANT`: {why}")
