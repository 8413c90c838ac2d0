"""The house rules that no bought linter knows: one rule a file, each a function from the tree to its findings.

`scripts/shape.py` runs them all; `tests/house/` holds a bad and a good sample for each.
"""

from house import (
    askers,
    docstrings,
    environment,
    excepts,
    faces,
    names,
    patches,
    scope,
    singletons,
    sizes,
    transactions,
    unused,
)
from house.tree import Finding, Rule, Tree, read_tree

RULES: dict[str, Rule] = {
    "size": sizes.check,
    "name": names.check,
    "docstring": docstrings.check,
    "face": faces.check,
    "environment": environment.check,
    "singleton": singletons.check,
    "scope": scope.check,
    "asker": askers.check,
    "except": excepts.check,
    "transaction": transactions.check,
    "patch": patches.check,
    "unused": unused.check,
}

__all__ = ["RULES", "Finding", "Rule", "Tree", "read_tree"]
