"""The project's files as the rules see them: parsed once, with the room that each module belongs to.

No rule lives here.
"""

import ast
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

PACKAGE = "src/pincite"
_PYTHON_PLACES = ("src", "scripts", "tools", "bench", "examples", "tests")
_LEFT_OUT = frozenset({"__pycache__", "node_modules", "static", "generated"})
Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True)
class Finding:
    """One place that breaks a rule."""

    path: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.message}"


@dataclass(frozen=True)
class Module:
    """One Python file. `path` is relative to the root, with forward slashes."""

    path: str
    source: str

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.source, self.path)

    @cached_property
    def nodes(self) -> list[ast.AST]:
        """Every node of the file, in no useful order."""
        return list(ast.walk(self.tree))

    @property
    def place(self) -> str:
        """The top folder: `src`, `tests`, `scripts`..."""
        return self.path.split("/")[0]

    @property
    def room(self) -> str | None:
        """The room it belongs to; None outside `src/pincite/` and for the package's own `__init__`."""
        parts = self.path.split("/")
        return parts[2] if self.path.startswith(PACKAGE + "/") and len(parts) > 3 else None

    @property
    def inside(self) -> str:
        """The path inside its room, such as `store.py` or `adapters/memory.py`."""
        return "/".join(self.path.split("/")[3:])

    @property
    def dotted(self) -> str:
        """The import name of a file under `src/`."""
        name = self.path.removeprefix("src/").removesuffix(".py").replace("/", ".")
        return name.removesuffix(".__init__")

    @property
    def lines(self) -> int:
        return self.source.count("\n") + (not self.source.endswith("\n"))

    def is_migration(self) -> bool:
        return "/migrations/versions/" in self.path

    def functions(self) -> Iterator[Function]:
        """Every function and method, nested ones too."""
        return (n for n in self.nodes if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef))

    def public_doors(self) -> Iterator[tuple[str, Function, bool]]:
        """Module-level functions and methods of public classes: (qualified name, node, is it a method)."""
        for node in self.tree.body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                yield from ((f"{node.name}.{m.name}", m, True) for m in _public_functions(node.body))
        yield from ((f.name, f, False) for f in _public_functions(self.tree.body))

    def imports(self) -> Iterator[tuple[str, ast.Import | ast.ImportFrom]]:
        """Every imported module by its dotted name, wherever in the file the import stands."""
        for node in self.nodes:
            if isinstance(node, ast.Import):
                yield from ((alias.name, node) for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module:
                yield node.module, node


@dataclass(frozen=True)
class Tree:
    """All files that the rules look at."""

    modules: tuple[Module, ...]
    typescript: tuple[tuple[str, int], ...] = ()

    def package(self) -> Iterator[Module]:
        """The modules of `src/pincite`, generated migrations left out."""
        return (m for m in self.modules if m.path.startswith(PACKAGE + "/") and not m.is_migration())


Rule = Callable[[Tree], Iterable[Finding]]


def read_tree(root: Path) -> Tree:
    """Read every Python file of the project and the sizes of the TypeScript files.

    Raises:
        SyntaxError: a file does not parse (when a rule first looks into it).
    """
    paths = [p for place in _PYTHON_PLACES for p in sorted((root / place).rglob("*.py"))]
    modules = [
        Module(p.relative_to(root).as_posix(), p.read_text(encoding="utf-8")) for p in paths if _is_ours(p, root)
    ]
    scripts = sorted([*(root / "web").rglob("*.ts"), *(root / "web").rglob("*.tsx")])
    sizes = [(p.relative_to(root).as_posix(), p.read_text().count("\n")) for p in scripts if _is_ours(p, root)]
    return Tree(tuple(modules), tuple(sizes))


def _public_functions(body: list[ast.stmt]) -> Iterator[Function]:
    functions = (n for n in body if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef))
    return (f for f in functions if not f.name.startswith("_"))


def _is_ours(path: Path, root: Path) -> bool:
    return _LEFT_OUT.isdisjoint(path.relative_to(root).parts)


def parameters(node: Function, *, is_method: bool) -> list[ast.arg]:
    """The named parameters in order, without `self` or `cls`."""
    found = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
    is_static = any(isinstance(d, ast.Name) and d.id == "staticmethod" for d in node.decorator_list)
    return found[1:] if is_method and not is_static else found


def called(node: ast.expr) -> str:
    """The dotted name of what is called, or an empty string when it has none."""
    if isinstance(node, ast.Attribute):
        before = called(node.value)
        return f"{before}.{node.attr}" if before else node.attr
    return node.id if isinstance(node, ast.Name) else ""
