"""Runs every check of `make check`, all of them even when one fails, and prints one table at the end.

What each check demands is configured in `pyproject.toml`, `importlinter.ini`, `mkdocs.yml` and `scripts/house/`.
"""

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
STEP_TIMEOUT_S = 900
_TELLING = frozenset({"figures", "supply"})  # what they say is shown also where they hold


@dataclass(frozen=True, slots=True)
class Step:
    """One check: its name in the table and the command that fails when it does not hold."""

    name: str
    command: tuple[str, ...]


def _tool(name: str, *arguments: str) -> tuple[str, ...]:
    return (str(BIN / name), *arguments)


def steps() -> list[Step]:
    """The checks, cheap ones first."""
    python = _tool("python")
    uv = os.environ.get("UV", "")
    found = [Step("lock file", (uv, "lock", "--check", "--offline", "--quiet"))] if uv else []
    found += [Step("supply", (*python, "scripts/supply.py", "check"))] if uv else []
    found += [
        Step("format", _tool("ruff", "format", "--check", "--quiet", ".")),
        Step("lint", _tool("ruff", "check", "--quiet", ".")),
        Step("walls", _tool("lint-imports", "--config", "importlinter.ini")),
        Step("house rules", (*python, "scripts/shape.py")),
        Step("dead code", _tool("vulture")),
        Step("types", _tool("pyright")),
        Step("docs", _tool("mkdocs", "build", "--strict", "--quiet", "--site-dir", "site")),
    ]
    if (ROOT / "web" / "package.json").exists():
        found.append(Step("web lint", (*python, "scripts/build_web.py", "lint")))
        found.append(Step("web types", (*python, "scripts/build_web.py", "typecheck")))
        found.append(Step("web tests", (*python, "scripts/build_web.py", "test")))
    found.append(Step("figures", (*python, "scripts/shape.py", "--figures")))
    return found


def run(step: Step) -> tuple[bool, float]:
    """Run one check, show what it said if it failed, and return whether it held and its seconds."""
    print(f"== {step.name}", flush=True)
    start = time.monotonic()
    kept = {name: value for name, value in os.environ.items() if name != "UV_FROZEN"}
    environment = {**kept, "PATH": f"{BIN}{os.pathsep}{os.environ.get('PATH', '')}", "NO_MKDOCS_2_WARNING": "1"}
    try:
        done = subprocess.run(
            step.command,
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=STEP_TIMEOUT_S,
            check=False,
        )
        held, said = done.returncode == 0, done.stdout
    except (OSError, subprocess.TimeoutExpired) as error:
        held, said = False, str(error)
    if not held or step.name in _TELLING:
        print(said.rstrip(), flush=True)
    return held, time.monotonic() - start


def main() -> int:
    """Run all steps; 1 if any failed."""
    results = [(step, *run(step)) for step in steps()]
    print("\ncheck         result   seconds")
    for step, held, seconds in results:
        print(f"{step.name:<13} {'ok' if held else 'FAILED':<8} {seconds:7.1f}")
    failed = [step.name for step, held, _ in results if not held]
    print(
        f"\n{len(results) - len(failed)} of {len(results)} checks hold"
        + (f"; failed: {', '.join(failed)}" if failed else "")
    )
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
