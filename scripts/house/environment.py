"""Rule: configuration is one typed tree, read once: `os.environ` is touched in `app/settings.py` alone.

The places that must touch it all the same are named here, each with its reason.
"""

import ast
from collections.abc import Iterator

from house.tree import Finding, Module, Tree

ALLOWED = {
    "src/pincite/app/settings.py": "the one reader",
    "src/pincite/index/adapters/lance_engine.py": "sets lancedb's log level, which has no other door",
}


def check(tree: Tree) -> Iterator[Finding]:
    for module in tree.package():
        if module.path not in ALLOWED:
            for line in environment_lines(module):
                yield Finding(module.path, line, "touches the environment; settings are read in app/settings.py")


def environment_lines(module: Module) -> list[int]:
    """The lines of a module that read or write the process environment."""
    found: list[int] = []
    for node in module.nodes:
        if isinstance(node, ast.Attribute) and node.attr in {"environ", "environb", "getenv", "putenv", "unsetenv"}:
            if isinstance(node.value, ast.Name) and node.value.id == "os":
                found.append(node.lineno)
        elif isinstance(node, ast.ImportFrom) and node.module == "os":
            found.extend(node.lineno for a in node.names if a.name in {"environ", "getenv", "putenv"})
    return sorted(found)
