"""Rule: `utils`, `helpers`, `manager` and `common` are not ideas; a file is named for the one thing in it.

What a room's files must say about themselves is in `docstrings.py`.
"""

from collections.abc import Iterator

from house.tree import Finding, Tree

BANNED = frozenset({"utils", "util", "helpers", "helper", "manager", "managers", "common", "misc", "stuff", "shared"})


def check(tree: Tree) -> Iterator[Finding]:
    for module in tree.modules:
        for part in module.path.removesuffix(".py").split("/"):
            if not BANNED.isdisjoint(part.lower().split("_")):
                yield Finding(module.path, 1, f"`{part}` names no idea; name the file for the one thing in it")
