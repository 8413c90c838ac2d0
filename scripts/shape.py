"""Runs the house rules over the tree and prints what breaks them; with `--figures` prints the table of figures.

The rules live in `scripts/house/`, one a file.
"""

import sys
from pathlib import Path

from house import RULES, read_tree
from house.figures import figures

ROOT = Path(__file__).resolve().parent.parent


def main() -> int:
    """Return 1 when a rule is broken or a figure misses its aim."""
    tree = read_tree(ROOT)
    if "--figures" in sys.argv:
        rows = figures(tree, ROOT)
        for row in rows:
            print(f"  {'ok  ' if row.good else 'MISS'}  {row.name:<42} {row.value:<22} aim {row.aim}")
        return 0 if all(row.good for row in rows) else 1
    broken = 0
    for name, rule in RULES.items():
        for finding in rule(tree):
            print(f"{finding}  [{name}]")
            broken += 1
    print(f"{broken} findings in {len(tree.modules)} Python and {len(tree.typescript)} TypeScript files")
    return 1 if broken else 0


if __name__ == "__main__":
    raise SystemExit(main())
