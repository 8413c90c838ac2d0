"""The figures of `make check` count what they say they count."""

from pathlib import Path

from house.figures import duplicated_windows, figures, settings_names
from house.tree import Module, Tree, read_tree

ROOT = Path(__file__).resolve().parent.parent.parent


def module(path: str, source: str) -> Module:
    return Module(f"src/pincite/{path}", source)


def value(tree: Tree, name: str) -> str:
    return next(f.value for f in figures(tree, ROOT) if f.name.startswith(name))


def test_rooms_that_reach_each_other_by_a_detour_are_a_knot() -> None:
    modules = (
        module("a/service.py", "from pincite.b.service import x\n"),
        module("b/service.py", "def f():\n    from pincite.c.service import x\n"),
        module("c/service.py", "import pincite.a.service\n"),
        module("d/service.py", "from pincite.a import service\n"),
    )
    assert value(Tree(modules), "knot") == "3"
    assert value(Tree(modules), "import cycles") == "1"


def test_imports_that_run_one_way_are_no_knot() -> None:
    modules = (module("a/service.py", "from pincite.b.service import x\n"), module("b/service.py", "x = 1\n"))
    assert value(Tree(modules), "knot") == "0"
    assert value(Tree(modules), "import cycles") == "0"


def test_the_same_dozen_lines_in_two_places_are_found_and_in_one_are_not() -> None:
    dozen = "".join(f"    step_{n}()\n" for n in range(12))
    here, there = module("a/x.py", f"def f():\n{dozen}"), module("b/y.py", f"class B:\n{dozen}")
    assert duplicated_windows([here]) == 0
    assert duplicated_windows([here, there]) == 1


def test_settings_are_read_from_the_tree_of_settings() -> None:
    source = "class Settings(BaseSettings):\n    model_config: int = 1\n    home: str = ''\n    max_pages: int = 1\n"
    assert settings_names(Tree((module("app/settings.py", source),))) == ["PINCITE_HOME", "PINCITE_MAX_PAGES"]


def test_the_real_tree_is_read_whole() -> None:
    tree = read_tree(ROOT)
    assert any(m.path == "src/pincite/core/database.py" and m.room == "core" for m in tree.modules)
    assert any(m.path == "tests/house/test_figures.py" for m in tree.modules)
    assert not any("node_modules" in path for path, _ in tree.typescript)
