"""The figures that `make check` prints at its end: what separates a house that lasts from one that rots.

They are counted here and judged by the rules and linters; the limits beside them are what is aimed at.
"""

import ast
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path

from house import excepts, patches, sizes
from house.environment import environment_lines
from house.tree import Module, Tree

WINDOW_LINES = 12
_SETTINGS = "src/pincite/app/settings.py"
_SETTINGS_PAGE = Path("docs/reference/settings.md")


@dataclass(frozen=True, slots=True)
class Figure:
    """One row of the table: what, how much, what is aimed at, and whether that holds."""

    name: str
    value: str
    aim: str
    good: bool


def figures(tree: Tree, root: Path) -> list[Figure]:
    """Count everything that the table shows."""
    package = list(tree.package())
    rooms = _graph(package, by_room=True)
    modules = _graph(package, by_room=False)
    broad = [(m, len(excepts.broad_lines(m))) for m in package]
    outside = sum(count for m, count in broad if m.path not in excepts.EDGES)
    handlers = sum(excepts.handlers(m) for m in package)
    caught = sum(count for _, count in broad)
    tests, patched = patches.count(tree)
    per_100 = patched * 100 / max(tests, 1)
    strays = sum(len(environment_lines(m)) for m in package if m.path != _SETTINGS)
    names, documented = settings_names(tree), _documented(root, settings_names(tree))
    long_files = sum(m.lines > sizes.FILE_LINES for m in tree.modules if not m.is_migration())
    functions = [f for m in tree.modules if m.place != "tests" and not m.is_migration() for f in m.functions()]
    long_functions = sum(sizes.function_lines(f) > sizes.FUNCTION_LINES for f in functions)
    windows = duplicated_windows(package)
    return [
        Figure("knot (rooms that all reach each other)", str(_largest_knot(rooms)), "0", _largest_knot(rooms) == 0),
        Figure("import cycles between modules", str(_cycles(modules)), "0", _cycles(modules) == 0),
        Figure("broad excepts outside the edges", f"{outside} ({caught} of {handlers} in all)", "0", outside == 0),
        Figure(
            "patches per 100 tests",
            f"{per_100:.1f} ({patched} in {tests})",
            f"<= {patches.PER_100_TESTS}",
            per_100 <= patches.PER_100_TESTS,
        ),
        Figure("environment touched outside settings", str(strays), "few, listed", strays <= 8),
        Figure("settings / documented", f"{len(names)} / {documented}", "equal, < 60", len(names) == documented < 60),
        Figure(f"files over {sizes.FILE_LINES} lines", str(long_files), "0", long_files == 0),
        Figure(f"functions over {sizes.FUNCTION_LINES} lines", str(long_functions), "0", long_functions == 0),
        Figure(f"duplicated windows of {WINDOW_LINES} lines", str(windows), "0", windows == 0),
    ]


def settings_names(tree: Tree) -> list[str]:
    """The environment names of the settings tree, read from its source."""
    bodies = [m.tree.body for m in tree.modules if m.path == _SETTINGS]
    classes = [n for body in bodies for n in body if isinstance(n, ast.ClassDef) and n.name == "Settings"]
    declared = [s.target for c in classes for s in c.body if isinstance(s, ast.AnnAssign)]
    fields = [t.id for t in declared if isinstance(t, ast.Name) and t.id != "model_config"]
    return [f"PINCITE_{field.rstrip('_').upper()}" for field in fields]


def duplicated_windows(modules: list[Module]) -> int:
    """How many windows of `WINDOW_LINES` code lines stand twice; imports and blank lines do not count."""
    seen: Counter[tuple[str, ...]] = Counter()
    for module in modules:
        lines = [line.strip() for line in module.source.splitlines()]
        code = [s for s in lines if s and not s.startswith(("#", "import ", "from ", '"""'))]
        seen.update(set(zip(*(code[i:] for i in range(WINDOW_LINES)), strict=False)))
    return sum(count > 1 for count in seen.values())


def _documented(root: Path, names: list[str]) -> int:
    page = root / _SETTINGS_PAGE
    text = page.read_text() if page.exists() else ""
    return sum(f"`{name}`" in text for name in names)


def _graph(modules: list[Module], *, by_room: bool) -> dict[str, set[str]]:
    known = {m.dotted for m in modules}
    graph: dict[str, set[str]] = defaultdict(set)
    for module in modules:
        own = (module.room or "") if by_room else module.dotted
        targets = {t for name, node in module.imports() for t in _targets(name, node, known)}
        others = {t.split(".")[1] if by_room and "." in t else t for t in targets} - {own}
        if own and others:
            graph[own] |= others
    return graph


def _targets(name: str, node: ast.Import | ast.ImportFrom, known: set[str]) -> set[str]:
    """The modules of ours that an import reaches: `from a import b` may mean the module `a.b`."""
    below = {f"{name}.{alias.name}" for alias in node.names} & known if isinstance(node, ast.ImportFrom) else set[str]()
    return below or ({name} & known)


def _largest_knot(graph: dict[str, set[str]]) -> int:
    return max((len(knot) for knot in _knots(graph)), default=0)


def _cycles(graph: dict[str, set[str]]) -> int:
    return len(_knots(graph))


def _knots(graph: dict[str, set[str]]) -> list[frozenset[str]]:
    """The sets of two or more nodes that all reach each other."""
    reached = {node: _reach(graph, node) for node in graph}
    knots = {
        frozenset(other for other in reached[node] if node in reached.get(other, set()))
        for node in graph
        if node in reached[node]
    }
    return [knot for knot in knots if len(knot) > 1]


def _reach(graph: dict[str, set[str]], start: str) -> set[str]:
    seen: set[str] = set()
    waiting = list(graph.get(start, ()))
    while waiting:
        node = waiting.pop()
        if node not in seen:
            seen.add(node)
            waiting.extend(graph.get(node, ()))
    return seen
