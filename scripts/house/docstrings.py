"""Rule: a module opens with two lines on what lives there and what does not, and a room has its README.

Docstrings of functions and classes are ruff's business (D).
"""

import ast
import re
from collections.abc import Iterator

from house.tree import Finding, Tree

_SENTENCE_END = re.compile(r"[.;:](?:\s|$)")


def check(tree: Tree) -> Iterator[Finding]:
    for module in tree.package():
        if not module.tree.body:
            continue  # an empty `__init__.py` says nothing and hides nothing
        text = ast.get_docstring(module.tree) or ""
        lines = sum(bool(line.strip()) for line in text.splitlines())
        said = max(lines, len(_SENTENCE_END.findall(text)))
        if said < (1 if module.path.endswith("__init__.py") else 2):
            yield Finding(module.path, 1, "opens without two lines on what lives here and what does not")
