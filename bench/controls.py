"""`make mutate`: switches each control of `controls.toml` off in a copy of the tree and says which nobody missed.

A control whose tests all pass without it is a survivor: either it does nothing, or nothing shows that it does.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
import venv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LIMIT_S = 600
_LEFT_OUT = shutil.ignore_patterns(
    ".git", ".venv", ".boot", "node_modules", "site", "dist", "__pycache__", ".artifacts", ".*_cache", ".hypothesis"
)
_PASSED, _FAILED = 0, 1  # exit codes of pytest


@dataclass(frozen=True, slots=True)
class Control:
    """Something that keeps harm away; see the file of them."""

    name: str
    file: str
    line: str
    instead: str
    tests: tuple[str, ...]


def controls() -> list[Control]:
    """Return the controls there are."""
    listed = tomllib.loads((ROOT / "bench" / "controls.toml").read_text(encoding="utf-8"))["control"]
    return [Control(each["name"], each["file"], each["line"], each["instead"], tuple(each["tests"])) for each in listed]


class Tree:
    """A copy of the tree with a Python of its own, whose children import the copy as well."""

    def __init__(self, folder: Path) -> None:
        self._root = folder / "tree"
        shutil.copytree(ROOT, self._root, ignore=_LEFT_OUT, symlinks=True)
        venv.create(folder / "python", symlinks=True)
        self._python = folder / "python" / "bin" / "python"
        version = f"python{sys.version_info.major}.{sys.version_info.minor}"
        ours = Path(sys.prefix) / "lib" / version / "site-packages"
        # The copy comes first; behind it all that is installed, this tree's own folder last.
        first = folder / "python" / "lib" / version / "site-packages" / "a_copy.pth"
        first.write_text(f"{self._root / 'src'}\nimport site; site.addsitedir({str(ours)!r})\n")

    def run(self, tests: Sequence[str]) -> int:
        """Run tests up to the first that fails; returns pytest's exit code, or that of a timeout (124)."""
        given = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "PYTEST"))}
        named = [f"tests/{each}" for each in tests]
        command = [str(self._python), "-m", "pytest", "-x", "-q", "--no-header", "-p", "no:cacheprovider", *named]
        try:
            return subprocess.run(
                command, cwd=self._root, env=given, capture_output=True, timeout=LIMIT_S, check=False
            ).returncode
        except subprocess.TimeoutExpired:
            return 124

    def without(self, control: Control) -> int:
        """Run a control's tests without it."""
        path = self._root / "src" / "pincite" / control.file
        before = path.read_text(encoding="utf-8")
        if control.line not in before:
            raise SystemExit(f"{control.name}: {control.file} has no such line any more")
        try:
            path.write_text(before.replace(control.line, control.instead), encoding="utf-8")
            return self.run(control.tests)
        finally:
            path.write_text(before, encoding="utf-8")


def main() -> int:
    """Switch controls off one by one; 1 where one survives."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-k", dest="wanted", default="", help="only controls whose name or file holds this")
    parser.add_argument("--unchanged", action="store_true", help="first see that all tests pass with every control")
    asked = parser.parse_args()
    chosen = [each for each in controls() if asked.wanted in f"{each.name} {each.file}"]
    with tempfile.TemporaryDirectory(prefix="pincite-controls-") as folder:
        tree = Tree(Path(folder))
        if asked.unchanged and (code := tree.run(sorted({test for each in chosen for test in each.tests}))):
            raise SystemExit(f"with every control the tests end with {code}")
        survivors = [each for each in chosen if not _is_missed(tree, each)]
    print(f"{len(chosen) - len(survivors)} of {len(chosen)} controls are missed when they are off")
    for each in survivors:
        print(f"survived: {each.name} ({each.file}), in spite of {', '.join(each.tests)}")
    return 1 if survivors else 0


def _is_missed(tree: Tree, control: Control) -> bool:
    began = time.perf_counter()
    code = tree.without(control)
    word = {_PASSED: "SURVIVED", _FAILED: "missed"}.get(code, f"exit code {code}")
    print(f"{word:<12} {time.perf_counter() - began:6.1f} s  {control.name}", flush=True)
    return code == _FAILED


if __name__ == "__main__":
    sys.exit(main())
